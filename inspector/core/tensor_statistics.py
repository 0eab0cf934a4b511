"""Smallest, largest, mean and deviation of a tensor in one pass over its blocks.

Two halves of a tensor give the same counts, minimum and maximum as the whole; mean and deviation
agree to about 1e-12 of the largest value.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class TensorStatistics:
    """What is counted about values; two of them can be merged.

    Attributes:
        values: Number of values seen.
        zeros: Those that are 0; of text, those that are empty.
        nan: Those that are not a number.
        positive_infinity: Those that are infinite.
        negative_infinity: Those that are negative infinite.
        minimum: Smallest finite value, None without any; a Python int for integers.
        maximum: Largest finite value.
        mean: Mean of the finite values.

    Of complex numbers the absolute values are described; NaN and infinity count once per number.
    """

    def __init__(self) -> None:
        self.values = self.zeros = self.nan = 0
        self.positive_infinity = self.negative_infinity = 0
        self.minimum: int | float | None = None
        self.maximum: int | float | None = None
        self.mean = 0.0
        self._finite = 0
        self._squares = 0.0

    @property
    def finite(self) -> int:
        """Number of finite values."""
        return self._finite

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the finite values, all of them; None without any.

        inf where the squares exceed float64.
        """
        return math.sqrt(self._squares / self._finite) if self._finite else None

    def update(self, block: Array) -> Array:
        """Count a block of any type.

        Args:
            block: [n] values.

        Returns:
            [m] the finite ones among them as float64, in their order; empty for text.
        """
        self.values += block.size
        if block.dtype.kind in "OSUT":
            self.zeros += sum(1 for text in block if not text)
            return np.empty(0)
        numbers = _numbers(block)
        self.zeros += block.size - int(np.count_nonzero(block))
        if numbers.dtype.kind == "f":
            numbers = self._without_endless(numbers)
        if not numbers.size:
            return np.empty(0)
        low, high = numbers.min().item(), numbers.max().item()
        self._widen(low, high)
        with np.errstate(over="ignore"):
            floats = numbers.astype(np.float64, copy=False)
            self._join(*_moments(floats, float(low), float(high)))
        return floats

    def _without_endless(self, numbers: Array) -> Array:
        finite = np.isfinite(numbers)
        if finite.all():
            return numbers
        odd = numbers[~finite]
        self.nan += int(np.isnan(odd).sum())
        self.positive_infinity += int((odd == np.inf).sum())
        self.negative_infinity += int((odd == -np.inf).sum())
        return numbers[finite]

    def _widen(self, low: int | float, high: int | float) -> None:
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)

    def _join(self, count: int, mean: float, squares: float) -> None:
        """Add the moments of other values.

        Source: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing
        Sample Variances, 1979, formula 2.1 in its form with means.
        """
        total = self._finite + count
        if not count or not self._finite:
            if count:
                self._finite, self.mean, self._squares = count, mean, squares
            return
        delta = mean - self.mean
        share = count / total
        self._squares += squares + delta * delta * self._finite * share
        self.mean += delta * share
        self._finite = total

    def merge(self, other: TensorStatistics) -> None:
        """Add what was counted about other values."""
        self.values += other.values
        self.zeros += other.zeros
        self.nan += other.nan
        self.positive_infinity += other.positive_infinity
        self.negative_infinity += other.negative_infinity
        if other.minimum is not None and other.maximum is not None:
            self._widen(other.minimum, other.maximum)
        self._join(other.finite, other.mean, other._squares)


def _numbers(block: Array) -> Array:
    """Real numbers that are described: absolute values of complex ones, 0 and 1 for truth."""
    if block.dtype.kind == "b":
        return block.view(np.uint8)
    if block.dtype.kind == "c":
        with np.errstate(all="ignore"):
            sizes = np.abs(block.astype(np.complex128))
        # |inf + NaN i| is inf by the C standard; a part that is NaN makes the number NaN here.
        return np.where(np.isnan(block), np.nan, sizes)
    return block


def finite_numbers(block: Array) -> Array:
    """[m] float64 the finite values of a block [n], as `TensorStatistics.update` gives them."""
    if block.dtype.kind in "OSUT":
        return np.empty(0)
    with np.errstate(invalid="ignore"):  # some bits of NaN are said to be invalid
        numbers = _numbers(block).astype(np.float64, copy=False)
    finite = np.isfinite(numbers)
    return numbers if finite.all() else numbers[finite]


def _moments(numbers: Array, low: float, high: float) -> tuple[int, float, float]:
    """Count, mean and sum of squared distances from the mean, in two passes over a block.

    The mean is a sum of shares, so that it does not overflow.
    """
    count = numbers.size
    mean = float(np.sum(numbers))
    mean = mean / count if math.isfinite(mean) else float(np.sum(numbers / count))
    mean = min(max(mean, low), high)
    away = numbers - mean
    return count, mean, float(np.dot(away, away))
