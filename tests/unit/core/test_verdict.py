"""The four answers, on healthy outputs, on seeded defects, and on odd data."""

import numpy as np
import pytest

from inspector.core.comparison import AGAINST_OFF, DataFacts, Repeat, Side, Verdict
from inspector.core.statistics import OutputStatistics
from inspector.core.verdict import judge, side_names

REAL = DataFacts("samples.npz", True, 1000)
RANDOM = DataFacts("random, seed 7", False, 1500)
PASS, REVIEW, FAIL = Verdict.PASS, Verdict.REVIEW, Verdict.FAIL
CANNOT = Verdict.CANNOT_JUDGE


def output_of(reference, candidate, name="logits", dtype=""):
    statistics = OutputStatistics(name, dtype or reference.dtype.name)
    statistics.update(reference, candidate)
    return statistics.finish()


def normal(shape=(64, 1000), scale=1.0, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


def rounded(reference, steps=3.0, seed=1):
    """What another runtime gives: some rounding steps of the largest value apart."""
    noise = np.random.default_rng(seed).normal(0, 1, reference.shape)
    eps = float(np.finfo(reference.dtype).eps) * float(np.abs(reference).max())
    return (reference.astype(np.float64) + noise * eps * steps).astype(reference.dtype)


def masked():
    reference = normal()
    reference[:, ::3] = -np.inf
    candidate = rounded(np.where(np.isinf(reference), 0, reference)).astype(np.float32)
    candidate[:, ::3] = -np.inf
    return reference, candidate


HEALTHY = {
    "single precision": lambda: (normal(), rounded(normal())),
    "half precision": lambda: (
        normal(dtype=np.float16),
        rounded(normal(dtype=np.float16), steps=0.3),
    ),
    "values of a million": lambda: (normal(scale=1e6), rounded(normal(scale=1e6))),
    "values of a billionth": lambda: (normal(scale=1e-9), rounded(normal(scale=1e-9))),
    "a mask of minus infinity": masked,
    "cancelled to nearly zero": lambda: (
        np.concatenate((normal(), np.zeros((1, 1000), np.float32))),
        np.concatenate((rounded(normal()), np.full((1, 1000), 1e-7, np.float32))),
    ),
    "equal ids": lambda: (np.arange(100_000)[None], np.arange(100_000)[None]),
}


@pytest.mark.parametrize("case", HEALTHY.values(), ids=HEALTHY)
def test_healthy_outputs_pass(case):
    output = output_of(*case())
    verdict, sentence = judge([output], REAL)
    assert (verdict, output.verdict) == (PASS, PASS), sentence
    assert sentence.endswith("1,000 samples from samples.npz.")


def one_changed(value, by):
    candidate = rounded(normal())
    candidate[17, 231] = value if by is None else candidate[17, 231] + by
    return normal(), candidate


def swapped():
    reference = normal()
    candidate = reference.copy()
    candidate[:, [3, 4]] = candidate[:, [4, 3]]
    return reference, candidate


def through_half_weights():
    weights, inputs = normal((256, 64), 0.05, 3), normal((100, 256), 1.0, 4)
    return inputs @ weights, inputs @ weights.astype(np.float16).astype(np.float32)


DEFECTS = {
    "weights rounded to half": through_half_weights,
    "one element off by 5": lambda: one_changed(0, 5.0),
    "one NaN": lambda: one_changed(np.nan, None),
    "one infinity": lambda: one_changed(np.inf, None),
    "tiny outputs doubled": lambda: (normal(scale=1e-9), normal(scale=1e-9) * 2),
    "ids off by one in 100,000": lambda: (
        np.arange(100_000)[None],
        np.arange(100_000)[None] + (np.arange(100_000) == 777)[None],
    ),
    "half a percent of normalisation": lambda: (normal(), normal() * np.float32(1.005)),
    "two classes swapped": swapped,
    "a mask only on one side": lambda: (masked()[0], np.nan_to_num(masked()[1], neginf=0.0)),
    "opposite infinities": lambda: (masked()[0], -masked()[1]),
    "another number of classes": lambda: (normal(), normal((64, 999))),
    "a shape that would broadcast": lambda: (normal((4,)), normal((4, 4))),
    "another dtype": lambda: (normal(), normal().astype(np.float64)),
}


@pytest.mark.parametrize("data", [REAL, RANDOM], ids=["real", "random"])
@pytest.mark.parametrize("case", DEFECTS.values(), ids=DEFECTS)
def test_defects_fail_whatever_the_data(case, data):
    output = output_of(*case())
    verdict, sentence = judge([output], data, accept_generated=True)
    assert verdict is FAIL, sentence
    assert "'logits'" in sentence
    assert ("not real" in sentence) is not data.real


def test_the_failing_sentence_names_the_worst_element():
    reference = np.zeros((64, 1, 1000), np.float32)
    reference[17, 0, 231] = 4.113
    candidate = reference.copy()
    candidate[17, 0, 231] = 9.113
    sentence = judge([output_of(reference, candidate)], DataFacts("dogs.npz", True, 64))[1]
    assert sentence == (
        "1 of 64,000 values of 'logits' differs by more than allowed; the worst is sample 17 "
        "[0, 231]: PyTorch 4.113, ONNX 9.113. 64 samples from dogs.npz."
    )


def test_the_passing_sentence_has_the_largest_difference_and_what_is_allowed():
    reference = np.full((1000, 3), 6.25, np.float32)
    reference[0, 0] = 6.0
    candidate = reference.copy()
    candidate[5, 1] += np.float32(5e-7)
    sentence = judge([output_of(reference, candidate, "output")], REAL)[1]
    assert sentence == (
        "All 3,000 values of 'output' agree: the largest difference is 4.77e-07, and up to "
        "1.1e-04 is allowed. 1,000 samples from samples.npz."
    )


def test_equal_outputs_agree_exactly():
    sentence = judge([output_of(normal(), normal())], REAL)[1]
    assert sentence.startswith("All 64,000 values of 'logits' agree exactly.")


def test_generated_data_alone_earns_review_and_says_so():
    output = output_of(normal(), rounded(normal()))
    verdict, sentence = judge([output], RANDOM)
    assert verdict is REVIEW
    assert "random data, not real (1,500 samples). A person must decide." in sentence
    verdict, sentence = judge([output], RANDOM, accept_generated=True)
    assert verdict is PASS
    assert "random data, not real (1,500 samples), which was accepted." in sentence


def test_differences_within_ten_times_what_is_allowed_are_for_a_person():
    reference = np.full((10, 10), 1.0, np.float32)
    reference[0, 0] = 0.5
    allowed = 1e-5 + 64 * 2.0**-23
    for times, verdict in ((0.9, PASS), (1.1, REVIEW), (9.5, REVIEW), (10.5, FAIL)):
        candidate = reference.copy()
        candidate[3, 4] += np.float32(times * allowed)
        output = output_of(reference, candidate)
        found, sentence = judge([output], REAL)
        assert found is verdict, times
        assert ("none by more than ten times" in sentence) is (verdict is REVIEW)


def test_nan_on_both_sides_is_for_a_person():
    reference, candidate = normal(), rounded(normal())
    reference[3, 5] = candidate[3, 5] = np.nan
    verdict, sentence = judge([output_of(reference, candidate)], REAL)
    assert verdict is REVIEW
    assert "1 of 64,000 values of 'logits'" in sentence
    assert "NaN" in sentence


def test_the_worst_output_wins():
    good = output_of(normal(), rounded(normal()), name="good")
    reference, candidate = one_changed(0, 5.0)
    bad = output_of(reference, candidate, name="bad")
    reference, candidate = one_changed(0, 50.0)
    worse = output_of(reference, candidate, name="worse")
    verdict, sentence = judge([good, bad, worse], REAL)
    assert verdict is FAIL
    assert "'worse'" in sentence
    verdict, sentence = judge([good, good], REAL)
    assert verdict is PASS
    assert "128,000 values of the 2 outputs agree" in sentence
    assert "(in 'good')" in sentence


MOVING = Repeat("candidate", "each time", False, 1.31)
STILL = Repeat("reference", "each time", True, 0.0)


def test_a_side_that_does_not_repeat_itself_cannot_be_judged():
    output = output_of(*one_changed(0, 5.0))
    verdict, sentence = judge([output], REAL, repeats=[STILL, MOVING])
    assert verdict is CANNOT
    assert sentence == (
        "The ONNX file gives a different answer each time: two runs on the same input differ by "
        "up to 1.310."
    )
    assert judge([output], REAL, repeats=[STILL])[0] is FAIL


def test_a_repeat_that_differs_in_form_is_said_without_a_number():
    moving = Repeat("reference", "each time", False, 0.0)
    sentence = judge([output_of(normal(), normal())], REAL, repeats=[moving])[1]
    assert sentence.startswith("The PyTorch model gives a different answer each time")
    assert "0.0" not in sentence


def test_random_operators_cannot_be_judged_even_if_two_runs_agree():
    output = output_of(normal(), normal())
    nodes = ["Dropout '/drop/Dropout'", "RandomNormal 'noise'"]
    verdict, sentence = judge([output], REAL, random_nodes=nodes)
    assert verdict is CANNOT
    assert "Dropout '/drop/Dropout' and 1 more" in sentence


def test_without_data_or_outputs_nothing_is_judged():
    output = output_of(normal(), normal())
    assert judge([output], DataFacts("", True, 0))[0] is CANNOT
    assert judge([], REAL)[0] is CANNOT
    empty = output_of(np.zeros((5, 0), np.float32), np.zeros((5, 0), np.float32), "boxes")
    assert judge([empty], REAL)[0] is CANNOT
    verdict, sentence = judge([output, empty], REAL)
    assert verdict is REVIEW
    assert "'boxes' held no values" in sentence


def test_an_output_that_only_one_side_has_fails():
    output = output_of(normal(), normal())
    problem = "'aux' is an output of PyTorch only."
    verdict, sentence = judge([output], REAL, structure_problems=[problem])
    assert verdict is FAIL
    assert sentence.startswith(problem)
    assert judge([], REAL, structure_problems=[problem])[0] is FAIL


def test_differences_from_a_reference_of_zeros_fail():
    reference = np.zeros((2, 2), np.float32)
    output = output_of(reference, reference + np.float32(1e-9))
    verdict, sentence = judge([output], REAL)
    assert verdict is FAIL
    assert "PyTorch 0, ONNX 1.000e-09" in sentence


def test_the_sides_are_named_by_their_runtimes():
    torch = Side("a.pt", "", "PyTorch", "2.13.0")
    onnx = Side("a.onnx", "", "ONNX Runtime", "1.31.1")
    assert side_names(torch, onnx) == ("PyTorch", "ONNX")
    assert side_names(onnx, onnx) == ("reference", "candidate")
    output = output_of(*one_changed(0, 5.0))
    names = side_names(Side("a.npz", "", "Recorded outputs", ""), onnx)
    sentence = judge([output], REAL, names=names)[1]
    assert "PyTorch" not in sentence
    other = output_of(normal(), normal((64, 999)))
    assert "in recording and [64, 999] in ONNX" in judge([other], REAL, names=names)[1]


def test_names_with_braces_are_left_alone():
    output = output_of(normal(), normal((64, 999)), "{0} {candidate}")
    assert "'{0} {candidate}'" in judge([output], REAL)[1]


@pytest.mark.parametrize("case", [*HEALTHY.values(), *DEFECTS.values()], ids=[*HEALTHY, *DEFECTS])
def test_every_sentence_is_short_and_plain(case):
    sentence = judge([output_of(*case())], REAL)[1]
    assert len(sentence) < 260
    assert "!" not in sentence
    assert ".." not in sentence


def test_an_answer_that_hangs_on_the_optimiser_is_no_random_one():
    """Both calculations repeat themselves, and the one that is used was compared."""
    shaky = Repeat("candidate", AGAINST_OFF, False, 52.8)
    same = output_of(np.linspace(0, 1, 40), np.linspace(0, 1, 40))
    verdict, sentence = judge([same], REAL, [shaky])
    assert verdict is Verdict.REVIEW
    assert "a different answer with and without optimisation" in sentence
    assert "differ by up to 52.8" in sentence
    other = output_of(np.linspace(0, 1, 40), np.linspace(0, 2, 40))
    verdict, sentence = judge([other], REAL, [shaky])
    assert verdict is Verdict.FAIL
    assert "with and without optimisation" in sentence
