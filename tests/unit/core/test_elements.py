"""The elements inside a histogram bar are exactly those that it counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.core import elements as module
from inspector.core import slices
from inspector.core.elements import Bar, error_map, list_elements
from inspector.core.statistics import OutputStatistics


def compared(reference, candidate, dtype=None):
    statistics = OutputStatistics("y", dtype or reference.dtype.name)
    statistics.update(reference, candidate)
    return statistics.finish()


def histograms(output):
    yield "absolute", output.histogram
    yield "relative", output.relative_histogram
    if output.ulp_histogram.log10_edges:
        yield "ulp", output.ulp_histogram


DTYPES = ("float16", "float32", "float64", "int64", "complex64")


@st.composite
def pairs(draw):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 8)))
    if dtype.kind == "f":
        base = [0.0, 1.0, -2.5, 100.0, 0.001, math.nan, math.inf, -math.inf]
        changes = [0.0, 1e-6, 1e-3, 0.1, 1.0, -10.0, math.nan]
    else:
        base, changes = [0, 1, -3, 1000], [0, 0, 1, -10, 10**6]
    reference = draw(hnp.arrays(dtype, shape, elements=st.sampled_from(base), fill=st.nothing()))
    change = draw(hnp.arrays(dtype, shape, elements=st.sampled_from(changes), fill=st.nothing()))
    with np.errstate(invalid="ignore"):
        return reference, reference + change


@settings(deadline=None)
@given(pairs(), st.integers(1, 20))
def test_each_bar_lists_as_many_elements_as_it_counts(pair, block):
    reference, candidate = pair
    output = compared(reference, candidate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        for metric, histogram in histograms(output):
            bars = zip(histogram.edges, histogram.edges[1:], strict=False)
            counted = [
                list_elements(reference, candidate, Bar(metric, a, b), output.allowed)
                for a, b in bars
            ]
            assert tuple(listed.total for listed in counted) == histogram.counts
            assert all(len(listed.worst) == listed.total for listed in counted)
            equal = list_elements(reference, candidate, Bar(metric, 0, 0), output.allowed)
            assert equal.total == histogram.equal
            endless = Bar(metric, math.inf, math.inf)
            found = list_elements(reference, candidate, endless, output.allowed)
            assert found.total == histogram.unbounded


@given(pairs())
def test_the_list_of_everything_that_differs_begins_with_the_worst_elements(pair):
    reference, candidate = pair
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "SPREAD", math.inf)
        output = compared(reference, candidate)
    finite = list_elements(reference, candidate, Bar("absolute", 0, math.inf), output.allowed)
    known = [worst for worst in output.worst if math.isfinite(worst.absolute_error)]
    assert repr(list(finite.worst[: len(known)])) == repr(known)


def test_a_limit_shortens_the_list_but_not_the_count():
    reference = np.zeros((10, 10), np.float32)
    candidate = np.arange(100, dtype=np.float32).reshape(10, 10)
    output = compared(reference, candidate)
    listed = list_elements(
        reference, candidate, Bar("absolute", 0, math.inf), output.allowed, limit=3
    )
    assert listed.total == 99
    assert [(worst.sample, worst.index) for worst in listed.worst] == [(9, (i,)) for i in (9, 8, 7)]


def test_memory_mapped_files_are_read(tmp_path):
    reference = np.ones((4, 3), np.float32)
    candidate = reference.copy()
    candidate[2, 1] = 3.0
    np.save(tmp_path / "r.npy", reference)
    np.save(tmp_path / "c.npy", candidate)
    kept = np.load(tmp_path / "r.npy", mmap_mode="r"), np.load(tmp_path / "c.npy", mmap_mode="r")
    allowed = compared(reference, candidate).allowed
    listed = list_elements(*kept, Bar("absolute", 2.0, 4.0), allowed)
    assert [(worst.sample, worst.index) for worst in listed.worst] == [(2, (1,))]


def test_bfloat16_read_from_a_file_without_its_dtype_is_decoded(tmp_path):
    bits = (np.array([[1.0, 2.0]], np.float32).view(np.uint32) >> 16).astype(np.uint16)
    raw = bits.view("V2")
    moved = (bits + np.array([[0, 1]], np.uint16)).view("V2")
    allowed = compared(bits, bits, "bfloat16").allowed
    listed = list_elements(raw, moved, Bar("ulp", 1.0, 2.0), allowed)
    assert [worst.candidate for worst in listed.worst] == [2.015625]


def test_strings_that_differ_are_without_bound():
    reference = np.array([["a", "b"]], object)
    candidate = np.array([["a", "c"]], object)
    output = compared(reference, candidate, "string")
    listed = list_elements(
        reference, candidate, Bar("absolute", math.inf, math.inf), output.allowed
    )
    assert [worst.index for worst in listed.worst] == [(1,)]


@given(
    st.integers(1, 9),
    st.integers(1, 40),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 99),
)
def test_the_map_holds_the_largest_of_each_cell(samples, inner, rows, columns, block):
    rng = np.random.default_rng(samples * inner)
    reference = rng.normal(0, 1, (samples, inner)).astype(np.float32)
    candidate = reference + rng.normal(0, 1e-4, reference.shape).astype(np.float32)
    allowed = compared(reference, candidate).allowed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        cells = error_map(reference, candidate, allowed, rows, columns)
    rows, columns = min(rows, samples), min(columns, inner)
    left, right = reference.astype(float), candidate.astype(float)
    times = np.abs(right - left) / (allowed.absolute + allowed.relative * np.abs(left))
    expected = np.zeros((rows, columns))
    starts = [j * inner // columns for j in range(columns)]
    for (i, j), value in np.ndenumerate(times):
        column = max(k for k, start in enumerate(starts) if start <= j)
        row = i * rows // samples
        expected[row, column] = max(expected[row, column], value)
    assert cells.dtype == np.float32
    assert cells == pytest.approx(expected, rel=1e-6)


def test_one_bad_element_among_many_is_not_averaged_away():
    reference = np.ones((100, 1000), np.float32)
    candidate = reference.copy()
    candidate[73, 421] = 2.0
    candidate[5, 5] = np.nan
    cells = error_map(reference, candidate, compared(reference, candidate).allowed, 10, 10)
    assert np.argwhere(cells > 1).tolist() == [[0, 0], [7, 4]]
    assert math.isinf(cells[0, 0])


def test_the_map_of_nothing_is_empty():
    nothing = np.zeros((0, 3), np.float32)
    allowed = compared(nothing, nothing).allowed
    assert error_map(nothing, nothing, allowed, 5, 5).shape == (0, 0)


def test_whole_numbers_that_differ_are_infinitely_beyond():
    reference = np.array([[1, 2]])
    cells = error_map(reference, np.array([[1, 3]]), compared(reference, reference).allowed, 1, 2)
    assert cells.tolist() == [[0.0, math.inf]]


def test_elements_of_slices_are_held_against_what_their_slice_is_allowed():
    rng = np.random.default_rng(0)
    reference = np.concatenate((rng.uniform(0, 640, (30, 8, 4)), rng.uniform(0, 1, (30, 8, 3))), 2)
    reference = reference.astype(np.float32)
    candidate = (reference * (1 + 5e-8)).astype(np.float32)
    candidate[4, 2, 5] += np.float32(2e-3)
    candidate[7, 1, 6] += np.float32(1e-3)
    output = compared(reference, candidate)
    assert output.over_tolerance == 2
    everything = Bar("absolute", 0, math.inf)
    listed = list_elements(reference, candidate, everything, output.allowed, slices=output.slices)
    assert repr(listed.worst[:2]) == repr(output.worst[:2])
    assert [worst.index for worst in listed.worst if worst.times_allowed > 1] == [(2, 5), (1, 6)]
    cells = error_map(reference, candidate, output.allowed, 30, 56, slices=output.slices)
    assert np.argwhere(cells > 1).tolist() == [[4, 2 * 7 + 5], [7, 7 + 6]]
