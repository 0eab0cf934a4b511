"""Counts, errors, histograms and worst elements, against a slow and obvious version."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core import slices
from inspector.core import statistics as module
from inspector.core.bars import edge, floor_bar
from inspector.core.comparison import Verdict
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for

FLOATS = ("float16", "float32", "float64")


def finished(reference, candidate, dtype=None, batched=True):
    statistics = OutputStatistics("y", dtype or reference.dtype.name)
    statistics.update(reference, candidate, batched=batched)
    return statistics.finish()


def by_one_scale(reference, candidate):
    """The same where no slice has a scale of its own; `test_slices.py` is about those."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "SPREAD", math.inf)
        return finished(reference, candidate)


@st.composite
def pairs(draw, dtypes=FLOATS, special=True):
    """Two arrays [samples, n] that are close, far apart, equal or not finite, element by element.

    One decimal digit of error makes ties and exact bar edges common.
    """
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 7)))
    scale = draw(st.sampled_from([2.0**-10, 1.0, 128.0]))
    numbers = st.one_of(
        st.sampled_from([0.0, 1.0, -1.0, 10.0, 0.001, 2.0]),
        st.floats(-scale, scale, width=16),
    )
    if special:
        numbers = st.one_of(numbers, st.sampled_from([math.nan, math.inf, -math.inf]))
    reference = draw(hnp.arrays(dtype, shape, elements=numbers, fill=st.nothing()))
    change = st.sampled_from([0.0, 0.0, 1e-7, 1e-5, 1e-3, -1e-2, 1.0, -3.0])
    changes = draw(hnp.arrays(np.float64, shape, elements=change, fill=st.nothing()))
    with np.errstate(invalid="ignore"):
        candidate = (reference.astype(float) + changes).astype(dtype)
    spots = draw(st.lists(st.integers(0, reference.size - 1), max_size=2))
    candidate.flat[spots] = draw(st.sampled_from([0.0, 5.0, math.nan] if special else [0.0, 5.0]))
    return reference, candidate


def slow_beyond(reference, candidate, dtype, scale):
    """Elements beyond what is allowed, in exact arithmetic."""
    rule = tolerance_for(dtype)
    count = 0
    for left, right in zip(reference.flat, candidate.flat, strict=True):
        if math.isfinite(left) and math.isfinite(right):
            error = abs(Fraction(float(right)) - Fraction(float(left)))
            allowed = Fraction(rule.relative) * abs(Fraction(float(left)))
            allowed += Fraction(rule.steps * rule.eps) * Fraction(scale)
            count += error > allowed
    return count


def slow_bars(values):
    """Exponent of the lower edge to count, by comparing fractions with every edge in turn."""
    bars: dict[int, int] = {}
    for value in values:
        bar = 0
        while Fraction(2) ** bar > value:
            bar -= 1
        while Fraction(2) ** (bar + 1) <= value:
            bar += 1
        bars[bar] = bars.get(bar, 0) + 1
    return bars


def bars_of(histogram):
    lower = [round(edge / math.log10(2.0)) for edge in histogram.log10_edges[:-1]]
    assert histogram.edges[:-1] == tuple(2.0**bar for bar in lower)
    return {bar: n for bar, n in zip(lower, histogram.counts, strict=True) if n}


@given(pairs())
def test_counts_are_those_of_a_loop_over_the_elements(pair):
    reference, candidate = pair
    output = finished(reference, candidate)
    left, right = reference.astype(float).ravel(), candidate.astype(float).ravel()
    both = list(zip(left.tolist(), right.tolist(), strict=True))
    nan = sum(math.isnan(a) and math.isnan(b) for a, b in both)
    same = sum(a == b for a, b in both)
    endless = sum(a == b and math.isinf(a) for a, b in both)
    finite = sum(math.isfinite(a) and math.isfinite(b) for a, b in both)
    assert output.elements == len(both)
    assert output.nan_agreed == nan
    assert output.nonfinite_agreed == nan + endless
    assert output.equal == same + nan
    assert output.nonfinite_mismatch == len(both) - finite - nan - endless
    histogram = output.histogram
    everything = histogram.equal + sum(histogram.counts) + histogram.unbounded
    assert everything == output.elements
    assert sum(output.relative_histogram.counts) == sum(histogram.counts) or (
        output.allowed.scale == 0.0
    )


@given(pairs())
def test_the_number_beyond_what_is_allowed_is_exact(pair):
    reference, candidate = pair
    output = by_one_scale(reference, candidate)
    finite = reference[np.isfinite(reference) & np.isfinite(candidate)].astype(float)
    largest = float(np.abs(finite).max(initial=0.0))
    assert largest <= output.allowed.scale <= largest * (1 + 2**-8)
    beyond = slow_beyond(reference, candidate, reference.dtype.name, output.allowed.scale)
    assert output.over_tolerance == beyond


