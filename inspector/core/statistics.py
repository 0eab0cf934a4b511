"""One pass over two runs: counts, errors, histograms and worst elements of one output.

What is exact, whatever the order, the block size or the split of the data: every count, the
largest errors, the worst elements, the histograms, and the number of elements beyond what is
allowed. That number depends on S, the largest |reference|, which is known only at the end. An
element is beyond exactly when `q = (|d| - rtol * |ref|) / (k * eps)` exceeds S, so q is counted in
fine bins by the bits of the float, and S is rounded up to the next bin edge (by less than 0.4 %).
Mean and RMSE are sums of float64 and agree between splits to about 1e-12 of their value.
"""

from __future__ import annotations

import math

import numpy as np

from inspector.core import quick
from inspector.core.arrays import Array, as_numbers, difference, dtype_name, is_text
from inspector.core.bars import Floats, Ints, floor_bar
from inspector.core.beyond import BeyondCounts, bin_edge_above
from inspector.core.chosen import ChosenCounts
from inspector.core.comparison import OutputComparison
from inspector.core.decisions import DecisionCounts, MaskCounts
from inspector.core.fills import without_fills
from inspector.core.grid import Grid
from inspector.core.likeness import Likeness, Sameness
from inspector.core.memory import keep_freed_memory
from inspector.core.quick import Block
from inspector.core.slices import SliceAxes
from inspector.core.sources import Choice
from inspector.core.summary import summarise
from inspector.core.tolerance import Tolerance, tolerance_for
from inspector.core.worst import Place, WorstList, foremost

BLOCK = 1 << 17
"""Elements per block: few calls for many, and what is computed stays in the cache."""
_PIECE = 8192
_LEAST = np.float32(1e-45)


