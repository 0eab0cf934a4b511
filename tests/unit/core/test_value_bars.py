"""Histograms of values: each value stands in the bar that its edges say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inspector.core.value_bars import BARS, LinearBars, SignedSizeBars

FINITE = arrays.arrays(
    "f8", st.integers(1, 200), elements=st.floats(allow_nan=False, allow_infinity=False)
)
SINGLE = arrays.arrays(
    "f4", st.integers(1, 200), elements=st.floats(-(2.0**100), 2.0**100, width=32)
).map(lambda values: values.astype(np.float64))


def slowly(edges, values):
    """Counts by comparing each value with each edge."""
    counts = [0] * (len(edges) - 1)
    for value in values:
        fits = [i for i in range(len(counts)) if edges[i] <= value < edges[i + 1]]
        counts[fits[0] if fits else len(counts) - 1] += 1
    return tuple(counts)


@given(st.one_of(FINITE, SINGLE))
def test_linear_counts_are_exact(values):
    bars = LinearBars(values.min(), values.max())
    bars.update(values)
    found = bars.bars()
    assert found.counts == slowly(found.edges, values)
    assert sum(found.counts) == values.size


@given(st.one_of(FINITE, SINGLE), st.integers(0, 200))
def test_two_parts_count_like_the_whole(values, cut):
    whole, first, second = (LinearBars(values.min(), values.max()) for _ in range(3))
    whole.update(values)
    first.update(values[:cut])
    second.update(values[cut:])
    first.merge(second)
    assert first.bars() == whole.bars()


def test_few_whole_numbers_get_a_bar_each():
    bars = LinearBars(-2, 2, whole=True)
    bars.update(np.array([-2.0, 0.0, 0.0, 2.0]))
    assert bars.bars().counts == (1, 0, 2, 0, 1)
    assert bars.bars().edges == (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)


def test_many_whole_numbers_share_bars():
    values = np.arange(1000.0)
    bars = LinearBars(0, 999, whole=True)
    bars.update(values)
    assert len(bars.bars().counts) == BARS
    assert bars.bars().counts == slowly(bars.bars().edges, values)


def test_equal_values_make_one_bar():
    bars = LinearBars(3.0, 3.0)
    bars.update(np.full(7, 3.0))
    assert bars.bars() == ((3.0, 3.0), (7,))


@given(st.one_of(FINITE, SINGLE))
def test_counts_by_size_are_exact_on_both_sides_of_zero(values):
    bars = SignedSizeBars()
    bars.update(values)
    edges, negative, positive = bars.bars()
    assert sum(negative) + sum(positive) == np.count_nonzero(values)
    limits = [10.0**one if one <= 308.25 else np.inf for one in edges]
    for counts, side in ((negative, values < 0.0), (positive, values > 0.0)):
        sizes = np.abs(values[side])
        for index, count in enumerate(counts):
            first = index == 0 and limits[0] == 0.0
            above = sizes >= 0.0 if first else sizes > limits[index]
            assert count == np.count_nonzero(above & (sizes <= limits[index + 1]))


def test_zeros_alone_have_no_sizes():
    bars = SignedSizeBars()
    bars.update(np.zeros(5))
    assert bars.bars() == ((), (), ())


@pytest.mark.parametrize("value", [1e-3, 1.0, 10.0, 1e5])
def test_a_power_of_ten_is_the_upper_edge_of_its_bar(value):
    bars = SignedSizeBars()
    bars.update(np.array([value]))
    assert bars.bars().log10_edges[-1] == np.log10(value)
