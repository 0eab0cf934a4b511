"""Agreement of decisions and of masks, against loops over the rows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core import decisions as module
from inspector.core.beside import Mask
from inspector.core.decisions import DecisionCounts, MaskCounts
from inspector.core.likeness import Likeness, Sameness


def rows(shape):
    numbers = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.5, -1.0, -math.inf, math.nan])
    return hnp.arrays(np.float32, shape, elements=numbers, fill=st.nothing())


def slow_row(left, right, count):
    """How many of the `count` largest of one side are among the other's; None if not usable."""
    ordered = [sorted(side, reverse=True) for side in (left, right)]
    marks = [
        {at for at, value in enumerate(side) if value >= top[count - 1]}
        for side, top in zip((left, right), ordered, strict=True)
    ]
    return min(count, len(marks[0] & marks[1]))


@settings(deadline=None)
@given(st.data(), st.integers(2, 9), st.integers(1, 6))
def test_the_largest_entries_are_those_of_a_loop(data, entries, count):
    reference, candidate = data.draw(rows((count, entries))), data.draw(rows((count, entries)))
    usable = [
        (left, right)
        for left, right in zip(reference.tolist(), candidate.tolist(), strict=True)
        if all(math.isfinite(max(s)) and not any(map(math.isnan, s)) for s in (left, right))
    ]
    parts = [DecisionCounts() for _ in range(3)]
    cut = data.draw(st.integers(0, count))
    parts[0].update(reference, candidate, 0, True)
    parts[1].update(reference[:cut], candidate[:cut], 0, True)
    parts[2].update(reference[cut:], candidate[cut:], cut, True)
    parts[2].merge(parts[1])
    whole, merged = parts[0].finish(), parts[2].finish()
    assert whole == merged
    if not usable:
        assert whole is None
        return
    assert whole is not None
    assert whole.rows == len(usable)
    assert whole.first == sum(slow_row(left, right, 1) for left, right in usable)
    if entries > 5:
        assert whole.kept == sum(slow_row(left, right, 5) for left, right in usable)


def test_only_the_first_samples_of_large_data_are_looked_at(monkeypatch):
    monkeypatch.setattr(module, "MOST_ELEMENTS", 40)
    array = np.arange(100, dtype=np.float32).reshape(10, 10)
    whole, second = DecisionCounts(), DecisionCounts()
    whole.update(array, array, 0, True)
    second.update(array[2:], array[2:], 2, True)
    first, other = whole.finish(), second.finish()
    assert first is not None
    assert other is not None
    assert (first.samples, first.rows) == (4, 4)
    assert other.samples == 2


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 3), np.int64), np.zeros((2, 3, 4, 5), np.float32), np.zeros((4, 1), np.float32)],
)
def test_outputs_of_another_form_hold_no_decisions(array):
    counts = DecisionCounts()
    counts.update(array, array, 0, True)
    assert counts.finish() is None


def test_half_precision_is_looked_at_too():
    array = np.arange(12, dtype=np.float16).reshape(3, 4)
    counts = DecisionCounts()
    counts.update(array, -array, 0, True)
    found = counts.finish()
    assert found is not None
    assert (found.rows, found.first) == (3, 0)


@given(hnp.arrays(np.bool_, (2, 3, 4)))
def test_masks_overlap_as_sets_do(both):
    first, second = MaskCounts(), MaskCounts()
    first.update(both[0][:1], both[1][:1])
    second.update(both[0][1:].astype(np.float32), both[1][1:].astype(np.float32))
    first.merge(second)
    assert first.finish() == Mask(int((both[0] & both[1]).sum()), int((both[0] | both[1]).sum()))


def test_other_numbers_are_no_mask():
    counts = MaskCounts()
    counts.update(np.array([0, 1, 2]), np.array([0, 1, 1]))
    assert counts.finish() is None
    assert MaskCounts().finish() is None
    assert Mask(0, 0).overlap == 1.0


@given(hnp.arrays(np.float64, (2, 20), elements=st.floats(-100, 100)))
def test_cosine_and_signal_to_noise_are_those_of_their_formulas(both):
    reference, candidate = both
    parts = Likeness(), Likeness()
    parts[0].add(reference[:7], candidate[:7], 100.0)
    parts[1].add(reference[7:], candidate[7:], 100.0)
    parts[0].merge(parts[1])
    lengths = np.linalg.norm(reference) * np.linalg.norm(candidate)
    if lengths > 1e-100:
        assert parts[0].cosine == pytest.approx(reference @ candidate / lengths, abs=1e-9)
    norm = float(np.linalg.norm(candidate - reference))
    if norm > 1e-100 and np.linalg.norm(reference) > 1e-100:
        expected = 10 * math.log10((reference**2).sum() / norm**2)
        assert parts[0].signal_to_noise(norm) == pytest.approx(expected, abs=1e-6)


def test_figures_without_a_meaning_are_not_given():
    nothing, huge, equal = Likeness(), Likeness(), Likeness()
    huge.add(np.array([1e200]), np.array([1e200]), 1e200)
    equal.add(np.ones(3), np.ones(3), 1.0)
    assert nothing.cosine is nothing.signal_to_noise(1.0) is None
    assert huge.cosine is huge.signal_to_noise(1.0) is None
    assert (equal.cosine, equal.signal_to_noise(0.0)) == (1.0, math.inf)


@given(st.lists(st.lists(st.sampled_from([0, 1]), max_size=3), max_size=4))
def test_an_output_is_constant_where_all_parts_have_one_value(parts):
    whole = Sameness()
    for part in parts:
        one = Sameness()
        one.update(np.array(part, np.float32))
        whole.merge(one)
    values = {value for part in parts for value in part}
    assert whole.constant == (values.pop() if len(values) == 1 else None)
