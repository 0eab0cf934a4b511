"""Reduces one sample to something small: a picture, a curve or its first numbers."""

from __future__ import annotations

import base64
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inspector.core.sample_preview import SamplePreview
from inspector.samples.stored import Array, SampleArray, dtype_name

SIDE = 256
"""Rows and columns of a picture at most."""

PIECES = 1000
"""Pieces of a curve at most, each with two points."""

NUMBERS = 200
"""Numbers at most."""

_LEAST_SIDE = 4
"""What has fewer rows or columns is no picture."""

_LEAST_CURVE = 32
"""Shorter rows are read more easily as numbers."""

_MOST_ROWS = 1_000_000
"""Values of a list of single numbers that are looked at."""

_Floats = npt.NDArray[np.float64]


def preview(array: SampleArray, axis: int, sample: int) -> SamplePreview:
    """Look at one sample.

    Args:
        array: Where it lies.
        axis: Axis along which samples count; -1: the array is one sample. Of an array with no
            other axis, up to a million samples are looked at together.
        sample: Its number; one beyond the last is the last.
    """
    shape = array.shape
    if len(shape) <= 1 or axis < 0:
        few = bool(shape) and shape[0] > _MOST_ROWS and len(shape) == 1
        values = array.rows(0, _MOST_ROWS) if few else array.whole()
        return _reduce(array, values, 0, 1, f"the first {_MOST_ROWS:,} values" if few else "")
    count = shape[axis]
    chosen = max(0, min(sample, count - 1))
    values = array.rows(chosen, min(chosen + 1, count), axis)
    one = np.asarray(values.take(0, axis)) if count else values
    return _reduce(array, one, chosen, count, "")


def _reduce(array: SampleArray, one: Array, sample: int, samples: int, note: str) -> SamplePreview:
    nothing = math.nan
    found = SamplePreview(
        array.name, dtype_name(array.dtype), one.shape, sample, samples,
        nothing, nothing, nothing, 0, 0, note=note,
    )  # fmt: skip
    if one.dtype.kind not in "biufcV":
        return _with_numbers(found, one)
    values = _real(one)
    low, high, mean = _figures(values[np.isfinite(values)])
    nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    found = replace(found, minimum=low, maximum=high, mean=mean, nan=nan, infinite=infinite)
    return _shown(found, one, values)


def _real(one: Array) -> _Floats:
    """As float64; of complex numbers the size."""
    return np.abs(one).astype(np.float64) if one.dtype.kind == "c" else one.astype(np.float64)


def _figures(finite: _Floats) -> tuple[float, float, float]:
    if not finite.size:
        return math.nan, math.nan, math.nan
    with np.errstate(over="ignore"):
        return float(finite.min()), float(finite.max()), float(finite.mean())


def _shown(found: SamplePreview, one: Array, values: _Floats) -> SamplePreview:
    """With the picture, the curve or the numbers."""
    if not values.size:
        return replace(found, note="no elements")
    planes, note = _planes(values)
    if planes is not None:
        data = _bytes(planes, whole=one.dtype == np.uint8)
        rows, columns, channels = data.shape
        text = base64.b64encode(data.tobytes()).decode("ascii")
        return replace(
            found, picture=text, picture_shape=(rows, columns, channels), note=found.note or note
        )
    row, note = _row(values)
    listed = one.dtype.kind in "iub" and one.size <= NUMBERS  # tokens are no curve
    if row is not None and not listed:
        return replace(found, curve=_curve(row), note=found.note or note)
    return _with_numbers(found, one)


def _with_numbers(found: SamplePreview, one: Array) -> SamplePreview:
    texts = tuple(_text(value) for value in one.reshape(-1)[:NUMBERS])
    cut = f"the first {len(texts):,} of {one.size:,} values" if len(texts) < one.size else ""
    return replace(found, numbers=texts, note=found.note or cut)


def _planes(values: _Floats) -> tuple[_Floats | None, str]:
    """The sample as rows, columns, channels, and what is left out; None where it is no picture.

    Colours are the first or the last of three axes where that has three entries. Of further
    planes the first is shown.
    """
    kept = values.reshape([size for size in values.shape if size != 1])
    if kept.ndim < 2:
        return None, ""
    if kept.ndim == 3 and kept.shape[-1] == 3 and min(kept.shape[:2]) >= _LEAST_SIDE:
        return kept, ""
    if min(kept.shape[-2:]) < _LEAST_SIDE:
        return None, ""
    if kept.ndim == 3 and kept.shape[0] == 3:
        return np.moveaxis(kept, 0, -1), ""
    planes = kept.reshape(-1, *kept.shape[-2:])
    note = f"the first of {len(planes):,} planes" if len(planes) > 1 else ""
    return planes[0][..., None], note


def _bytes(planes: _Floats, *, whole: bool) -> npt.NDArray[np.uint8]:
    """Fewer rows and columns where there are too many, by leaving some out; then 0 to 255."""
    rows, columns = (
        np.linspace(0, size - 1, min(size, SIDE)).round().astype(np.intp)
        for size in planes.shape[:2]
    )
    small = planes[np.ix_(rows, columns)]
    if whole:
        return small.astype(np.uint8)
    finite = small[np.isfinite(small)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    # Halves: the whole range of float64 does not fit into a float64.
    room = high / 2 - low / 2
    with np.errstate(invalid="ignore"):
        share = (
            (small / 2 - low / 2) / room if room > 0 else np.where(np.isfinite(small), 0.5, small)
        )
    share = np.nan_to_num(share, nan=0.0, posinf=1.0, neginf=0.0)
    return (share * 255).round().clip(0, 255).astype(np.uint8)


def _row(values: _Floats) -> tuple[_Floats | None, str]:
    """What is drawn as a curve: a long last axis; of further rows the first."""
    kept = values.reshape([size for size in values.shape if size != 1])
    if not kept.ndim or kept.shape[-1] < _LEAST_CURVE:
        return None, ""
    rows = kept.reshape(-1, kept.shape[-1])
    return rows[0], f"the first of {len(rows):,} rows" if len(rows) > 1 else ""


def _curve(row: _Floats) -> tuple[tuple[float, float], ...]:
    found = []
    for piece in np.array_split(row, min(len(row), PIECES)):
        finite = piece[np.isfinite(piece)]
        ends = (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)
        found.append(ends)
    return tuple(found)


def _text(value: np.generic) -> str:
    """Six digits of a float, every digit of a whole number."""
    if value.dtype.kind in "fV":
        return f"{float(value):.6g}"
    plain = value.item()
    return f"{plain:.6g}" if isinstance(plain, complex) else str(plain)
