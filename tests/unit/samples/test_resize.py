"""Samples in other sizes hold the person's own values only."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inspector.samples.resize import resize


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
