"""The elements behind a picture: those inside a histogram bar, and the overview of all errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import Array, as_numbers, dtype_name, is_text
from inspector.core.bars import FIRST, LAST, Floats, bar_at, bar_of, floor_bar, quotient_bar
from inspector.core.comparison import Allowed, Slices, Worst
from inspector.core.metrics import FORMATS, Scope, absolute_error
from inspector.core.worst import Candidate, Place, WorstList

BLOCK = 1 << 16


class Listed(NamedTuple):
    """How many elements were found, and the worst of them, worst first."""

    total: int
    worst: tuple[Worst, ...]


class Bar(NamedTuple):
    """What is looked for: `lower <= metric < upper`.

    Both 0: the elements that are equal. Both inf: those without a finite error.
    """

    metric: str
    lower: float
    upper: float

    @property
    def first_last(self) -> tuple[float, float]:
        """The bars of `core.bars` from that of `lower` to the one before that of `upper`."""
        first = bar_at(self.lower) if self.lower > 0.0 else -math.inf
        last = bar_at(self.upper) - 1 if math.isfinite(self.upper) else math.inf
        return first, last


def list_elements(
    reference: Array,
    candidate: Array,
    bar: Bar,
    allowed: Allowed,
    limit: int = 500,
    batched: bool = True,
    dtype: str = "",
    slices: Slices | None = None,
) -> Listed:
    """List the elements inside one bar of a histogram, exactly those that the bar counts.

    Args:
        reference: [samples, ...] outputs, may be a memory map; read block by block.
        candidate: [samples, ...] the other side's, same shape and dtype.
        bar: The bar, or several neighbouring ones.
        allowed: What is allowed for this output; its `scale` is that of the histogram.
        limit: At most this many are listed; all are counted.
        batched: Samples lie along axis 0; otherwise the array is one sample.
        dtype: Dtype of the output where the arrays do not tell (bfloat16 as bytes).
        slices: How the output was judged slice by slice; None where one scale fits all.

    Returns:
        The count and the elements, those furthest beyond what is allowed first (with slices,
        those that are the most times as far off as is allowed); of equal ones those that come
        first.
    """
    dtype = dtype or ("bfloat16" if reference.dtype.str[1:] == "V2" else dtype_name(reference))
    scope = Scope(dtype, allowed.scale)
    shape = (*reference.shape, 2) if reference.dtype.kind == "c" else reference.shape
    place = Place(shape, 0, batched and reference.ndim > 0)
    allowances = _Allowances(allowed, slices, reference.shape, shape[reference.ndim :])
    total, worst = 0, WorstList(limit)
    for start, left, right in _blocks(reference, candidate, dtype):
        with np.errstate(all="ignore"):
            inside, ranks, errors = _inside(left, right, bar, scope, allowed)
        found = np.flatnonzero(inside)
        total += found.size
        if not found.size:
            continue
        if slices is not None:
            sizes = np.abs(np.asarray(left[found], np.float64))
            with np.errstate(all="ignore"):
                ranks[found] = errors[found] / allowances.of(start + found, sizes)
        shown = (np.full(left.size, math.nan),) * 2 if is_text(left) else (left, right)
        here = WorstList(limit)
        here.offer(ranks[found], found, Place((left.size,), 0, False), *shown, errors[found])
        for entry in here.kept:
            sample, flat, at = place.of(start + entry.flat)
            worst.kept.append(entry._replace(sample=sample, flat=flat, at=at))
        worst.merge(WorstList(limit))
    each = math.prod(shape[1:]) if place.batched else 0
    return Listed(total, tuple(_worst(entry, allowances, each) for entry in worst.kept))


def _worst(entry: Candidate, allowances: _Allowances, each: int) -> Worst:
    """The record of an element of samples that have `each` elements."""
    position = np.array([entry.sample * each + entry.flat])
    size = abs(entry.reference) if math.isfinite(entry.reference) else 0.0
    allowed = float(allowances.of(position, np.array([size]))[0])
    at, reference, candidate, error = entry[3:]
    return Worst(entry.sample, at, reference, candidate, error, allowed)


class _Allowances:
    """What is allowed for an element, by its flat position in arrays [samples, ...]."""

    def __init__(
        self,
        allowed: Allowed,
        slices: Slices | None,
        shape: tuple[int, ...],
        parts: tuple[int, ...],
    ) -> None:
        self.relative = allowed.relative
        self.absolute = np.array([allowed.absolute])
        self.inner = 1
        if slices is not None:
            axis = slices.axis if slices.axis < 0 else slices.axis + 1
            behind = shape[len(shape) + axis + 1 :] if axis < 0 else shape[axis + 1 :]
            self.inner = math.prod((*behind, *parts))
            places = range(len(slices.scales))
            self.absolute = np.array([slices.allowed(at, allowed) for at in places])

    def of(self, positions: npt.NDArray[np.int64], sizes: Floats) -> Floats:
        """[n] what is allowed at flat positions [n], for |reference| [n]."""
        places = positions // self.inner % self.absolute.size
        return np.asarray(self.absolute[places] + self.relative * sizes, np.float64)


def _blocks(reference: Array, candidate: Array, dtype: str) -> Iterator[tuple[int, Array, Array]]:
    """Flat blocks as numbers, and the flat position of their first element."""
    sides = reference.reshape(-1), candidate.reshape(-1)
    parts = 2 if reference.dtype.kind == "c" else 1
    for start in range(0, reference.size, BLOCK):
        left, right = (
            as_numbers(np.asarray(side[start : start + BLOCK]), dtype).reshape(-1) for side in sides
        )
        yield start * parts, left, right


def _inside(
    left: Array, right: Array, bar: Bar, scope: Scope, allowed: Allowed
) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Which elements of a block the bar counts, how bad each is, and its absolute error."""
    if is_text(left):
        errors = np.where(np.asarray(left == right, bool), 0.0, math.inf)
        sizes = np.zeros(left.size)
    else:
        errors = absolute_error(left, right, scope)
        sizes = np.abs(np.asarray(left, np.float64))
    finite = np.isfinite(errors)
    ranks = np.where(finite & (errors > 0.0), errors - allowed.relative * sizes, errors)
    if bar.lower == bar.upper == 0.0:
        return errors == 0.0, np.zeros(left.size), errors
    endless = ~finite
    if bar.metric == "relative" and scope.scale == 0.0:
        endless = errors > 0.0
    if bar.lower == bar.upper == math.inf:
        return endless, ranks, errors
    bars = _bars(errors, sizes, bar.metric, scope)
    first, last = bar.first_last
    return (errors > 0.0) & ~endless & (bars >= first) & (bars <= last), ranks, errors


