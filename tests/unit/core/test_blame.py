import math

import pytest

from inspector.core.blame import LEVELS, OPTIMISED, PLAIN, PROGRAM, THE_FILE, Trial, settle


def row(name, agrees, levels=LEVELS):
    return [Trial(name, level, 0.0 if agrees else 1.0, agrees) for level in levels]


@pytest.mark.parametrize(
    ("trials", "rules", "at_fault"),
    [
        (row(THE_FILE, True), None, "nothing"),
        ([*row(THE_FILE, True, ("off",)), Trial(THE_FILE, "all", 1.0, False, "", 99.0)], None,
         "runtime's optimiser"),
        ([*row(THE_FILE, True, ("off",)), Trial(THE_FILE, "all", 1e-5, False, "", 9.0)], None,
         "rounding"),
        (row(THE_FILE, False), None, "unknown"),
        (row(THE_FILE, False), True, "runtime"),
        (row(THE_FILE, False), False, "file"),
        ([*row(THE_FILE, False), Trial(PROGRAM, "", 1.0, False)], None, "model"),
        ([*row(THE_FILE, False), *row(PLAIN, True), *row(OPTIMISED, False)], None,
         "exporter's optimiser"),
        ([*row(THE_FILE, False), *row(PLAIN, True), *row(OPTIMISED, True)], None, "file"),
        ([*row(THE_FILE, False), *row(PLAIN, False), *row(OPTIMISED, False)], False, "exporter"),
        ([*row(THE_FILE, False), *row(PLAIN, False), *row(OPTIMISED, False)], True, "runtime"),
        ([*row(THE_FILE, False), *row(PLAIN, False), *row(OPTIMISED, False)], None, "unknown"),
        ([Trial(THE_FILE, "off", math.nan, False, "it stopped")], None, "unknown"),
    ],
)  # fmt: skip
def test_the_table_settles_who_is_at_fault(trials, rules, at_fault):
    found = settle(trials, rules)
    assert found.at_fault == at_fault
    assert found.trials == tuple(trials)
    assert found.sentence.endswith(".")


def test_a_file_that_cannot_be_run_with_the_optimiser_is_not_accused():
    trials = [*row(THE_FILE, True, ("off",)), Trial(THE_FILE, "all", math.nan, False, "stopped")]
    assert settle(trials).at_fault == "nothing"
