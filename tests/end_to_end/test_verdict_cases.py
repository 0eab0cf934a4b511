"""A few cases of the verdict's benchmark; `python -m tests.benchmarks verdict` runs them all."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(ROOT))
try:
    registry = importlib.import_module("tests.benchmarks.verdict_cases.registry")
    runs = importlib.import_module("tests.benchmarks.verdict_run")
    bench = importlib.import_module("tests.benchmarks.bench_verdict")
    layers = importlib.import_module("tests.benchmarks.bench_layers")
    others = importlib.import_module("tests.benchmarks.verdict_others")
finally:
    sys.path.remove(str(ROOT))


def chosen(cases):
    return [
        pytest.param(case, id=case.__name__) for case in cases if case.__name__ in registry.QUICK
    ]


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


@pytest.mark.parametrize(
    ("reference", "candidate", "equal"),
    [
        ([1.0, 2.0], [1.0, 2.0], {"np.allclose", "torch verify", "cosine 0.997"}),
        ([1.0, 2.0], [1.0, np.nan], {"torch verify"}),
        ([1.0, 100.0], [1.2, 100.0], {"cosine 0.997"}),
        ([1e-9, 1e-9], [2e-9, 2e-9], {"np.allclose", "torch verify", "cosine 0.997"}),
    ],
)
def test_other_rules_say_what_they_are_known_for(reference, candidate, equal):
    sides = [[np.array(side, np.float32)] for side in (reference, candidate)]
    asked = ("np.allclose", "torch verify", "cosine 0.997")
    assert {name for name in asked if others.says(others.OTHERS[name], *sides)} == equal


def test_a_rule_that_stops_does_not_take_the_two_for_equal():
    short, long = [np.zeros(2, np.float32)], [np.zeros(3, np.float32)]
    assert not any(others.says(rule, short, long) for rule in others.OTHERS.values())
    assert not others.says(others.OTHERS["np.allclose"], short, short * 2)


def test_a_part_of_the_module_and_what_is_one_with_it_are_the_right_place():
    planted = layers.PLANTED[1]
    assert (planted.module, planted.one_with) == ("stem.1", "stem.0")
    assert layers.is_at("stem.1", planted)
    assert layers.is_at("stem.0", planted)
    assert layers.is_at("stem.1.inner", planted)
    assert not layers.is_at("stem", planted)
    assert not layers.is_at("stem.10", planted)


def test_a_defect_planted_in_one_module_is_found(tmp_path):
    planted = next(one for one in layers.PLANTED if one.name == "detector, torchscript, score")
    assert layers.look_for(planted, tmp_path / "place").right
