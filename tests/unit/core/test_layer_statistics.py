"""What a layer is judged by, against a slow and obvious version."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core import layer_statistics
from inspector.core.beyond import bin_edge_above
from inspector.core.layer_statistics import LayerStatistics
from inspector.core.tolerance import tolerance_for

F32 = np.float32
NUMBERS = st.one_of(st.floats(-100, 100, width=32), st.sampled_from([0.0, math.inf, math.nan]))


def measured(*runs):
    statistics = LayerStatistics()
    for sample, (reference, candidate) in enumerate(runs):
        statistics.add(np.asarray(reference), np.asarray(candidate), sample)
    return statistics.finish()


def slow(runs):
    """Counts and the largest error, element by element."""
    rule = tolerance_for("float32")
    pairs = [(float(r), float(c)) for one, other in runs for r, c in zip(one, other, strict=True)]
    finite = [(r, c) for r, c in pairs if math.isfinite(r) and math.isfinite(c)]
    odd = [(r, c) for r, c in pairs if not (math.isfinite(r) and math.isfinite(c))]
    wrong = sum(not (r == c or (math.isnan(r) and math.isnan(c))) for r, c in odd)
    scale = bin_edge_above(max((abs(r) for r, _ in finite), default=0.0))
    room = rule.steps * rule.eps
    over = sum((abs(c - r) - rule.relative * abs(r)) / room > scale for r, c in finite)
    return over + wrong, max((abs(c - r) for r, c in finite), default=0.0)


@st.composite
def two_runs(draw):
    runs = []
    for _ in range(2):
        reference = draw(hnp.arrays(F32, draw(st.integers(0, 30)), elements=NUMBERS))
        noise = draw(hnp.arrays(F32, reference.shape, elements=st.floats(-0.25, 0.25, width=32)))
        with np.errstate(invalid="ignore"):
            candidate = np.where(np.abs(noise) < 0.1, reference, reference + noise).astype(F32)
        if reference.size and draw(st.booleans()):
            candidate[0] = draw(NUMBERS)
        runs.append((reference, candidate))
    return runs


@given(two_runs(), st.sampled_from([4, 1 << 17]))
def test_counts_are_those_of_the_rule_whatever_the_blocks(runs, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_statistics, "_BLOCK", block)
        found = measured(*runs)
    beyond, largest = slow(runs)
    assert found.elements == sum(reference.size for reference, _ in runs)
    assert (found.beyond, found.max_absolute_error) == (beyond, largest)
    assert found.agrees is (beyond == 0)
    assert (found.times_allowed > 1.0) is (beyond > 0)


def test_the_error_is_told_in_units_of_the_largest_reference_of_all_runs():
    small = np.array([1.0, 0.5], F32), np.array([1.0, 0.75], F32)
    large = np.array([8.0], F32), np.array([8.0], F32)
    assert measured(small, large).scaled == 0.25 / 8.0
    assert [worst.sample for worst in measured(large, small).worst] == [1]


def test_masks_agree_and_one_sided_infinities_do_not():
    mask = np.array([-math.inf, 0.0, math.nan], F32)
    assert measured((mask, mask)).agrees
    found = measured((mask, np.array([-1e9, 0.0, math.nan], F32)))
    assert (found.beyond, found.scaled, found.times_allowed) == (1, math.inf, math.inf)
    assert found.worst[0].index == (0,)


def test_whole_numbers_must_be_equal_and_count_as_just_beyond():
    ids = np.array([1, 2, 3])
    assert measured((ids, ids)).agrees
    found = measured((ids, np.array([1, 2, 4])))
    assert found.beyond == 1
    assert found.times_allowed == pytest.approx(1.0 + 1 / 3)
    flags = np.array([True, False])
    assert measured((flags, ~flags)).beyond == 2


def test_a_half_is_held_against_a_single_with_what_a_half_may_differ_by():
    exact = np.linspace(1.0, 2.0, 50, dtype=F32)
    half = exact.astype(np.float16)
    assert measured((exact, half)).agrees
    assert not measured((exact, half.astype(F32))).agrees
    rounded = LayerStatistics("float16")
    rounded.add(exact, half.astype(F32))
    assert rounded.finish().agrees


@pytest.mark.parametrize(
    ("candidate", "problem"),
    [(np.zeros((3, 2), F32), "has shape [2, 3]"), (np.zeros((2, 3), np.int64), "is float32")],
)
def test_another_form_is_named_and_counts_as_beyond(candidate, problem):
    statistics = LayerStatistics()
    statistics.add(np.zeros((2, 3), F32), candidate)
    assert statistics.problem.startswith(problem)
    assert statistics.finish().beyond == 1
    assert statistics.finish().scaled == math.inf


def test_strings_and_complex_numbers_are_counted():
    assert measured((np.array(["a", "b"]), np.array(["a", "c"]))).beyond == 1
    one = np.array([1 + 2j], np.complex64)
    assert measured((one, one)).agrees
    assert measured((one, one + 1j)).beyond == 1


def test_nothing_at_all_agrees():
    empty = np.zeros((0, 4), F32)
    assert measured((empty, empty)) == measured((empty, empty))
    assert measured((empty, empty)).agrees
