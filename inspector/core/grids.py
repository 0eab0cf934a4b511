"""The three histograms of one output, counted together block by block."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np

from inspector.core.bars import NARROW, PER_DECADE, WIDE, Floats, Ints, bar_of, edge
from inspector.core.comparison import Histogram
from inspector.core.grid import ROWS, Floor, Grid
from inspector.core.metrics import FORMATS
from inspector.core.quick import Block, QuickCells

_EXPONENT = np.int64(0x7FF0000000000000)
_WAITING = 1 << 15
"""So many elements that the quick way left are counted together."""


class Buffers(NamedTuple):
    """Scratch of one block size: three arrays of float64 and three of int64."""

    floats: tuple[Floats, Floats, Floats]
    ints: tuple[Ints, Ints, Ints]


class Grids:
    """Counts of absolute, relative and ULP errors of one output."""

    def __init__(self, dtype: str) -> None:
        window = WIDE if dtype in ("float64", "complex128") else NARROW
        self._wide = window is WIDE
        self.format = FORMATS.get(dtype)
        self.floor = Floor(window)
        self.absolute, self.relative = Grid(window), Grid(window)
        self.ulp = Grid(window, with_tops=False)
        self.equal_text = self.different_text = 0
        self._buffers: dict[int, Buffers] = {}
        self.quick = None if self.format is None or self._wide else QuickCells(*self.format)
        self._waiting: list[tuple[Floats, Floats]] = []
        self._waiting_count = 0

    def buffers(self, size: int) -> Buffers:
        """Scratch for a block of `size` elements, used again for the next one."""
        if size not in self._buffers:
            self._buffers.clear()
            floats = (np.empty(size), np.empty(size), np.empty(size))
            ints = tuple(np.empty(size, np.int64) for _ in range(3))
            self._buffers[size] = Buffers(floats, (ints[0], ints[1], ints[2]))
        return self._buffers[size]

    def text(self, equal: int, different: int) -> None:
        """Count strings, which are equal or not."""
        self.equal_text += equal
        self.different_text += different

    def raise_floor(self, bar: int) -> None:
        """Follow the largest reference seen so far."""
        if bar <= self.floor.bar:
            return
        self._take_quick_counts()
        if self.quick is not None:
            self.quick.forget_tops()
        steps = self.floor.raise_to(bar)
        for grid in (self.absolute, self.relative, self.ulp):
            grid.shift(steps)

    @property
    def equal(self) -> int:
        """How many elements do not differ, strings included."""
        self.settle()
        return int(self.absolute.counts[:, 0].sum()) + self.equal_text

    def add_quick(self, block: Block) -> None:
        """Count a block that `quick` measured; a few elements wait for `settle`."""
        assert self.quick is not None
        if not self.quick.suits(self.floor.edge):
            self.add(block.sizes.astype(np.float64), block.errors)
            return
        left = self.quick.add(block, self.floor.bar)
        if left.size:
            self._waiting.append((block.sizes[left].astype(np.float64), block.errors[left]))
            self._waiting_count += left.size
        tops = self.quick.tops(block)
        if tops.size:
            self._note_tops(block.sizes[tops].astype(np.float64), block.errors[tops])
        if self._waiting_count > _WAITING:
            self._count_waiting()

    def settle(self) -> None:
        """Bring what the quick way counted into the grids; to be called before they are read."""
        self._take_quick_counts()
        self._count_waiting()

    def _note_tops(self, sizes: Floats, errors: Floats) -> None:
        rows = np.clip(bar_of(sizes) - self.floor.bar, 0, ROWS - 1)
        np.maximum.at(self.absolute.tops, rows, errors)
        np.maximum.at(self.relative.tops, rows, errors / np.maximum(sizes, self.floor.edge))

    def _count_waiting(self) -> None:
        if self._waiting:
            sizes, errors = (np.concatenate(part) for part in zip(*self._waiting, strict=True))
            self._waiting, self._waiting_count = [], 0
            with np.errstate(all="ignore"):
                self.add(sizes, errors)

    def _take_quick_counts(self) -> None:
        counted = None if self.quick is None else self.quick.take_counts(self.floor.bar)
        if counted is None:
            return
        rows, *bars, counts, equal = counted
        for grid, columns in zip((self.absolute, self.relative, self.ulp), bars, strict=True):
            np.add.at(grid.counts, (rows, grid.window.column_of(columns)), counts)
            grid.counts[:, 0] += equal

    def add(self, sizes: Floats, errors: Floats) -> None:
        """Count a block of finite elements.

        Args:
            sizes: [n] |reference|.
            errors: [n] |candidate - reference|.
        """
        buffers = self.buffers(sizes.size)
        keys, cells, rows = buffers.ints
        values = buffers.floats[2]
        self.floor.rows(sizes, keys, rows)
        if self._wide:
            errors = _visible(errors)
        self.absolute.add(errors, sizes, rows, self.floor, keys, cells)
        np.maximum(sizes, self.floor.edge, out=values)
        np.divide(errors, values, out=values)
        if self._wide:
            values = _visible(values, errors)
        self.relative.add(values, sizes, rows, self.floor, keys, cells)
        if self.format is not None:
            self._add_ulp(sizes, errors, values, buffers, rows)

    def _add_ulp(
        self, sizes: Floats, errors: Floats, values: Floats, buffers: Buffers, rows: Ints
    ) -> None:
        """Divide by the rounding step: a power of two, so only exponents are subtracted."""
        assert self.format is not None
        keys, cells, _ = buffers.ints
        steps, lowest = values.view(np.int64), 2.0**self.format.lowest_exponent
        np.bitwise_and(sizes.view(np.int64), _EXPONENT, out=steps)
        if self.floor.edge < lowest:
            np.maximum(values, lowest, out=values)
        np.divide(errors, values, out=values)
        np.multiply(values, 2.0**self.format.mantissa, out=values)
        if self._wide:
            values = _visible(values, errors)
        self.ulp.add(values, sizes, rows, self.floor, keys, cells)

    def copy(self) -> Grids:
        """The same counts, to be changed without changing these."""
        self.settle()
        return copy.deepcopy(self)

    def merge(self, other: Grids) -> None:
        """Add the counts of another part of the data; both floors are the same by now."""
        self.settle()
        other.settle()
        self.absolute.merge(other.absolute)
        self.relative.merge(other.relative)
        self.ulp.merge(other.ulp)
        self.equal_text += other.equal_text
        self.different_text += other.different_text

    def absolute_columns(self) -> Ints:
        """[columns] counts of absolute errors, whatever the reference."""
        return np.asarray(self.absolute.counts.sum(axis=0))

    def relative_columns(self) -> Ints:
        """[columns] counts of relative errors: floored ones are absolute ones, moved."""
        floored = self.absolute.counts[0].copy()
        window = self.absolute.window
        columns = np.zeros_like(floored)
        columns[0] = floored[0]
        moved = window.column_of(np.arange(window.bars) + 1 + window.low - self.floor.bar)
        np.add.at(columns, moved, floored[1:])
        return np.asarray(columns + self.relative.counts[1:].sum(axis=0))

    def largest_relative(self) -> float:
        """The largest relative error, floored."""
        floored = float(self.absolute.tops[0])
        own = float(self.relative.tops[1:].max())
        with np.errstate(over="ignore"):
            return max(own, float(np.float64(floored) / self.floor.edge))


def _visible(values: Floats, errors: Floats | None = None) -> Floats:
    """Keep what differs out of column 0: raise float64 values too small to be told from 0."""
    source = values if errors is None else errors
    small = (values < 2.0**-1022) & (source > 0.0)
    return np.where(small, 2.0**-1022, np.minimum(values, np.finfo(np.float64).max))


def histogram(
    columns: Ints, low: int, beyond: Ints, unbounded: int, agreed: int, floored: float
) -> Histogram:
    """Cut empty ends off a row of counts.

    Args:
        columns: [bars + 1] counts, column 0 the equal ones.
        low: `Window.low`: bar of column 0, were it one.
        beyond: [bars + 1] counts of elements beyond what is allowed.
        unbounded: Elements without a finite error.
        agreed: Elements that are not finite but the same on both sides.
        floored: Share, see `Histogram`.
    """
    equal = int(columns[0]) + agreed
    filled = np.flatnonzero(columns[1:])
    if not filled.size:
        return Histogram(equal=equal, unbounded=unbounded, floored=floored)
    first, last = int(filled[0]) + 1, int(filled[-1]) + 1
    edges = tuple((low + column) / PER_DECADE for column in range(first - 1, last + 1))
    counts = tuple(int(count) for count in columns[first : last + 1])
    over = tuple(int(count) for count in beyond[first : last + 1])
    return Histogram(edges, counts, over, equal, unbounded, floored)


def beyond_from_the_top(columns: Ints, low: int, total: int, lowest: float) -> Ints:
    """Share out the exactly known number of elements beyond what is allowed among the bars.

    Exact for bars of absolute errors that lie wholly above the largest allowance or wholly below
    the smallest. In between the rest of the total is put into the bars from the top.

    Args:
        columns: [bars + 1] counts, column 0 the equal ones.
        low: `Window.low`.
        total: How many elements are beyond in all.
        lowest: No error up to here is beyond.
    """
    beyond = np.zeros_like(columns)
    left = total
    for column in np.flatnonzero(columns[1:])[::-1] + 1:
        upper = edge(low + int(column)) if column < columns.size - 1 else np.inf
        if left == 0 or upper <= lowest:
            break
        beyond[column] = min(left, int(columns[column]))
        left -= int(beyond[column])
    return beyond
