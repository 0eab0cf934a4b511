"""Run both sides over the data, run by run, and count what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.core.comparison import Repeat
from inspector.core.model import Value
from inspector.core.origins import Kind, Origins
from inspector.core.progress import Report
from inspector.core.sources import Choice
from inspector.jobs.compare_layout import declared_as_reference
from inspector.jobs.compare_outputs import (
    NO_AXIS,
    Batching,
    PairedOutput,
    Pairing,
    pair_outputs,
    start_outputs,
)
from inspector.jobs.compare_pairing import as_paired
from inspector.jobs.compare_repeat import check_repeats
from inspector.jobs.compare_sides import Opened
from inspector.jobs.compare_ties import WatchedTies, watch_ties
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded
from inspector.samples.feeds import Feeds, Run
from inspector.samples.fit import batch_rule

Outputs = list[list[Array]]
"""Outputs of one side, run by run."""


class Pace:
    """How many runs one side computes before it is the other's turn.

    As many as take half a second or so, where their arrays stay small: each time that
    the turn passes, the threads of one side have to be woken and those of the other to sleep.
    """

    SECONDS = 0.5
    BYTES = 16 << 20
    MOST = 64

    def __init__(self) -> None:
        self.runs = 1

    def learn(self, seconds: float, runs: list[Run], found: tuple[Outputs, Outputs]) -> None:
        """Choose the next number from what the last runs took."""
        size = sum(array.nbytes for run in runs for array in run.arrays)
        size += sum(array.nbytes for side in found for outputs in side for array in outputs)
        by_time = self.SECONDS * len(runs) / max(seconds, 1e-6)
        by_size = self.BYTES * len(runs) / max(size, 1)
        self.runs = max(1, min(self.MOST, int(by_time), int(by_size)))


@dataclass(frozen=True, slots=True)
class Counting:
    """The outputs of both sides while they are counted."""

    pairing: Pairing
    outputs: list[PairedOutput]
    ties: tuple[WatchedTies, ...] = ()

    def add(self, reference: list[Array], candidate: list[Array], start: int) -> None:
        """Count one run, whose first sample is number `start`."""
        left = [reference[place] for place in self.pairing.reference]
        right = [candidate[place] for place in self.pairing.candidate]
        for output, one, other in zip(self.outputs, left, right, strict=True):
            output.add(one, other, start)
        for ties in self.ties:
            ties.add(left, right)


@dataclass(frozen=True, slots=True)
class Runner:
    """Two sides and the data for both.

    Attributes:
        sides: Reference and candidate.
        labels: What sentences call them.
        inputs: What the data is bound to.
        feeds: The data.
        folder: Folder for outputs that are kept.
        keep_bytes: Largest total size of these.
        batch_asked: Whether a person chose how many samples go into a run.
        choices: Tolerances that a person chose.
        first: By role, what the first run over the data gave, where `repeats` has made it.
        pairs: Output of the reference to output of the candidate, where a person chose.
    """

    sides: tuple[Opened, Opened]
    labels: tuple[str, str]
    inputs: tuple[Value, ...]
    feeds: Feeds
    folder: Path
    keep_bytes: int
    batch_asked: bool = False
    choices: tuple[Choice, ...] = ()
    first: dict[str, list[Array]] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)

    def repeats(self) -> tuple[Repeat, ...]:
        """Run each side again on the first sample.

        It goes alone where the model takes one alone, unless the number of samples in a run was
        asked for: other numbers may not run.
        """
        alone = batch_rule(self.inputs).dynamic and not self.batch_asked
        feeds, begin = self.feeds, self.feeds.begin
        if alone:
            feeds = replace(feeds, samples=begin + 1, batch_size=1)
        run = feeds.first()
        arrays = self.by_name(run)
        found: list[Repeat] = []
        for side, label in zip(self.sides, self.labels, strict=True):
            if isinstance(side.runtime, Recorded):
                continue
            first = side.run(arrays)
            found.extend(one._replace(side=label) for one in check_repeats(side, arrays, first))
            if run.stop == min(begin + self.feeds.batch_size, self.feeds.samples):
                self.first[side.role] = first
        return tuple(found)

    def run(
        self, report: Report, known: Callable[[Counting, int], None] = lambda counting, stop: None
    ) -> tuple[Pairing, list[PairedOutput]]:
        """Run everything; memory does not grow with the number of samples.

        Args:
            report: Told after each few runs.
            known: Called then with what is counted, and how many samples that are.
        """
        counting: Counting | None = None
        pace = Pace()
        waiting: list[Run] = []
        for run in self.feeds:
            waiting.append(run)
            if len(waiting) < pace.runs and run.stop < self.feeds.samples:
                continue
            was_run, began = bool(self.first), time.monotonic()
            found = self._compute_all(waiting)
            if not was_run:
                pace.learn(time.monotonic() - began, waiting, found)
            if counting is None:
                counting = self.start((found[0][0], found[1][0]), waiting[0])
            for place, one in enumerate(waiting):
                counting.add(found[0][place], found[1][place], one.start)
            waiting = []
            done, total = run.stop - self.feeds.begin, self.feeds.samples - self.feeds.begin
            report.progress(done / total, f"{done:,} of {total:,} samples")
            if done < total:
                known(counting, done)
        return (counting.pairing, counting.outputs) if counting else (Pairing((), (), ()), [])

    def _compute_all(self, runs: list[Run]) -> tuple[Outputs, Outputs]:
        """All runs on one side, then all on the other.

        Their threads wait by spinning, and would take the processor from each other if the sides
        took turns run by run.
        """
        feeds = [self.by_name(run) for run in runs]
        reference, candidate = (
            [self._compute(side, arrays, run) for arrays, run in zip(feeds, runs, strict=True)]
            for side in self.sides
        )
        return reference, candidate

    def _compute(self, side: Opened, arrays: Mapping[str, Array], run: Run) -> list[Array]:
        if isinstance(side.runtime, Recorded):
            return side.given(side.runtime.rows(run.start, run.stop, side.runtime.samples))
        if run.start == self.feeds.begin and side.role in self.first:
            return self.first.pop(side.role)
        return side.run(arrays)

    def start(self, found: tuple[list[Array], list[Array]], run: Run) -> Counting:
        """Set up the counting, once the first run has shown what both sides give."""
        names = [side.runtime.output_names for side in self.sides]
        if self.pairs:
            names[1] = as_paired(names[0], names[1], self.pairs)
        pairing = pair_outputs(names[0], names[1], self.labels)
        places, side = pairing.candidate, self.sides[1]
        if not isinstance(side.runtime, OnnxRuntime):
            places, side = pairing.reference, self.sides[0]
        declared: list[Value | None] = [None] * len(places)
        rule = batch_rule(side.inputs)
        if isinstance(side.runtime, OnnxRuntime):
            outputs = declared_as_reference(side.runtime.outputs, side.layouts)
            declared = [outputs[place] for place in places]
        batching = Batching(
            rule.symbol,
            rule.dynamic,
            self.feeds.samples - self.feeds.begin,
            self.keep_bytes,
            self._kinds(pairing),
            self.choices,
        )
        samples = NO_AXIS if self.feeds.whole else run.stop - run.start
        started = start_outputs(pairing, found, declared, samples, batching, self.folder)
        for output in started:
            output.first_run = self.feeds.begin // self.feeds.batch_size
        own = found[0] if side is self.sides[0] else found[1]
        model = None if side.layouts else side.model
        ties = watch_ties(model, side.runtime.output_names, pairing, started, places, own)
        return Counting(pairing, started, ties)

    def _kinds(self, pairing: Pairing) -> dict[str, Kind]:
        """What either file says of the outputs, by name of the pair."""
        both, found = (pairing.reference, pairing.candidate), dict[str, Kind]()
        for side, places in zip(self.sides, both, strict=True):
            if side.model is None:
                continue
            origins = Origins(side.model)
            for name, place in zip(pairing.names, places, strict=True):
                kind = origins.kind(side.runtime.output_names[place])
                found[name] = found[name].joined(kind) if name in found else kind
        return found

    def outputs_of(self, run: Run) -> tuple[list[Array], list[Array]]:
        """What both sides give for one run, computed anew."""
        arrays = self.by_name(run)
        reference, candidate = (self._compute(side, arrays, run) for side in self.sides)
        return reference, candidate

    def by_name(self, run: Run) -> dict[str, Array]:
        """The arrays of one run under the names that data is bound to."""
        names = (column.value.name for column in self.feeds.columns)
        return dict(zip(names, run.arrays, strict=True))
