"""The quick way to count float32 elements: one table look-up each for error, reference and both.

The bits of a positive float, shifted, number narrow bins. Nearly all of them lie within one bar,
so the bar is looked up; elements in the others are handed back and counted by their exact values.
For an error `a` in bar A, a reference in bar B, their quotient is in bar A - B or A - B + 1, and
the error in rounding steps is in one of three bars that follow from the quotient's. So one small
number names the bars of all three metrics, and one `bincount` counts them.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats, Ints, bar_of, edge

Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]

ROWS = 16
_SHIFT = 15
_KEYS = 0x7F80 << (16 - _SHIFT)
"""Bins of the finite float32 values: 256 per doubling."""
_BARS = 64
_EQUAL = 8
"""Places for 64 bars of errors, 16 decades, follow 8 that only equal elements fall into."""
_WIDTH = (_EQUAL + _BARS) * 8
_TRASH = ROWS * _WIDTH
_FLAG = 1 << 24
_LEADERS = 6
_LEAST_FLOOR = 2.0**-40
"""Below this floor the bits of subnormal numbers would come into play."""


class Tables(NamedTuple):
    """What each bin adds to the code of an element, `_FLAG` where the exact value must decide."""

    sizes: Codes
    errors: Codes
    quotients: Codes
    steps: Codes
    least_size: np.float32


class Block(NamedTuple):
    """A block of finite float32 elements.

    Attributes:
        sizes: [n] |reference|.
        rounded: [n] |candidate - reference| in float32.
        errors: [n] the same in float64.
        inexact: Positions where the two differ.
        largest: Largest of `sizes`.
        largest_error: Largest of `errors`.
    """

    sizes: Singles
    rounded: Singles
    errors: Floats
    inexact: Ints
    largest: float
    largest_error: float


@functools.lru_cache(maxsize=2)
def _bars(margin: float = 0.0) -> tuple[Ints, Ints]:
    """Bars of the smallest and the largest value of each bin (lower edge, upper edge]."""
    keys = np.arange(_KEYS, dtype=np.uint32) << _SHIFT
    low, high = ((keys + add).view(np.float32).astype(np.float64) for add in (1, 1 << _SHIFT))
    return bar_of(low * (1.0 - margin)), bar_of(high * (1.0 + margin))


def _coded(values: Ints, certain: npt.NDArray[np.bool_]) -> Codes:
    return np.where(certain, values, _FLAG).astype(np.int32)


def _with_zero(codes: Codes) -> Codes:
    """Equal elements have a key after the last one, and add nothing."""
    return np.append(codes, np.full(65536 - _KEYS + 1, 0, np.int32))


@functools.lru_cache(maxsize=2)
def _quotients() -> Codes:
    low, high = _bars(2.0**-22)
    return _with_zero(_coded(3 * low, low == high))


@functools.lru_cache(maxsize=4)
def _steps(mantissa: int) -> Codes:
    """By key of the error minus key of the power of two at or below |reference|, wrapped."""
    low, high = _bars()
    codes = _coded(low - _offset(mantissa), low == high)
    table = np.zeros(3 << 16, np.int32)
    one = (127 + mantissa) << 8
    table[: _KEYS - one] = codes[one:]
    table[_KEYS - one : 1 << 16] = _FLAG
    table[2 << 16 :] = _FLAG
    table[-one:] = codes[:one]
    return table


def _offset(mantissa: int) -> int:
    return int(np.floor(4 * np.log10(2.0**mantissa)))


@functools.lru_cache(maxsize=16)
def tables(floor: int, mantissa: int) -> Tables:
    """Tables for one floor (its bar) and one format."""
    keys = np.arange(_KEYS, dtype=np.uint32) << _SHIFT
    ends = (keys.view(np.float32), (keys + ((1 << _SHIFT) - 1)).view(np.float32))
    low, high = (bar_of(end.astype(np.float64)) - floor for end in ends)
    rows = np.maximum(low, 0)
    certain = (rows == np.maximum(high, 0)) & (rows < ROWS)
    sizes = _coded(rows * (_WIDTH + 4), certain)
    low, high = _bars()
    place = low - _first_bar(floor)
    certain = (low == high) & (place >= 0) & (place < _BARS)
    errors = _coded(8 * (place + _EQUAL) - 4 * low + 4 * floor, certain)
    cut = (int(np.float32(edge(floor)).view(np.uint32)) >> _SHIFT << _SHIFT) - 1
    least = np.uint32(cut).view(np.float32)
    return Tables(sizes, _with_zero(errors), _quotients(), _steps(mantissa), least)


def _first_bar(floor: int) -> int:
    return floor - 44


class _Scratch:
    """Arrays for one block, used again for the next."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.sizes, self.errors, self.divisors, self.quotients = np.empty((4, size), np.float32)
        self.exact = np.empty(size)
        self.keys, self.others = np.empty((2, size), np.uint32)
        self.codes, self.part = np.empty((2, size), np.int32)
        self.index = np.empty(size, np.intp)


