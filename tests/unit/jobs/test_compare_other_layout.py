"""Another order of axes as the cause of a difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.jobs.compare_other_layout import agreeing_order, orders


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4).flatmap(
        lambda sizes: st.tuples(st.just(tuple(sizes)), st.permutations(range(len(sizes))))
    )
)
def test_every_order_gives_the_shape_asked_for(case):
    sizes, axes = case
    wanted = tuple(sizes[axis] for axis in axes)
    found = list(orders(sizes, wanted))
    assert len(found) <= 24
    assert all(np.zeros(sizes).transpose(one).shape == wanted for one in found)
    own = tuple(range(len(sizes)))
    assert tuple(axes) in found or tuple(axes) == own


@pytest.mark.parametrize("axes", [(0, 2, 3, 1), (0, 1, 3, 2), (1, 0, 2, 3)])
def test_the_order_is_found_among_equal_sizes_too(axes):
    candidate = np.random.default_rng(0).normal(size=(3, 3, 3, 3)).astype("float32")
    assert agreeing_order(candidate.transpose(axes), candidate) == axes


def test_other_values_and_constants_have_no_order():
    one, other = np.random.default_rng(0).normal(size=(2, 2, 3, 4)).astype("float32")
    assert agreeing_order(one, other.transpose(0, 2, 1)) == ()
    assert agreeing_order(np.ones((2, 3), "float32"), np.ones((3, 2), "float32")) == ()
