"""Every test case of the onnx package: inspected, and compared with its recorded outputs."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks.backend_cases import KINDS, write_cases
from tests.benchmarks.backend_reasons import reason_for
from tests.benchmarks.backend_run import (
    CRASH,
    NO_KERNEL,
    OTHER,
    PASS,
    RESULTS,
    REVIEW,
    TOO_NEW,
    Outcome,
    run_case,
)
from tests.benchmarks.table import Row

_SPEAK_FOR_THEMSELVES = (NO_KERNEL, TOO_NEW)
"""Results whose sentence names the cause."""


def rows() -> list[Row]:
    """Run all cases; print what does not pass, case by case, and the counts."""
    began = time.perf_counter()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in write_cases(Path(folder) / "cases"):
            outcomes.extend(run_case(case, Path(folder) / "job"))
    seconds = time.perf_counter() - began
    print(_cases(outcomes), _counts(outcomes), sep="\n\n", end="\n\n")
    cases = len({(one.case.kind, one.case.name) for one in outcomes})
    bad = [one for one in outcomes if not explained(one)]
    for one in bad:
        print(f"not explained: {one.case.name}: {one.sentence}", file=sys.stderr)
    return [
        Row(
            "the onnx package's own tests",
            f"{cases:,} cases in {seconds:.0f} s",
            f"{len(outcomes):,} data sets",
            f"{Counter(one.result for one in outcomes)[PASS] / len(outcomes):.1%} pass",
            "each one passes or is explained",
            not bad,
        )
    ]


_ONE_VALUE = "proves little"
"""What is said of outputs that are one value throughout: an agreement for a person to judge."""


def explained(outcome: Outcome) -> bool:
    """Whether a case passes, or it is known why not."""
    results = [outcome.result, *([outcome.converted] if outcome.converted else [])]
    return all(
        result in (PASS, *_SPEAK_FOR_THEMSELVES)
        or (result != CRASH and bool(reason_for(outcome.case.name)))
        or (result == REVIEW and _ONE_VALUE in f"{outcome.sentence} {outcome.reason}")
        or (result == OTHER and place == 1)  # of a conversion: the sentence says what stops it
        for place, result in enumerate(results)
    )


def _counts(outcomes: list[Outcome]) -> str:
    lines = ["| Kind | " + " | ".join(RESULTS) + " | all |", "|---" * (len(RESULTS) + 2) + "|"]
    for kind in (*KINDS, "all"):
        chosen = [one for one in outcomes if kind in (one.case.kind, "all")]
        found = Counter(one.result for one in chosen)
        numbers = " | ".join(str(found[result]) for result in RESULTS)
        lines.append(f"| {kind} | {numbers} | {len(chosen)} |")
    for result in (TOO_NEW, NO_KERNEL):
        converted = Counter(one.converted for one in outcomes if one.result == result)
        told = ", ".join(
            f"{number} {name or 'the same'}" for name, number in converted.most_common()
        )
        lines += ["", f"As a converted copy, of '{result}': {told}."]
    return "\n".join(lines)


def _cases(outcomes: list[Outcome]) -> str:
    lines = ["| Case | Result | What is said | Why |", "|---|---|---|---|"]
    for one in outcomes:
        if one.result == PASS:
            continue
        result = f"{one.result}; converted: {one.converted}" if one.converted else one.result
        said = f"{one.sentence} {one.reason}".strip()
        why = reason_for(one.case.name) if {one.result, one.converted} & _NEEDS_REASON else ""
        lines.append(f"| {one.case.name} | {result} | {said} | {why} |")
    return "\n".join(lines)


_NEEDS_REASON = {*RESULTS} - {PASS, *_SPEAK_FOR_THEMSELVES}
