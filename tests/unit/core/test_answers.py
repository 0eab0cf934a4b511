"""The five answers, for every kind of outcome."""

from dataclasses import replace

import pytest

from inspector.core.answers import answers
from inspector.core.comparison import (
    Allowed,
    Comparison,
    DataFacts,
    Histogram,
    OutputComparison,
    Side,
    Verdict,
    Worst,
)


def output(error=0.0, allowed=1e-4, beyond=0):
    return OutputComparison(
        "y", "float32", (2, 3), Verdict.PASS, "", 6, 5, beyond, 0, 0, error, error, error, error,
        Allowed(allowed, 0.0), (Worst(1, (2,), 1.0, 1.0 + error, error, allowed),), Histogram(),
    )  # fmt: skip


def comparison(verdict, *outputs):
    sides = Side("a.pt", "", "PyTorch", "2"), Side("a.onnx", "", "ONNX Runtime", "1")
    return Comparison(
        verdict, "s", outputs, DataFacts("d", True, 2), *sides, not_checked=("GPU.", "Batch 3."),
        how_sure="Sure.", next_step="Go on.",
    )  # fmt: skip


def test_five_questions_are_answered_in_order():
    asked = [question for question, _ in answers(comparison(Verdict.PASS, output()))]
    assert len(asked) == 5
    assert all(question.endswith("?") for question in asked)


@pytest.mark.parametrize(
    ("verdict", "outputs", "words"),
    [
        (Verdict.PASS, (output(),), "exactly equal"),
        (Verdict.PASS, (output(4e-6),), "uses 4.0 %"),
        (Verdict.FAIL, (output(1.0, beyond=3),), "3 of 6 values (50 %)"),
        (Verdict.FAIL, (output(1.0, beyond=6),), "6 of 6 values (100 %)"),
        (Verdict.FAIL, (replace(output(1.0), elements=3600, over_tolerance=3599),), "(99.9 %)"),
        (Verdict.FAIL, (), "same form"),
        (Verdict.FAIL, (replace(output(), structure="has another shape"),), "same form"),
        (Verdict.FAIL, (replace(output(), nonfinite_mismatch=2),), "2 of 6 values are NaN or inf"),
        (Verdict.FAIL, (output(1.0, beyond=1),), "1 of 6 values (17 %) is too far off"),
        (Verdict.REVIEW, (output(2e-4, beyond=3),), "Nearly. 3 of 6 values (50 %)"),
        (Verdict.REVIEW, (replace(output(), nan_agreed=2),), "2 of 6 values are NaN on both sides"),
        (Verdict.REVIEW, (output(), replace(output(), elements=0, name="z")), "'z' held none"),
        (Verdict.CANNOT_JUDGE, (output(1.0, beyond=3),), "no fair test"),
    ],
)
def test_agreement_is_said_with_the_number_that_decides(verdict, outputs, words):
    assert words in answers(comparison(verdict, *outputs))[0][1]


def test_the_worst_place_names_output_sample_and_both_values():
    text = answers(comparison(Verdict.FAIL, output(1e-7), output(0.5)))[2][1]
    assert "sample 1 [2]" in text
    assert "PyTorch 1.000" in text
    assert "ONNX Runtime 1.5" in text


def test_no_difference_has_no_place():
    assert "no" in answers(comparison(Verdict.PASS, output()))[2][1]


def test_random_inputs_are_said_to_be_random():
    made_up = replace(comparison(Verdict.REVIEW, output(4e-6)), data=DataFacts("", False, 16))
    agree = answers(made_up)[0][1]
    assert agree.startswith("Yes, on everything that was tried.")
    assert agree.endswith("The inputs were random, not real.")
    assert "random" not in answers(comparison(Verdict.PASS, output(4e-6)))[0][1]


def test_a_place_is_not_called_the_worst_where_nothing_was_judged():
    assert answers(comparison(Verdict.CANNOT_JUDGE, output(0.5)))[2][1].startswith("Not judged.")
    assert "every value" not in answers(comparison(Verdict.CANNOT_JUDGE))[2][1]


def test_a_number_on_one_side_only_is_the_worst_place():
    nan = Worst(4, (1,), 2.0, float("nan"), float("nan"), 1e-4)
    one_sided = replace(output(), name="z", nonfinite_mismatch=1, worst=(nan,))
    text = answers(comparison(Verdict.FAIL, output(9e-5), one_sided))[2][1]
    assert "Output 'z', sample 4 [1]" in text
    assert "NaN" in text


def test_a_whole_number_that_differs_comes_before_small_differences():
    whole = Worst(3, (0,), 5, 6, 1.0, 0.0)
    labels = replace(output(), name="labels", over_tolerance=1, worst=(whole,))
    text = answers(comparison(Verdict.FAIL, output(2e-4, beyond=1), labels))[2][1]
    assert "Output 'labels', sample 3 [0]" in text


def test_another_form_is_the_worst_difference_where_no_value_was_compared():
    formed = replace(output(), worst=(), structure="x", reason="'y' has another shape.")
    assert answers(comparison(Verdict.FAIL, formed))[2][1] == "'y' has another shape."