@given(pairs(special=False))
def test_errors_are_those_of_float64_arithmetic(pair):
    reference, candidate = pair
    output = finished(reference, candidate)
    error = np.abs(candidate.astype(float) - reference.astype(float))
    assert output.max_absolute_error == error.max()
    assert output.mean_absolute_error == pytest.approx(error.mean(), rel=1e-12)
    assert output.rmse == pytest.approx(math.sqrt((error**2).mean()), rel=1e-12)
    assert output.mean_absolute_error <= output.max_absolute_error
    if output.allowed.scale:
        sizes = np.abs(reference.astype(float))
        floor = output.allowed.floor
        assert floor == edge(floor_bar(output.allowed.scale))
        assert 0.5e-3 * output.allowed.scale < floor <= 1e-3 * output.allowed.scale
        assert output.max_relative_error == (error / np.maximum(sizes, floor)).max()
        assert output.relative_histogram.floored == (sizes < floor).mean()


@given(pairs(special=False))
def test_histograms_count_each_error_in_its_bar(pair):
    reference, candidate = pair
    output = finished(reference, candidate)
    error = np.abs(candidate.astype(float) - reference.astype(float))
    different = error > 0
    assert bars_of(output.histogram) == slow_bars(error[different].tolist())
    if not output.allowed.scale:
        return
    sizes = np.abs(reference.astype(float))
    floor = output.allowed.floor
    large = different & (sizes >= floor)
    quotients = [
        Fraction(left) / max(Fraction(right), Fraction(floor))
        for left, right in zip(error[different].tolist(), sizes[different].tolist(), strict=True)
    ]
    assert bars_of(output.relative_histogram) == slow_bars(quotients)
    steps = np.spacing(np.abs(reference)).astype(float)
    assert bars_of(output.ulp_histogram) == slow_bars((error[large] / steps[large]).tolist())


@given(pairs())
def test_the_worst_elements_are_the_ten_furthest_beyond(pair):
    reference, candidate = pair
    output = by_one_scale(reference, candidate)
    rule = tolerance_for(reference.dtype.name)
    ranked = []
    for (sample, at), left in np.ndenumerate(reference.astype(float)):
        right = float(candidate[sample, at])
        if math.isfinite(left) and math.isfinite(right):
            if left != right:
                ranked.append((-(abs(right - left) - rule.relative * abs(left)), sample, (at,)))
        elif left != right and not (math.isnan(left) and math.isnan(right)):
            ranked.append((-math.inf, sample, (at,)))
    found = [(worst.sample, worst.index) for worst in output.worst]
    assert found == [entry[1:] for entry in sorted(ranked)[:10]]
    for worst in output.worst:
        left, right = (
            reference[(worst.sample, *worst.index)],
            candidate[(worst.sample, *worst.index)],
        )
        assert (worst.reference, worst.candidate) == pytest.approx((left, right), nan_ok=True)
        assert worst.allowed >= output.allowed.absolute


@settings(deadline=None)
@given(pairs(), st.data())
def test_any_split_in_any_order_gives_the_same_comparison_as_the_whole(pair, data):
    reference, candidate = pair
    whole = finished(reference, candidate)
    cuts = data.draw(st.lists(st.integers(0, len(reference)), max_size=3).map(sorted))
    bounds = list(zip([0, *cuts], [*cuts, len(reference)], strict=True))
    parts = []
    for start, stop in data.draw(st.permutations(bounds)):
        part = OutputStatistics("y", reference.dtype.name)
        part.update(reference[start:stop], candidate[start:stop], first_sample=start)
        parts.append(part)
    merged = parts[0]
    for part in parts[1:]:
        merged.merge(part)
    assert_same(merged.finish(), whole)


