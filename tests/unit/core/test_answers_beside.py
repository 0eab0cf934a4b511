"""What decisions, 64 bits and other sizes add to the answers."""

from dataclasses import replace

import pytest

from inspector.core.answers import answers
from inspector.core.answers_beside import (
    decisions_words,
    fixed_words,
    outcome_words,
    referee_words,
    referees,
    size_words,
    trial_words,
)
from inspector.core.beside import Beside, Decisions, Mask
from inspector.core.comparison import (
    Allowed,
    Comparison,
    DataFacts,
    Histogram,
    OutputComparison,
    Side,
    Verdict,
)
from inspector.core.referee import Distances, Referee, no_referee
from inspector.core.size_trial import SizeTrial, TrialOutcome

AGREES, DIFFERS = TrialOutcome.AGREES, TrialOutcome.DIFFERS
STOPPED, FIXED = TrialOutcome.CANDIDATE_STOPPED, TrialOutcome.FIXED


def output(name="logits", verdict=Verdict.PASS, beyond=0, **changes):
    made = OutputComparison(
        name, "float32", (64, 10), verdict, "", 6400, 0, beyond, 0, 0, 0.5, 0.1, 0.2, 0.1,
        Allowed(1e-5, 1e-5, 64, 1.2e-7, 10.0), (), Histogram(), samples=64,
    )  # fmt: skip
    return replace(made, **changes)


def comparison(*outputs, verdict=Verdict.PASS, **fields):
    sides = Side("a.pt", "", "PyTorch", "2"), Side("a.onnx", "", "ONNX Runtime", "1")
    return Comparison(verdict, "s", outputs, DataFacts("d", True, 64), *sides, **fields)


def chosen(first, rows=64, samples=64):
    return Beside(decisions=Decisions(rows, 10, first, 5, 5 * rows, samples))


def test_a_best_class_that_changes_is_said():
    found = comparison(output(beside=chosen(62), verdict=Verdict.FAIL, beyond=3),
                       verdict=Verdict.FAIL)  # fmt: skip
    assert decisions_words(found) == "The best class changes in 2 of 64 samples."
    assert answers(found)[0][1].endswith("The best class changes in 2 of 64 samples.")


def test_a_best_class_that_stays_is_said_only_where_values_differ():
    assert decisions_words(comparison(output(beside=chosen(64)))) == ""
    parted = comparison(output(beside=chosen(64), beyond=9), verdict=Verdict.FAIL)
    assert decisions_words(parted) == "The best class stays the same in all 64 samples."


@pytest.mark.parametrize("name", ["logits", "price"])
def test_rows_inside_a_sample_are_no_classes(name):
    found = comparison(output(name, beside=chosen(600, rows=640), beyond=9), verdict=Verdict.FAIL)
    assert decisions_words(found) == f"The largest entry of '{name}' changes in 40 of 640 rows."
    same = comparison(output(name, beside=chosen(640, rows=640), beyond=9), verdict=Verdict.FAIL)
    assert decisions_words(same) == ""


def test_the_output_of_classes_speaks_before_others():
    others = output("embedding", beside=chosen(1)), output("logits", beside=chosen(63))
    assert "The best class changes in 1 of 64" in decisions_words(comparison(*others))


def test_masks_that_part_say_by_how_much():
    found = comparison(output("mask", beside=Beside(mask=Mask(90, 100))))
    assert decisions_words(found) == "As masks, both sides of 'mask' overlap by 90.00 %."
    assert decisions_words(replace(found, verdict=Verdict.CANNOT_JUDGE)) == ""


def test_the_referee_of_the_output_that_decided_speaks():
    near = Referee("a", 64, Distances(10, 1e-6, 1e-6, 1e-6, 1e-6, 1.0))
    far = Referee("b", 64, Distances(10, 1e-6, 0.5, 1e-6, 0.9, 1.0))
    outputs = output("a"), output("b", Verdict.FAIL, 9)
    found = comparison(*outputs, verdict=Verdict.FAIL, referees=(near, far))
    assert referee_words(found) == "A more precise calculation (64-bit) sides with PyTorch."
    alone = replace(found, referees=(near,))
    assert referee_words(alone).startswith("Both are about equally near")
    assert referee_words(replace(found, referees=())) == ""


def test_a_referee_that_is_not_trusted_says_why():
    found = comparison(output(), referees=(no_referee("logits", "No module."),))
    assert referee_words(found) == "No module."


def test_a_distant_referee_that_was_confirmed_is_told_like_one_that_is_trusted():
    # Both sides are off by amounts of their own: their errors do not go together.
    whole = Distances(6400, 2e-3, 2e-3, 8e-3, 8e-3, 1.0)
    distant = Referee("logits", 64, whole, trusted=False, why_not="Too far.", distant=True)
    alone = output(verdict=Verdict.REVIEW, beyond=99, rmse=2.83e-3, max_absolute_error=8e-3)
    found = comparison(alone, verdict=Verdict.REVIEW, referees=(distant,))
    assert referees(found)[0].trusted
    together = comparison(replace(alone, rmse=1e-5), verdict=Verdict.FAIL, referees=(distant,))
    assert not referees(together)[0].trusted


def trial(outcome, size, symbol="batch"):
    return SizeTrial({"h": 4, symbol: size}, symbol, outcome)


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ((), ""),
        ((trial(AGREES, 1), trial(AGREES, 2)), "They agree at batch = 1 and 2 too."),
        ((trial(STOPPED, 3), trial(AGREES, 2)),
         "At batch = 3 ONNX stops where PyTorch runs. They agree at batch = 2."),
        ((trial(DIFFERS, 3),), "At batch = 3 the two part."),
        (tuple(trial(AGREES, size) for size in range(1, 7)), "They agree at 6 other sizes too."),
        ((trial(AGREES, 1), trial(AGREES, 5, "w")), "They agree at 2 other sizes too."),
        ((trial(FIXED, 9),), ""),
    ],
)  # fmt: skip
def test_other_sizes_are_told_in_a_sentence(trials, words):
    assert trial_words(comparison(output(), trials=trials)) == words


def test_sizes_at_which_nothing_more_is_judged_are_not_said_to_agree():
    found = comparison(output(verdict=Verdict.FAIL, beyond=3), verdict=Verdict.FAIL,
                       trials=(trial(AGREES, 1),))  # fmt: skip
    assert trial_words(found) == "Running at batch = 1 brought nothing further to light."
    assert outcome_words(found.trials[0], found) == "nothing further"
    nearly = comparison(output(verdict=Verdict.REVIEW, beyond=3), trials=found.trials)
    assert trial_words(nearly) == trial_words(found)


def test_a_fixed_size_is_among_what_was_not_checked():
    found = comparison(output(), trials=(trial(FIXED, 9, "w"), trial(FIXED, 8, "v")))
    assert fixed_words(found).startswith("Other sizes of 'w' and 'v': the file takes one only")
    assert fixed_words(found) in answers(found)[3][1]


def test_the_size_that_was_changed_comes_first():
    assert size_words(trial(AGREES, 3)) == "batch = 3, h = 4"
