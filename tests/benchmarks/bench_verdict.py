"""The verdict on healthy exports and on seeded defects, beside the rules of other tools.

A false alarm is FAIL, CANNOT JUDGE or a refusal to run on a healthy export; a defect is missed that
gets PASS. REVIEW is neither, and is counted by itself. Other tools know two answers only, and see
the outputs for the data alone: what shows at other sizes only is not in what they are given.
With another number in `ONNX_INSPECTOR_SEED` every case has other weights and other data.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.table import Row
from tests.benchmarks.verdict_cases.registry import DEFECTS, HEALTHY
from tests.benchmarks.verdict_cases.workshop import Case, MissingError, sentence_of
from tests.benchmarks.verdict_others import OTHERS, POLYGRAPHY, Rule, available
from tests.benchmarks.verdict_run import STOPPED, Outcome, run_case

OURS = "ONNX Inspector"
VERDICTS = ("PASS", "REVIEW", "FAIL", "CANNOT JUDGE", STOPPED)


def rows() -> list[Row]:
    """Run all cases; print each with every tool's answer, and the totals."""
    rules = available()
    found, absent = run_all((*HEALTHY, *DEFECTS), rules)
    print(cases_table(found, rules), totals(found, rules), verdicts(found), sep="\n\n")
    if absent:
        print(f"\nNot run, for lack of their files: {', '.join(absent)}.")
    if set(rules) != set(OTHERS):
        print(f"\nPolygraphy was left out: {POLYGRAPHY} names no folder that has it.")
    print()
    alarms = [one.name for one in found if one.false_alarm]
    missed = [one.name for one in found if one.missed]
    return [
        _row("healthy exports turned away", found, rules, True, alarms),
        _row("defects waved through", found, rules, False, missed),
    ]


def run_all(
    cases: Sequence[Case], rules: Mapping[str, Rule]
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Outcomes, and the names of cases whose files are not on this machine."""
    found: list[Outcome] = []
    absent: list[str] = []
    seed = int(os.environ.get("ONNX_INSPECTOR_SEED", "0"))
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            print(f"  {case.__name__}", file=sys.stderr, flush=True)
            try:
                found.append(run_case(case, case in HEALTHY, Path(folder), rules, seed))
            except MissingError:
                absent.append(case.__name__)
    return found, tuple(absent)


def wrong(outcome: Outcome, says_equal: bool) -> bool:
    """Whether an answer of two is the wrong one."""
    return outcome.healthy != says_equal


def cases_table(found: Sequence[Outcome], rules: Mapping[str, Rule]) -> str:
    """One line per case; wrong answers are bold."""
    titles = ("Case", "What it is", "", "Error", OURS, *rules)
    said = {case.__name__: sentence_of(case) for case in (*HEALTHY, *DEFECTS)}
    lines = [titles, tuple("---" for _ in titles)]
    for one in found:
        ours = f"**{one.verdict}**" if one.false_alarm or one.missed else one.verdict
        answers = (
            f"**{_word(equal)}**" if wrong(one, equal) else _word(equal)
            for equal in one.others.values()
        )
        kind = "healthy" if one.healthy else "defect"
        lines.append((one.name, said[one.name], kind, f"{one.error:.1e}", ours, *answers))
    return _markdown(lines)


def totals(found: Sequence[Outcome], rules: Mapping[str, Rule]) -> str:
    """False alarms and missed defects of every tool."""
    healthy = [one for one in found if one.healthy]
    defects = [one for one in found if not one.healthy]
    titles = ("", OURS, *rules)
    alarms = [sum(one.false_alarm for one in healthy)]
    missed = [sum(one.missed for one in defects)]
    for name in rules:
        alarms.append(sum(not one.others[name] for one in healthy))
        missed.append(sum(one.others[name] for one in defects))
    return _markdown(
        [
            titles,
            tuple("---" for _ in titles),
            (f"false alarms, of {len(healthy)} healthy exports", *map(str, alarms)),
            (f"missed, of {len(defects)} defects", *map(str, missed)),
        ]
    )


def verdicts(found: Sequence[Outcome]) -> str:
    """How often each of the verdicts was given, and to which cases a person must look."""
    lines: list[tuple[str, ...]] = [("", *VERDICTS), ("---",) * (len(VERDICTS) + 1)]
    for kind, healthy in (("healthy exports", True), ("defects", False)):
        given = Counter(str(one.verdict) for one in found if one.healthy is healthy)
        lines.append((kind, *(str(given[verdict]) for verdict in VERDICTS)))
    told = [
        f"- {one.name} ({'healthy' if one.healthy else 'defect'}): {one.verdict}. {one.sentence}"
        for one in found
        if one.false_alarm or one.missed or one.verdict in ("REVIEW", STOPPED)
    ]
    return "\n".join([_markdown(lines), "", *told])


def _row(
    what: str, found: Sequence[Outcome], rules: Mapping[str, Rule], healthy: bool, bad: list[str]
) -> Row:
    chosen = [one for one in found if one.healthy is healthy]
    fewest = min(sum(wrong(one, one.others[name]) for one in chosen) for name in rules)
    return Row(
        f"{what}, of {len(chosen)}",
        str(len(bad)) + (f": {', '.join(bad)}" if bad else ""),
        f"the fewest of {len(rules)} other rules, {fewest}",
        "",
        "none",
        not bad,
    )


def _word(equal: bool) -> str:
    return "equal" if equal else "differ"


def _markdown(lines: Sequence[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
