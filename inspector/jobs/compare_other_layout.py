"""Whether outputs that disagree agree once the axes of one side are put in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from inspector.core.comparison import OutputComparison, Verdict
from inspector.core.finding import MUST, Finding
from inspector.core.layout import axes_text, inverse
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for
from inspector.jobs.compare_outputs import Pairing
from inspector.jobs.compare_run import Runner
from inspector.runtimes.base import Array

_MOST_AXES = 4
_MOST_ELEMENTS = 1 << 24
"""Elements of one run's output; larger ones are not tried, to be done soon."""


def other_layouts(
    runner: Runner, pairing: Pairing, outputs: Sequence[OutputComparison]
) -> tuple[Finding, ...]:
    """One finding per output that agrees in another order of axes, on the first run's samples.

    Args:
        runner: Both sides and the data.
        pairing: Which outputs belong together.
        outputs: How each was judged.
    """
    failed = [place for place, one in enumerate(outputs) if one.verdict is Verdict.FAIL]
    if not failed or any(side.layouts for side in runner.sides):
        return ()
    reference, candidate = runner.outputs_of(runner.feeds.first())
    names = runner.sides[1].runtime.output_names
    found: list[Finding] = []
    for place in failed:
        other = pairing.candidate[place]
        axes = agreeing_order(
            np.asarray(reference[pairing.reference[place]]), np.asarray(candidate[other])
        )
        if axes:
            found.append(_finding(names[other], axes))
    return tuple(found)


def agreeing_order(reference: Array, candidate: Array) -> tuple[int, ...]:
    """The order of axes in which the candidate agrees; empty where there is none.

    A reference whose values are all the same agrees in any order, which says nothing.
    """
    if reference.size > _MOST_ELEMENTS or reference.size < 2 or reference.dtype.kind not in "biuf":
        return ()
    if np.all(reference == reference.flat[0]):
        return ()
    for axes in orders(candidate.shape, reference.shape):
        if _agrees(reference, np.transpose(candidate, axes)):
            return axes
    return ()


def orders(given: tuple[int, ...], wanted: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Orders of axes, other than the own, that turn the sizes `given` into `wanted`.

    Up to four axes are moved, at most 24 orders; a shape with more axes longer than 1 has none.
    """
    moving = sum(size > 1 for size in given)
    if sorted(given) != sorted(wanted) or moving > _MOST_AXES or len(given) > _MOST_AXES:
        return
    own = tuple(range(len(given)))
    for axes in permutations(own):
        if axes != own and tuple(given[axis] for axis in axes) == tuple(wanted):
            yield axes


def _agrees(reference: Array, candidate: Array) -> bool:
    dtype = reference.dtype.name
    statistics = OutputStatistics("", dtype, tolerance_for(dtype))
    statistics.update(reference, np.ascontiguousarray(candidate), 0, batched=False)
    found = statistics.finish("the reference", "the candidate")
    return not (found.over_tolerance or found.nonfinite_mismatch or statistics.structure)


def _finding(name: str, axes: tuple[int, ...]) -> Finding:
    order = ",".join(str(axis) for axis in inverse(axes))
    return Finding(
        "other-layout",
        MUST,
        f"With its axes in the order {axes_text(axes)} the candidate's output '{name}' agrees.",
        "The numbers are right and lie in another order, so what reads them by place goes wrong.",
        "Export the model so that it gives the reference's order, or compare with "
        f"'--layout {name}={order}' where the other order is meant.",
        (name,),
    )
