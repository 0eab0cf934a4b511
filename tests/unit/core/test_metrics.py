"""The error metrics, one by one and all together."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.metrics import FORMATS, METRICS, Scope, rounding_step

EVERY = pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
SINGLE = Scope("float32", 1.0)


def measured(name, reference, candidate, scope=SINGLE):
    left, right = np.array(reference, scope.dtype), np.array(candidate, scope.dtype)
    return METRICS[name].measure(left, right, scope).tolist()


@EVERY
def test_equal_elements_have_no_error(metric):
    same = np.array([0.0, -1.5, np.inf, -np.inf, np.nan], np.float32)
    assert not metric.measure(same, same, SINGLE).any()


@EVERY
def test_one_side_that_is_not_finite_is_an_endless_error(metric):
    reference = np.array([1.0, np.nan, np.inf, 2.0], np.float32)
    candidate = np.array([np.nan, 1.0, -np.inf, np.inf], np.float32)
    assert np.isinf(metric.measure(reference, candidate, SINGLE)).all()


@EVERY
def test_every_metric_has_words_and_keeps_the_shape(metric):
    assert metric.label
    assert metric.unit
    nothing = np.zeros((0, 3), np.float32)
    assert metric.measure(nothing, nothing, SINGLE).shape == (0, 3)


def test_relative_errors_stop_growing_at_the_floor():
    floor = 2.0**-10
    assert SINGLE.floor == floor
    found = measured("relative", [2.0, 0.0, floor / 2], [3.0, floor, floor])
    assert found == pytest.approx([0.5, 1.0, 0.5], rel=1e-6)


def test_relative_errors_without_any_scale_are_endless():
    assert measured("relative", [0.0, 0.0], [0.0, 1.0], Scope("float32", 0.0)) == [0.0, math.inf]


def test_rounding_steps_are_those_of_the_dtype():
    one_up = float(np.nextafter(np.float32(1.0), np.float32(2.0)))
    assert measured("ulp", [1.0, 1.0], [one_up, 1.5]) == [1.0, 2.0**22]
    half = Scope("float16", 1.0)
    assert measured("ulp", [1.0], [1.0 + 2.0**-10], half) == [1.0]


def test_rounding_steps_near_zero_are_left_out():
    assert math.isnan(measured("ulp", [1e-5], [2e-5])[0])


def test_a_step_of_whole_numbers_is_one():
    assert measured("ulp", [5, 5], [5, 8], Scope("int64", 5.0)) == [0.0, 3.0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@given(value=st.floats(min_value=0.0, max_value=6e4, width=16))
def test_the_rounding_step_is_numpys_spacing(dtype, value):
    step = rounding_step(np.array([value]), FORMATS[dtype])
    assert step[0] == float(np.spacing(np.dtype(dtype).type(value)))
