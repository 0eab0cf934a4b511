"""Both sides at other sizes than the data's own: a header that leaves one open proves nothing.

A size, a branch or the number of turns of a loop may be fixed inside a file by what it was
exported with. So every open dimension is run at a few other sizes, on the person's own samples,
cut or repeated. What the reference itself refuses is not the file's fault.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.core.comparison import OutputComparison, Repeat
from inspector.core.model import is_compound
from inspector.core.progress import Report
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.jobs.compare_outputs import PairedOutput, Pairing
from inspector.jobs.compare_run import Runner
from inspector.jobs.compare_sides import example_sizes
from inspector.jobs.compare_sizes_judge import NoRoomError, Trials, run_side
from inspector.jobs.compare_sizes_plan import STEPS, Dimension, dimensions
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded
from inspector.samples.resize import resize, told_apart

STAGE = "Trying other sizes"
SECONDS = 20.0
"""No further trial is begun after this time; what is left is said."""
LARGEST = 64 << 20
"""Bytes of input that a trial may have."""
_LIGHT = 4 << 20
"""Other dimensions are tried with a whole batch of the data up to this many bytes of it."""


@dataclass(slots=True)
class Tried:
    """What was tried.

    Attributes:
        trials: One record per trial, in the order of the runs.
        left: What was not tried, as sentences.
    """

    trials: list[SizeTrial] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def try_sizes(
    runner: Runner,
    pairing: Pairing,
    paired: Sequence[PairedOutput],
    finished: Sequence[OutputComparison],
    repeats: Sequence[Repeat],
    report: Report,
    stopped: Sequence[SizeTrial] = (),
) -> Tried:
    """Run the candidate's open dimensions at other sizes, and hold it against the reference.

    Args:
        runner: Both sides and the data.
        pairing: Which outputs belong together.
        paired: The outputs as they were counted.
        finished: Their records, in the same order.
        repeats: Where a side does not repeat itself, nothing is tried.
        report: Told how far it is.
        stopped: Trials that were made before.
    """
    reference, candidate = runner.sides
    if not isinstance(candidate.runtime, OnnxRuntime) or not finished:
        return Tried()
    if isinstance(reference.runtime, Recorded) or any(repeat.random for repeat in repeats):
        return Tried()
    if any(is_compound(value.dtype) for value in candidate.runtime.declared_outputs):
        return Tried(left=["Other sizes, since an output is a list or a map."])
    judge = Trials(runner.sides, runner.labels, pairing, paired, finished)
    plan = _Plan(runner, judge, report, stopped)
    if plan.open or plan.fixed:
        report.stage(STAGE)
        plan.carry_out()
    return plan.tried


class _Plan:
    """The trials of one comparison, one after the other, as long as there is time."""

    def __init__(
        self, runner: Runner, judge: Trials, report: Report, stopped: Sequence[SizeTrial]
    ) -> None:
        self.judge, self.feeds, self.report = judge, runner.feeds, report
        self.runner, self.tried = runner, Tried()
        self.known = {item for trial in stopped for item in trial.sizes.items()}
        self.base = runner.by_name(runner.feeds.first())
        self.until = time.monotonic() + SECONDS
        self.open, self.fixed = dimensions(
            runner.sides[1], runner.feeds, self.base, example_sizes(runner.sides)
        )
        self.sizes = {one.name: one.size for one in self.open}

    def carry_out(self) -> None:
        """The batch first, then each other dimension, then all at once, then the fixed ones."""
        for one in self.open:
            for size in one.others():
                if (one.name, size) in self.known:
                    continue
                outcome = self._try({one: size})
                if outcome is TrialOutcome.REFERENCE_STOPPED and size == one.size + 1:
                    self._look_for_another(one)
            if one.batch:
                self._lighten(one)
        several = {one: one.others()[-1 if one.batch else 0] for one in self.open if one.others()}
        if len(several) > 1:
            self._try(several, aloud=False)
        for one in self.fixed:
            self._look_past(one)

    def _lighten(self, batch: Dimension) -> None:
        """Try the other dimensions with fewer samples, where a whole batch is large."""
        agreed = [
            trial.sizes[batch.name]
            for trial in self.tried.trials
            if trial.outcome is TrialOutcome.AGREES
        ]
        if agreed and _bytes(self.base) > _LIGHT:
            size = max(min(agreed), min(2, *agreed))
            self.base = self._resized({batch: size})
            self.sizes[batch.name] = size

    def _look_for_another(self, one: Dimension) -> None:
        """The reference refuses one more: something must follow, or it takes multiples only."""
        alike = {o: one.size + 1 for o in self.open if o.size == one.size and o.batch == one.batch}
        if len(alike) > 1 and self._ran(alike):
            return
        for step in STEPS:
            if self._ran({one: one.size + step}):
                return

    def _ran(self, sizes: Mapping[Dimension, int]) -> bool:
        return self._try(sizes, aloud=False) not in (TrialOutcome.REFERENCE_STOPPED, None)

    def _look_past(self, one: Dimension) -> None:
        """A size that the file fixes: does the reference take another?"""
        size = one.size + 1
        if not self._may({one: size}):
            return
        try:
            found = run_side(self.runner.sides[0], self._resized({one: size}))
        except NoRoomError:
            return
        if not isinstance(found, str):
            names = self.judge.labels
            sentence = f"{names[1]} takes {one.size:,} only, and {names[0]} takes {size:,} as well."
            trial = SizeTrial({one.name: size}, one.name, TrialOutcome.FIXED, sentence)
            self.tried.trials.append(trial)

    def _try(self, sizes: Mapping[Dimension, int], aloud: bool = True) -> TrialOutcome | None:
        """Run one trial; None where there is no time or no room for it.

        A trial that the reference refuses is noted only where `aloud`.
        """
        if not self._may(sizes):
            return None
        shown = {**self.sizes, **{one.name: size for one, size in sizes.items()}}
        self.report.progress(None, ", ".join(f"{name} = {size:,}" for name, size in shown.items()))
        repeated = any(size > one.size and not one.batch for one, size in sizes.items())
        try:
            outcome, detail = self.judge.run(self._resized(sizes), repeated)
            if outcome is TrialOutcome.REFERENCE_STOPPED:
                outcome, detail = self.judge.run(self._resized(sizes, alike=True), repeated)
        except NoRoomError:
            self._leave(sizes, "which the memory does not suffice for")
            return None
        exported = all(one.exported == size for one, size in sizes.items())
        changed = ", ".join(one.name for one in sizes)
        if aloud or outcome is not TrialOutcome.REFERENCE_STOPPED:
            self.tried.trials.append(SizeTrial(shown, changed, outcome, detail, exported))
        return outcome

    def _may(self, sizes: Mapping[Dimension, int]) -> bool:
        if time.monotonic() > self.until:
            self._leave(sizes, "for want of time")
            return False
        growth = 1.0
        for one, size in sizes.items():
            growth *= size / max(1, self.sizes.get(one.name, one.size))
        if _bytes(self.base) * growth > LARGEST:
            self._leave(sizes, "which take too much memory")
            return False
        return True

    def _leave(self, sizes: Mapping[Dimension, int], why: str) -> None:
        for one, size in sizes.items():
            if not one.fixed:
                self.tried.left.append(f"'{one.name}' = {size:,}, {why}.")

    def _resized(self, sizes: Mapping[Dimension, int], *, alike: bool = False) -> dict[str, Array]:
        """The person's own samples in these sizes; more samples are taken where there are some.

        Where there are none, samples are repeated, and changed unless they shall be `alike`.
        """
        arrays = self.base
        for one, size in sizes.items():
            if one.batch and not self.feeds.whole:
                feeds = replace(self.feeds, batch_size=min(size, self.feeds.samples))
                arrays = self.runner.by_name(feeds.first())
        wanted: dict[str, dict[int, int]] = {}
        for one, size in sizes.items():
            for bound, axis in one.axes:
                wanted.setdefault(bound, {})[axis] = size
        found = {name: resize(array, wanted.get(name, {})) for name, array in arrays.items()}
        batch = [place for one in sizes if one.batch and not alike for place in one.axes]
        for bound, axis in batch:
            found[bound] = told_apart(found[bound], axis, arrays[bound].shape[axis])
        return found


def _bytes(arrays: Mapping[str, Array]) -> int:
    return sum(array.nbytes for array in arrays.values())
