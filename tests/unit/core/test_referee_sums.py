"""Distances are what numpy says they are, however the data is cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inspector.core import referee_sums
from inspector.core.referee import (
    Distances,
    Referee,
    merge_referees,
    no_referee,
    who_is_nearer,
)
from inspector.core.referee_sums import DistanceSums

NUMBERS = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, np.inf, -np.inf, np.nan])
SHAPES = array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def slow(reference, candidate, truth):
    """Distances of flat lists, one element at a time."""
    rows = [
        (r - t, c - t, t)
        for r, c, t in zip(*(one.reshape(-1) for one in (reference, candidate, truth)), strict=True)
        if all(map(math.isfinite, (r, c, t)))
    ]
    count = len(rows)
    means = [math.sqrt(sum(row[i] ** 2 for row in rows) / count) if rows else 0.0 for i in (0, 1)]
    largest = [max((abs(row[i]) for row in rows), default=0.0) for i in (0, 1)]
    scale = max((abs(row[2]) for row in rows), default=0.0)
    return Distances(count, means[0], means[1], largest[0], largest[1], scale)


def close(found, expected):
    assert found.elements == expected.elements
    for name in ("reference_rmse", "candidate_rmse", "reference_max", "candidate_max", "scale"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one == pytest.approx(other, rel=1e-9, abs=1e-300)


@given(st.data(), SHAPES, st.sampled_from([None, -1, 0]), st.integers(1, 9))
def test_distances_do_not_depend_on_the_split(data, shape, axis, block):
    three = [data.draw(arrays(np.float64, shape, elements=NUMBERS)) for _ in range(3)]
    cut = data.draw(st.integers(0, shape[0]))
    before, referee_sums.BLOCK = referee_sums.BLOCK, block
    try:
        first, second = DistanceSums(axis), DistanceSums(axis)
        for sums, part in ((first, slice(0, cut)), (second, slice(cut, None))):
            if three[0][part].size:
                sums.update(*(one[part] for one in three))
        first.merge(second)
    finally:
        referee_sums.BLOCK = before
    found = first.finish("y", "float32")
    close(found.whole, slow(*three))
    assert found.samples == shape[0]
    assert first.skipped == three[0].size - found.whole.elements
    if axis is not None and len(shape) > 1:
        place = axis % (len(shape) - 1) + 1
        assert len(found.slices) == shape[place]
        for at, one_slice in enumerate(found.slices):
            close(one_slice, slow(*(np.take(one, at, place) for one in three)))


def test_outputs_that_change_their_size_are_judged_as_a_whole():
    truth = [np.ones((1, 2)), np.full((1, 3), 2.0)]
    sums, other = DistanceSums(-1), DistanceSums(-1)
    for part in truth:
        sums.update(part + 0.5, part, part)
    other.update(truth[1] + 0.5, truth[1], truth[1])
    found = sums.finish("y", "float16")
    assert (found.slices, found.axis) == ((), None)
    assert (found.whole.elements, found.whole.reference_rmse, found.whole.scale) == (5, 0.5, 2.0)
    first = DistanceSums(-1)
    first.update(truth[0] + 0.5, truth[0], truth[0])
    first.merge(other)
    assert first.finish("y", "float16") == found


@pytest.mark.parametrize(
    ("off", "dtype", "checked", "trusted"),
    [
        (0.9e-3, "float32", 0, True),
        (1.1e-3, "float32", 0, False),
        (1.1e-3, "float16", 0, True),
        (1.1e-3, "float32", 1, True),
    ],
)
def test_a_referee_far_from_its_own_model_is_not_trusted(off, dtype, checked, trusted):
    sums = DistanceSums()
    truth = np.array([[1.0, 0.5]])
    sums.update(truth + off, truth, truth)
    found = sums.finish("y", dtype, checked)
    assert found.trusted is trusted
    assert ("too far for rounding" in who_is_nearer(found)) is not trusted


def test_huge_numbers_do_not_overflow():
    sums = DistanceSums()
    truth = np.array([[1e300, -1e300]])
    sums.update(truth * 0.5, truth, truth)
    assert sums.finish("y", "float64").whole.reference_rmse == pytest.approx(5e299)


def test_complex_numbers_are_pairs():
    sums = DistanceSums(-1)
    truth = np.array([[1 + 1j, 2j]])
    sums.update(truth, truth + np.array([[3j, 0]]), truth)
    found = sums.finish("y", "complex64")
    assert found.whole.elements == 4
    assert [part.candidate_max for part in found.slices] == [3.0, 0.0]


def test_outputs_without_a_finite_value_are_not_judged():
    sums = DistanceSums()
    sums.update(*(np.full((2, 2), np.nan),) * 3)
    found = sums.finish("y", "float32")
    assert not found.trusted
    assert "finite" in found.why_not


@pytest.mark.parametrize(
    ("distances", "words"),
    [
        (
            Distances(9, 0.8, 0.2, 0.9, 0.3, 1.0),
            "sides with ONNX: ONNX is up to 3.0e-01 away from it, PyTorch",
        ),
        (
            Distances(9, 0.2, 0.8, 0.3, 0.9, 1.0),
            "sides with PyTorch: PyTorch is up to 3.0e-01 away",
        ),
        (Distances(9, 0.2, 0.3, 0.3, 0.4, 1.0), "sides with neither: PyTorch is up to"),
    ],
)
def test_the_sentence_says_who_is_nearer(distances, words):
    assert words in who_is_nearer(Referee("y", 1, distances))


def test_what_was_not_calculated_says_why():
    assert who_is_nearer(no_referee("y", "No room.")) == "No room."


def test_small_values_of_two_parts_are_joined():
    one = Referee("y", 1, Distances(4, 1.0, 2.0, 3.0, 4.0, 5.0), small=Distances(2, 1, 1, 1, 1, 1))
    found = merge_referees([[one], [one]])[0]
    assert found.small == Distances(4, 1.0, 1.0, 1, 1, 1)
