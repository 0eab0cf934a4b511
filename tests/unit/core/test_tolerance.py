"""What is allowed, per dtype."""

import pytest

from inspector.core.tolerance import EXACT, TOLERANCES, tolerance_for


@pytest.mark.parametrize(
    ("dtype", "relative", "of_the_largest"),
    [
        ("float64", 1e-7, 1.4e-14),
        ("float32", 1e-5, 7.6e-6),
        ("float16", 4e-3, 3.9e-3),
        ("bfloat16", 3.2e-2, 3.1e-2),
    ],
)
def test_floating_types_have_their_measured_allowance(dtype, relative, of_the_largest):
    rule = tolerance_for(dtype)
    assert rule.relative == relative
    assert rule.steps * rule.eps == pytest.approx(of_the_largest, rel=0.02)
    assert rule.review_steps == 10 * rule.steps
    assert rule.review_relative == 10 * rule.relative


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "string", "int4", "anything"])
def test_everything_else_must_be_equal(dtype):
    assert tolerance_for(dtype) is EXACT
    assert EXACT.exact
    assert not EXACT.has_review


def test_complex_numbers_are_judged_as_their_parts():
    assert tolerance_for("complex64") is tolerance_for("float32")
    assert tolerance_for("complex128") is tolerance_for("float64")


def test_one_step_of_a_quantiser_is_for_a_person():
    assert tolerance_for("int8", 1.0).review_absolute == 1.0
    assert tolerance_for("int8") is tolerance_for("bool", 1.0) is EXACT
    rule = tolerance_for("float32", 0.05)
    assert (rule.review_absolute, rule.quantum) == (0.05, 0.05)
    assert (rule.relative, rule.steps) == (1e-5, 64)


def test_8_bit_floats_are_known_by_both_spellings():
    assert tolerance_for("float8_e4m3fn") is tolerance_for("float8e4m3fn")
    assert tolerance_for("float8e4m3fn").exact


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_every_allowance_says_where_it_comes_from(dtype):
    assert len(TOLERANCES[dtype].origin) > 20


def test_what_leaves_a_sigmoid_may_differ_by_two_rounding_steps_of_1():
    rule = tolerance_for("float32", bounded=True)
    assert rule.steps * rule.eps * rule.least_scale == 2 * rule.eps
    assert "sigmoid" in rule.origin
    assert tolerance_for("int64", bounded=True, fills=(1e9,)) is EXACT


def test_the_origin_names_constants_that_do_not_count():
    assert "1e+09" in tolerance_for("float32", fills=(1e9,)).origin