def _bars(errors: Floats, sizes: Floats, metric: str, scope: Scope) -> Floats:
    """Bar of each element as the histograms have it; NaN where a histogram leaves it out."""
    bars, near_zero = bar_of(errors), sizes < scope.floor
    if metric == "relative":
        own = quotient_bar(errors, sizes)
        bars = np.where(near_zero, bars - floor_bar(scope.scale), own)
    elif metric == "ulp" and scope.dtype in FORMATS:
        mantissa, lowest = FORMATS[scope.dtype]
        bars = bars - np.maximum(bar_of(sizes), lowest) + mantissa
    bars = np.clip(bars, FIRST, LAST)
    left_out = near_zero if metric == "ulp" else np.zeros(bars.shape, bool)
    return np.where(left_out, math.nan, bars.astype(np.float64))


def error_map(
    reference: Array,
    candidate: Array,
    allowed: Allowed,
    rows: int,
    columns: int,
    dtype: str = "",
    slices: Slices | None = None,
) -> npt.NDArray[np.float32]:
    """Overview of where the two differ: samples down, elements across.

    Args:
        reference: [samples, ...] outputs, may be a memory map.
        candidate: [samples, ...] the other side's.
        allowed: What is allowed for this output.
        rows: At most this many rows; each cell covers neighbouring samples.
        columns: At most this many columns; each cell covers neighbouring elements of a sample.
        dtype: Dtype of the output where the arrays do not tell.
        slices: How the output was judged slice by slice; None where one scale fits all.

    Returns:
        [rows, columns] float32: the largest (never the mean) of error / allowed in each cell. 0
        where all are equal, above 1 where something is beyond, inf where only one side is finite
        or where nothing at all may differ. [0, 0] for arrays without elements.
    """
    samples = reference.shape[0] if reference.ndim else 1
    if reference.size == 0:
        return np.zeros((0, 0), np.float32)
    inner = reference.size // samples
    sides = reference.reshape(samples, inner), candidate.reshape(samples, inner)
    rows, columns = min(rows, samples), min(columns, inner)
    starts = np.arange(columns) * inner // columns
    cells = np.zeros((rows, columns), np.float32)
    allowances = _Allowances(allowed, slices, reference.shape, ())
    for first, last in _column_groups(starts, inner):
        stop = int(starts[last]) if last < columns else inner
        begin = int(starts[first])
        height = max(1, BLOCK // (stop - begin))
        for sample in range(0, samples, height):
            block = tuple(side[sample : sample + height, begin:stop] for side in sides)
            times = _times_allowed(block[0], block[1], allowances, begin, dtype)
            largest = np.maximum.reduceat(times, starts[first:last] - begin, 1)
            into = (np.arange(sample, sample + len(largest)) * rows) // samples
            np.maximum.at(cells[:, first:last], into, largest.astype(np.float32))
    return cells


def _column_groups(starts: npt.NDArray[np.int64], inner: int) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring columns that together fit a block (at least one column each)."""
    widest = -(-inner // starts.size)
    step = max(1, BLOCK // widest)
    for first in range(0, starts.size, step):
        yield first, min(first + step, starts.size)


def _times_allowed(
    reference: Array, candidate: Array, allowances: _Allowances, begin: int, dtype: str
) -> Floats:
    """[samples, n] for elements that begin at a flat position inside their sample."""
    left, right = (as_numbers(np.asarray(side), dtype) for side in (reference, candidate))
    if is_text(left):
        return np.where(np.asarray(left == right, bool), 0.0, math.inf)
    with np.errstate(all="ignore"):
        errors = absolute_error(left, right, Scope(dtype, 0.0))
        sizes = np.abs(np.asarray(left, np.float64))
        sizes[~np.isfinite(sizes)] = 0.0
        positions = begin + np.arange(reference.shape[1])
        if left.ndim > reference.ndim:
            positions = np.repeat(positions[:, None], 2, axis=1)
        times = errors / allowances.of(positions, sizes)
    times[errors == 0.0] = 0.0
    return times.max(axis=-1) if left.ndim > reference.ndim else times
