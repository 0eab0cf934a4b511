"""Whether a chosen tolerance is looser than the default."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.comparison import Allowed, Slices
from inspector.core.looser import is_looser, least_allowed, looser_beforehand
from inspector.core.sources import Choice

SIZES = st.floats(0.0, 1.0)


@given(SIZES, SIZES, SIZES, SIZES, st.floats(0.0, 100.0))
def test_looser_means_that_some_value_may_differ_by_more(absolute, relative, own, share, scale):
    default = Allowed(absolute, relative, scale=scale)
    values = np.linspace(0.0, scale, 101)
    more = (own + share * values) > (absolute + relative * values)
    # Both lines are straight: the ends decide.
    assert is_looser(Choice("y", own, share), default) == bool(more[0] or more[-1])
    assert not more.any() or more[0] or more[-1]


def test_the_strictest_slice_counts():
    default = Allowed(64 * 1e-7 * 100.0, 1e-5, 64.0, 1e-7, 100.0)
    slices = Slices(0, (100.0, 0.1), (0, 0), 0.0, 0.0)
    assert least_allowed(default, slices) == pytest.approx(64 * 1e-7 * 0.1)
    assert not is_looser(Choice("y", 1e-5, 0.0), default)
    assert is_looser(Choice("y", 1e-5, 0.0), default, slices)


@pytest.mark.parametrize(
    ("choice", "dtype", "known"),
    [
        (Choice("y", 0.0, 0.0), "int64", False),
        (Choice("y", 1.0, 0.0), "int64", True),
        (Choice("y", 0.0, 1e-3), "float32", True),
        (Choice("y", 0.0, 1e-6), "float32", False),
        (Choice("y", 1e-3, 1e-6), "float32", None),
    ],
)
def test_what_is_known_before_an_output_was_seen(choice, dtype, known):
    assert looser_beforehand(choice, dtype) is known
