"""Exact counts of an error metric by size of the error and of the reference, one pass.

Relative errors are floored at a share of the output's largest value, which is known only at the
end. So counts are kept in rows by |reference|: when the largest value grows, rows below the new
floor are put together, and no element has to be seen again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.core.bars import (
    EDGES,
    FIRST,
    NARROW,
    Floats,
    Ints,
    Window,
    column_table,
    edge,
    fine_bins,
    row_table,
)

ROWS = 16
"""A floor of 1e-3 of the largest value leaves at most 14 bars of |reference| above it."""


class Floor:
    """The running floor: bar of its edge, and the table that finds the row of a reference."""

    def __init__(self, window: Window) -> None:
        self.bar = FIRST - 1
        self.stride = 1 << (2 * window.bars + 2).bit_length()
        self._table: Ints | None = None

    @property
    def edge(self) -> float:
        """The floor itself; positive even where all references are 0."""
        return edge(self.bar)

    def raise_to(self, bar: int) -> int:
        """Move up to `bar`; returns by how many rows."""
        steps = max(bar - self.bar, 0)
        if steps:
            self.bar, self._table = bar, None
        return steps

    def rows(self, sizes: Floats, keys: Ints, out: Ints) -> Ints:
        """Row codes of |reference|; `keys` is scratch."""
        if self._table is None:
            self._table = row_table(self.bar, ROWS, self.stride)
        return np.take(self._table, fine_bins(sizes, keys), out=out, mode="clip")


class Grid:
    """Counts [rows, columns] of one metric, and the largest value of each row.

    Row 0 holds the elements with |reference| at or below the floor, column 0 those that are equal.
    """

    def __init__(self, window: Window = NARROW, with_tops: bool = True) -> None:
        self.window = window
        self._with_tops = with_tops
        self.counts: Ints = np.zeros((ROWS, window.bars + 1), np.int64)
        self.tops: Floats = np.zeros(ROWS)
        self._top_columns: Ints = np.zeros(ROWS, np.int64)

    def add(
        self, values: Floats, sizes: Floats, rows: Ints, floor: Floor, keys: Ints, cells: Ints
    ) -> None:
        """Count a block of elements.

        Args:
            values: [n] metric, finite and >= 0.
            sizes: [n] |reference|.
            rows: [n] what `floor.rows` gave for `sizes`.
            floor: The running floor.
            keys: [n] scratch.
            cells: [n] scratch.
        """
        np.take(column_table(self.window), fine_bins(values, keys), out=cells, mode="clip")
        np.add(cells, rows, out=cells)
        stride = floor.stride
        counted = np.bincount(cells, minlength=2 * ROWS * stride).reshape(ROWS, 2, stride)
        block = np.array(counted[:, 0, : 2 * self.window.bars + 2 : 2])
        cut = np.flatnonzero(np.bitwise_and(cells, stride | 1, out=keys) != 0)
        if cut.size:
            row, column = self._places(cells[cut], values[cut], sizes[cut], floor)
            places = row * block.shape[1] + column
            block += np.bincount(places, minlength=block.size).reshape(block.shape)
        if self._with_tops:
            self._raise_tops(block, values, sizes, cells, floor)
        self.counts += block

    def _places(
        self, cells: Ints, values: Floats, sizes: Floats, floor: Floor
    ) -> tuple[Ints, Ints]:
        """Row and column of elements; where an edge cuts the fine bin, the value decides."""
        shift, mask = floor.stride.bit_length(), floor.stride - 1
        low_row, low_column = cells >> shift, (cells & mask) >> 1
        row_edges = np.take(EDGES, low_row + (floor.bar - FIRST), mode="clip")
        column_edges = np.take(EDGES, low_column + (self.window.low - FIRST), mode="clip")
        row = low_row + ((cells & floor.stride != 0) & (sizes > row_edges))
        column = low_column + ((cells & 1 != 0) & (values > column_edges))
        return row, column

    def _raise_tops(
        self, block: Ints, values: Floats, sizes: Floats, cells: Ints, floor: Floor
    ) -> None:
        """Look for new largest values, only where a row reaches its last bar or a later one."""
        columns = self.window.bars - (block[:, ::-1] != 0).argmax(axis=1)
        columns[~block.any(axis=1)] = 0
        rising = (columns >= self._top_columns) & (columns > 0)
        if not rising.any():
            return
        np.maximum(self._top_columns, columns, out=self._top_columns)
        limits = np.where(rising, self.tops, np.inf)
        limits[:-1] = np.minimum(limits[:-1], limits[1:])
        found = np.flatnonzero(values > np.take(limits, cells >> floor.stride.bit_length()))
        if not found.size:
            return
        rows, _ = self._places(cells[found], values[found], sizes[found], floor)
        np.maximum.at(self.tops, rows, values[found])

    def shift(self, steps: int) -> None:
        """Follow a floor that rose by `steps` rows: what is now below it becomes row 0."""
        if steps <= 0:
            return
        cut = min(steps, ROWS - 1) + 1
        for array, join in ((self.counts, np.sum), (self.tops, np.max)):
            self._shift_one(array, cut, join)
        self._shift_one(self._top_columns, cut, np.max)

    @staticmethod
    def _shift_one(array: npt.NDArray[np.generic], cut: int, join: object) -> None:
        lowest = join(array[:cut], axis=0)  # type: ignore[operator]
        rest = array[cut:].copy()
        array[:] = 0
        array[0] = lowest
        array[1 : 1 + len(rest)] = rest

    def merge(self, other: Grid) -> None:
        """Add the counts of another part of the data; both stand on the same floor."""
        self.counts += other.counts
        np.maximum(self.tops, other.tops, out=self.tops)
        np.maximum(self._top_columns, other._top_columns, out=self._top_columns)
