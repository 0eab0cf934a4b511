"""A second pass over the data with a third calculation: the PyTorch module in float64.

It is made only where some element differs by more than is allowed, or by more than rounding leaves
as a rule, since it takes several times as long as the comparison itself.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inspector.core.arrays import is_text
from inspector.core.comparison import OutputComparison, Repeat
from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.core.referee import Referee, no_referee
from inspector.core.referee_sums import DistanceSums
from inspector.core.review import needs_referee
from inspector.jobs.compare_outputs import PairedOutput, Pairing, in_samples
from inspector.jobs.compare_run import Runner
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.runtimes.pytorch import PyTorchRuntime
from inspector.samples.feeds import Run

STAGE = "Calculating in 64 bits"
SECONDS = 60.0
"""No further run is begun after this time; what was computed until then counts."""

FEW_RUNS, FEW_SECONDS = 4, 10.0
"""As much is calculated where nothing is beyond what is allowed."""

_NO_MODULE = "Neither side is a PyTorch model, which alone could be computed in 64 bits."
_OTHER_FORM = "The calculation in 64 bits gives outputs of another form."


@dataclass(slots=True)
class _Counted:
    """One output while it is held against the referee."""

    output: OutputComparison
    places: tuple[int, int]
    axis: int
    sums: DistanceSums
    small: DistanceSums
    why_not: str = ""

    def add(self, three: Sequence[list[Array]], own: int) -> None:
        """Count one run: outputs of the reference, the candidate and the referee.

        `own` is the side that the referee is a copy of, 0 or 1.
        """
        if self.why_not:
            return
        arrays = [np.asarray(three[side][self.places[side]]) for side in (0, 1)]
        found = three[2]
        if len(found) != len(three[own]) or any(is_text(array) for array in arrays):
            self.why_not = _OTHER_FORM
            return
        arrays.append(np.asarray(found[self.places[own]]))
        if len({array.shape for array in arrays}) > 1:
            self.why_not = _OTHER_FORM
            return
        arrays = [in_samples(array, self.axis) for array in arrays]
        self.sums.update(*arrays)
        if self.output.small_below:
            large = np.abs(arrays[2]) >= self.output.small_below
            self.small.update(*(np.where(large, np.nan, array) for array in arrays))

    def finish(self, own: int, why_not: str) -> Referee:
        """What was found; `why_not` says why the calculation is no valid referee."""
        name, dtype = self.output.name, self.output.dtype
        found = self.sums.finish(name, dtype, own, self.why_not or why_not)
        return replace(found, small=self.small.finish(name, dtype).whole)


def ask_referee(
    runner: Runner,
    pairing: Pairing,
    paired: Sequence[PairedOutput],
    finished: Sequence[OutputComparison],
    repeats: Sequence[Repeat],
    report: Report,
) -> tuple[Referee, ...]:
    """How far both sides are from the module in float64, for each output that does not agree.

    Args:
        runner: Both sides and the data.
        pairing: Which outputs belong together.
        paired: The outputs as they were counted.
        finished: Their records, in the same order.
        repeats: Where a side does not repeat itself, nothing is calculated.
        report: Told how far it is.

    Returns:
        One record per output that needs one; none where all agree as runtimes do. Runs
        with the worst elements go first, so that they are in it when time is short.
    """
    wanted = [place for place, one in enumerate(finished) if needs_referee(one)]
    if not wanted or any(repeat.random for repeat in repeats):
        return ()
    own = _own_side(runner.sides)
    if own is None:
        return tuple(no_referee(finished[place].name, _NO_MODULE) for place in wanted)
    report.stage(STAGE)
    counted = [
        _Counted(
            finished[place],
            (pairing.reference[place], pairing.candidate[place]),
            paired[place].axis,
            DistanceSums(_slice_axis(finished[place]), paired[place].statistics.tolerance.fills),
            DistanceSums(None, paired[place].statistics.tolerance.fills),
        )
        for place in wanted
    ]
    try:
        why_not = _count_all(runner, counted, own, report)
    except InspectorError as error:
        return tuple(no_referee(one.output.name, _refused(error)) for one in counted)
    return tuple(one.finish(own, why_not) for one in counted)


def _own_side(sides: tuple[Opened, Opened]) -> int | None:
    for place, side in enumerate(sides):
        if isinstance(side.runtime, PyTorchRuntime):
            return place
    return None


def _slice_axis(output: OutputComparison) -> int | None:
    return output.slices.axis if output.slices is not None else None


def _refused(error: InspectorError) -> str:
    said = str(error).rstrip(".")
    return f"The calculation in 64 bits did not run: {said[:1].lower()}{said[1:]}."


def _count_all(runner: Runner, counted: Sequence[_Counted], own: int, report: Report) -> str:
    """Go through the data; says why the calculation is no valid referee, where it is none."""
    from inspector.runtimes.pytorch_double import open_float64

    side = runner.sides[own]
    assert isinstance(side.runtime, PyTorchRuntime)
    exact = open_float64(side.runtime, side.source)
    began, done = time.monotonic(), 0
    runs = _ordered(runner, [one.output for one in counted])
    seconds = SECONDS
    if not any(one.output.over_tolerance for one in counted):
        # Whether the errors are those of rounding shows where they are largest.
        runs, seconds = itertools.islice(runs, FEW_RUNS), FEW_SECONDS
    for run in runs:
        arrays = runner.by_name(run)
        both = runner.outputs_of(run)
        found = side.given(exact.run(side.taken(arrays)))
        for one in counted:
            one.add((*both, found), own)
        done += run.stop - run.start
        total = runner.feeds.samples - runner.feeds.begin
        report.progress(done / total, f"{done:,} of {total:,} samples")
        settled = exact.why_not or all(one.why_not for one in counted)
        if settled or time.monotonic() - began > seconds:
            break
    return exact.why_not


def _ordered(runner: Runner, outputs: Sequence[OutputComparison]) -> Iterator[Run]:
    """All runs, those with the worst elements first."""
    batch, samples = runner.feeds.batch_size, runner.feeds.samples
    first: dict[int, None] = {}
    for output in outputs:
        for worst in output.worst:
            # An output without a batch axis is one sample per run.
            start = worst.sample * batch if not output.batched else worst.sample
            if start < samples:
                first[start - start % batch] = None
    for start in first:
        yield runner.feeds.at(start)
    for run in runner.feeds:
        if run.start not in first:
            yield run
