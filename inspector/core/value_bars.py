"""Histograms of a tensor's values, with exact counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.core.bars import FIRST, LAST, LOG10_OF_2, Ints, bar_of
from inspector.core.tensor_facts import Bars, SizeBars

Floats = npt.NDArray[np.float64]

BARS = 64
"""Bars between the smallest and the largest value."""


class LinearBars:
    """Counts values between two known limits, in bars of the same width.

    Args:
        low: Smallest value.
        high: Largest value.
        whole: All values are whole numbers: a small range gets one bar per number.
    """

    def __init__(self, low: float, high: float, whole: bool = False) -> None:
        if whole and high - low < BARS:
            edges = np.arange(low - 0.5, high + 1.0, 1.0)
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
            width = (edges[-1] - edges[0]) / self.counts.size
        self._even = bool(np.isfinite(width) and width > 0.0 and edges.size == BARS + 1) or whole
        self._width = float(width)

    def update(self, numbers: Floats) -> None:
        """Count [n] finite values between the limits."""
        last = self.counts.size - 1
        if last == 0:
            self.counts[0] += numbers.size
            return
        if not self._even or self._width == 0.0:
            places = np.searchsorted(self._edges, numbers, side="right") - 1
        else:
            places = ((numbers - self._edges[0]) / self._width).astype(np.intp)
            np.clip(places, 0, last, out=places)
            # The division rounds: whoever fell beside its bar is moved by one.
            places -= numbers < self._edges[places]
            np.clip(places, 0, last, out=places)
            places += numbers >= self._edges[places + 1]
        np.clip(places, 0, last, out=places)
        self.counts += np.bincount(places, minlength=last + 1)

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
        numbers = numbers[numbers != 0.0]
        columns = bar_of(np.abs(numbers)) - FIRST
        columns += self._width * (numbers > 0.0)
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