class OutputStatistics:
    """Everything that is counted about one output; two of them can be merged."""

    def __init__(
        self,
        name: str,
        dtype: str,
        tolerance: Tolerance | None = None,
        choice: Choice | None = None,
    ) -> None:
        keep_freed_memory()
        self.name = name
        self.dtype = dtype
        self.tolerance = tolerance or tolerance_for(dtype)
        self.structure = ""
        self.shape: tuple[int, ...] | None = None
        self.batched = True
        self.samples = self.elements = self.finite = 0
        self.agreed = self.nan_agreed = self.mismatched = 0
        self.largest = self.largest_error = self.norm = 0.0
        self.total: list[float] = []
        self.review_rank = -math.inf
        self.worst = WorstList()
        self.beyond = BeyondCounts()
        self.grid = Grid(dtype)
        self.equal_texts = self.different_texts = 0
        self.by_bits = self.grid.format is not None
        self.chosen = ChosenCounts(choice) if choice else None
        self.slices = SliceAxes(self.tolerance, 2 if dtype.startswith("complex") else 1)
        self.likeness, self.sameness = Likeness(), Sameness()
        self.decisions, self.masks = DecisionCounts(), MaskCounts()

    def update(
        self, reference: Array, candidate: Array, first_sample: int = 0, batched: bool = True
    ) -> None:
        """Count one run.

        Args:
            reference: [...] what the trusted runtime gave.
            candidate: [...] what the other one gave for the same inputs. Where shape or dtype
                differ, that is noted in `structure` and no element of this run is counted.
            first_sample: Number of the first sample in these arrays.
            batched: Samples lie along axis 0; otherwise the whole array is one sample.
        """
        reference, candidate = np.asarray(reference), np.asarray(candidate)
        batched = batched and reference.ndim > 0
        self.samples += reference.shape[0] if batched else 1
        self.batched = batched
        problem = _structure_problem(reference, candidate)
        if problem:
            self.structure = self.structure or problem
            return
        self._note_shape(reference.shape, batched)
        self.slices.begin(reference.shape, batched)
        reference, candidate = (as_numbers(array, self.dtype) for array in (reference, candidate))
        place = Place(reference.shape, first_sample, batched)
        flat = reference.reshape(-1), candidate.reshape(-1)
        self.elements += reference.size
        text = is_text(reference)
        count = self._text if text else self._block
        with np.errstate(all="ignore"):
            if not text:
                self._look_beside(reference, candidate, first_sample, batched)
                left, right = without_fills(flat, self.tolerance.fills)
                flat = left.reshape(-1), right.reshape(-1)
            for start in range(0, reference.size, BLOCK):
                count(*flat, start, min(start + BLOCK, reference.size), place)

    def _look_beside(
        self, reference: Array, candidate: Array, first_sample: int, batched: bool
    ) -> None:
        """What is not needed for the verdict, and whether there is anything to judge."""
        self.sameness.update(reference)
        self.masks.update(reference, candidate)
        if not self.dtype.startswith("complex"):
            self.decisions.update(reference, candidate, first_sample, batched)

    def merge(self, other: OutputStatistics) -> None:
        """Add what was counted over another part of the same data set."""
        self.structure = self.structure or other.structure
        if other.shape is not None:
            self._note_shape(other.shape, other.batched)
        for name in ("samples", "elements", "finite"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("agreed", "nan_agreed", "mismatched", "equal_texts", "different_texts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("largest", "largest_error", "review_rank"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.norm = math.hypot(self.norm, other.norm)
        self.total.append(other.sum_of_errors)
        self.worst.merge(other.worst)
        self.beyond.merge(other.beyond)
        self.grid.merge(other.grid)
        self.slices.merge(other.slices)
        self.likeness.merge(other.likeness)
        self.sameness.merge(other.sameness)
        self.decisions.merge(other.decisions)
        self.masks.merge(other.masks)
        if self.chosen and other.chosen:
            self.chosen.merge(other.chosen)
        elif self.chosen or other.chosen:
            raise ValueError("a tolerance was chosen for one part alone")

    @property
    def scale(self) -> float:
        """S: the largest finite |reference|, rounded up to the next bin edge; 0 where all are."""
        return bin_edge_above(max(self.largest, self.tolerance.least_scale))

    @property
    def different(self) -> int:
        """How many finite elements (or strings) differ."""
        return self.finite - self.grid.equal - self.equal_texts

    @property
    def sum_of_errors(self) -> float:
        """Sum of |candidate - reference| over the finite elements."""
        return _sum_of(self.total)

    def finish(self, reference: str = "PyTorch", candidate: str = "ONNX") -> OutputComparison:
        """The record of this output, judged by itself; the names stand in its sentence."""
        return summarise(self, reference, candidate)

    def _note_shape(self, shape: tuple[int, ...], batched: bool) -> None:
        if self.shape is None:
            self.shape = shape
        elif batched and shape[1:] == self.shape[1:]:
            self.shape = (self.shape[0] + shape[0], *shape[1:])

    def _text(
        self, reference: Array, candidate: Array, start: int, stop: int, place: Place
    ) -> None:
        """Strings: equal, or different without a size of the difference."""
        equal = np.asarray(reference[start:stop] == candidate[start:stop], bool)
        positions = np.flatnonzero(~equal)
        self.finite += stop - start
        self.largest_error = math.inf if positions.size else self.largest_error
        self.review_rank = math.inf if positions.size else self.review_rank
        self.equal_texts += stop - start - positions.size
        self.different_texts += positions.size
        nothing = np.full(reference.shape, math.nan)
        endless = np.full(positions.size, math.inf)
        self.worst.offer(endless, positions + start, place, nothing, nothing, endless)

    def _block(
        self, reference: Array, candidate: Array, start: int, stop: int, place: Place
    ) -> None:
        block = reference[start:stop], candidate[start:stop]
        if self.by_bits and reference.dtype == np.float32:
            measured = quick.measure(*block)
            if measured is not None:
                self._quick_block(measured, reference, candidate, start, place)
                return
        sizes, errors, ranks = np.empty((3, stop - start))
        difference(*block, into=errors, scratch=sizes)
        np.abs(sizes, out=sizes)
        positions = None
        largest_error = float(errors.max())
        if not math.isfinite(largest_error):
            positions = self._set_apart(reference, candidate, start, stop, place, errors)
            if not positions.size:
                return
            block = block[0][positions], block[1][positions]
            self._by_slice(sizes, errors, positions, start, place, (reference, candidate))
            sizes, errors = sizes[positions], np.minimum(errors[positions], np.finfo(float).max)
            ranks, positions = ranks[: positions.size], positions + start
            largest_error = float(errors.max())
        else:
            self._by_slice(sizes, errors, None, start, place, (reference, candidate))
        self.finite += errors.size
        self._sum(errors, float(sizes.max()), largest_error, ranks)
        self._rank(reference, candidate, start, place, (sizes, errors, ranks), positions)
        if self.chosen:
            self.chosen.add(sizes, errors, positions, start, place, (reference, candidate))
        self._liken(*block, float(sizes.max()) + largest_error)
        self.grid.raise_floor(floor_bar(self.scale))
        self.grid.add(sizes, errors)

    def _by_slice(
        self,
        sizes: Floats,
        errors: Floats,
        finite: Ints | None,
        start: int,
        place: Place,
        sides: tuple[Array, Array],
    ) -> None:
        """Hand a block to the slices, with 0 in place of what is not finite."""
        if not self.slices.counts:
            return
        if finite is not None:
            both = np.zeros((2, sizes.size))
            both[0][finite] = sizes[finite]
            both[1][finite] = np.minimum(errors[finite], np.finfo(float).max)
            sizes, errors = both
        rounded = errors.astype(np.float32) if sides[0].dtype == np.float32 else errors
        for counts in self.slices.counts.values():
            counts.add(sizes, rounded, errors, start, place, sides)

    def _liken(self, reference: Array, candidate: Array, largest: float) -> None:
        if self.grid.format is not None:
            self.likeness.add(reference, candidate, largest)

    def _set_apart(
        self,
        reference: Array,
        candidate: Array,
        start: int,
        stop: int,
        place: Place,
        errors: Floats,
    ) -> Ints:
        """Count the elements that are not finite; returns the positions of all others."""
        left, right = (np.asarray(a[start:stop], np.float64) for a in (reference, candidate))
        finite = np.isfinite(left) & np.isfinite(right)
        nan = np.isnan(left) & np.isnan(right)
        agreed = ~finite & ((left == right) | nan)
        wrong = np.flatnonzero(~finite & ~agreed)
        self.agreed += int(np.count_nonzero(agreed))
        self.nan_agreed += int(np.count_nonzero(nan))
        self.mismatched += wrong.size
        endless = np.full(wrong.size, math.inf)
        for one in (self, self.chosen) if self.chosen else (self,):
            one.worst.offer(endless, wrong + start, place, reference, candidate, endless)
        return np.flatnonzero(finite)

    def _quick_block(
        self, block: Block, reference: Array, candidate: Array, start: int, place: Place
    ) -> None:
        error, known = block.largest_error, self.largest
        self.finite += block.sizes.size
        self._sum(block.errors, block.largest, error, None)
        room = self.tolerance.steps * self.tolerance.eps * self.scale * (1.0 - 1e-9)
        limit = min(self.worst.threshold, room)
        if error > 0.0 and error >= limit:
            least = np.float32(max(limit, 0.0) * (1.0 - 1e-6))
            found = np.flatnonzero(block.rounded >= max(least, _LEAST))
            sizes = np.abs(block.reference[found]).astype(np.float64)
            parts = sizes, block.errors[found], np.empty_like(sizes)
            if found.size:
                self._rank(reference, candidate, start, place, parts, found + start)
        if self.largest > known:
            self.grid.raise_floor(floor_bar(self.scale))
        sides = reference, candidate
        for counts in self.slices.counts.values():
            counts.add(block.sizes, block.rounded, block.errors, start, place, sides)
        if self.chosen:
            self.chosen.add(block.sizes, block.errors, None, start, place, sides)
        stop = start + block.sizes.size
        self._liken(reference[start:stop], candidate[start:stop], block.largest + error)
        quick.count(block, self.grid)

    def _sum(
        self, errors: Floats, largest: float, largest_error: float, scratch: Floats | None
    ) -> None:
        self.largest = max(self.largest, largest)
        self.largest_error = max(self.largest_error, largest_error)
        if largest_error == 0.0:
            return
        self.total.append(float(errors.sum()))
        if len(self.total) > 4096:
            self.total = [_sum_of(self.total)]
        if 1e-140 < largest_error < 1e140:
            norm = math.sqrt(_squares(errors))
        else:
            scratch = np.divide(errors, largest_error, out=scratch)
            norm = largest_error * math.sqrt(_squares(scratch))
        self.norm = math.hypot(self.norm, norm)

    def _rank(
        self,
        reference: Array,
        candidate: Array,
        start: int,
        place: Place,
        block: tuple[Floats, Floats, Floats],
        positions: Ints | None,
    ) -> None:
        """Find what is beyond the allowance so far, and the worst elements."""
        sizes, errors, ranks = block
        allowance = self.tolerance
        np.multiply(sizes, -allowance.relative, out=ranks)
        np.add(errors, ranks, out=ranks)
        top = float(ranks.max())
        room = allowance.steps * allowance.eps
        if top >= self.worst.threshold and self.largest_error > 0.0:
            found = np.flatnonzero((ranks >= self.worst.threshold) & (errors > 0.0))
            found = np.sort(found[foremost(ranks[found], self.worst.size)])
            at = found + start if positions is None else positions[found]
            self.worst.offer(ranks[found], at, place, reference, candidate, errors[found])
        limit = room * self.scale * (1.0 - 1e-9)
        if top > limit or (allowance.exact and top > 0.0):
            found = np.flatnonzero((ranks > limit) & (errors > 0.0))
            self._note_beyond(sizes[found], errors[found], ranks[found], room)

    def _note_beyond(self, sizes: Floats, errors: Floats, ranks: Floats, room: float) -> None:
        if not errors.size:
            return
        allowance = self.tolerance
        if room > 0.0:
            self.beyond.add(ranks / room)
        rest = errors - allowance.review_relative * sizes - allowance.review_absolute
        spread = allowance.review_steps * allowance.eps
        self.review_rank = max(self.review_rank, float(rest.max()) / (spread or 1.0))


def _squares(values: Floats) -> float:
    """Sum of squares, in pieces so short that OpenBLAS wakes no threads (over 10,000 it does)."""
    whole = values.size - values.size % _PIECE
    pieces, rest = values[:whole].reshape(-1, _PIECE), values[whole:]
    return float(np.vecdot(pieces, pieces).sum()) + float(np.dot(rest, rest))


def _sum_of(parts: list[float]) -> float:
    try:
        return math.fsum(parts)
    except OverflowError:
        return math.inf


def _structure_problem(reference: Array, candidate: Array) -> str:
    """What differs in form, with `{reference}` and `{candidate}` where names belong."""
    if reference.shape != candidate.shape:
        shapes = list(reference.shape), list(candidate.shape)
        return f"has shape {shapes[0]} in {{reference}} and {shapes[1]} in {{candidate}}"
    if reference.dtype == candidate.dtype:
        return ""
    names = dtype_name(reference), dtype_name(candidate)
    if names[0] != names[1]:
        return f"is {names[0]} in {{reference}} and {names[1]} in {{candidate}}"
    return ""
