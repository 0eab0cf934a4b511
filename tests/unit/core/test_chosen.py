"""Tolerances that a person chose, against a loop over the elements."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core.chosen import choice_for
from inspector.core.sources import Choice
from inspector.core.statistics import OutputStatistics


def counted(reference, candidate, choice, first=0):
    statistics = OutputStatistics("y", reference.dtype.name, None, choice)
    statistics.update(reference, candidate, first)
    return statistics


@settings(deadline=None)
@given(
    st.sampled_from(["float16", "float32", "float64", "int64"]),
    hnp.arrays(np.int64, (2, 6, 3), elements=st.integers(-4, 4)),
    st.sampled_from([Choice("", 0.0, 0.0), Choice("", 0.5, 0.0), Choice("", 0.0, 0.5),
                     Choice("", 1e-3, 0.25)]),
    st.integers(0, 6),
)  # fmt: skip
def test_what_is_beyond_a_choice_is_what_a_loop_finds(dtype, both, choice, cut):
    reference, candidate = (side.astype(dtype) for side in both)
    whole = counted(reference, candidate, choice)
    first, second = (
        counted(reference[part], candidate[part], choice, start)
        for part, start in ((slice(0, cut), 0), (slice(cut, None), cut))
    )
    second.merge(first)
    output, merged = whole.finish(), second.finish()
    expected = sum(
        abs(Fraction(right) - Fraction(left))
        > Fraction(choice.absolute) + Fraction(choice.relative) * abs(Fraction(left))
        for left, right in zip(
            reference.astype(float).ravel().tolist(), candidate.astype(float).ravel().tolist(),
            strict=True,
        )
    )  # fmt: skip
    assert output.over_tolerance == merged.over_tolerance == expected
    assert repr(output.worst) == repr(merged.worst)
    default = counted(reference, candidate, None).finish()
    assert output.chosen.default_over == default.over_tolerance
    assert output.chosen.default == default.allowed
    excess = [one.absolute_error - choice.relative * abs(one.reference) for one in output.worst]
    assert excess == sorted(excess, reverse=True)


def test_what_is_not_finite_on_one_side_is_beyond_any_choice():
    reference = np.array([[1.0, 2.0]], np.float32)
    candidate = np.array([[1.0, math.inf]], np.float32)
    output = counted(reference, candidate, Choice("", 1e9, 1e9)).finish()
    assert (output.nonfinite_mismatch, output.verdict.value) == (1, "FAIL")
    assert output.worst[0].index == (1,)


@pytest.mark.parametrize(
    ("output", "expected"), [("a", 3.0), ("b", 2.0), ("c", 4.0)],
)  # fmt: skip
def test_the_last_choice_for_an_output_wins_and_its_own_goes_before_that_for_all(output, expected):
    choices = (
        Choice("", 1.0, 0.0), Choice("b", 2.0, 0.0), Choice("a", 9.0, 0.0),
        Choice("a", 3.0, 0.0), Choice("", 4.0, 0.0),
    )  # fmt: skip
    found = choice_for(output, choices)
    assert found is not None
    assert found.absolute == expected
    assert choice_for(output, ()) is None


@pytest.mark.parametrize(
    ("choice", "loosened"),
    [
        (Choice("", 1e-9, 1e-9), False),
        (Choice("", 1e-5, 0.0), True),
        (Choice("", 0.0, 1e-5), False),
        (Choice("", 0.0, 1e-3), True),
    ],
)
def test_a_choice_is_looser_where_it_allows_any_element_more(choice, loosened):
    reference = np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3)
    assert counted(reference, reference, choice).finish().chosen.loosened is loosened
