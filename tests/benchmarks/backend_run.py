"""Inspect one backend case, and compare it with its recorded outputs, as a worker would."""

from __future__ import annotations

import shutil
import traceback
from pathlib import Path
from typing import NamedTuple

from inspector.core.comparison import Verdict
from inspector.core.failures import InspectorError, explain
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.formats.inspect import inspect
from inspector.jobs.compare import run as compare
from inspector.jobs.requests import CompareRequest
from tests.benchmarks.backend_cases import Case

PASS, REVIEW, NOTHING = "pass", "review", "cannot judge"
DIFFERS, NO_KERNEL, TOO_NEW, OTHER, CRASH = "differs", "no kernel", "too new", "other", "crash"
RESULTS = (PASS, REVIEW, NOTHING, DIFFERS, NO_KERNEL, TOO_NEW, OTHER, CRASH)

_BY_VERDICT = {
    Verdict.PASS: PASS,
    Verdict.REVIEW: REVIEW,
    Verdict.FAIL: DIFFERS,
    Verdict.CANNOT_JUDGE: NOTHING,
}
_UNEXPLAINED = "Something went wrong"


class Outcome(NamedTuple):
    """What became of one data set of one case.

    Attributes:
        case: The case.
        data_set: Name of the folder.
        result: One of `RESULTS`; `crash` where an error had no explanation.
        sentence: What a person is told.
        converted: Result of a converted copy where the file is too new or too old; else empty.
        reason: Sentence about the converted copy.
    """

    case: Case
    data_set: str
    result: str
    sentence: str
    converted: str = ""
    reason: str = ""


def run_case(case: Case, job_dir: Path) -> list[Outcome]:
    """Inspect and compare a case, once for each of its data sets.

    Args:
        case: Its files.
        job_dir: Folder for the jobs; what it holds is removed.
    """
    outcomes = []
    try:
        inspect(case.model)
    except Exception as error:
        return [Outcome(case, "", CRASH, f"inspect: {error!r}")]
    for folder in case.data_sets:
        result, sentence = _run(case, folder, job_dir, convert=False)
        outcome = Outcome(case, folder.name, result, sentence)
        if result in (TOO_NEW, NO_KERNEL):
            converted, reason = _run(case, folder, job_dir, convert=True)
            if converted != result:
                outcome = outcome._replace(converted=converted, reason=reason)
        outcomes.append(outcome)
    return outcomes or [Outcome(case, "", CRASH, "it has no data set")]


def _run(case: Case, folder: Path, job_dir: Path, convert: bool) -> tuple[str, str]:
    shutil.rmtree(job_dir, ignore_errors=True)
    job_dir.mkdir(parents=True)
    request = CompareRequest(
        ModelSource(str(folder)),
        ModelSource(str(case.model)),
        DataSource(paths=(str(folder),)),
        keep_bytes=0,
        convert=convert,
    )
    try:
        found = compare(request, job_dir, Report())
    except InspectorError as error:
        return _kind(error.failure.sentence), error.failure.sentence
    except Exception as error:
        failure = explain(error)
        if failure.sentence.startswith(_UNEXPLAINED):
            return CRASH, traceback.format_exception_only(error)[-1].strip()
        return _kind(failure.sentence), failure.sentence
    return _BY_VERDICT[found.verdict], found.sentence


def _kind(sentence: str) -> str:
    if "has no kernel for" in sentence or "does not have the operator" in sentence:
        return NO_KERNEL
    return TOO_NEW if "reads up to" in sentence else OTHER
