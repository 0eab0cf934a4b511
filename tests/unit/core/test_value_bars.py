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
    powers = [round(one / np.log10(2.0)) for one in edges]
    assert np.diff(powers).tolist() == [1] * (len(powers) - 1)
    limits = [2.0**power if power < 1024 else np.inf for power in powers]
    for counts, side in ((negative, values < 0.0), (positive, values > 0.0)):
        sizes = np.abs(values[side])
        for index, count in enumerate(counts):
            inside = (sizes >= limits[index]) & (sizes < limits[index + 1])
            assert count == np.count_nonzero(inside)


def test_zeros_alone_have_no_sizes():
    bars = SignedSizeBars()
    bars.update(np.zeros(5))
    assert bars.bars() == ((), (), ())


@pytest.mark.parametrize("value", [2.0**-10, 1.0, 4.0, 5e-324])
def test_a_power_of_two_is_the_lower_edge_of_its_bar(value):
    bars = SignedSizeBars()
    bars.update(np.array([value]))
    assert bars.bars().log10_edges[0] == pytest.approx(np.log10(value))


@pytest.mark.parametrize("low", [2**53, 2**60, 2**63 - 1024, -(2**63)])
def test_whole_numbers_that_lie_too_far_out_for_halves_are_counted(low):
    """Once negative dimensions: beside such numbers there is no number half a step off."""
    values = np.array([low, low], np.int64)
    for low_, high in ((low, low), (low, low + 3 if low > 0 else low + 2048)):
        bars = LinearBars(float(low_), float(high), True)
        bars.update(values.astype(np.float64))
        assert sum(bars.bars().counts) == 2
