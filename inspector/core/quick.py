"""The quick way to count float32 elements: by their bits, with whole-number arithmetic.

The exponent of a positive float is what a right shift of its bits leaves. With the bits of an
error minus those of its reference, the shift leaves the exponent of their quotient: the borrow
from the mantissas is in it. So three shifts give one small number per element that names its
cell of the grid, and one `bincount` counts them.
"""

from __future__ import annotations

import struct
import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats, Ints
from inspector.core.grid import ROWS, Grid

Singles = npt.NDArray[np.float32]

_MANTISSA, _BIAS = 23, 127
_TINY = 2.0**-126
"""Smaller errors are subnormal, and their bits do not tell their exponent."""
_MOST = 2.0**127
_SAFE = 2.0**-100
"""Between sizes from here on, no difference is subnormal."""
_CELLS = 2 * ROWS
_SLACK = 1_500_000
"""Bits are a logarithm but for 0 to 0.0861 of a doubling: twice that for a difference of two."""
_APART = 2.000001
"""A difference of up to half the reference is exact, its rounding included."""


class Block(NamedTuple):
    """A block of finite float32 elements.

    Attributes:
        reference: [n] the reference.
        sizes: [n] |reference|; `count` writes over it.
        rounded: [n] |candidate - reference| in float32; `count` writes over it.
        errors: [n] the same in float64; empty where nothing differs.
        inexact: Positions where the two differ.
        largest: Largest of `sizes`.
        largest_error: Largest of `errors`.
    """

    reference: Singles
    sizes: Singles
    rounded: Singles
    errors: Floats
    inexact: Ints
    largest: float
    largest_error: float


class _Scratch(threading.local):
    """Arrays for one block, used again for the next by all outputs that a thread counts."""

    size = 0

    def hold(self, size: int) -> None:
        """Make room for `size` elements."""
        if size > self.size:
            self.size = size
            self.singles = np.empty((3, size), np.float32)
            self.floors = np.empty(size, np.int32)
            self.floor = 0
            self.exact = np.empty(size)
            self.index = np.empty(size, np.intp)

    def floors_at(self, bits: int, size: int) -> npt.NDArray[np.int32]:
        """[size] array of one number: numpy compares two arrays faster than array and number."""
        if self.floor != bits:
            self.floor = bits
            self.floors[:] = bits
        return self.floors[:size]


_scratch = _Scratch()


def measure(reference: Singles, candidate: Singles) -> Block | None:
    """Sizes and errors of a block, valid until the next one; None where it is for the slow way.

    That is: something is not finite, or many differences are not exact in float32. They are
    where both values are within a factor of two (Sterbenz), so few others are looked at.
    """
    size = reference.size
    _scratch.hold(size)
    rounded, sizes, _ = _scratch.singles[:, :size]
    np.subtract(candidate, reference, out=rounded)
    np.abs(rounded, out=rounded)
    np.abs(reference, out=sizes)
    largest_error, largest = (float(np.maximum.reduce(part)) for part in (rounded, sizes))
    if not np.isfinite(largest_error):
        return None
    errors, inexact = _scratch.exact[:0], np.empty(0, np.int64)
    if largest_error > 0.0:
        errors = _scratch.exact[:size]
        np.copyto(errors, rounded)
        smallest = float(np.minimum.reduce(sizes))
        if smallest < _SAFE and _any_tiny(rounded):
            return None
        if smallest < _APART * largest_error:
            inexact = _correct(reference, candidate, sizes, rounded, errors)
            if inexact.size > size // 4:
                return None
            largest_error = float(errors.max())
    return Block(reference, sizes, rounded, errors, inexact, largest, largest_error)


def _any_tiny(rounded: Singles) -> bool:
    return int(np.count_nonzero(rounded < np.float32(_TINY))) > rounded.size - int(
        np.count_nonzero(rounded)
    )


def _correct(
    reference: Singles, candidate: Singles, sizes: Singles, rounded: Singles, errors: Floats
) -> Ints:
    """Put exact differences into `errors` where `rounded` may not be; returns where it is not."""
    far: Ints = np.flatnonzero(sizes < np.float32(_APART) * rounded)
    if far.size > rounded.size // 16:
        np.subtract(candidate, reference, out=errors, dtype=np.float64)
        np.abs(errors, out=errors)
        return np.flatnonzero(errors != rounded)
    errors[far] = np.abs(candidate[far].astype(np.float64) - reference[far])
    wrong: Ints = far[errors[far] != rounded[far]]
    return wrong


def count(block: Block, grid: Grid) -> None:
    """Count what `measure` gave last; the floor of the grid belongs to all that was seen."""
    below = grid.floor - 1 + _BIAS
    if below < 1:
        errors = block.errors if block.errors.size else np.zeros(block.sizes.size)
        grid.add(block.sizes.astype(np.float64), errors)
        return
    size = block.sizes.size
    bits = _scratch.singles.view(np.int32)[:, :size]
    errors, sizes, quotients = bits
    index = _scratch.index[:size]
    np.maximum(sizes, _scratch.floors_at(below << _MANTISSA, size), out=sizes)
    if block.largest_error == 0.0:
        np.right_shift(sizes, _MANTISSA, out=sizes)
        np.copyto(index, sizes)
        grid.counts[0, :, 0] += np.bincount(index, minlength=below + ROWS)[below : below + ROWS]
        return
    np.subtract(errors, sizes, out=quotients)
    _note_leaders(block, grid, below)
    np.right_shift(bits, _MANTISSA, out=bits)
    # A quotient is error - reference - borrow, so this is 32 errors + 2 references + borrow.
    np.subtract(sizes, quotients, out=sizes)
    np.multiply(errors, _CELLS + 1, out=errors)
    np.add(sizes, errors, out=sizes)
    np.copyto(index, sizes)
    counted = np.bincount(index, minlength=2 * below + 2 * _CELLS)[2 * below :]
    if block.inexact.size:
        counted -= np.bincount(index[block.inexact] - 2 * below, minlength=counted.size)
        references = np.abs(block.reference[block.inexact]).astype(np.float64)
        grid.add(references, block.errors[block.inexact])
    cells = grid.counts.reshape(-1)
    cells[:_CELLS] += counted[:_CELLS]
    first = (2 - _BIAS - grid.low) * _CELLS
    cells[first : first + counted.size - _CELLS] += counted[_CELLS:]


def _note_leaders(block: Block, grid: Grid, below: int) -> None:
    """Hand to the grid the elements that may have the largest quotient."""
    errors, quotients = block.rounded, _scratch.singles.view(np.int32)[2, : block.rounded.size]
    if not grid.leader.error:
        first = np.argmax(errors)
        _note(block, grid, np.array([first]))
    lead = grid.leader
    limit = np.float32(lead.error * (1.0 - 2.0**-20))
    known = _bits(lead.error) - max(_bits(lead.size), below << _MANTISSA) - _SLACK
    if block.largest_error > limit or int(np.maximum.reduce(quotients)) > known:
        _note(block, grid, np.flatnonzero((errors > limit) | (quotients > known)))


def _note(block: Block, grid: Grid, found: Ints) -> None:
    grid.note(np.abs(block.reference[found]).astype(np.float64), block.errors[found])


def _bits(value: float) -> int:
    (bits,) = struct.unpack("<i", struct.pack("<f", min(value, _MOST)))
    return int(bits)
