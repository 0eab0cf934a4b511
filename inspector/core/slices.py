"""Scale per slice: what is large in one channel must not hide what is wrong in another.

A detector's output may hold coordinates up to 640 beside scores up to 1. One scale for all would
let the scores differ by half a percent. So the largest |reference| is kept per slice of the last
axis and per slice of the channel axis too, and where these differ more than a hundredfold each
slice is judged by its own.

Its own scale alone would be too strict. In a layer's output a channel may be tiny, or all but
dead, because larger numbers cancel; what is left of them carries their rounding. Two things tell
that rounding from a defect: it is no more than one scale for all would allow, and it is about as
large as in the slices that do agree. So no slice is allowed less than
`floor = min(steps * eps * S, 4 * E)`, where E is the largest error of all slices that agree by
their own scale. A slice that is 0 throughout has no scale; it is allowed `noise_steps * eps * S`.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats, Ints
from inspector.core.cells import CellCounts, edges_above
from inspector.core.comparison import Slices
from inspector.core.tolerance import Tolerance
from inspector.core.tops import Tops
from inspector.core.worst import Candidate, Place

MOST_SLICES = 4096
FEWEST_VALUES = 4
"""The largest of fewer values says nothing about the size of a slice."""
SPREAD = 100.0
_AS_LARGE = 4.0
_WIDE = 4096
"""Columns over which numpy finds maxima quickly."""
_LONGEST = 1 << 15
"""A period of more elements than this is cut into runs instead of columns."""

Real = npt.NDArray[np.floating]


class SliceCounts:
    """Everything that is counted about the slices of one axis.

    Args:
        axis: The axis of one sample, -1 for the last.
        slices: Entries along it.
        inner: Elements from one entry to the next.
        tolerance: What is allowed.
        parts: 2 for complex numbers, whose two parts lie along an axis of their own.
    """

    def __init__(
        self, axis: int, slices: int, inner: int, tolerance: Tolerance, parts: int = 1
    ) -> None:
        self.axis, self.slices, self.inner, self.parts = axis, slices, inner, parts
        self.tolerance = tolerance
        self.room = tolerance.steps * tolerance.eps
        self.largest: Floats = np.zeros(slices)
        self.errors: Floats = np.zeros(slices)
        self.review: Floats = np.full(slices, -np.inf)
        self.cells = CellCounts(slices)
        self.tops = Tops(slices)

    def add(
        self,
        sizes: Real,
        rounded: Real,
        errors: Floats,
        start: int,
        place: Place,
        sides: tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]],
    ) -> None:
        """Count a block.

        Args:
            sizes: [n] |reference|, 0 where an element is not finite on both sides.
            rounded: [n] |candidate - reference|, likewise; may be rounded to float32.
            errors: [n] the same without rounding; empty where nothing differs.
            start: Flat position of the first element in its array.
            place: What flat positions mean.
            sides: Both whole arrays.
        """
        np.maximum(self.largest, self._peaks(sizes, start), out=self.largest)
        if not errors.size:
            return
        peaks = self._peaks(rounded, start)
        np.maximum(self.errors, peaks, out=self.errors)
        own = self.room * self.largest * (1.0 - 1e-6)
        limits = np.where(peaks > own, own, np.inf)
        if not np.isfinite(limits).any():
            return
        spread = self._spread(limits.astype(rounded.dtype), start, rounded.size)
        found = np.flatnonzero(rounded > spread)
        if found.size:
            self._note(sizes[found].astype(np.float64), errors[found], found + start, place, sides)

    def _note(
        self,
        sizes: Floats,
        errors: Floats,
        positions: Ints,
        place: Place,
        sides: tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]],
    ) -> None:
        rule = self.tolerance
        ranks = errors - rule.relative * sizes
        slices = self._numbers(positions)
        limits = self.room * self.largest * (1.0 - 1e-9)
        over = ranks > limits[slices]
        if not over.all():
            kept = np.flatnonzero(over)
            if not kept.size:
                return
            ranks, slices, errors, sizes = ranks[kept], slices[kept], errors[kept], sizes[kept]
            positions = positions[kept]
        self.cells.add(slices, ranks / self.room)
        rest = errors - rule.review_relative * sizes - rule.review_absolute
        np.maximum.at(self.review, slices, rest)
        self.tops.offer(slices, ranks, positions, place, sides, errors)

    def _numbers(self, positions: Ints) -> Ints:
        """[n] the slice of each flat position; numpy divides quickly, but takes no quick rest."""
        runs: Ints = positions // self.inner if self.inner > 1 else positions
        return runs - runs // self.slices * self.slices

    def merge(self, other: SliceCounts) -> None:
        """Add what was counted over another part of the data."""
        for name in ("largest", "errors", "review"):
            mine = getattr(self, name)
            np.maximum(mine, getattr(other, name), out=mine)
        self.cells.merge(other.cells)
        self.tops.merge(other.tops)

    @property
    def spread(self) -> float:
        """Largest scale by smallest; slices that are 0, or no more than rounding, aside."""
        largest = float(self.largest.max(initial=0.0))
        seen = self.largest[self.largest > 0.0]
        if not seen.size:
            return 1.0
        return largest / max(float(seen.min()), self.tolerance.eps * largest)

    def finish(self) -> Slices:
        """The scales, and how many elements are beyond in each slice."""
        rule, scales = self.tolerance, edges_above(self._scales())
        own = self.cells.above(scales)
        most = rule.noise_steps * rule.eps * float(scales.max(initial=0.0))
        agreeing = self.errors[(own == 0) & (self.largest > 0.0)]
        whole = self.room * float(scales.max(initial=0.0))
        floor = min(whole, _AS_LARGE * float(agreeing.max(initial=0.0)))
        lowest = np.where(self.largest > 0.0, floor, most) / self.room
        beyond = self.cells.above(edges_above(np.maximum(scales, lowest)))
        rounding = rule.eps * min(float(scales.max(initial=0.0)), rule.unit)
        lifted = np.flatnonzero((own > 0) & (beyond == 0) & (self.errors > rounding))
        return Slices(
            self.axis,
            tuple(scales.tolist()),
            tuple(beyond.tolist()),
            floor,
            most,
            tuple(lifted.tolist()),
        )

    def _scales(self) -> Floats:
        """The largest |reference| of each slice, as far as it tells what rounding does."""
        least = self.tolerance.least_scale
        return np.where(self.largest > 0.0, np.maximum(self.largest, least), 0.0)

    def within_review(self, found: Slices) -> bool:
        """Whether every element is close enough for a person to decide."""
        rule, scales = self.tolerance, np.asarray(found.scales)
        lowest = np.where(scales > 0.0, found.floor, found.zero_floor)
        most = np.maximum(rule.review_steps * rule.eps * scales, lowest)
        return bool(((self.review <= most) | (np.asarray(found.beyond) == 0)).all())

    def worst(self, found: Slices) -> list[tuple[int, Candidate]]:
        """The worst element of each slice that has some beyond, and the slice."""
        return [(at, entry) for at, entry in self.tops.entries() if found.beyond[at]]

    def slice_of(self, index: tuple[int, ...]) -> int:
        """The slice of an element, by its index inside its sample and its number's parts."""
        inside = index[:-1] if self.parts > 1 else index
        return inside[self.axis]

    def _peaks(self, values: Real, start: int) -> Floats:
        """[slices] largest of the values of a block that begins at a flat position."""
        period = self.slices * self.inner
        if period > _LONGEST:
            return self._peaks_of_runs(values, start)
        first = start % period
        head = min((period - first) % period, values.size)
        peaks = np.zeros(period, values.dtype)
        peaks[first : first + head] = values[:head]
        body = values[head : head + (values.size - head) // period * period]
        tail = values[head + body.size :]
        if body.size:
            np.maximum(peaks, _columns(body, period), out=peaks)
        np.maximum(peaks[: tail.size], tail, out=peaks[: tail.size])
        if self.inner > 1:
            peaks = np.maximum.reduceat(peaks, np.arange(0, period, self.inner))
        return peaks.astype(np.float64)

    def _peaks_of_runs(self, values: Real, start: int) -> Floats:
        first = start // self.inner
        last = (start + values.size - 1) // self.inner
        runs = np.arange(first, last + 1)
        cuts = np.maximum(runs * self.inner - start, 0)
        peaks = np.zeros(self.slices)
        np.maximum.at(peaks, runs % self.slices, np.maximum.reduceat(values, cuts))
        return peaks

    def _spread(self, values: Real, start: int, size: int) -> Real:
        """[size] what belongs to the slice of each element of a block."""
        period = self.slices * self.inner
        if period > _LONGEST:
            runs = np.arange(start // self.inner, (start + size - 1) // self.inner + 1)
            spread = np.repeat(values[runs % self.slices], self.inner)
            return spread[start % self.inner :][:size]
        row = np.repeat(values, self.inner) if self.inner > 1 else values
        first = start % period
        rows = -(-(first + size) // period)
        return np.tile(row, rows)[first : first + size]


def _columns(values: Real, period: int) -> Real:
    """[period] maxima of the columns of [rows, period], by way of wider rows: they are quicker."""
    times = max(1, min(_WIDE // period, values.size // period))
    wide = values.size // (times * period) * times * period
    peaks: Real = values[:wide].reshape(-1, times * period).max(axis=0)
    peaks = peaks.reshape(times, period).max(axis=0)
    rest = values[wide:]
    if rest.size:
        np.maximum(peaks, rest.reshape(-1, period).max(axis=0), out=peaks)
    return peaks


class SliceAxes:
    """The axes of an output whose slices are counted; which one is used is known at the end."""

    def __init__(self, tolerance: Tolerance, parts: int = 1) -> None:
        self._tolerance, self._parts = tolerance, parts
        self._use = tolerance.steps * tolerance.eps > 0.0
        self._forms: tuple[tuple[int, int], ...] | None = None
        self.counts: dict[int, SliceCounts] = {}

    def leave_out(self) -> None:
        """Count no slices: one scale for all."""
        self._use = False

    def begin(self, shape: tuple[int, ...], batched: bool) -> None:
        """Take notice of a run's shape; an axis whose size changes has no slices."""
        if not self._use:
            return
        found = dict(_axes(shape, batched, self._parts))
        if self._forms is None:
            self._forms = tuple(found)
            for (axis, slices), inner in found.items():
                self.counts[axis] = SliceCounts(axis, slices, inner, self._tolerance, self._parts)
            return
        self._keep(tuple(found))
        for (axis, _), inner in found.items():
            if axis in self.counts:
                self.counts[axis].inner = inner

    def _keep(self, forms: tuple[tuple[int, int], ...]) -> None:
        assert self._forms is not None
        self._forms = tuple(form for form in self._forms if form in forms)
        kept = {axis for axis, _ in self._forms}
        self.counts = {axis: one for axis, one in self.counts.items() if axis in kept}

    def merge(self, other: SliceAxes) -> None:
        """Add what was counted over another part of the data."""
        if other._forms is None:
            return
        if self._forms is None:
            self._forms, self.counts = other._forms, copy.deepcopy(other.counts)
            return
        self._keep(other._forms)
        for axis, counts in self.counts.items():
            counts.merge(other.counts[axis])

    def chosen(self, elements: int) -> SliceCounts | None:
        """The axis whose slices differ most, if it is more than a hundredfold; else None."""
        wide = [
            one for one in self.counts.values()
            if one.spread > SPREAD and elements >= FEWEST_VALUES * one.slices
        ]  # fmt: skip
        return max(wide, key=lambda one: (one.spread, one.axis == -1), default=None)


def _axes(shape: tuple[int, ...], batched: bool, parts: int) -> list[tuple[tuple[int, int], int]]:
    """Axis and size of each axis that slices may lie along, and the elements between entries."""
    found = []
    rank = len(shape)
    if rank >= 1 + batched and 2 <= shape[-1] <= MOST_SLICES:
        found.append(((-1, shape[-1]), parts))
    if rank >= 3 and 2 <= shape[1] <= MOST_SLICES:
        found.append(((0 if batched else 1, shape[1]), math.prod(shape[2:]) * parts))
    return found
