"""Whether both sides would choose the same: the largest entries of each row, and masks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import Array
from inspector.core.beside import Decisions, Mask

MOST_ENTRIES = 100_000
MOST_OF_TOP = 5
MOST_ELEMENTS = 1 << 22
"""Only the samples before this many elements are looked at: sorting takes longer than judging."""
_AT_ONCE = 1 << 17

Marks = npt.NDArray[np.bool_]


class DecisionCounts:
    """Agreement of the largest entries along the last axis, over the rows that were seen."""

    def __init__(self) -> None:
        self._found: Decisions | None = None
        self._fits = True
        self._samples = 0

    def update(self, reference: Array, candidate: Array, first_sample: int, batched: bool) -> None:
        """Count the rows of one run, [samples, entries] or [samples, places, entries].

        Which samples are looked at depends on their numbers alone, so any split counts the same.
        """
        if not self._fits:
            return
        rank, entries = reference.ndim - batched, reference.shape[-1] if reference.ndim else 0
        floating = reference.dtype.kind == "f" or reference.dtype.name.startswith("bfloat")
        known = self._found.entries if self._found else entries
        fits = floating and rank in (1, 2) and 2 <= entries <= MOST_ENTRIES and entries == known
        if not fits:
            self._fits, self._found = False, None
            return
        each = reference[0].size if batched and len(reference) else reference.size
        left = max(1, MOST_ELEMENTS // max(each, 1)) - first_sample
        if left <= 0:
            return
        if batched:
            reference, candidate = reference[:left], candidate[:left]
        self._samples += len(reference) if batched else 1
        sides = reference.reshape(-1, entries), candidate.reshape(-1, entries)
        step = max(1, _AT_ONCE // entries)
        for start in range(0, len(sides[0]), step):
            rows = (_singles(side[start : start + step]) for side in sides)
            self._add(_compare_rows(*rows))

    def merge(self, other: DecisionCounts) -> None:
        """Add the rows of another part of the data."""
        self._fits = self._fits and other._fits
        self._samples += other._samples
        if other._found and self._found and other._found.entries != self._found.entries:
            self._fits = False
        if not self._fits:
            self._found = None
        elif other._found:
            self._add(other._found)

    def finish(self) -> Decisions | None:
        """The counts; None where the output has another form."""
        if self._found is None or not self._found.rows:
            return None
        return self._found._replace(samples=self._samples)

    def _add(self, more: Decisions) -> None:
        old = self._found or Decisions(0, more.entries, 0, more.most)
        rows, first, kept = old.rows + more.rows, old.first + more.first, old.kept + more.kept
        self._found = Decisions(rows, more.entries, first, more.most, kept)


def _singles(rows: Array) -> Array:
    return rows if rows.dtype.itemsize >= 4 else rows.astype(np.float32)


def _compare_rows(reference: Array, candidate: Array) -> Decisions:
    """Compare rows [rows, entries]."""
    entries = reference.shape[1]
    most = MOST_OF_TOP if entries > MOST_OF_TOP else 0
    places = [entries - 1, entries - most] if most else [entries - 1]
    # Partitioning puts NaN last, so a row that has one is left out like one that ends in inf.
    ordered = [np.partition(side, places, axis=1) for side in (reference, candidate)]
    usable = np.isfinite(ordered[0][:, -1]) & np.isfinite(ordered[1][:, -1])
    rows = int(np.count_nonzero(usable))
    if rows < usable.size:
        reference, candidate = reference[usable], candidate[usable]
        ordered = [side[usable] for side in ordered]
    sides = (reference, ordered[0]), (candidate, ordered[1])
    first, kept = (
        _shared(count, *(side >= top[:, -count, None] for side, top in sides)) if count else 0
        for count in (1, most)
    )
    return Decisions(rows, entries, first, most, kept)


def _shared(most: int, reference: Marks, candidate: Marks) -> int:
    """How many marks both have in common, at most `most` of each row."""
    both = reference & candidate
    total = int(np.count_nonzero(reference))
    if total == most * len(reference):
        return int(np.count_nonzero(both))
    return int(np.minimum(np.count_nonzero(both, axis=1), most).sum())


class MaskCounts:
    """Overlap of outputs that hold nothing but 0 and 1."""

    def __init__(self) -> None:
        self._fits = True
        self._seen = False
        self.both = self.either = 0

    def update(self, reference: Array, candidate: Array) -> None:
        """Count one run; other values than 0 and 1 end the counting."""
        if not self._fits or not reference.size:
            return
        self._seen = True
        self._fits = _is_mask(reference) and _is_mask(candidate)
        if self._fits:
            marked = reference.astype(bool), candidate.astype(bool)
            self.both += int(np.count_nonzero(marked[0] & marked[1]))
            self.either += int(np.count_nonzero(marked[0] | marked[1]))

    def merge(self, other: MaskCounts) -> None:
        """Add the counts of another part of the data."""
        self._fits = self._fits and other._fits
        self._seen = self._seen or other._seen
        self.both += other.both
        self.either += other.either

    def finish(self) -> Mask | None:
        """The overlap; None where the output is no mask."""
        return Mask(self.both, self.either) if self._fits and self._seen else None


def _is_mask(array: Array) -> bool:
    if array.dtype.kind == "b":
        return True
    if array.dtype.kind not in "iuf":
        return False
    flat = array.reshape(-1)
    few = flat[:64]
    if not ((few == 0) | (few == 1)).all():
        return False
    return bool(((flat == 0) | (flat == 1)).all())