@settings(deadline=None)
@given(pairs(), st.integers(1, 9))
def test_the_block_size_changes_nothing(pair, block):
    reference, candidate = pair
    whole = finished(reference, candidate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert_same(finished(reference, candidate), whole)


def assert_same(output, whole):
    for name in whole.__dataclass_fields__:
        seen, expected = getattr(output, name), getattr(whole, name)
        if name in ("mean_absolute_error", "rmse"):
            assert seen == pytest.approx(expected, rel=1e-12), name
        elif name == "beside":
            assert_same_beside(seen, expected)
        else:
            assert repr(seen) == repr(expected), name


def assert_same_beside(seen, expected):
    for name in ("cosine", "signal_to_noise"):
        figure = getattr(expected, name)
        near = figure if figure is None else pytest.approx(figure, rel=1e-5, abs=1e-5)
        assert getattr(seen, name) == near, name
    for name in ("quantiles", "decisions", "mask"):
        assert getattr(seen, name) == getattr(expected, name), name


def test_the_scale_may_grow_a_thousandfold_at_the_very_end():
    rng = np.random.default_rng(1)
    small = np.asarray(rng.normal(0, 1, (50, 40)), np.float32)
    reference = np.concatenate((small, small[:1] * 5e3))
    candidate = reference + np.asarray(rng.normal(0, 1e-5, reference.shape), np.float32)
    forward, backward = (OutputStatistics("y", "float32") for _ in range(2))
    for at in range(len(reference)):
        forward.update(reference[at : at + 1], candidate[at : at + 1], at)
    for at in reversed(range(len(reference))):
        backward.update(reference[at : at + 1], candidate[at : at + 1], at)
    whole = finished(reference, candidate)
    assert_same(forward.finish(), whole)
    assert_same(backward.finish(), whole)


def test_int64_extremes_do_not_wrap():
    reference = np.array([[-(2**63), 2**63 - 1, 5, -(2**63)]])
    candidate = np.array([[2**63 - 1, -(2**63), 6, -(2**63)]])
    output = finished(reference, candidate)
    assert output.max_absolute_error == 2.0**64
    assert (output.equal, output.over_tolerance) == (1, 3)
    assert output.worst[0].reference == -(2**63)
    assert output.worst[-1].absolute_error == 1.0


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint64", "int16", "bool"])
def test_whole_numbers_must_be_equal(dtype):
    reference = np.array([[0, 1, 1, 0]]).astype(dtype)
    candidate = np.array([[1, 0, 1, 0]]).astype(dtype)
    output = finished(reference, candidate)
    assert (output.verdict, output.over_tolerance, output.equal) == (Verdict.FAIL, 2, 2)
    assert output.max_absolute_error == 1.0
    assert sum(output.histogram.beyond) == 2


def test_whole_numbers_of_64_bits_differ_by_one_beyond_the_reach_of_float64():
    reference = np.array([[2**60, 2**60]])
    output = finished(reference, reference + np.array([[0, 1]]))
    assert (output.equal, output.over_tolerance, output.max_absolute_error) == (1, 1, 1.0)


def test_strings_are_equal_or_not():
    reference = np.array([["cat", "dog", "dog"]], dtype=object)
    candidate = np.array([["cat", "dog", "owl"]], dtype=object)
    output = finished(reference, candidate, "string")
    assert (output.verdict, output.equal, output.over_tolerance) == (Verdict.FAIL, 2, 1)
    assert (output.histogram.equal, output.histogram.unbounded) == (2, 1)
    assert output.worst[0].index == (2,)


def test_complex_numbers_are_pairs_of_reals():
    reference = np.array([[1 + 2j, 3 + 4j]], dtype=np.complex64)
    candidate = reference + np.array([[0, 1j]], dtype=np.complex64)
    output = finished(reference, candidate)
    assert (output.elements, output.over_tolerance) == (4, 1)
    assert output.worst[0].index == (1, 1)


def test_bfloat16_may_come_as_its_bits():
    values = np.array([[1.0, 2.0, -3.0]], np.float32)
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    moved = bits.copy()
    moved[0, 1] += 1
    output = finished(bits, moved, "bfloat16")
    assert output.max_absolute_error == 2.0**-6
    assert output.verdict is Verdict.PASS
    assert output.ulp_histogram.edges == (1.0, 2.0)


def test_bfloat16_and_8_bit_floats_of_ml_dtypes_are_understood():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    half = np.array([[1.0, 2.0]], ml_dtypes.bfloat16)
    assert finished(half, half, "bfloat16").verdict is Verdict.PASS
    reference = np.array([[1.0, 2.0]], ml_dtypes.float8_e4m3fn)
    next_code = (reference.view(np.uint8) + np.array([[0, 1]], np.uint8)).view(reference.dtype)
    far = (reference.view(np.uint8) + np.array([[0, 4]], np.uint8)).view(reference.dtype)
    assert finished(reference, reference, "float8e4m3fn").verdict is Verdict.PASS
    assert finished(reference, next_code, "float8e4m3fn").verdict is Verdict.REVIEW
    assert finished(reference, far, "float8e4m3fn").verdict is Verdict.FAIL
    codes = reference.view(np.uint8), next_code.view(np.uint8)
    assert finished(*codes, "float8e4m3fn").max_absolute_error == 0.25


def test_one_step_out_of_a_quantiser_is_for_a_person():
    rule = tolerance_for("uint8", 1.0)
    for change, verdict in ((0, Verdict.PASS), (1, Verdict.REVIEW), (2, Verdict.FAIL)):
        statistics = OutputStatistics("y", "uint8", rule)
        statistics.update(np.array([[7, 8]], np.uint8), np.array([[7, 8 + change]], np.uint8))
        assert statistics.finish().verdict is verdict


@pytest.mark.parametrize(
    ("reference", "candidate", "words"),
    [
        (np.zeros(4), np.zeros((4, 4)), "has shape [4] in PyTorch and [4, 4] in ONNX"),
        (np.zeros(4), np.zeros(4, np.float32), "is float64 in PyTorch and float32 in ONNX"),
    ],
)
def test_another_form_is_noted_and_never_broadcast(reference, candidate, words):
    output = finished(reference, candidate, "float64")
    assert output.verdict is Verdict.FAIL
    assert words in output.reason
    assert output.elements == 0


def test_samples_are_numbered_along_the_batch_axis():
    reference = np.zeros((3, 2, 2), np.float32)
    candidate = reference.copy()
    candidate[1, 0, 1] = 4.0
    statistics = OutputStatistics("y", "float32")
    statistics.update(reference, candidate, first_sample=100)
    output = statistics.finish()
    assert (output.worst[0].sample, output.worst[0].index) == (101, (0, 1))
    assert (output.samples, output.shape) == (3, (3, 2, 2))
    statistics = OutputStatistics("y", "float32")
    statistics.update(reference, candidate, first_sample=7, batched=False)
    output = statistics.finish()
    assert (output.worst[0].sample, output.worst[0].index) == (7, (1, 0, 1))
    assert output.samples == 1


def test_a_scalar_output_has_an_empty_index():
    output = finished(np.array(1.0, np.float32), np.array(2.0, np.float32))
    assert output.worst[0].index == ()
    assert output.elements == 1


def test_an_output_without_elements_is_not_judged():
    output = finished(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
    assert (output.verdict, output.elements) == (Verdict.CANNOT_JUDGE, 0)
    assert output.mean_absolute_error == output.rmse == output.max_relative_error == 0.0


def test_arrays_that_are_not_contiguous_are_read_in_their_own_order():
    reference = np.arange(12, dtype=np.float32).reshape(3, 4).T
    candidate = reference.copy()
    candidate[2, 1] += 3
    output = finished(reference, candidate)
    assert (output.worst[0].sample, output.worst[0].index) == (2, (1,))


def test_float64_differences_too_large_or_too_small_are_still_counted():
    reference = np.array([[1.7e308, 1.0, 0.0, 5e-324]])
    candidate = np.array([[-1.7e308, 1.0, 5e-324, 5e-324]])
    output = finished(reference, candidate)
    assert (output.equal, output.over_tolerance) == (2, 1)
    assert sum(output.histogram.counts) == 2
    assert output.histogram.unbounded == 0
    assert math.isfinite(output.max_absolute_error)


def test_what_is_beyond_is_the_top_of_the_histogram():
    rng = np.random.default_rng(0)
    reference = rng.normal(0, 1, (20, 500)).astype(np.float32)
    error = 10.0 ** rng.uniform(-8, -2, reference.shape)
    output = by_one_scale(reference, (reference + error).astype(np.float32))
    assert sum(output.histogram.beyond) == output.over_tolerance > 0
    allowed = output.allowed.absolute, output.allowed.absolute + 1e-5 * output.allowed.scale
    shown = output.histogram
    for lower, upper, count, beyond in zip(
        shown.edges[:-1], shown.edges[1:], shown.counts, shown.beyond, strict=True
    ):
        if lower > allowed[1]:
            assert beyond == count
        if upper <= allowed[0]:
            assert beyond == 0


@pytest.mark.parametrize("largest", [1.0, 3.7, 1e-20])
def test_elements_close_to_the_limit_are_told_apart(largest):
    reference = np.zeros((1, 3001), np.float32)
    reference[0, 0] = largest
    limit = 64 * 2.0**-23 * largest
    candidate = reference + np.linspace(0.99, 1.01, 3001).astype(np.float32) * np.float32(limit)
    output = by_one_scale(reference, candidate)
    beyond = slow_beyond(reference, candidate, "float32", output.allowed.scale)
    assert output.over_tolerance == beyond
    assert 600 < beyond < 1800


def test_float64_below_its_smallest_normal_number_is_counted_in_its_own_bars():
    reference = np.array([[2.0**-1020, 3 * 2.0**-1022, 2.0**-1021, 2.0**-1022]])
    candidate = reference + np.array([[2.0**-1070, 2.0**-1063, 0.0, 2.0**-1074]])
    output = finished(reference, candidate)
    assert bars_of(output.histogram) == {-1074: 1, -1070: 1, -1063: 1}
    assert bars_of(output.relative_histogram) == {-52: 1, -50: 1, -43: 1}
