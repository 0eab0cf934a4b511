"""The bars of every error histogram: four per decade, with edges that never move.

Bar k holds the values v with `edge(k - 1) < v <= edge(k)`, where `edge(k) = 10 ** (k / 4)`. The
edges do not depend on the data, so counts of two parts of a data set can simply be added.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

PER_DECADE = 4
FIRST, LAST = -1292, 1233
"""Bars whose upper edges are 1e-323 and 10**308.25: the whole range of float64."""

SHIFT = 45
"""Fine bins keep 7 bits of the mantissa: 128 of them per doubling."""


def edge(bar: int) -> float:
    """Upper edge of a bar, the same number everywhere: `10 ** (bar / 4)`."""
    return float(10.0 ** (bar / PER_DECADE))


EDGES: Floats = np.array([edge(bar) for bar in range(FIRST, LAST + 1)])


def bar_of(values: npt.ArrayLike) -> Any:
    """Bar of each value, by comparing it with the edges themselves.

    Args:
        values: [...] positive float64; 0 counts as the first bar, inf as one after the last.

    Returns:
        [...] int64 bars.
    """
    return np.searchsorted(EDGES, values, side="left") + FIRST


def bar_at(value: float) -> int:
    """The bar whose upper edge a person or a file wrote as `value` (> 0), rounding included."""
    return round(PER_DECADE * float(np.log10(value)))


def fine_bins(values: Floats, out: Ints) -> Ints:
    """Fine bin (lower edge, upper edge] of each value >= 0, from its bits; -1 for 0.

    Upper edges belong to their bin, as with bars: 1, 10, 100 and 1000 are edges of both, so that
    the most common whole numbers need no second look.
    """
    np.subtract(values.view(np.int64), 1, out=out)
    return np.right_shift(out, SHIFT, out=out)


class Window(NamedTuple):
    """Neighbouring bars in an array: column 0 is "no difference", column i is bar `low + i`.

    Values outside are counted in the first or the last bar.
    """

    low: int
    bars: int

    def column_of(self, bars: npt.ArrayLike) -> Any:
        """Column of each bar."""
        return np.clip(np.asarray(bars) - self.low, 1, self.bars)


NARROW = Window(-185, 345)
"""10**-46 to 10**40: every difference of two float32 values."""
WIDE = Window(FIRST - 1, LAST - FIRST + 2)


@functools.lru_cache(maxsize=4)
def _bars_of_fine_bins() -> tuple[Ints, Ints]:
    """Bars of the smallest and of the largest value of every fine bin."""
    last = (np.arange(0x7FF << (52 - SHIFT), dtype=np.int64) + 1) << SHIFT
    last[-1] -= 1
    first = last - ((1 << SHIFT) - 1)
    return bar_of(first.view(np.float64)), bar_of(last.view(np.float64))


@functools.lru_cache(maxsize=4)
def column_table(window: Window) -> Ints:
    """Fine bin to `2 * column`, plus 1 where an edge cuts the fine bin and the value must decide.

    The first fine bin is column 0: 0 is counted there and, of all values that differ from 0, only
    float64 ones below 2e-310.
    """
    low, high = (window.column_of(bars) for bars in _bars_of_fine_bins())
    table = 2 * low + (low != high)
    table[0] = 0
    return np.ascontiguousarray(table, dtype=np.int64)


def row_table(floor: int, rows: int, stride: int) -> Ints:
    """Fine bin of |reference| to `stride * (2 * row + cut)`; row i is bar `floor + i`.

    Row 0 is all that lies at or below `edge(floor)`, 0 included.
    """
    low, high = (np.clip(bars - floor, 0, rows - 1) for bars in _bars_of_fine_bins())
    table = stride * (2 * low + (low != high))
    table[0] = 0
    return np.ascontiguousarray(table, dtype=np.int64)


def floor_bar(scale: float) -> int:
    """The bar whose upper edge is the floor of relative errors: the last edge <= 1e-3 * scale."""
    if scale <= 0.0:
        return FIRST - 1
    bar = int(bar_of(1e-3 * scale))
    return bar if edge(bar) == 1e-3 * scale else bar - 1
