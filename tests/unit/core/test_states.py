"""Counts survive the way through JSON bit for bit, and nothing else comes out of it."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.sources import Choice
from inspector.core.states import Room, from_state, to_state
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for


def through(value):
    return from_state(json.loads(json.dumps(to_state(value), allow_nan=False)))


def counted(seed, samples, dtype="float32", error=1e-6, choice=None, first=0):
    random = np.random.default_rng(seed)
    reference = (random.standard_normal((samples, 3, 5)) * 10.0 ** (seed % 5)).astype(dtype)
    candidate = reference + (random.standard_normal(reference.shape) * error).astype(dtype)
    if seed % 3 == 0 and np.dtype(dtype).kind == "f":
        reference[0, 0, :2] = np.nan, np.inf
        candidate[0, 0, :2] = np.nan, -np.inf
    statistics = OutputStatistics("y", dtype, tolerance_for(dtype), choice)
    statistics.update(reference, candidate.astype(dtype), first)
    return statistics


@settings(max_examples=40, deadline=None)
@given(
    seeds=st.lists(st.integers(0, 50), min_size=1, max_size=4),
    dtype=st.sampled_from(["float32", "float16", "float64", "int64", "complex64"]),
    error=st.sampled_from([0.0, 1e-7, 1e-3, 1.0]),
)
def test_merging_what_was_sent_is_merging_what_was_counted(seeds, dtype, error):
    here = [counted(seed, 4, dtype, error, first=4 * i) for i, seed in enumerate(seeds)]
    there = [through(one) for one in here]
    for parts in (here, there):
        for other in parts[1:]:
            parts[0].merge(other)
    assert repr(here[0].finish()) == repr(there[0].finish())


def test_a_chosen_tolerance_travels_along():
    choice = Choice("y", 1e-3, 1e-2)
    one = counted(1, 4, error=1e-2, choice=choice)
    assert repr(through(one).finish()) == repr(one.finish())


def test_texts_and_odd_numbers():
    for value in ([1, -0.0, float("inf"), float("-inf")], ("a", None, True), {1: 2.5}, "nan"):
        assert through(value) == value
    assert np.isnan(through(float("nan")))
    assert np.copysign(1.0, through(-0.0)) == -1.0
    array = np.arange(6, dtype=np.int64).reshape(2, 3)
    assert np.array_equal(through(array), array)


@pytest.mark.parametrize(
    "plain",
    [
        {"kind": "Popen", "fields": {}},
        {"kind": "OutputStatistics", "fields": []},
        {"kind": "WorstList", "fields": {"__class__": 1}},
        {"array": "", "dtype": "O", "shape": [1]},
        {"array": "eJwDAAAAAAE=", "dtype": "<f8", "shape": [10**12]},
        {"array": "eJwDAAAAAAE=", "dtype": "<f8", "shape": [-1]},
        {"array": "eJwDAAAAAAE=", "dtype": "<f8", "shape": [4]},
        {"list": 3},
        {"float": "x"},
        [1],
    ],
)
def test_what_is_no_state_is_refused(plain):
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        from_state(plain)


def test_depth_is_bounded():
    plain: Any = 1
    for _ in range(100):
        plain = {"list": [plain]}
    with pytest.raises(ValueError, match="another form"):
        from_state(plain)


def test_an_unknown_class_is_not_written():
    with pytest.raises(TypeError):
        to_state(object())


def test_arrays_of_one_file_share_their_room():
    plain = to_state([np.zeros(1000, np.float64)] * 3)
    assert len(from_state(plain, Room(24_000))) == 3
    with pytest.raises(ValueError, match="too large"):
        from_state(plain, Room(23_999))


@pytest.mark.parametrize("other", [None, Choice("y", 1e-3, 1.0)])
@pytest.mark.parametrize("turned", [False, True])
def test_counts_with_another_tolerance_are_not_merged(other, turned):
    one = counted(1, 4, choice=Choice("y", 1e-3, 1e-2))
    two = counted(2, 4, choice=other, first=4)
    with pytest.raises(ValueError, match="tolerance"):
        two.merge(one) if turned else one.merge(two)
