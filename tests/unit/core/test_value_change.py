"""What changed between two tensors: counts and sizes against a loop over the values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inspector.core.value_change import ValueChange

VALUES = st.sampled_from([0.0, -0.0, 1.0, 1.5, -2.0, 1e-3, math.nan, math.inf, -math.inf])


def change(first, second, step=3):
    found = ValueChange()
    for start in range(0, first.size, step):
        found.update(first[start : start + step], second[start : start + step])
    return found


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), st.sampled_from(["f2", "f4", "f8"]))
def test_counts_are_those_of_a_loop(pairs, dtype):
    first, second = (np.array([pair[i] for pair in pairs], dtype) for i in (0, 1))
    found = change(first, second)
    differ, endless, largest = 0, 0, None
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one == other or (math.isnan(one) and math.isnan(other)):
            continue
        differ += 1
        if math.isfinite(one) and math.isfinite(other):
            largest = max(largest or 0.0, abs(one - other))
        else:
            endless += 1
    assert (found.values, found.differ) == (len(pairs), differ)
    assert (found.endless, found.largest) == (endless, largest)


@given(arrays("u1", 6), arrays("u1", 6))
def test_whole_numbers_do_not_wrap(first, second):
    largest = change(first, second).largest
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    assert (largest or 0) == max(abs(one - other) for one, other in pairs)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (np.zeros(9), np.array([0.02] * 3 + [0.0] * 6), "3 of 9 values differ, by at most 0.02"),
        (np.zeros(2), np.array([0.5, 0.0]), "1 of 2 values differs, by 0.5"),
        (np.zeros(2), np.ones(2), "all 2 values differ, by at most 1"),
        (np.array([0.5]), np.array([0.7]), "0.5000 became 0.7000"),
        (np.array([3]), np.array([-1]), "3 became -1"),
        (np.array([True]), np.array([False]), "True became False"),
        (np.array([True, True]), np.array([False, True]), "1 of 2 values differs"),
        (np.array(["a", "b"], object), np.array(["a", "c"], object), "1 of 2 values differs"),
        (
            np.array([np.nan, 1.0, 2.0]),
            np.array([1.0, 1.5, 2.0]),
            "2 of 3 values differ, by at most 0.5; 1 of them are NaN or infinite on a side",
        ),
        (
            np.array([0.0, 1.0]),
            np.array([-0.0, 1.0]),
            "the same values in other bits (the sign of a zero, or the kind of a NaN)",
        ),
    ],
)
def test_the_sentence_is_plain(first, second, sentence):
    assert change(first, second).sentence == sentence


def test_signalling_nans_and_numbers_beyond_the_type_warn_nobody(recwarn):
    first = np.array([0x7F800001, 0x7F7FFFFF], np.uint32).view(np.float32)
    found = ValueChange()
    found.update(first, np.zeros(2, np.float32))
    assert (found.differ, found.endless) == (2, 1)
    assert not recwarn.list
