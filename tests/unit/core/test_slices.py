"""Scales per slice, against a slow and obvious version with exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core import cells, slices
from inspector.core import statistics as module
from inspector.core.cells import CellCounts, edges_above
from inspector.core.comparison import Verdict
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for

SCALES = [0.0, 1e-9, 1e-4, 1e-3, 1.0, 640.0]


def counted(reference, candidate, first=0, batched=True):
    statistics = OutputStatistics("y", reference.dtype.name)
    statistics.update(reference, candidate, first, batched)
    return statistics


@st.composite
def pairs(draw, special=True):
    """Arrays whose slices along one axis have sizes of their own, and errors of all sizes."""
    dtype = np.dtype(draw(st.sampled_from(["float16", "float32", "float64"])))
    shape = draw(st.sampled_from([(5, 3), (8, 2), (4, 3, 5), (3, 2, 2, 3), (9, 1, 4)]))
    numbers = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.floats(-1, 1, width=16))
    base = draw(hnp.arrays(np.float64, shape, elements=numbers, fill=st.nothing()))
    axis = draw(st.sampled_from([1, -1]))
    sizes = draw(st.lists(st.sampled_from(SCALES), min_size=shape[axis], max_size=shape[axis]))
    along = [1] * len(shape)
    along[axis] = shape[axis]
    scaled = np.asarray(sizes).reshape(along)
    errors = st.sampled_from([0.0, 0.0, 1e-12, 1e-8, 1e-7, -1e-6, 1e-4, 0.01])
    relative = draw(hnp.arrays(np.float64, shape, elements=errors, fill=st.nothing()))
    absolute = draw(st.sampled_from([0.0, 1e-7, 1e-5, 1e-3]))
    reference = (base * scaled).astype(dtype)
    candidate = (base * scaled * (1.0 + relative) + absolute * relative).astype(dtype)
    if special and draw(st.booleans()):
        at = draw(st.integers(0, reference.size - 1))
        reference.flat[at] = candidate.flat[at] = draw(st.sampled_from([math.nan, -math.inf]))
    return reference, candidate


def slow_slices(reference, candidate, axis):
    """Scale, largest error, and what exceeds which limit, element by element."""
    rule = tolerance_for(reference.dtype.name)
    room = Fraction(rule.steps * rule.eps)
    groups: dict[int, list[tuple[float, float]]] = {}
    for index, left in np.ndenumerate(reference.astype(float)):
        right = float(candidate[index])
        if math.isfinite(left) and math.isfinite(right):
            groups.setdefault(index[axis], []).append((abs(left), abs(right - left)))
    found = []
    for at in range(reference.shape[axis]):
        group = groups.get(at, [])
        scale = float(edges_above(np.array([max((size for size, _ in group), default=0.0)]))[0])
        ranks = [
            Fraction(error) - Fraction(rule.relative) * Fraction(size) for size, error in group
        ]
        errors = [error for _, error in group]
        own = sum(rank > room * Fraction(scale) for rank in ranks)
        found.append((scale, max(errors, default=0.0), own, [rank / room for rank in ranks]))
    largest = max(scale for scale, *_ in found)
    most = rule.noise_steps * rule.eps * largest
    agreeing = [error for scale, error, own, _ in found if own == 0 and scale > 0.0]
    floor = min(rule.steps * rule.eps * largest, 4.0 * max(agreeing, default=0.0))
    beyond = []
    for scale, _, _, quotients in found:
        least = (floor if scale > 0.0 else most) / (rule.steps * rule.eps)
        limit = float(edges_above(np.array([max(scale, least)]))[0])
        beyond.append(sum(quotient > Fraction(limit) for quotient in quotients))
    return tuple(scale for scale, *_ in found), floor, tuple(beyond)


@settings(deadline=None)
@given(pairs())
def test_each_slice_has_its_own_scale_and_count(pair):
    reference, candidate = pair
    output = counted(reference, candidate).finish()
    if output.slices is None:
        return
    axis = output.slices.axis if output.slices.axis < 0 else 1
    scales, floor, beyond = slow_slices(reference, candidate, axis)
    assert output.slices.scales == scales
    assert output.slices.floor == pytest.approx(floor, rel=1e-6)
    assert output.slices.beyond == beyond
    assert output.over_tolerance == sum(beyond)
    assert sum(output.histogram.beyond) == output.over_tolerance
    if output.over_tolerance:
        assert output.worst[0].times_allowed > 0.9


@settings(deadline=None)
@given(pairs(), st.data())
def test_any_split_in_any_order_gives_the_same_slices(pair, data):
    reference, candidate = pair
    whole = counted(reference, candidate).finish()
    cuts = data.draw(st.lists(st.integers(0, len(reference)), max_size=3).map(sorted))
    bounds = list(zip([0, *cuts], [*cuts, len(reference)], strict=True))
    parts = [
        counted(reference[start:stop], candidate[start:stop], start)
        for start, stop in data.draw(st.permutations(bounds))
    ]
    for part in parts[1:]:
        parts[0].merge(part)
    merged = parts[0].finish()
    assert merged.slices == whole.slices
    assert merged.over_tolerance == whole.over_tolerance
    assert merged.within_review == whole.within_review
    assert repr(merged.worst) == repr(whole.worst)


@settings(deadline=None)
@given(pairs(), st.integers(1, 9), st.integers(1, 40))
def test_neither_blocks_nor_runs_of_slices_change_anything(pair, block, longest):
    whole = counted(*pair).finish()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        patch.setattr(slices, "_LONGEST", longest)
        patch.setattr(cells, "MOST_CELLS", 8)
        found = counted(*pair).finish()
    assert found.slices == whole.slices
    assert repr(found.worst) == repr(whole.worst)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(1e-300, 1e300)), min_size=1, max_size=30))
def test_cells_count_what_exceeds_an_edge(values):
    at = np.array([slice_ for slice_, _ in values])
    numbers = np.array([number for _, number in values])
    limits = edges_above(np.array([1e-5, 1.0, 1e7]))
    expected = [int((numbers[at == one] > limits[one]).sum()) for one in range(3)]
    for most in (1 << 22, 4):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cells, "MOST_CELLS", most)
            first, second = CellCounts(3), CellCounts(3)
            first.add(at[::2], numbers[::2])
            if at[1::2].size:
                second.add(at[1::2], numbers[1::2])
            second.merge(first)
        assert second.above(limits).tolist() == expected


def detector(samples=50, seed=0):
    """Coordinates up to 640 beside scores up to 1."""
    rng = np.random.default_rng(seed)
    boxes, scores = rng.uniform(0, 640, (samples, 20, 4)), rng.uniform(0, 1, (samples, 20, 3))
    return np.concatenate((boxes, scores), axis=2).astype(np.float32)


def rounded(reference, steps=0.5, seed=1):
    noise = np.random.default_rng(seed).uniform(-steps, steps, reference.shape)
    return (reference * (1.0 + noise * 2.0**-23)).astype(np.float32)


def test_scores_beside_coordinates_are_judged_by_their_own_scale():
    reference = detector()
    candidate = rounded(reference)
    assert counted(reference, candidate).finish().verdict is Verdict.PASS
    candidate[..., 5] += np.float32(2e-3)
    output = counted(reference, candidate).finish()
    assert output.verdict is Verdict.FAIL
    assert output.slices.axis == -1
    assert [at for at, beyond in enumerate(output.slices.beyond) if beyond] == [5]
    assert output.worst[0].index[1] == 5
    assert "each slice of the last axis by its own scale" in output.reason


def test_wrong_scores_beside_coordinates_a_million_times_larger_do_not_pass():
    rng = np.random.default_rng(0)
    boxes, scores = rng.uniform(0, 1e6, (2000, 4)), rng.uniform(0, 1, (2000, 2))
    reference = np.concatenate((boxes, scores), axis=1).astype(np.float32)
    candidate = rounded(reference)
    candidate[:, 4:] = rng.permutation(reference[:, 4:])
    assert counted(reference, candidate).finish().verdict is Verdict.FAIL


@pytest.mark.parametrize("axis", ["channel", "last"])
def test_the_axis_whose_slices_differ_most_is_taken(axis):
    rng = np.random.default_rng(0)
    reference = rng.normal(0, 1, (6, 4, 5, 8)).astype(np.float32)
    reference[:, 2] *= np.float32(1e-5 if axis == "channel" else 1e-3)
    reference[..., 3] *= np.float32(1e-5 if axis == "last" else 1e-3)
    output = counted(reference, reference).finish()
    assert output.slices.axis == (0 if axis == "channel" else -1)
    assert len(output.slices.scales) == (4 if axis == "channel" else 8)


def healthy_features(kind):
    """Outputs of a layer, and what another runtime gives, with channels that are all but dead."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1.5 * 2.0**-23, (200, 64))
    before = rng.normal(0, 1, (200, 64)) - np.linspace(0, 4.5, 64)
    if kind == "rectified":
        return np.maximum(before, 0), np.maximum(before + noise * 4, 0)
    if kind == "gelu":
        tails = np.array([math.erfc(-x / math.sqrt(2.0)) for x in (before * 2).ravel()])
        gelu = before * tails.reshape(before.shape)
        return gelu, gelu + noise
    if kind == "cancelled":
        small = np.where(np.arange(64) % 7 == 0, 1e-7, 1.0)
        return before * small, before * small + noise
    if kind == "one is zero":
        small = np.where(np.arange(64) == 5, 0.0, np.where(np.arange(64) == 6, 1e-4, 1.0))
        return before * small, before * small + noise
    odds = np.exp(before * 4)
    shares = odds / odds.sum(axis=1, keepdims=True)
    return shares, shares * (1.0 + 3.0 * noise * 4)


