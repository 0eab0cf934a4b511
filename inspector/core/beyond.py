"""Counts in fine bins by the bits of a float, so that a limit may be fixed after the counting."""

from __future__ import annotations

import math
import struct

import numpy as np

from inspector.core.bars import Floats, Ints

FINE_SHIFT = 44
"""Fine bins keep 8 bits of the mantissa: neighbouring edges lie less than 0.4 % apart."""

_NUMBER, _BITS = struct.Struct("<d"), struct.Struct("<q")


def bin_edge_above(value: float) -> float:
    """The smallest edge of a fine bin that is not below `value` (>= 0); 0 for 0."""
    if value <= 0.0:
        return 0.0
    (bits,) = _BITS.unpack(_NUMBER.pack(value))
    raised = ((bits - 1) >> FINE_SHIFT) + 1
    (edge,) = _NUMBER.unpack(_BITS.pack(raised << FINE_SHIFT))
    return float(edge) if math.isfinite(edge) else value


class BeyondCounts:
    """Number of values in each bin (lower edge, upper edge], over the bins that were met."""

    def __init__(self) -> None:
        self._first = 0
        self._counts: Ints = np.zeros(0, np.int64)

    def add(self, values: Floats) -> None:
        """Count positive values."""
        keys = (values.view(np.int64) - 1) >> FINE_SHIFT
        first = int(keys.min())
        self._add_counts(first, np.bincount(keys - first))

    def merge(self, other: BeyondCounts) -> None:
        """Add the counts of another part of the data."""
        if other._counts.size:
            self._add_counts(other._first, other._counts)

    def above(self, edge: float) -> int:
        """How many of the values exceed `edge`, which must be one of `bin_edge_above`."""
        key = int(np.float64(edge).view(np.int64)) >> FINE_SHIFT
        return int(self._counts[max(key - self._first, 0) :].sum())

    def _add_counts(self, first: int, counts: Ints) -> None:
        if not self._counts.size:
            self._first, self._counts = first, counts.copy()
            return
        low = min(first, self._first)
        high = max(first + counts.size, self._first + self._counts.size)
        grown = np.zeros(high - low, np.int64)
        grown[self._first - low :][: self._counts.size] = self._counts
        grown[first - low :][: counts.size] += counts
        self._first, self._counts = low, grown
