"""Indices that differ: whether the scores that they point at tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core.origins import IndexSource
from inspector.core.ties import TieCounts
from inspector.core.tolerance import EXACT, tolerance_for

FLOAT = tolerance_for("float32")


def counts(op_type, tolerance=FLOAT, axis=-1):
    return TieCounts(IndexSource(op_type, "x", "v", axis), "scores", tolerance)


def found(op_type, indices, scores=None, values=None, axis=-1, scale=1.0, tolerance=FLOAT):
    one = counts(op_type, tolerance, axis)
    one.update(indices, scores, values)
    return one.finish(scale)


def both(array):
    return array, array


SCORES = np.array([[0.1, 0.9, 0.9, 0.3], [0.2, 0.2, 0.8, 0.1]], np.float32)


def test_an_argmax_among_equal_scores_is_a_tie():
    indices = np.array([1, 2]), np.array([2, 2])
    assert found("ArgMax", indices, both(SCORES))[2:] == (1, 1, 0.0)
    keeping = np.array([[1], [2]]), np.array([[2], [2]])
    assert found("ArgMax", keeping, both(SCORES))[2:] == (1, 1, 0.0)


@pytest.mark.parametrize("wrong", [0, 3, 9, -9])
def test_an_argmax_elsewhere_is_none(wrong):
    indices = np.array([1, 2]), np.array([wrong, 2])
    ties = found("ArgMax", indices, both(SCORES))
    assert (ties.differing, ties.explained) == (1, 0)


def test_scores_must_tie_on_both_sides():
    other = SCORES.copy()
    other[0, 2] = 0.5
    indices = np.array([1, 2]), np.array([2, 2])
    assert found("ArgMax", indices, (SCORES, other)).explained == 0


@pytest.mark.parametrize(("gap", "explained"), [(5e-6, 1), (1e-3, 0)])
def test_a_tie_is_what_is_equal_within_what_is_allowed(gap, explained):
    scores = SCORES.copy()
    scores[0, 2] -= np.float32(gap)
    ties = found("ArgMax", (np.array([1, 2]), np.array([2, 2])), both(scores))
    assert ties.explained == explained
    assert ties.largest_gap == pytest.approx(gap, rel=0.1)


def test_whole_scores_tie_only_where_they_are_equal():
    scores = np.array([[5, 5, 4]])
    for other, explained in ((1, 1), (2, 0)):
        indices = np.array([0]), np.array([other])
        assert found("ArgMax", indices, both(scores), tolerance=EXACT).explained == explained


def test_the_axis_is_that_of_the_scores():
    scores = np.array([[[0.5, 0.1], [0.5, 0.9]]], np.float32)
    indices = np.array([[0, 1]]), np.array([[1, 1]])
    assert found("ArgMax", indices, both(scores), axis=1).explained == 1
    assert found("ArgMax", indices, both(scores), axis=-1).explained == 0


TOP = np.array([[0.9, 0.8, 0.8, 0.3]], np.float32)


@pytest.mark.parametrize(
    ("candidate", "explained"),
    [
        ([7, 5, 6, 1], 2),  # two of equal scores, exchanged
        ([7, 6, 5, 2], 1),  # the last one ties with one that was not chosen
        ([6, 7, 5, 1], 0),  # two of different scores, exchanged
        ([8, 7, 6, 2], 2),  # counted from 1: the scores of two tie by chance
    ],
)
def test_the_chosen_scores_tell_ties_in_a_sorted_list(candidate, explained):
    indices = np.array([[7, 6, 5, 1]]), np.array([candidate])
    ties = found("TopK", indices, values=both(TOP))
    assert ties.differing == np.count_nonzero(indices[0] != indices[1])
    assert ties.explained == explained


def test_without_scores_nothing_is_explained():
    ties = found("ArgMax", (np.array([1]), np.array([2])))
    assert (ties.differing, ties.explained) == (1, 0)


def test_boxes_of_equal_scores_tie():
    scores = np.zeros((1, 2, 5), np.float32)
    scores[0, 1, 3] = scores[0, 1, 4] = 0.7
    reference = np.array([[0, 1, 3], [0, 1, 4], [0, 0, 1]])
    indices = reference, reference[[1, 0, 2]]
    assert found("NonMaxSuppression", indices, both(scores))[2:] == (2, 2, 0.0)
    indices = reference, reference[[2, 1, 0]]
    assert found("NonMaxSuppression", indices, both(scores)).explained == 0


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, (6, 5), elements=st.sampled_from([0.0, 0.5, 0.5000001, 1.0])),
    hnp.arrays(np.int64, (2, 6), elements=st.integers(0, 4)),
    st.integers(0, 6),
)
def test_parts_of_the_data_give_the_same_as_the_whole(scores, indices, cut):
    whole, first, second = (counts("ArgMax") for _ in range(3))
    whole.update((indices[0], indices[1]), both(scores), None)
    first.update((indices[0, :cut], indices[1, :cut]), both(scores[:cut]), None)
    second.update((indices[0, cut:], indices[1, cut:]), both(scores[cut:]), None)
    second.merge(first)
    assert second.finish(1.0) == whole.finish(1.0)
    gaps = [abs(float(row[a]) - float(row[b])) for row, a, b in zip(scores, *indices, strict=True)]
    differing = [gap for gap, a, b in zip(gaps, *indices, strict=True) if a != b]
    assert whole.finish(1.0).explained == sum(gap < 1e-5 for gap in differing)