@pytest.mark.parametrize("kind", ["rectified", "gelu", "cancelled", "one is zero", "softmax"])
def test_rounding_in_channels_that_are_all_but_dead_is_no_failure(kind):
    reference, candidate = (side.astype(np.float32) for side in healthy_features(kind))
    output = counted(reference, candidate).finish()
    assert output.slices is not None
    assert output.verdict is Verdict.PASS, output.reason


def test_a_slice_of_a_few_values_has_no_scale():
    reference = np.array([[1.0, 1e-6, 1.0], [1.0, 1e-6, 1.0]], np.float32)
    assert counted(reference, reference).finish().slices is None
    assert counted(np.tile(reference, (2, 1)), np.tile(reference, (2, 1))).finish().slices


def test_an_axis_that_changes_its_size_has_no_slices():
    wide, narrow = np.ones((8, 5), np.float32), np.ones((8, 4), np.float32)
    wide[:, 0] = narrow[:, 0] = 1e-5
    statistics = counted(wide, wide, batched=False)
    assert statistics.finish().slices is not None
    other = counted(narrow, narrow, batched=False)
    statistics.merge(other)
    assert statistics.finish().slices is None


def test_whole_numbers_have_no_slices():
    reference = np.tile(np.array([[1, 1000]]), (8, 1))
    assert counted(reference, reference).finish().slices is None


