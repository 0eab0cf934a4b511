"""A few cases of the verdict's benchmark; `python -m tests.benchmarks verdict` runs them all."""

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(ROOT))
try:
    registry = importlib.import_module("tests.benchmarks.verdict_cases.registry")
    runs = importlib.import_module("tests.benchmarks.verdict_run")
    bench = importlib.import_module("tests.benchmarks.bench_verdict")
finally:
    sys.path.remove(str(ROOT))


AWAITED = {
    "delicate_normalisation": "the float64 referee",
    "best_five_with_ties": "the judgement of ties",
    "smallest_channel_scaled": "the scale of each slice",
    "number_of_samples_baked": "the trials at other sizes",
}
"""Cases that a part of the rule decides which is not there yet."""


def chosen(cases):
    return [marked(case) for case in cases if case.__name__ in registry.QUICK]


def marked(case):
    awaited = AWAITED.get(case.__name__)
    marks = [pytest.mark.xfail(reason=f"awaits {awaited}")] if awaited else []
    return pytest.param(case, id=case.__name__, marks=marks)


def test_every_case_has_a_sentence_and_a_name_of_its_own():
    cases = (*registry.HEALTHY, *registry.DEFECTS)
    assert len(registry.HEALTHY) >= 40
    assert len(registry.DEFECTS) >= 40
    assert len({case.__name__ for case in cases}) == len(cases)
    assert all((case.__doc__ or "").strip().endswith(".") for case in cases)
    assert set(registry.QUICK) <= {case.__name__ for case in cases}


@pytest.mark.parametrize("case", chosen(registry.HEALTHY))
def test_a_healthy_export_is_not_turned_away(case, tmp_path):
    outcome = runs.run_case(case, True, tmp_path, {})
    assert not outcome.false_alarm, outcome.sentence


@pytest.mark.parametrize("case", chosen(registry.DEFECTS))
def test_a_defect_is_not_waved_through(case, tmp_path):
    outcome = runs.run_case(case, False, tmp_path, {})
    assert not outcome.missed, outcome.sentence


def test_the_totals_count_what_each_rule_gets_wrong():
    def outcome(name, healthy, verdict, equal):
        return runs.Outcome(name, healthy, verdict, "", {"rule": equal}, 0.0, 0.0)

    found = [
        outcome("one", True, "PASS", False),
        outcome("two", True, "REVIEW", True),
        outcome("three", True, "CANNOT JUDGE", True),
        outcome("four", False, "PASS", True),
        outcome("five", False, "FAIL", True),
    ]
    lines = bench.totals(found, {"rule": None}).splitlines()
    assert lines[2] == "| false alarms, of 3 healthy exports | 1 | 1 |"
    assert lines[3] == "| missed, of 2 defects | 1 | 2 |"