class QuickCells:
    """Counts of one output by code, and what it takes to find the code of each element."""

    def __init__(self, mantissa: int, lowest_exponent: int) -> None:
        self._mantissa = mantissa
        self._least_floor = max(_LEAST_FLOOR, 2.0**lowest_exponent)
        self._scratch = _Scratch(0)
        self._counts: Ints = np.zeros(_TRASH + 1, np.int64)
        self._filled = False
        self.forget_tops()

    def measure(self, reference: Singles, candidate: Singles) -> Block | None:
        """Sizes and errors of a block; None where it is for the slow way.

        That is: something is not finite, or many differences are not exact in float32. They are
        where both values are within a factor of two (Sterbenz), so few others are looked at.
        """
        size = reference.size
        if size > self._scratch.size:
            self._scratch = _Scratch(size)
        scratch = self._scratch
        rounded, sizes, errors = scratch.errors[:size], scratch.sizes[:size], scratch.exact[:size]
        np.subtract(candidate, reference, out=rounded)
        np.abs(rounded, out=rounded)
        np.abs(reference, out=sizes)
        largest_error, largest = float(rounded.max()), float(sizes.max())
        if not np.isfinite(largest_error):
            return None
        np.copyto(errors, rounded)
        inexact: Ints = np.empty(0, np.int64)
        if float(sizes.min()) < 2.0 * largest_error:
            far = np.flatnonzero(sizes < np.float32(2.0 * largest_error))
            if far.size > size // 16:
                np.subtract(candidate, reference, out=errors, dtype=np.float64)
                np.abs(errors, out=errors)
                inexact = np.flatnonzero(errors != rounded)
            elif far.size:
                errors[far] = np.abs(candidate[far].astype(float) - reference[far])
                inexact = far[errors[far] != rounded[far]]
            if inexact.size > size // 4:
                return None
            largest_error = float(errors.max())
        return Block(sizes, rounded, errors, inexact, largest, largest_error)

    def suits(self, floor: float) -> bool:
        """True where the quick way is exact for this floor."""
        return floor >= self._least_floor

    def add(self, block: Block, floor: int) -> Ints:
        """Count a block; returns the positions that were not counted.

        Args:
            block: What `measure` gave last.
            floor: Bar of the floor, the same until `take_counts`.
        """
        scratch, size = self._scratch, block.sizes.size
        table = tables(floor, self._mantissa)
        index, keys, others = scratch.index[:size], scratch.keys[:size], scratch.others[:size]
        codes, part = scratch.codes[:size], scratch.part[:size]
        divisors, quotients = scratch.divisors[:size], scratch.quotients[:size]
        np.maximum(block.sizes, table.least_size, out=divisors)
        np.right_shift(divisors.view(np.uint32), _SHIFT, out=others)
        np.copyto(index, others)
        np.take(table.sizes, index, out=codes, mode="clip")
        if block.largest_error > 0.0:
            _keys(block.rounded, keys, index)
            np.add(codes, np.take(table.errors, index, out=part, mode="clip"), out=codes)
            np.bitwise_and(others, 0xFF00, out=others)
            np.subtract(keys, others, out=keys)
            np.copyto(index, keys.view(np.int32))
            np.add(codes, np.take(table.steps, index, out=part, mode="wrap"), out=codes)
            np.divide(block.rounded, divisors, out=quotients)
            _keys(quotients, keys, index)
            np.add(codes, np.take(table.quotients, index, out=part, mode="clip"), out=codes)
            codes[block.inexact] = _FLAG
        left = np.flatnonzero(codes > _FLAG // 2)
        codes[left] = _TRASH
        np.copyto(index, codes)
        self._counts += np.bincount(index, minlength=_TRASH + 1)
        self._filled = True
        return left

    def forget_tops(self) -> None:
        """The floor rose: compare the next block's largest quotients with nothing."""
        self._leaders = np.zeros((1, 2), np.float32)

    def tops(self, block: Block) -> Ints:
        """Positions of the elements of the block added last that may have the largest quotient.

        Whatever the floor rises to, no element can that is exceeded in error and in quotient by
        one that was seen; a few of those seen stand for all.
        """
        if block.largest_error == 0.0:
            return np.empty(0, np.int64)
        errors, quotients = block.rounded, self._scratch.quotients[: block.rounded.size]
        error, quotient = self._leaders[0]
        found = np.flatnonzero((errors > error) | (quotients > quotient))
        errors, quotients = errors[found], quotients[found]
        for error, quotient in self._leaders[1:]:
            keep = (errors > error) | (quotients > quotient)
            found, errors, quotients = found[keep], errors[keep], quotients[keep]
        if found.size:
            self._follow(np.column_stack((errors, quotients)))
        return found

    def _follow(self, pairs: Singles) -> None:
        """Keep leaders that nothing exceeds, the one that rules out most first.

        They lead by a little less than what was seen, since float32 quotients are rounded.
        """
        pairs = np.concatenate((self._leaders, pairs * np.float32(1 - 2.0**-20)))
        pairs = pairs[np.argsort(-pairs[:, 1], kind="stable")]
        rising = np.maximum.accumulate(pairs[:, 0])
        pairs = pairs[np.append(True, pairs[1:, 0] > rising[:-1])]
        best = np.argsort(-pairs[:, 0] * pairs[:, 1], kind="stable")
        self._leaders = pairs[best[:_LEADERS]]

    def take_counts(self, floor: int) -> tuple[Ints, ...] | None:
        """Hand over and forget the counts: row, bars of the three metrics, and how many each.

        The last of the five is followed by the [rows] counts of equal elements.
        """
        if not self._filled:
            return None
        cells = self._counts[:_TRASH].reshape(ROWS, _EQUAL + _BARS, 8).copy()
        self._counts[:] = 0
        self._filled = False
        equal = cells[:, :_EQUAL].sum(axis=(1, 2))
        rows, places, rest = np.nonzero(cells[:, _EQUAL:])
        bars = places + _first_bar(floor)
        relative = bars - rows - floor + (rest >> 2)
        steps = relative + _offset(self._mantissa) + (rest & 3)
        return rows, bars, relative, steps, cells[rows, places + _EQUAL, rest], equal


def _keys(values: Singles, keys: npt.NDArray[np.uint32], index: Ints) -> None:
    """Bins (lower edge, upper edge] of values >= 0; 0 and NaN get keys without effect."""
    np.subtract(values.view(np.uint32), 1, out=keys)
    np.right_shift(keys, _SHIFT, out=keys)
    np.copyto(index, keys)
