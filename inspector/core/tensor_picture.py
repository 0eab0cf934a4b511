"""A small picture of a tensor of any size, made while its values pass by."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

CELLS = 256
"""Cells along each side, at most."""

_LARGEST_TILE = 32
"""A trailing pair of axes up to this size is drawn as filters side by side."""


class Layout(NamedTuple):
    """How a tensor becomes a picture.

    Attributes:
        rows: The tensor as a matrix: its height ...
        columns: ... and width.
        tile: Height and width of one filter; 0, 0 for a plain matrix.
        text: What rows and columns are, in words.
    """

    rows: int
    columns: int
    tile: tuple[int, int]
    text: str


def layout_of(shape: tuple[int, ...]) -> Layout | None:
    """How to draw a tensor of this shape; None for a single value or none."""
    size = math.prod(shape)
    if size < 2:
        return None
    if len(shape) >= 3 and max(shape[-2:]) <= _LARGEST_TILE and size > math.prod(shape[-2:]):
        above = math.prod(shape[:-3]) if len(shape) > 3 else 1
        return Layout(above, shape[-3], (shape[-2], shape[-1]), "")
    axes = [axis for axis, one in enumerate(shape) if one > 1]
    sizes = [shape[axis] for axis in axes]
    if len(axes) < 2:
        return Layout(1, size, (0, 0), f"{size:,} values from left to right")
    ratios = [math.prod(sizes[:cut]) / math.prod(sizes[cut:]) for cut in range(1, len(axes))]
    cut = 1 + min(range(len(ratios)), key=lambda one: abs(math.log(ratios[one])))
    rows, columns = math.prod(sizes[:cut]), math.prod(sizes[cut:])
    down, across = _axes(axes[:cut]), _axes(axes[cut:])
    return Layout(rows, columns, (0, 0), f"{down} down ({rows:,}), {across} across ({columns:,})")


def _axes(axes: list[int]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes[0]} to {axes[-1]}"


class MatrixPicture:
    """A matrix reduced to at most `CELLS` by `CELLS` cells.

    A cell holds the value of the largest size among those it covers, with its sign; NaN where none
    is finite.
    """

    def __init__(self, rows: int, columns: int, cells: int = CELLS) -> None:
        self._rows, self._columns = rows, columns
        self.height, self.width = min(rows, cells), min(columns, cells)
        # First column of each cell, and first row.
        self._left = -(-np.arange(self.width) * columns // self.width)
        self._high = np.full((self.height, self.width), -np.inf)
        self._low = np.full((self.height, self.width), np.inf)

    def update(self, start: int, block: Array) -> None:
        """Draw the values from position `start` (row-major) on."""
        at, stop = start, start + block.size
        while at < stop:
            row, column = divmod(at, self._columns)
            whole = (stop - at) // self._columns if column == 0 else 0
            end = at + whole * self._columns if whole else min(stop, at + self._columns - column)
            part = block[at - start : end - start].reshape(max(whole, 1), -1)
            self._draw(part, row, column)
            at = end

    def _draw(self, part: Array, row: int, column: int) -> None:
        finite = np.isfinite(part)
        with np.errstate(invalid="ignore"):  # some bits of NaN are said to be invalid
            values = part.astype(np.float64)
        high, low = (values, values) if finite.all() else _open_ends(values, finite)
        first = int(np.searchsorted(self._left, column, side="right")) - 1
        last = int(np.searchsorted(self._left, column + part.shape[1] - 1, side="right"))
        starts = np.maximum(self._left[first:last] - column, 0)
        rows = (row + np.arange(part.shape[0])) * self.height // self._rows
        tops = np.flatnonzero(np.diff(rows, prepend=-1))
        where = np.ix_(rows[tops], np.arange(first, last))
        for cells, found, reduce in (
            (self._high, high, np.maximum),
            (self._low, low, np.minimum),
        ):
            across = reduce.reduceat(found, starts, axis=1)
            down = reduce.reduceat(across, tops, axis=0)
            cells[where] = reduce(cells[where], down)

    def cells(self) -> npt.NDArray[np.float32]:
        """[height, width] float32; infinite where a cell covers no finite value."""
        found = np.where(np.abs(self._low) > np.abs(self._high), self._low, self._high)
        found[~np.isfinite(found)] = np.inf
        with np.errstate(over="ignore"):
            return found.astype(np.float32)


def _open_ends(values: Array, finite: Array) -> tuple[Array, Array]:
    return np.where(finite, values, -np.inf), np.where(finite, values, np.inf)


class TilePicture:
    """The first filters of a convolution: input channels across, output channels down.

    Where there are few input channels, further output channels stand beside the first ones, so
    that the picture is about twice as wide as high.
    """

    def __init__(self, rows: int, columns: int, tile: tuple[int, int], cells: int = CELLS) -> None:
        self._tile, self._columns = tile, columns
        most_down = max(1, (cells // 2 + 1) // (tile[0] + 1))
        most_across = max(1, (cells + 1) // (tile[1] + 1))
        across = min(columns, most_across)
        self._across = across
        beside = range(1, max(1, min(rows, most_across // across)) + 1)
        shares = {
            count: min(most_down, -(-rows // count)) * (tile[0] + 1)
            / (count * across * (tile[1] + 1))
            for count in beside
        }  # fmt: skip
        groups = min(beside, key=lambda count: abs(math.log(2.0 * shares[count])))
        self._down = min(most_down, -(-rows // groups))
        self.shown = (min(rows, self._down * groups), across)
        groups = -(-self.shown[0] // self._down)
        height = self._down * (tile[0] + 1) - 1
        width = groups * across * (tile[1] + 1) - 1
        self._cells = np.full((height, width), np.nan, np.float32)

    def place(self, row: int, column: int) -> tuple[int, int]:
        """Upper left cell of the filter of an output and an input channel."""
        group, down = divmod(row, self._down)
        across = group * self._across + column
        return down * (self._tile[0] + 1), across * (self._tile[1] + 1)

    def update(self, start: int, block: Array) -> None:
        """Draw the values from position `start` (row-major) on."""
        tall, wide = self._tile
        area = tall * wide
        rows, columns = self.shown
        for row in range(start // (area * self._columns), rows):
            begin = row * area * self._columns
            if begin >= start + block.size:
                break
            first, stop = max(begin, start), min(begin + columns * area, start + block.size)
            if first >= stop:
                continue
            tile, inside = divmod(np.arange(first, stop) - begin, area)
            down, across = divmod(inside, wide)
            with np.errstate(over="ignore"):
                found = block[first - start : stop - start].astype(np.float32)
            found[~np.isfinite(found)] = np.inf
            top, left = self.place(row, 0)
            self._cells[top + down, left + tile * (wide + 1) + across] = found

    def cells(self) -> npt.NDArray[np.float32]:
        """[height, width] float32; NaN between the filters, infinite for what is not finite."""
        return self._cells


def tile_text(layout: Layout, shown: tuple[int, int]) -> str:
    """What a picture of filters shows, and what it leaves out."""
    tall, wide = layout.tile
    size = f"{tall} x {wide}"
    if shown == (layout.rows, layout.columns):
        return f"all {layout.rows:,} x {layout.columns:,} filters of {size}"
    return (
        f"the first {shown[0]:,} x {shown[1]:,} of {layout.rows:,} x {layout.columns:,} "
        f"filters of {size}"
    )
