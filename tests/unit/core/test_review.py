"""The four reasons for a person to decide, and what the referee may and may not excuse."""

from dataclasses import replace

import numpy as np
import pytest

from inspector.core.comparison import DataFacts, Ties, Verdict
from inspector.core.referee import Distances, Referee
from inspector.core.review import far_less_exact, needs_referee, rounding_explains
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.core.sources import Choice
from inspector.core.statistics import OutputStatistics
from inspector.core.verdict import judge, judge_output, judged_again

REAL = DataFacts("samples.npz", True, 64)
PASS, REVIEW, FAIL = Verdict.PASS, Verdict.REVIEW, Verdict.FAIL


def output_of(reference, candidate, name="y", choice=None):
    statistics = OutputStatistics(name, reference.dtype.name, None, choice)
    statistics.update(reference, candidate)
    return statistics.finish()


def normal(shape=(64, 100), seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape)


def measured(truth, reference, candidate, **more):
    """What the referee finds, over everything and per slice of the last axis."""
    return Referee("y", len(truth), distances(truth, reference, candidate), **more)


def distances(truth, reference, candidate):
    off = [np.abs(side.astype(float) - truth) for side in (reference, candidate)]
    left, right = (float(np.sqrt((one**2).mean())) for one in off)
    most, other = (float(one.max()) for one in off)
    return Distances(truth.size, left, right, most, other, float(np.abs(truth).max()))


def delicate(reference_error, candidate_error, shared=0.0):
    """Both sides as far from the truth as asked for, `shared` of it in common."""
    truth, common = normal(), normal(seed=9)
    reference = truth + reference_error * normal(seed=1) + shared * common
    candidate = truth + candidate_error * normal(seed=2) + shared * common
    return truth, reference.astype(np.float32), candidate.astype(np.float32)


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [((1e-4, 1e-4), REVIEW), ((1e-4, 1.8e-4), REVIEW), ((1e-4, 2.5e-4), FAIL),
     ((1e-7, 1e-3), FAIL), ((3e-4, 1e-5), REVIEW)],
)  # fmt: skip
def test_a_candidate_no_less_exact_than_the_reference_is_for_a_person(errors, verdict):
    truth, reference, candidate = delicate(*errors)
    output = output_of(reference, candidate)
    assert output.verdict is FAIL
    found, sentence = judge_output(output, referee=measured(truth, reference, candidate))
    assert found is verdict
    assert ("in float64, ONNX is off by" in sentence) is (verdict is REVIEW)
    again = judged_again([output], [measured(truth, reference, candidate)], ("PyTorch", "ONNX"))
    assert (again[0].verdict, again[0].reason) == (found, sentence)


def test_one_wrong_element_among_many_is_not_excused_by_a_mean():
    truth, reference, candidate = delicate(1e-4, 1e-4)
    candidate[5, 5] = truth[5, 5] + 5e-3
    referee = measured(truth, reference, candidate)
    assert referee.whole.candidate_rmse < 2 * referee.whole.reference_rmse
    assert not rounding_explains(output_of(reference, candidate), referee)


def test_a_referee_that_is_not_trusted_excuses_nothing():
    truth, reference, candidate = delicate(1e-4, 1e-4)
    output = output_of(reference, candidate)
    referee = measured(truth, reference, candidate, trusted=False, why_not="It did not run.")
    assert judge_output(output, referee=referee)[0] is FAIL


def test_a_distant_referee_counts_where_both_sides_err_on_their_own():
    truth, reference, candidate = delicate(1e-2, 0.8e-2)
    far = measured(truth, reference, candidate, trusted=False, distant=True)
    assert rounding_explains(output_of(reference, candidate), far)


@pytest.mark.parametrize("defect", [1e-3, 1e-2, 1.6e-2])
def test_a_wrong_referee_excuses_no_defect_smaller_than_its_own_error(defect):
    truth, reference, candidate = delicate(1e-6, defect, shared=1e-2)
    wrong = measured(truth, reference, candidate, trusted=False, distant=True)
    assert wrong.whole.candidate_rmse < 2 * wrong.whole.reference_rmse
    assert not rounding_explains(output_of(reference, candidate), wrong)


