"""Indices that differ because the scores they point at tie.

Among equal scores an argmax, a sort or a non-maximum suppression may choose either, and two
runtimes do. Whether two scores are equal within what is allowed depends on the largest score of
the whole data set, so gaps are counted in fine bins like all other differences.
"""

from __future__ import annotations

import numpy as np

from inspector.core.arrays import Array
from inspector.core.bars import Floats
from inspector.core.beyond import BeyondCounts
from inspector.core.comparison import Ties
from inspector.core.origins import IndexSource
from inspector.core.tolerance import Tolerance

Pair = tuple[Array, Array]
"""An array of the reference and the same of the candidate."""


class TieCounts:
    """What is known about the differing indices of one output.

    Args:
        source: The node that makes them.
        scores: Name of the output that holds scores; empty where none does.
        tolerance: What is allowed for these scores.
    """

    def __init__(self, source: IndexSource, scores: str, tolerance: Tolerance) -> None:
        self.source, self.scores, self.tolerance = source, scores, tolerance
        self.differing = self.never = 0
        self.largest_gap = 0.0
        self._gaps = BeyondCounts()

    def update(self, indices: Pair, scores: Pair | None, values: Pair | None) -> None:
        """Count one run.

        Args:
            indices: [...] the indices.
            scores: What they point into, where an output holds it.
            values: The scores that a TopK has chosen, where an output holds those.
        """
        if indices[0].shape != indices[1].shape:
            return
        differs = np.asarray(indices[0] != indices[1]).reshape(-1)
        count = int(np.count_nonzero(differs))
        if not count:
            return
        self.differing += count
        with np.errstate(all="ignore"):
            found = self._look_up(indices, scores, values)
        if found is None:
            self.never += count
            return
        self._count(found[0].reshape(-1)[differs], found[1].reshape(-1)[differs])

    def merge(self, other: TieCounts) -> None:
        """Add the counts of another part of the data."""
        self.differing += other.differing
        self.never += other.never
        self.largest_gap = max(self.largest_gap, other.largest_gap)
        self._gaps.merge(other._gaps)

    def finish(self, scale: float) -> Ties:
        """The record; `scale` is the largest |score| of the reference, rounded to a bin edge."""
        apart = self._gaps.above(scale) + self.never
        return Ties(
            self.scores, self.source.op_type, self.differing, self.differing - apart,
            self.largest_gap,
        )  # fmt: skip

    def _count(self, gaps: Floats, sizes: Floats) -> None:
        usable = np.isfinite(gaps)
        self.never += int(np.count_nonzero(~usable))
        gaps, sizes = gaps[usable], sizes[usable]
        self.largest_gap = max(self.largest_gap, float(gaps.max(initial=0.0)))
        room = self.tolerance.steps * self.tolerance.eps
        if room == 0.0:
            self.never += int(np.count_nonzero(gaps))
            return
        ranks = gaps - self.tolerance.relative * sizes
        ranks = ranks[ranks > 0.0]
        if ranks.size:
            self._gaps.add(ranks / room)

    def _look_up(
        self, indices: Pair, scores: Pair | None, values: Pair | None
    ) -> tuple[Floats, Floats] | None:
        """Gap between the scores of both choices, and their size, per index; None if not known.

        The larger one of the gaps among the reference's scores and among the candidate's counts.
        """
        if scores is not None:
            found = [_chosen(self.source, side, indices) for side in scores]
        elif values is not None:
            found = [_exchanged(side, indices, self.source.axis) for side in values]
        else:
            return None
        if found[0] is None or found[1] is None:
            return None
        gaps: Floats = np.maximum(found[0][0], found[1][0])
        return gaps, found[0][1]


def _chosen(source: IndexSource, scores: Array, indices: Pair) -> tuple[Floats, Floats] | None:
    """Gap between the scores that the two sides' indices point at, in one side's scores."""
    picked = []
    for side in indices:
        if source.op_type == "NonMaxSuppression":
            found = _boxes(scores, side)
        else:
            found = _along(scores, side, source.axis)
        if found is None:
            return None
        picked.append(found.astype(np.float64))
    return np.abs(picked[0] - picked[1]), np.abs(picked[0])


def _along(scores: Array, indices: Array, axis: int) -> Array | None:
    """Scores at indices along an axis; NaN where there is no such place, None if none fits."""
    axis %= max(scores.ndim, 1)
    rest = scores.size // max(scores.shape[axis], 1) if scores.ndim else 0
    if not rest or indices.size % rest:
        return None
    form = (*scores.shape[:axis], indices.size // rest, *scores.shape[axis + 1 :])
    places = np.where(indices < 0, indices + scores.shape[axis], indices).reshape(form)
    inside = (places >= 0) & (places < scores.shape[axis])
    found = np.take_along_axis(scores.astype(np.float64), np.where(inside, places, 0), axis)
    return np.where(inside, found, np.nan).reshape(indices.shape)


def _boxes(scores: Array, indices: Array) -> Array | None:
    """Scores [batch, class, box] at rows [n, 3] of indices, for each of the three numbers."""
    if scores.ndim != 3 or indices.ndim != 2 or indices.shape[1] != 3:
        return None
    inside = np.all((indices >= 0) & (indices < np.array(scores.shape)), axis=1)
    rows = np.where(inside[:, None], indices, 0)
    found = scores[rows[:, 0], rows[:, 1], rows[:, 2]].astype(np.float64)
    return np.repeat(np.where(inside, found, np.nan)[:, None], 3, axis=1)


def _exchanged(values: Array, indices: Pair, axis: int) -> tuple[Floats, Floats] | None:
    """Gap between the scores at the two places that an index has in the two sides' lists.

    An index that only the reference has chosen ties with the last one that was.
    """
    axis %= max(values.ndim, 1)
    if not values.ndim or values.shape[axis] == 0 or values.size != indices[0].size:
        return None
    rows = np.moveaxis(values.astype(np.float64), axis, -1)
    first, second = (
        np.moveaxis(side.reshape(values.shape), axis, -1).reshape(-1, rows.shape[-1])
        for side in indices
    )
    flat = rows.reshape(-1, rows.shape[-1])
    gaps = np.zeros(flat.shape)
    for row in np.flatnonzero(np.any(first != second, axis=1)):
        order = np.argsort(second[row], kind="stable")
        at = np.searchsorted(second[row], first[row], sorter=order)
        places = order[np.minimum(at, order.size - 1)]
        known = second[row][places] == first[row]
        places = np.where(known, places, order.size - 1)
        gaps[row] = np.abs(flat[row] - flat[row][places])
    found = (np.moveaxis(one.reshape(rows.shape), -1, axis) for one in (gaps, np.abs(flat)))
    gap, size = (np.ascontiguousarray(one).reshape(indices[0].shape) for one in found)
    return gap, size
