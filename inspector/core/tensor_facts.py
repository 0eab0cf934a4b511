"""What is known about the values of one stored tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = int | float | bool | str


class Bars(NamedTuple):
    """A histogram: `counts[i]` values lie in `edges[i] <= value < edges[i + 1]`.

    The last bar holds its upper edge too. Whole numbers of a small range get one bar each, with
    edges halfway between them.
    """

    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


class SizeBars(NamedTuple):
    """A histogram by size, its edges powers of two, negative and positive values apart.

    `negative[i]` and `positive[i]` count `10 ** log10_edges[i] <= |value| < 10 **
    log10_edges[i + 1]`; zeros are in neither.
    """

    log10_edges: tuple[float, ...] = ()
    negative: tuple[int, ...] = ()
    positive: tuple[int, ...] = ()


class Picture(NamedTuple):
    """A picture of a tensor.

    `file` is a `.npy` of float32 [rows, columns]. Each cell holds the value of the largest size
    among those it covers, with its sign; infinity where it covers none that is finite. `tile` is
    0, 0, or height and width of one filter: filters stand side by side with an empty line (NaN)
    between them. `text` says in words what rows and columns are, and what is left out.
    """

    file: str
    shape: tuple[int, int]
    tile: tuple[int, int] = (0, 0)
    text: str = ""


NO_BARS, NO_SIZES = Bars(), SizeBars()


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """The values of one tensor in numbers.

    Minimum to deviation are those of the finite values, None where there are none; of complex
    numbers they describe the absolute values, and of text there are none.

    Attributes:
        name: The tensor.
        dtype: As the file states it.
        shape: As the file states it.
        bytes: What it takes in the file.
        file: Name of the file that holds the values.
        offset: Where they begin in it, in bytes; -1 where they are in no one place.
        length: How many bytes from there.
        values: Number of values.
        zeros: Values that are 0 (of text: empty ones).
        nan: Values that are not a number.
        positive_infinity: Values that are infinite.
        negative_infinity: Values that are negative infinite.
        minimum: Smallest finite value; exact for integers.
        maximum: Largest finite value; exact for integers.
        mean: Mean of the finite values.
        deviation: Standard deviation of the finite values (of all of them, not of a sample).
        bars: Histogram between minimum and maximum.
        sizes: Histogram by size.
        first: The first values in row-major order; complex ones as text.
        picture: None for tensors without numbers or with a single one.
        npy: The values as a `.npy` file in the job's folder, where asked for.
        npy_dtype: What that file holds: numpy knows no bfloat16, it gets float32.
        seconds: Time that reading took.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    file: str
    offset: int
    length: int
    values: int
    zeros: int = 0
    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0
    minimum: int | float | None = None
    maximum: int | float | None = None
    mean: float | None = None
    deviation: float | None = None
    bars: Bars = NO_BARS
    sizes: SizeBars = NO_SIZES
    first: tuple[Scalar, ...] = ()
    picture: Picture | None = None
    npy: str = ""
    npy_dtype: str = ""
    seconds: float = 0.0