def test_parts_of_complex_numbers_belong_to_the_slice_of_their_number():
    reference = np.ones((8, 3), np.complex64) * np.array([1.0, 1e-4, 1.0], np.complex64)
    candidate = reference.copy()
    candidate[4, 1] += np.complex64(1e-5j)
    output = counted(reference, candidate).finish()
    assert output.slices.beyond == (0, 1, 0)
    assert output.worst[0].index == (1, 1)


def test_rare_classes_after_a_sigmoid_have_the_rounding_of_its_range():
    """ONNX Runtime's Sigmoid is off by a rounding step of 1, however unlikely a class is."""
    rule = tolerance_for("float32", bounded=True)
    random = np.random.default_rng(0)
    rare = 10.0 ** -random.uniform(1, 7, 300)
    reference = (rare * random.uniform(0.5, 1, (64, 300))).astype(np.float32)
    rounded = (reference + random.uniform(-1e-7, 1e-7, reference.shape)).astype(np.float32)
    doubled = rounded.copy()
    unlikely = int(np.argmin(np.abs(rare - 1e-5)))
    doubled[:, unlikely] *= 2
    beyond = []
    for candidate in (rounded, doubled):
        statistics = OutputStatistics("y", "float32", rule)
        statistics.update(reference, candidate)
        beyond.append(statistics.finish().over_tolerance)
    assert beyond == [0, 64]


def test_a_tiny_channel_has_the_rounding_of_1_only_where_functions_of_that_range_may_be_in_it():
    reference = np.random.default_rng(0).normal(0, 1, (64, 3)).astype(np.float32)
    reference *= np.array([1e6, 1, 1e-4], np.float32)
    candidate = reference.copy()
    candidate[:, 0] += np.float32(0.0625)
    candidate[:, 2] *= np.float32(1.0003)
    for natural, lifted in ((True, ()), (False, (2,))):
        rule = tolerance_for("float32", natural=natural)
        statistics = OutputStatistics("y", "float32", rule)
        statistics.update(reference, candidate)
        slices = statistics.finish().slices
        assert slices is not None
        assert slices.lifted == lifted
