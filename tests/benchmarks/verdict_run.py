"""One case through the program's own comparison, and its outputs through other tools' rules."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import InspectorError, explain
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.jobs.compare import run as compare
from inspector.jobs.requests import CompareRequest
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import How, open_runtime
from tests.benchmarks.verdict_cases.workshop import Case, Pair, Workshop, quiet
from tests.benchmarks.verdict_others import Rule, says

Array = npt.NDArray[Any]
Outputs = list[Array]
STOPPED = "STOPPED"
"""One side cannot be run on the data, and it is explained why."""


class Outcome(NamedTuple):
    """What became of one case.

    Attributes:
        name: The case.
        healthy: Whether the export is what it should be.
        verdict: One of the four, or `STOPPED`.
        sentence: What a person is told.
        others: By tool, whether it takes the two for equal.
        error: Largest difference as a share of the largest reference, of the worst output; NaN
            where nothing can be subtracted.
        seconds: How long the comparison took.
    """

    name: str
    healthy: bool
    verdict: str
    sentence: str
    others: dict[str, bool]
    error: float
    seconds: float

    @property
    def false_alarm(self) -> bool:
        """A healthy export that is turned away."""
        return self.healthy and self.verdict not in (Verdict.PASS, Verdict.REVIEW)

    @property
    def missed(self) -> bool:
        """A defect that is waved through."""
        return not self.healthy and self.verdict == Verdict.PASS


def run_case(
    case: Case, healthy: bool, folder: Path, rules: Mapping[str, Rule], seed: int = 0
) -> Outcome:
    """Make a case's files in `folder`, compare them, and ask the other rules.

    Raises:
        MissingError: A file that the case needs is not on this machine.
    """
    place = folder / case.__name__
    with quiet():
        pair = case(Workshop(place, case.__name__, seed))
        began = time.perf_counter()
        verdict, sentence, outputs = judge(pair, place / "job")
        seconds = time.perf_counter() - began
    others = {name: outputs is not None and says(rule, *outputs) for name, rule in rules.items()}
    error = _error(*outputs) if outputs else float("nan")
    shutil.rmtree(place, ignore_errors=True)
    return Outcome(case.__name__, healthy, verdict, sentence, others, error, seconds)


def judge(pair: Pair, job: Path) -> tuple[str, str, tuple[Outputs, Outputs] | None]:
    """Verdict, sentence, and the outputs of both sides where both have run."""
    job.mkdir(parents=True)
    request = CompareRequest(pair.reference, pair.candidate, pair.data)
    try:
        found = compare(request, job, Report())
    except InspectorError as error:
        return STOPPED, error.failure.sentence, None
    except Exception as error:  # a worker explains it in the same way
        return STOPPED, explain(error).sentence, None
    return found.verdict.value, found.sentence, _outputs(found, pair, job)


def _outputs(found: Comparison, pair: Pair, job: Path) -> tuple[Outputs, Outputs]:
    """What was compared: from where it was kept, else computed once more."""
    files = [(one.reference_file, one.candidate_file) for one in found.outputs]
    if files and all(file for both in files for file in both):
        return [np.load(one) for one, _ in files], [np.load(other) for _, other in files]
    data = {name: array for path in pair.data.paths for name, array in np.load(path).items()}
    reference, candidate = (_computed(side, data, job) for side in pair[:2])
    return reference, candidate


def _computed(source: ModelSource, data: dict[str, Array], job: Path) -> Outputs:
    """All samples in one run."""
    runtime = open_runtime(source, How(Report(), job))
    if isinstance(runtime, Recorded):
        return runtime.rows(0, runtime.samples, runtime.samples)
    names = dict(zip(runtime.input_names, data, strict=True))
    return runtime.run({name: data[own] for name, own in names.items()})


def _error(reference: Outputs, candidate: Outputs) -> float:
    """Largest difference as a share of the largest reference."""
    worst = 0.0
    for one, other in zip(reference, candidate, strict=True):
        if one.shape != other.shape:
            return float("nan")
        a, b = one.astype(np.float64), other.astype(np.float64)
        finite = np.isfinite(a) & np.isfinite(b)
        if finite.any():
            a, b = a[finite], b[finite]
            worst = max(worst, float(np.abs(a - b).max()) / (float(np.abs(a).max()) or 1.0))
    return worst
