"""Counts by slice and by size, kept so that a limit per slice may be fixed after the counting."""

from __future__ import annotations

from collections import Counter

import numpy as np

from inspector.core.bars import Floats, Ints

SHIFT = 48
"""Bins keep 4 bits of the mantissa: neighbouring edges lie at most 6.3 % apart."""

MOST_CELLS = 1 << 22
"""With more cells than this only those that were met are kept."""

_BITS = 63 - SHIFT


def edges_above(values: Floats) -> Floats:
    """The smallest bin edge not below each value [...] (>= 0); 0 for 0."""
    raised = (((values.view(np.int64) - 1) >> SHIFT) + 1) << SHIFT
    edges = np.where(values > 0.0, raised, 0).view(np.float64)
    return np.where(np.isfinite(edges), edges, values)


def _bins(values: Floats) -> Ints:
    """Number of the bin (lower edge, upper edge] that each value [...] > 0 lies in."""
    return (values.view(np.int64) - 1) >> SHIFT


class CellCounts:
    """Number of values per slice and bin."""

    def __init__(self, slices: int) -> None:
        self._first = 0
        self._dense: Ints = np.zeros((slices, 0), np.int64)
        self._sparse: Counter[int] | None = None

    def add(self, slices: Ints, values: Floats) -> None:
        """Count values > 0, each in its slice."""
        bins = _bins(values)
        self._make_room(int(bins.min()), int(bins.max()) + 1)
        if self._sparse is not None:
            keys, counts = np.unique((slices << _BITS) + bins, return_counts=True)
            self._sparse.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
            return
        width = self._dense.shape[1]
        counted = np.bincount(slices * width + (bins - self._first), minlength=self._dense.size)
        self._dense += counted.reshape(self._dense.shape)

    def merge(self, other: CellCounts) -> None:
        """Add the counts of another part of the data."""
        if other._sparse is not None:
            self._go_sparse()
        elif other._dense.shape[1]:
            self._make_room(other._first, other._first + other._dense.shape[1])
        if self._sparse is not None:
            self._sparse.update(other._entries())
        elif other._dense.shape[1]:
            start = other._first - self._first
            self._dense[:, start : start + other._dense.shape[1]] += other._dense

    def above(self, edges: Floats) -> Ints:
        """How many values of each slice exceed its edge, one of `edges_above`."""
        keys = np.asarray(edges, np.float64).view(np.int64) >> SHIFT
        if self._sparse is not None:
            found = np.zeros(edges.size, np.int64)
            for key, count in self._sparse.items():
                at = key >> _BITS
                found[at] += count if key - (at << _BITS) >= keys[at] else 0
            return found
        columns = self._first + np.arange(self._dense.shape[1])
        return np.asarray((self._dense * (columns >= keys[:, None])).sum(axis=1), np.int64)

    def _make_room(self, first: int, stop: int) -> None:
        if self._sparse is not None:
            return
        slices, width = self._dense.shape
        low = min(first, self._first) if width else first
        high = max(stop, self._first + width) if width else stop
        if low == self._first and high - low == width:
            return
        if slices * (high - low) > MOST_CELLS:
            self._go_sparse()
            return
        grown = np.zeros((slices, high - low), np.int64)
        grown[:, self._first - low : self._first - low + width] = self._dense
        self._first, self._dense = low, grown

    def _go_sparse(self) -> None:
        if self._sparse is None:
            self._sparse = Counter(self._entries())
            self._dense = self._dense[:, :0]

    def _entries(self) -> dict[int, int]:
        if self._sparse is not None:
            return dict(self._sparse)
        slices, columns = np.nonzero(self._dense)
        keys = (slices << _BITS) + columns + self._first
        return dict(zip(keys.tolist(), self._dense[slices, columns].tolist(), strict=True))
