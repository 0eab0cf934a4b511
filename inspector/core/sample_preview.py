"""What one sample looks like: a small picture, a curve or the numbers themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SamplePreview:
    """One sample of an array, reduced to what can be shown at once.

    One of `picture`, `curve` and `numbers` is set; none where the sample has no elements.

    Attributes:
        array: Name of the array.
        dtype: Type of its elements.
        shape: Sizes of the sample, without the axis along which samples count.
        sample: Its number, from 0.
        samples: How many there are; 1 where the array is the same in every run.
        minimum: Smallest finite value, NaN where there is none.
        maximum: Largest finite value, likewise.
        mean: Mean of the finite values in float64, likewise.
        nan: Elements that are NaN.
        infinite: Elements that are infinite.
        picture: Rows of bytes from the top, `picture_shape` of them, in base64; the smallest
            value is black and the largest white, except in uint8, which is shown as it is.
        picture_shape: Rows, columns, and 1 (grey) or 3 (red, green, blue).
        curve: Smallest and largest value of each piece of the sample, in order; where both are
            NaN nothing in the piece is finite.
        numbers: The first values as text.
        note: What of the sample is shown where that is not all; empty where it is.
    """

    array: str
    dtype: str
    shape: tuple[int, ...]
    sample: int
    samples: int
    minimum: float
    maximum: float
    mean: float
    nan: int
    infinite: int
    picture: str = ""
    picture_shape: tuple[int, int, int] = (0, 0, 0)
    curve: tuple[tuple[float, float], ...] = ()
    numbers: tuple[str, ...] = ()
    note: str = ""
