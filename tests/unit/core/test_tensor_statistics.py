"""Statistics of values: one pass over blocks gives what numpy gives for the whole."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inspector.core.tensor_statistics import TensorStatistics

DTYPES = ["f2", "f4", "f8", "i1", "u1", "i4", "u4", "i8", "u8", "?", "c8", "c16"]
ANY = st.sampled_from(DTYPES).flatmap(lambda dtype: arrays.arrays(dtype, st.integers(0, 200)))


def counted(*blocks):
    statistics = TensorStatistics()
    for block in blocks:
        statistics.update(block)
    return statistics


@given(ANY)
def test_every_value_is_counted_in_one_place(values):
    found = counted(values)
    endless = found.nan + found.positive_infinity + found.negative_infinity
    assert found.values == values.size
    assert found.finite + endless == values.size


@given(ANY)
def test_counts_are_those_of_numpy(values):
    found = counted(values)
    assert found.zeros == np.count_nonzero(values == 0)
    if values.dtype.kind == "f":
        assert found.nan == np.count_nonzero(np.isnan(values))
        assert found.positive_infinity == np.count_nonzero(values == np.inf)
        assert found.negative_infinity == np.count_nonzero(values == -np.inf)


@given(st.sampled_from(["i8", "u8"]).flatmap(lambda d: arrays.arrays(d, st.integers(1, 50))))
def test_limits_of_integers_are_exact(values):
    found = counted(values)
    listed = values.tolist()
    assert (found.minimum, found.maximum) == (min(listed), max(listed))
    assert isinstance(found.minimum, int)


@given(
    arrays.arrays("f8", st.integers(1, 300), elements=st.floats(-1e100, 1e100)),
    st.integers(0, 300),
)
def test_mean_and_deviation_agree_with_exact_sums_however_the_data_is_split(values, cut):
    found = counted(values[:cut], values[cut:])
    largest = float(np.abs(values).max())
    mean = math.fsum(values) / values.size
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / values.size)
    assert found.mean == pytest.approx(mean, rel=1e-12, abs=1e-12 * largest)
    assert found.deviation == pytest.approx(deviation, rel=1e-9, abs=1e-7 * largest)


@given(st.lists(arrays.arrays("f4", st.integers(0, 60)), min_size=1, max_size=5))
def test_merging_parts_is_the_same_as_the_whole(parts):
    merged = TensorStatistics()
    for part in parts:
        merged.merge(counted(part))
    whole = counted(np.concatenate(parts))
    for name in ("values", "zeros", "nan", "positive_infinity", "minimum", "maximum", "finite"):
        assert getattr(merged, name) == getattr(whole, name)
    if whole.finite:
        scale = max(abs(whole.minimum), abs(whole.maximum))
        assert merged.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-12 * scale)


def test_the_mean_of_very_large_values_is_finite():
    found = counted(np.full(10, 1.7e308))
    assert found.mean == pytest.approx(1.7e308)
    assert found.deviation == 0.0


def test_nothing_finite_has_no_limits():
    found = counted(np.array([np.nan, np.inf, -np.inf], np.float32))
    assert (found.minimum, found.maximum, found.deviation) == (None, None, None)


def test_complex_numbers_are_described_by_their_size():
    found = counted(np.array([3 + 4j, 0, complex(np.nan, np.inf)], np.complex64))
    assert (found.minimum, found.maximum, found.zeros, found.nan) == (0.0, 5.0, 1, 1)


def test_of_texts_the_empty_ones_are_counted():
    found = counted(np.array(["a", "", "b"], object))
    assert (found.values, found.zeros, found.minimum) == (3, 1, None)
