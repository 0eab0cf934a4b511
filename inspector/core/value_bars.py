"""Histograms of a tensor's values, with exact counts."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from inspector.core.bars import FIRST, LAST, LOG10_OF_2, Ints, bar_of
from inspector.core.tensor_facts import Bars, SizeBars

Floats = npt.NDArray[np.float64]

BARS = 64
"""Bars between the smallest and the largest value."""

_NEAREST = 0.01
_CODES = 1 << 12
"""Sign and exponent of a float64: its upper twelve bits."""

_LOWEST = -1022
"""Exponent of the smallest float64 that has all its digits."""


_EXACT = 2.0**52
"""Whole numbers below it have halves between them."""


class LinearBars:
    """Counts values between two known limits, in bars of the same width.

    Args:
        low: Smallest value.
        high: Largest value.
        whole: All values are whole numbers: a small range gets one bar per number.
    """

    def __init__(self, low: float, high: float, whole: bool = False) -> None:
        whole_size = 0
        if whole and high - low < BARS and max(abs(low), abs(high)) < _EXACT:
            edges = np.arange(low - 0.5, high + 1.0, 1.0)
            whole_size = edges.size
        elif low == high:
            edges = np.array([low, high])
        else:
            # Shares of both ends: the difference of two very large values may not be a number.
            shares = np.arange(BARS + 1) / BARS
            edges = np.unique(low * (1.0 - shares) + high * shares)
            edges[0], edges[-1] = low, high
        self._edges: Floats = edges
        self.counts: Ints = np.zeros(edges.size - 1, np.int64)
        with np.errstate(over="ignore"):
            width = float(edges[-1] - edges[0]) / self.counts.size
        self._even = math.isfinite(width) and width > 0.0 and edges.size in (BARS + 1, whole_size)
        # How far rounding may carry a place, in bars; values that close to an edge are compared.
        self._near = 1e-9 + 2.0**-44 * max(abs(low), abs(high)) / width if self._even else 0.0
        self._scale = 1.0 / width if self._even else 0.0

    def update(self, numbers: Floats) -> None:
        """Count [n] finite values between the limits."""
        last = self.counts.size - 1
        if last == 0:
            self.counts[0] += numbers.size
            return
        if not self._even or self._near > _NEAREST or not math.isfinite(self._scale):
            places = self._compared(numbers)
        else:
            exact = (numbers - self._edges[0]) * self._scale
            places = exact.astype(np.intp)
            exact -= places
            np.abs(np.subtract(exact, 0.5, out=exact), out=exact)
            close = np.flatnonzero(exact >= 0.5 - self._near)
            places[close] = self._compared(numbers[close])
        self.counts += np.bincount(places, minlength=last + 1)

    def _compared(self, numbers: Floats) -> Ints:
        """The bar of each value, by comparing it with the edges."""
        places = np.searchsorted(self._edges, numbers, side="right") - 1
        return np.clip(places, 0, self.counts.size - 1)

    def merge(self, other: LinearBars) -> None:
        """Add the counts of other values between the same limits."""
        self.counts += other.counts

    def bars(self) -> Bars:
        """The histogram."""
        return Bars(tuple(self._edges.tolist()), tuple(self.counts.tolist()))


class SignedSizeBars:
    """Counts values by the power of two below their size, negative and positive ones apart."""

    def __init__(self) -> None:
        self._width = LAST - FIRST + 1
        self.counts: Ints = np.zeros(2 * self._width, np.int64)

    def update(self, numbers: Floats) -> None:
        """Count [n] finite values; zeros are left out."""
        codes = (numbers.view(np.uint64) >> np.uint64(52)).view(np.int64)
        found = np.bincount(codes, minlength=_CODES)
        for side, counted in ((0, found[_CODES // 2 :]), (1, found[: _CODES // 2])):
            start = side * self._width - FIRST + _LOWEST
            self.counts[start : start + LAST - _LOWEST + 1] += counted[1 : LAST - _LOWEST + 2]
        if found[0] + found[_CODES // 2]:
            self._small(numbers[(np.abs(numbers) < 2.0**_LOWEST) & (numbers != 0.0)])

    def _small(self, numbers: Floats) -> None:
        """Count [n] values that are too small for an exponent of their own."""
        columns = bar_of(np.abs(numbers)) - FIRST + self._width * (numbers > 0.0)
        self.counts += np.bincount(columns, minlength=self.counts.size)

    def merge(self, other: SignedSizeBars) -> None:
        """Add the counts of other values."""
        self.counts += other.counts

    def bars(self) -> SizeBars:
        """The histogram from the smallest to the largest size that occurs."""
        negative, positive = self.counts[: self._width], self.counts[self._width :]
        filled = np.flatnonzero(negative + positive)
        if not filled.size:
            return SizeBars()
        first, last = int(filled[0]), int(filled[-1]) + 1
        edges = tuple((FIRST + column) * LOG10_OF_2 for column in range(first, last + 1))
        return SizeBars(
            edges, tuple(negative[first:last].tolist()), tuple(positive[first:last].tolist())
        )
