"""Samples in other sizes hold the person's own values only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inspector.samples.resize import resize, told_apart


@given(st.data(), arrays(np.int8, array_shapes(max_dims=3, max_side=4)))
def test_every_element_is_the_one_that_counting_round_leads_to(data, array):
    sizes = {
        axis: data.draw(st.integers(1, 9))
        for axis in data.draw(st.sets(st.integers(0, array.ndim - 1)))
    }
    found = resize(array, sizes)
    assert found.shape == tuple(sizes.get(axis, size) for axis, size in enumerate(array.shape))
    assert found.flags.c_contiguous
    for index in np.ndindex(found.shape):
        origin = tuple(at % size for at, size in zip(index, array.shape, strict=True))
        assert found[index] == array[origin]


def test_a_single_number_stays_one():
    assert resize(np.array(2.0), {}) == 2.0


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_no_repeated_sample_is_like_the_one_it_repeats(axis, dtype):
    own = np.moveaxis(np.arange(1, 11, dtype=dtype).reshape(2, 5), 0, axis)
    repeated = resize(own, {axis: 5})
    found = told_apart(repeated, axis, 2)
    assert found.dtype == dtype
    rows = np.moveaxis(found, axis, 0)
    assert np.array_equal(rows[:2], np.moveaxis(own, axis, 0))
    assert len({row.tobytes() for row in rows}) == 5
    assert found.flags.c_contiguous


def test_whole_numbers_stay_those_that_were_given():
    found = told_apart(np.array([[3, 5, 7]] * 3), 0, 1)
    assert found.tolist() == [[3, 5, 7], [7, 3, 5], [5, 7, 3]]
    assert told_apart(np.array([4, 4]), 0, 1).tolist() == [4, 4]
