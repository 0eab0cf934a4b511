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
