import numpy as np
import pytest

from inspector.core.comparison import Verdict
from inspector.jobs.compare_outputs import Batching, batch_axis, pair_outputs, start_outputs

LABELS = ("PyTorch", "ONNX")


@pytest.mark.parametrize(
    ("reference", "candidate", "names", "places"),
    [
        (("a", "b"), ("a", "b"), ("a", "b"), (0, 1)),
        (("a", "b"), ("b", "a"), ("a", "b"), (1, 0)),
        (("output",), ("logits",), ("logits",), (0,)),
        (("out[0]", "out[1]"), ("x", "y"), ("x", "y"), (0, 1)),
        (("scores", "boxes"), ("1", "2"), ("scores", "boxes"), (0, 1)),
        (("a", "b"), ("b", "c"), ("a", "b"), (0, 1)),
    ],
)
def test_outputs_are_paired_by_name_else_by_order(reference, candidate, names, places):
    pairing = pair_outputs(reference, candidate, LABELS)
    assert (pairing.names, pairing.candidate, pairing.problems) == (names, places, ())


def test_another_number_of_outputs_is_a_difference_in_structure():
    pairing = pair_outputs(("a", "b"), ("b",), LABELS)
    assert pairing.problems == ("PyTorch gives 2 outputs, and ONNX gives 1 output.",)
    assert (pairing.names, pairing.reference, pairing.candidate) == (("b",), (1,), (0,))
    assert pair_outputs(("a",), ("x", "y"), LABELS).names == ("a",)


@pytest.mark.parametrize(
    ("declared", "symbol", "dynamic", "shape", "axis"),
    [
        (("batch", 10), "batch", True, (4, 10), 0),
        ((2, "batch", 10), "batch", True, (2, 4, 10), 1),
        ((4, 10), "batch", True, (4, 10), -1),
        (("boxes", 4), "batch", True, (4, 4), 0),
        (("boxes", 4), "batch", True, (7, 4), -1),
        (None, "", True, (4, 10), 0),
        (None, "", True, (), -1),
        ((4, 10), "", False, (4, 10), 0),
        ((10,), "", False, (10,), -1),
        (("batch", 10), "batch", True, (1, 10), -1),
    ],
)
def test_samples_count_along_the_declared_batch_axis(declared, symbol, dynamic, shape, axis):
    assert batch_axis(declared, symbol, dynamic, np.zeros(shape), 4) == axis


def count(tmp_path, runs, axis_symbol="batch", declared=None, keep=1 << 20):
    """Count runs of (reference, candidate) for one output."""
    pairing = pair_outputs(("y",), ("y",), LABELS)
    reference, candidate = runs[0]
    batching = Batching(axis_symbol, True, sum(len(r) for r, _ in runs), keep)
    first = ([reference], [candidate])
    (output,) = start_outputs(pairing, first, [declared], len(reference), batching, tmp_path)
    start = 0
    for left, right in runs:
        output.add(left, right, start)
        start += len(left)
    return output.finish(LABELS)


def values(rows, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, 5)).astype(np.float32)


def test_many_small_runs_count_like_one_large_one(tmp_path):
    reference = values(300)
    candidate = reference.copy()
    candidate[217, 3] += 1
    split = [(reference[i : i + 7], candidate[i : i + 7]) for i in range(0, 300, 7)]
    small = count(tmp_path / "a", split)
    large = count(tmp_path / "b", [(reference, candidate)])
    assert small.verdict is Verdict.FAIL
    assert (small.elements, small.equal, small.samples) == (1500, 1499, 300)
    assert (small.worst[0].sample, small.worst[0].index) == (217, (3,))
    assert small.worst == large.worst
    assert small.histogram == large.histogram


def test_what_was_kept_is_named_in_the_record(tmp_path):
    reference = values(8)
    found = count(tmp_path, [(reference[:4], reference[:4]), (reference[4:], reference[4:])])
    assert found.kept_samples == 8
    np.testing.assert_array_equal(np.load(found.reference_file), reference)
    np.testing.assert_array_equal(np.load(found.candidate_file), reference)


def test_other_shapes_of_the_candidate_are_a_difference_in_form(tmp_path):
    found = count(tmp_path, [(values(4), values(4)[:, :1])])
    assert found.verdict is Verdict.FAIL
    assert "shape" in found.reason


def test_an_output_of_another_dtype_is_a_difference_in_form(tmp_path):
    found = count(tmp_path, [(values(4), values(4).astype(np.float64))])
    assert found.verdict is Verdict.FAIL
    assert "float64" in found.reason


def test_an_output_without_batch_axis_counts_each_run_as_one_sample(tmp_path):
    whole = np.ones((3, 3), np.float32)
    pairing = pair_outputs(("y",), ("y",), LABELS)
    batching = Batching("", True, 8, 1 << 20)
    (output,) = start_outputs(pairing, ([whole], [whole]), [None], 4, batching, tmp_path)
    output.add(whole, whole, 0)
    output.add(whole, whole + 1, 4)
    found = output.finish(LABELS)
    assert not found.batched
    assert (found.elements, found.kept_samples) == (18, 2)
    assert (found.worst[0].sample, found.worst[0].index) == (1, (0, 0))


def test_outputs_that_grow_from_run_to_run_are_counted(tmp_path):
    runs = [(values(4), values(4)), (np.ones((4, 9), np.float32), np.ones((4, 9), np.float32))]
    found = count(tmp_path, runs)
    assert (found.elements, found.kept_samples) == (56, 4)
    assert found.verdict is Verdict.PASS
