"""From counts by bar to the histograms that people see."""

from __future__ import annotations

import numpy as np

from inspector.core.bars import FIRST, LOG10_OF_2, Ints, edge
from inspector.core.comparison import Histogram


def histogram(
    columns: Ints, beyond: Ints, unbounded: int, agreed: int, floored: float
) -> Histogram:
    """Cut empty ends off a row of counts.

    Args:
        columns: [1 + bars] counts, column 0 the equal ones, column i bar `FIRST + i - 1`.
        beyond: [1 + bars] counts of elements beyond what is allowed.
        unbounded: Elements without a finite error.
        agreed: Elements that are not finite but the same on both sides.
        floored: Share, see `Histogram`.
    """
    equal = int(columns[0]) + agreed
    filled = np.flatnonzero(columns[1:])
    if not filled.size:
        return Histogram(equal=equal, unbounded=unbounded, floored=floored)
    first, last = int(filled[0]), int(filled[-1]) + 1
    edges = tuple((FIRST + column) * LOG10_OF_2 for column in range(first, last + 1))
    counts = tuple(int(count) for count in columns[first + 1 : last + 1])
    over = tuple(int(count) for count in beyond[first + 1 : last + 1])
    return Histogram(edges, counts, over, equal, unbounded, floored)


def beyond_from_the_top(columns: Ints, total: int, lowest: float) -> Ints:
    """Share out the exactly known number of elements beyond what is allowed among the bars.

    Exact for bars of absolute errors that lie wholly above the largest allowance or wholly below
    the smallest. In between the rest of the total is put into the bars from the top.

    Args:
        columns: [1 + bars] counts, column 0 the equal ones.
        total: How many elements are beyond in all.
        lowest: No error up to here is beyond.
    """
    beyond = np.zeros_like(columns)
    left = total
    for column in np.flatnonzero(columns[1:])[::-1] + 1:
        if left == 0 or edge(FIRST + int(column)) <= lowest:
            break
        beyond[column] = min(left, int(columns[column]))
        left -= int(beyond[column])
    return beyond
