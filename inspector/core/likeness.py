"""Sums for the cosine and the signal-to-noise ratio, and whether an output varies at all."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import Array

_PIECE = 8192
_SMALL, _LARGE = 1e-15, 1e15
"""Squares of float32 numbers between these neither overflow nor vanish."""
_MOST = 1e140


class Likeness:
    """Sums over the finite elements of both sides.

    float32 is summed as such, in short pieces, so two splits of the same data agree to about six
    digits: enough for a figure beside the verdict.
    """

    def __init__(self) -> None:
        self.reference = self.candidate = self.product = 0.0
        self.overflown = False

    def add(self, reference: Array, candidate: Array, largest: float) -> None:
        """Add a block.

        Args:
            reference: [n] finite values.
            candidate: [n] finite values.
            largest: Largest of |reference| and |candidate|.
        """
        if largest > _MOST:
            self.overflown = True
        if self.overflown or largest == 0.0:
            return
        if reference.dtype != np.float32 or not _SMALL < largest < _LARGE:
            reference, candidate = reference.astype(np.float64), candidate.astype(np.float64)
        self.reference += _dot(reference, reference)
        self.candidate += _dot(candidate, candidate)
        self.product += _dot(reference, candidate)

    def merge(self, other: Likeness) -> None:
        """Add the sums of another part of the data."""
        for name in ("reference", "candidate", "product"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.overflown = self.overflown or other.overflown

    @property
    def cosine(self) -> float | None:
        """Cosine of the angle between both sides; None where either is 0 throughout."""
        lengths = math.sqrt(self.reference) * math.sqrt(self.candidate)
        if self.overflown or lengths == 0.0:
            return None
        return max(-1.0, min(1.0, self.product / lengths))

    def signal_to_noise(self, norm: float) -> float | None:
        """Decibels, for the root of the sum of squared differences; None without any signal."""
        if self.overflown or self.reference == 0.0 or not math.isfinite(norm):
            return None
        if norm == 0.0:
            return math.inf
        return 20.0 * (math.log10(self.reference) / 2.0 - math.log10(norm))


def _dot(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Sum of products, in pieces so short that OpenBLAS wakes no threads."""
    whole = one.size - one.size % _PIECE
    pieces = (side[:whole].reshape(-1, _PIECE) for side in (one, other))
    rest = float(np.dot(one[whole:], other[whole:]))
    return float(np.vecdot(*pieces).sum(dtype=np.float64)) + rest


class Sameness:
    """Whether all elements of the reference have one value."""

    def __init__(self) -> None:
        self.value: float | None = None
        self.varies = False

    def update(self, reference: Array) -> None:
        """Look at one run; numbers only."""
        if self.varies or not reference.size:
            return
        flat = reference.reshape(-1)
        first = flat[0]
        # The plus makes 1 and 0 of true and false.
        value = +first.item()
        known = self.value is None or self.value == value
        few = bool((flat[:64] == first).all())
        self.varies = not (known and few and bool((flat == first).all()))
        self.value = value

    def merge(self, other: Sameness) -> None:
        """Take in what is known about another part of the data."""
        if other.value is None and not other.varies:
            return
        known = self.value is None or self.value == other.value
        self.varies = self.varies or other.varies or not known
        self.value = other.value

    @property
    def constant(self) -> float | None:
        """The value of all elements; None where they vary, or are NaN."""
        return None if self.varies else self.value
