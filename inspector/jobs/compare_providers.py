"""The candidate on every execution provider, beside the reference and beside each other."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.core.failures import InspectorError, explain
from inspector.core.progress import Report
from inspector.core.providers import Against, Apart, Measured, Placed, Providers, chosen
from inspector.jobs.compare_data import fit_data
from inspector.jobs.compare_measure import Watched, latency_of
from inspector.jobs.compare_run import Counting, Runner
from inspector.jobs.compare_sides import Opened, bring_together, open_side
from inspector.jobs.requests import ProvidersRequest
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import PROVIDERS, OnnxRuntime, import_onnxruntime
from inspector.runtimes.onnxruntime_placement import PlacedRuntime, profiled
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import How

SECONDS = 30.0
"""No further run is compared after this time."""
REFERENCE = "reference"


def run(request: ProvidersRequest, job_dir: Path, report: Report) -> Providers:
    """Measure and compare.

    Raises:
        InspectorError: A side cannot be opened, an execution provider is not available, or the
            data does not fit.
    """
    scratch = job_dir / "scratch"
    try:
        return _Job(request, scratch, report).carry_out()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(slots=True)
class _Entry:
    """One side, measured; `side` is None where it does not run."""

    measured: Measured
    side: Opened | None


class _Job:
    def __init__(self, request: ProvidersRequest, scratch: Path, report: Report) -> None:
        self.request, self.scratch, self.report = request, scratch, report
        self.threads = request.threads or os.cpu_count() or 1
        self.names = _available(request.providers)
        self.sides = self._open()
        inputs = bring_together(self.sides, How(Report(), scratch))
        bound = fit_data(request.data, self.sides, inputs, scratch / "data")
        assert bound.feeds is not None
        self.runner = Runner(
            self.sides, ("reference", "candidate"), inputs, bound.feeds, scratch / "outputs", 0,
            choices=request.tolerances,
        )  # fmt: skip

    def _open(self) -> tuple[Opened, Opened]:
        how = How(Report(), self.scratch, convert=self.request.convert)
        self.report.stage("Opening the reference", Path(self.request.reference.path).name)
        reference = open_side("reference", self.request.reference, how)
        self.report.stage("Opening the candidate", Path(self.request.candidate.path).name)
        candidate = open_side("candidate", self.request.candidate, how)
        if not isinstance(candidate.runtime, OnnxRuntime):
            raise InspectorError(
                "Only ONNX files run on execution providers, and the candidate is none.",
                "Name the ONNX file as the candidate.",
            )
        return reference, candidate

    def carry_out(self) -> Providers:
        """Measure each side by itself, then compare all of them run by run."""
        first = self.runner.feeds.first()
        arrays = self.runner.by_name(first)
        with _torch_threads(self.threads):
            entries = [self._reference(arrays)]
            for name in self.names:
                self.report.stage("Measuring", name)
                entries.append(self._provider(name, arrays))
            self.report.stage("Comparing")
            against, samples = self._compare(entries)
        measured = tuple(entry.measured for entry in entries)
        size = first.stop - first.start
        return Providers(measured, tuple(against), self.threads, size, samples)

    def _reference(self, arrays: Mapping[str, Array]) -> _Entry:
        side = self.sides[0]
        about = Measured(f"{REFERENCE} ({side.runtime.name})", side.runtime.device)
        if isinstance(side.runtime, Recorded):
            return _Entry(about, side)
        self.report.stage("Measuring", side.runtime.name)
        if isinstance(side.runtime, OnnxRuntime):
            placed = PlacedRuntime(side.runtime.opened, self.threads)
            side = replace(side, runtime=placed.runtime)
        return _Entry(replace(about, latency=latency_of(lambda: side.run(arrays))), side)

    def _provider(self, name: str, arrays: Mapping[str, Array]) -> _Entry:
        device = next((one.device for one in PROVIDERS if one.name == name), name)
        candidate = self.sides[1]
        assert isinstance(candidate.runtime, OnnxRuntime)
        opening = candidate.runtime.opened._replace(provider=name)
        try:
            with Watched() as memory:
                placed = PlacedRuntime(opening, self.threads)
                placed.runtime.take_also(candidate.runtime.input_names)
                side = replace(candidate, runtime=placed.runtime)
                latency = latency_of(lambda: side.run(arrays))
            feeds = {own: arrays[bound] for own, bound in side.names.items()}
            nodes = placed.nodes
            if nodes is None:
                nodes = profiled(opening, feeds, self.scratch / "profiles")
        except Exception as error:  # one provider that fails does not keep the others from it
            return _Entry(Measured(name, device, failure=explain(error).sentence), None)
        measured = Measured(
            name, device, latency, memory.growth, memory.device_growth, len(nodes),
            _elsewhere(nodes, name),
        )  # fmt: skip
        return _Entry(measured, side)

    def _compare(self, entries: list[_Entry]) -> tuple[list[Against], int]:
        """All pairs over the data, run by run; memory does not grow with it."""
        running = [(entry.measured.name, entry.side) for entry in entries if entry.side]
        pairs = list(itertools.combinations(range(len(running)), 2))
        counted: dict[tuple[int, int], Counting] = {}
        began, samples = time.monotonic(), 0
        for one in self.runner.feeds:
            arrays = self.runner.by_name(one)
            found = [self._outputs(side, arrays, one.start, one.stop) for _, side in running]
            for pair in pairs:
                outputs = found[pair[0]], found[pair[1]]
                if pair not in counted:
                    both = running[pair[0]][1], running[pair[1]][1]
                    counted[pair] = replace(self.runner, sides=both, first={}).start(outputs, one)
                counted[pair].add(*outputs, one.start)
            samples = one.stop
            self.report.progress(samples / self.runner.feeds.samples, f"{samples:,} samples")
            if time.monotonic() - began > SECONDS:
                break
        return [
            Against(running[left][0], running[right][0], tuple(_apart(counting)))
            for (left, right), counting in counted.items()
        ], samples

    def _outputs(
        self, side: Opened, arrays: Mapping[str, Array], start: int, stop: int
    ) -> list[Array]:
        if isinstance(side.runtime, Recorded):
            return side.runtime.rows(start, stop, side.runtime.samples)
        return side.run(arrays)


def _available(asked: str) -> tuple[str, ...]:
    available = import_onnxruntime().get_available_providers()
    names = chosen(asked, sorted(available, key=lambda name: name != "CPUExecutionProvider"))
    unknown = [name for name in names if name not in available]
    if unknown or not names:
        raise InspectorError(
            f"The execution provider '{(unknown or [asked])[0]}' is not available here.",
            f"Choose among {', '.join(available)}, or install the ONNX Runtime package that "
            "has it.",
        )
    return names


def _elsewhere(nodes: tuple[Placed, ...], provider: str) -> tuple[Placed, ...]:
    return tuple(node for node in nodes if node.provider != provider)


def _apart(counting: Counting) -> Iterator[Apart]:
    for output in counting.outputs:
        found = output.finish(("the first", "the second"))
        yield Apart(
            found.name, found.verdict, found.reason, found.elements,
            found.over_tolerance + found.nonfinite_mismatch, found.max_absolute_error,
        )  # fmt: skip


@contextlib.contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    """PyTorch with as many threads as the others have; as many as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