def test_every_slice_must_be_explained():
    truth = normal((200, 3)) * np.array([1e3, 1e3, 1.0])
    reference = truth + 1e-1 * normal((200, 3), 1) * np.array([1, 1, 1e-6])
    candidate = truth + 1e-1 * normal((200, 3), 2) * np.array([1, 1, 0.1])
    reference, candidate = reference.astype(np.float32), candidate.astype(np.float32)
    output = output_of(reference, candidate)
    assert output.slices is not None
    whole = measured(truth, reference, candidate)
    parts = tuple(
        distances(*(side[:, at] for side in (truth, reference, candidate))) for at in range(3)
    )
    assert not rounding_explains(output, whole)
    assert not rounding_explains(output, replace(whole, slices=parts, axis=-1))
    good = (*parts[:2], parts[0])
    assert rounding_explains(output, replace(whole, slices=good, axis=-1))


def test_a_referee_that_has_not_seen_the_worst_element_excuses_nothing():
    truth, reference, candidate = delicate(1e-4, 1e-4)
    candidate[60] += np.float32(0.1)
    part = measured(truth[:32], reference[:32], candidate[:32])
    assert not rounding_explains(output_of(reference, candidate), part)


def test_what_is_within_the_allowance_but_far_less_exact_is_for_a_person():
    truth, reference, candidate = delicate(1e-8, 4e-6)
    output = output_of(reference, candidate)
    assert output.verdict is PASS
    assert needs_referee(output)
    verdict, sentence = judge_output(output, referee=measured(truth, reference, candidate))
    assert verdict is REVIEW
    assert "ONNX is far less exact than PyTorch" in sentence
    truth, reference, candidate = delicate(1e-7, 2e-7)
    output = output_of(reference, candidate)
    assert not needs_referee(output)
    assert far_less_exact(output, measured(truth, reference, candidate), ("a", "b")) == ""


@pytest.mark.parametrize(("times", "verdict"), [(0.9, REVIEW), (1.1, FAIL), (100.0, FAIL)])
def test_a_looser_tolerance_is_labelled_and_earns_review_at_best(times, verdict):
    reference = normal().astype(np.float32)
    candidate = reference.copy()
    candidate[3, 4] = reference[3, 4] + np.float32(1e-2 * times)
    output = output_of(reference, candidate, choice=Choice("", 1e-2, 0.0))
    found, sentence = judge([output], REAL)
    assert found is verdict
    assert "that a person chose" in sentence
    assert output.chosen.default_over == 1
    assert (output.allowed.absolute, output.allowed.relative) == (1e-2, 0.0)
    if verdict is REVIEW:
        assert "1 of them is beyond the default" in sentence


def test_a_looser_tolerance_that_was_not_needed_is_labelled_too():
    reference = normal().astype(np.float32)
    verdict, sentence = judge([output_of(reference, reference, choice=Choice("", 1.0, 0.0))], REAL)
    assert verdict is REVIEW
    assert "all of them are also within the default" in sentence


def test_a_tighter_tolerance_decides_by_itself():
    reference = normal().astype(np.float32)
    candidate = (reference * (1 + 2e-7)).astype(np.float32)
    tight = Choice("", 0.0, 1e-8)
    output = output_of(reference, candidate, choice=tight)
    assert not output.chosen.loosened
    verdict, sentence = judge([output], REAL)
    assert verdict is FAIL
    assert "the tolerance that a person chose allows" in sentence
    verdict, sentence = judge([output_of(reference, reference, choice=tight)], REAL)
    assert verdict is PASS
    assert "A person chose the tolerance of 'y'." in sentence


def indices(ties):
    reference = np.arange(40).reshape(10, 4)
    candidate = reference.copy()
    candidate[2, :2] = candidate[2, 1::-1]
    return replace(output_of(reference, candidate), ties=ties)


@pytest.mark.parametrize(
    ("ties", "verdict", "words"),
    [
        (Ties("scores", "TopK", 2, 2, 1e-9), REVIEW, "the same scores, in different order"),
        (Ties("scores", "TopK", 2, 1, 0.5), FAIL, "1 of these are no ties"),
        (Ties("", "ArgMax", 2, 0), FAIL, "Whether these are ties cannot be told"),
        (None, FAIL, "where none may"),
    ],
)
def test_indices_of_scores_that_tie_are_for_a_person(ties, verdict, words):
    found, sentence = judge([indices(ties)], REAL)
    assert found is verdict
    assert words in sentence


def trial(outcome, **more):
    return SizeTrial({"batch": 3, "time": 7}, "batch", outcome, "It wants 2.", **more)


