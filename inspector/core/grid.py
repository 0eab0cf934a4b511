"""Exact counts of elements by size of the error and of the reference, one pass.

Relative errors are floored at a share of the output's largest value, which is known only at the
end. So counts are kept in rows by |reference|: when the largest value grows, rows below the new
floor are put together, and no element has to be seen again. From the bars of an error and of its
reference, and from which mantissa is the smaller, follow the bars of all three metrics.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.bars import FIRST, LAST, Floats, Ints, bar_of, edge
from inspector.core.metrics import FORMATS

ROWS = 16
"""A floor of 1e-3 of the largest value leaves at most 11 bars of |reference| at or above it."""
NARROW, WIDE = (-149, 130), (-1074, 1023)
"""Bars of every difference of float32 values and of whole numbers, and of float64 values."""


class Leader(NamedTuple):
    """An element that was seen. What has no larger error and no larger quotient cannot lead."""

    error: float = 0.0
    size: float = math.inf


class Grid:
    """Counts of one output: `counts` [1 + bars of errors, rows, 2].

    Place 0 holds the elements that are equal, place i the errors of bar `low + i - 1`. Row 0 holds
    the elements with |reference| below the floor, row i those of bar `floor + i - 1`. The last
    place is 1 where the mantissa of the error is smaller than that of the reference. `errors` and
    `quotients` [rows] are the largest errors and relative errors among what may become the largest.
    """

    def __init__(self, dtype: str) -> None:
        self.format = FORMATS.get(dtype)
        self.low, self.high = WIDE if dtype in ("float64", "complex128") else NARROW
        self.floor = FIRST - 1
        self.counts: Ints = np.zeros((self.high - self.low + 2, ROWS, 2), np.int64)
        self.leader = Leader()
        self.errors: Floats = np.zeros(ROWS)
        self.quotients: Floats = np.zeros(ROWS)

    def raise_floor(self, bar: int) -> None:
        """Follow the largest reference seen so far: what is now below the floor becomes row 0."""
        steps = min(bar - self.floor, ROWS - 1)
        if steps <= 0:
            return
        self.floor = bar
        self.counts = _joined(self.counts, steps, np.sum)
        self.errors = _joined(self.errors, steps, np.max)
        self.quotients = _joined(self.quotients, steps, np.max)

    def add(self, sizes: Floats, errors: Floats) -> None:
        """Count finite elements.

        Args:
            sizes: [n] |reference|, at most a thousand times twice the floor.
            errors: [n] |candidate - reference|.
        """
        rows = np.clip(bar_of(sizes) - (self.floor - 1), 0, ROWS - 1)
        places = np.clip(bar_of(errors) - (self.low - 1), 1, self.high - self.low + 1)
        places[errors == 0.0] = 0
        smaller = np.frexp(errors)[0] < np.frexp(sizes)[0]
        cells = (places * ROWS + rows) * 2 + smaller
        counted = np.bincount(cells, minlength=self.counts.size)
        self.counts += counted.reshape(self.counts.shape)
        lead, least = self.leader, self._least
        quotients = errors / np.maximum(sizes, least)
        leads = errors > lead.error
        leads |= quotients > lead.error / max(lead.size, least)
        self.note(sizes[leads], errors[leads])

    def note(self, sizes: Floats, errors: Floats) -> None:
        """Keep the largest error and quotient of each row; not for those that cannot lead."""
        if errors.size <= 32:
            # Numpy's calls would take longer than these few elements.
            self._note_each(sizes.tolist(), errors.tolist())
            return
        rows = np.clip(bar_of(sizes) - (self.floor - 1), 0, ROWS - 1)
        quotients = errors / np.maximum(sizes, self._least)
        np.maximum.at(self.errors, rows, errors)
        np.maximum.at(self.quotients, rows, quotients)
        best = int(np.argmax(errors * quotients))
        self._follow(float(errors[best]), float(sizes[best]))

    def _note_each(self, sizes: list[float], errors: list[float]) -> None:
        least = self._least
        for size, error in zip(sizes, errors, strict=True):
            bar = math.frexp(size)[1] - 1 if size > 0.0 else FIRST - 2
            row = min(max(bar - (self.floor - 1), 0), ROWS - 1)
            if error > self.errors[row]:
                self.errors[row] = error
            if error / max(size, least) > self.quotients[row]:
                self.quotients[row] = np.float64(error) / max(size, least)
            self._follow(error, size)

    def _follow(self, error: float, size: float) -> None:
        """Let the element lead whose error times quotient is the largest."""
        least, lead = self._least, self.leader
        # Square roots: the product itself may be too large for a number.
        if math.sqrt(error) * math.sqrt(error / max(size, least)) > math.sqrt(lead.error) * (
            math.sqrt(lead.error / max(lead.size, least))
        ):
            self.leader = Leader(error, size)

    def below_floor(self) -> tuple[int, float]:
        """How many unequal elements lie below the floor, and their largest error, rounded up."""
        found = self.counts[1:, 0].sum(axis=1)
        seen = np.flatnonzero(found)
        return int(found.sum()), edge(self.low + int(seen[-1]) + 1) if seen.size else 0.0

    @property
    def _least(self) -> float:
        return edge(max(self.floor, FIRST))

    def merge(self, other: Grid) -> None:
        """Add the counts of another part of the data."""
        self.raise_floor(other.floor)
        if other.floor < self.floor:
            other = copy.deepcopy(other)
            other.raise_floor(self.floor)
        self.counts += other.counts
        np.maximum(self.errors, other.errors, out=self.errors)
        np.maximum(self.quotients, other.quotients, out=self.quotients)

    @property
    def equal(self) -> int:
        """How many elements do not differ."""
        return int(self.counts[0].sum())

    @property
    def floored(self) -> int:
        """How many elements have a reference below the floor."""
        return int(self.counts[:, 0].sum())

    def absolute(self) -> Ints:
        """[columns] counts of absolute errors; column 0 is "equal", column i bar `FIRST + i - 1`.

        In all three, what is outside is counted in the first or the last bar.
        """
        return self._columns(lambda errors, rows, smaller: errors)

    def relative(self) -> Ints:
        """[columns] counts of relative errors, those of row 0 measured against the floor."""
        return self._columns(
            lambda errors, rows, smaller: np.where(
                rows > 0, errors - (self.floor + rows - 1) - smaller, errors - self.floor
            )
        )

    def steps(self) -> Ints:
        """[columns] counts of errors in rounding steps of the reference, without row 0."""
        assert self.format is not None
        mantissa, lowest = self.format
        return self._columns(
            lambda errors, rows, smaller: (
                errors - np.maximum(self.floor + rows - 1, lowest) + mantissa
            ),
            first_row=1,
        )

    def _columns(self, bar: Callable[[Ints, Ints, Ints], Ints], first_row: int = 0) -> Ints:
        places, rows, smaller = np.nonzero(self.counts[1:, first_row:])
        bars = np.clip(bar(places + self.low, rows + first_row, smaller), FIRST, LAST)
        columns = np.zeros(LAST - FIRST + 2, np.int64)
        columns[0] = self.equal
        np.add.at(columns, bars - (FIRST - 1), self.counts[places + 1, rows + first_row, smaller])
        return columns

    def largest_relative(self) -> float:
        """The largest relative error, floored."""
        with np.errstate(over="ignore"):
            floored = float(self.errors[0] / self._least)
        return max(floored, float(self.quotients[1:].max()))


def _joined(array: npt.NDArray[Any], steps: int, join: Callable[..., Any]) -> npt.NDArray[Any]:
    """The first `steps + 1` rows put together; rows are the only or the second axis."""
    axis = min(array.ndim - 1, 1)
    rows = np.moveaxis(array, axis, 0)
    moved = np.zeros_like(rows)
    moved[0] = join(rows[: steps + 1], axis=0)
    moved[1 : ROWS - steps] = rows[steps + 1 :]
    return np.ascontiguousarray(np.moveaxis(moved, 0, axis))
