"""Run both sides over the data, run by run, and count what differs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.core.comparison import Repeat
from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.jobs.compare_outputs import (
    Batching,
    PairedOutput,
    Pairing,
    pair_outputs,
    start_outputs,
)
from inspector.jobs.compare_repeat import check_repeats
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded
from inspector.samples.feeds import Feeds, Run
from inspector.samples.fit import batch_rule

_BETWEEN_REPORTS = 0.1


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
    """

    sides: tuple[Opened, Opened]
    labels: tuple[str, str]
    inputs: tuple[Value, ...]
    feeds: Feeds
    folder: Path
    keep_bytes: int

    def repeats(self, provider: str) -> tuple[Repeat, ...]:
        """Run each side again on the first sample, alone where the model takes one alone."""
        if not self.feeds.columns:
            return ()
        dynamic = batch_rule(self.inputs).dynamic
        feeds = replace(self.feeds, samples=1, batch_size=1) if dynamic else self.feeds
        arrays = self._by_name(feeds.first())
        found: list[Repeat] = []
        for side, label in zip(self.sides, self.labels, strict=True):
            who = f"The {label}" if label == side.role else label
            found.extend(one._replace(side=who) for one in check_repeats(side, arrays, provider))
        return tuple(found)

    def run(self, report: Report) -> tuple[Pairing, list[PairedOutput]]:
        """Run everything; memory does not grow with the number of samples."""
        pairing = Pairing((), (), ())
        outputs: list[PairedOutput] | None = None
        reported = time.monotonic()
        for run in self.feeds:
            arrays = self._by_name(run)
            found = tuple(self._compute(side, arrays, run) for side in self.sides)
            if outputs is None:
                pairing, outputs = self._start((found[0], found[1]), run)
            for place, output in enumerate(outputs):
                reference = found[0][pairing.reference[place]]
                output.add(reference, found[1][pairing.candidate[place]], run.start)
            if time.monotonic() - reported > _BETWEEN_REPORTS:
                reported = time.monotonic()
                text = f"{run.stop:,} of {self.feeds.samples:,} samples"
                report.progress(run.stop / self.feeds.samples, text)
        return pairing, outputs or []

    def _compute(self, side: Opened, arrays: Mapping[str, Array], run: Run) -> list[Array]:
        if isinstance(side.runtime, Recorded):
            return side.runtime.rows(run.start, run.stop, side.runtime.samples)
        return side.run(arrays)

    def _start(
        self, found: tuple[list[Array], list[Array]], run: Run
    ) -> tuple[Pairing, list[PairedOutput]]:
        names = [side.runtime.output_names for side in self.sides]
        pairing = pair_outputs(names[0], names[1], self.labels)
        places, side = pairing.candidate, self.sides[1]
        if not isinstance(side.runtime, OnnxRuntime):
            places, side = pairing.reference, self.sides[0]
        declared: list[Value | None] = [None] * len(places)
        rule = batch_rule(side.runtime.inputs)
        if isinstance(side.runtime, OnnxRuntime):
            declared = [side.runtime.outputs[place] for place in places]
        batching = Batching(rule.symbol, rule.dynamic, self.feeds.samples, self.keep_bytes)
        samples = run.stop - run.start
        started = start_outputs(pairing, found, declared, samples, batching, self.folder)
        return pairing, started

    def _by_name(self, run: Run) -> dict[str, Array]:
        names = (column.value.name for column in self.feeds.columns)
        return dict(zip(names, run.arrays, strict=True))