@pytest.mark.parametrize(
    ("outcome", "verdict", "words"),
    [
        (TrialOutcome.CANDIDATE_STOPPED, FAIL, "ONNX stops where PyTorch runs: It wants 2."),
        (TrialOutcome.DIFFERS, FAIL, "ONNX and PyTorch differ: It wants 2."),
        (TrialOutcome.AGREES, PASS, ""),
        (TrialOutcome.REFERENCE_STOPPED, PASS, ""),
        (TrialOutcome.FIXED, PASS, ""),
    ],
)
def test_a_size_that_the_file_leaves_open_must_do(outcome, verdict, words):
    reference = normal().astype(np.float32)
    found, sentence = judge([output_of(reference, reference)], REAL, trials=[trial(outcome)])
    assert found is verdict
    assert words in sentence
    if verdict is FAIL:
        assert sentence.startswith("With 'batch' = 3, a size that the file leaves open, ")
    worse = output_of(reference, reference + np.float32(1.0))
    assert "'y'" in judge([worse], REAL, trials=[trial(outcome)])[1]


def test_outputs_of_one_value_prove_nothing_by_themselves():
    flat = output_of(np.zeros((5, 5), np.float32), np.zeros((5, 5), np.float32), "mask")
    varied = output_of(normal().astype(np.float32), normal().astype(np.float32))
    verdict, sentence = judge([flat], REAL)
    assert verdict is REVIEW
    assert "'mask' is 0 throughout, so agreement proves little. A person must decide." in sentence
    assert judge([flat, varied], REAL)[0] is PASS
    assert "Every output has one value throughout" in judge([flat, flat], REAL)[1]


def test_matching_infinities_are_counted_in_the_sentence():
    reference = normal().astype(np.float32)
    reference[:, :10] = -np.inf
    verdict, sentence = judge([output_of(reference, reference)], REAL)
    assert verdict is PASS
    assert "; 640 are the same infinity on both sides." in sentence


def sliced(usual, lucky, candidate):
    """A referee with ten slices of one scale; the reference is exact by luck in the last."""
    parts = [Distances(64, usual, usual, usual, usual, 1.0)] * 9
    parts.append(Distances(64, lucky, candidate, lucky, candidate, 1.0))
    whole = Distances(640, usual, usual, usual, usual, 100.0)
    return Referee("y", 64, whole, tuple(parts), -1)


def test_a_slice_in_which_the_reference_is_exact_by_luck_raises_no_doubt():
    output = output_of(*[normal().astype(np.float32)] * 2)
    names = ("PyTorch", "ONNX")
    assert far_less_exact(output, sliced(2e-5, 1e-7, 4e-5), names) == ""
    assert "slice 9" in far_less_exact(output, sliced(2e-5, 1e-7, 4e-4), names)


def test_rare_classes_after_a_sigmoid_raise_no_doubt_either():
    output = output_of(*[normal().astype(np.float32)] * 2)
    referee = Referee("y", 64, Distances(6400, 2e-10, 4e-8, 1e-9, 1e-7, 5e-3))
    assert far_less_exact(output, referee, ("PyTorch", "ONNX"))
    assert not far_less_exact(replace(output, bounded=True), referee, ("PyTorch", "ONNX"))


def beside_bright(factor):
    """Fifteen quiet samples beside one that is a million times as bright; the quiet ones scaled."""
    reference = normal((16, 200)).astype(np.float32)
    reference[3] *= np.float32(1e6)
    candidate = reference * np.float32(factor)
    candidate[3] = reference[3]
    return reference, candidate


def test_values_far_below_the_largest_are_held_against_the_referee_by_themselves():
    """One bright sample sets the allowance for all, and nothing that is beyond it shows."""
    reference, candidate = beside_bright(1.01)
    output = output_of(reference, candidate)
    assert output.verdict is PASS
    assert 1e3 < output.small_below <= 1e-3 * output.allowed.scale
    assert needs_referee(output)
    small = Distances(3000, 1e-7, 1e-2, 1e-7, 3e-2, 4.0)
    found = Referee("y", 16, Distances(3200, 0.1, 0.1, 0.2, 0.2, 4e6), small=small)
    verdict, sentence = judge_output(output, referee=found)
    assert verdict is REVIEW
    assert "ONNX is far less exact than PyTorch in values below" in sentence
    rounding = replace(found, small=replace(small, reference_rmse=1e-2))
    assert judge_output(output, referee=rounding)[0] is PASS


def test_small_values_that_agree_to_their_own_rounding_need_no_referee():
    assert output_of(*beside_bright(1 + 1e-7)).small_below == 0.0
    reference = normal((16, 200)).astype(np.float32)
    reference[:, 0] *= np.float32(1e6)
    assert output_of(reference, reference).small_below == 0.0
