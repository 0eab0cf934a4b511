"""Figures beside a verdict, as rows of a table."""

from dataclasses import replace

import numpy as np
import pytest

from inspector.core.beside import Beside, Decisions, Mask, Quantile
from inspector.core.beside_table import brief, cosine_text, figures, slice_noun, slice_rows
from inspector.core.comparison import OutputComparison, Ties
from inspector.core.statistics import OutputStatistics


def compared(reference, candidate, name="y"):
    seen = OutputStatistics(name, str(reference.dtype))
    seen.update(reference, candidate)
    return seen.finish()


def values_of(output: OutputComparison) -> dict[str, str]:
    return {figure.name: figure.value for figure in figures(output)}


@pytest.fixture
def scores() -> OutputComparison:
    """[40, 8] of which the largest entry of two rows is another one."""
    reference = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    candidate = reference + np.float32(1e-6)
    for row in (3, 9):
        candidate[row, int(np.argmin(candidate[row]))] = 9.0
    found: OutputComparison = compared(reference, candidate, "scores")
    return found


def test_every_figure_that_is_known_has_its_row(scores):
    found = values_of(scores)
    assert found["Same first choice"] == "38 of 40"
    assert {"Cosine", "Signal to noise", "Error, p50", "Error, p90", "Error, p99"} <= set(found)
    assert float(found["Cosine"]) < 1.0
    assert all(figure.meaning for figure in figures(scores))


def test_the_brief_names_what_tells_most(scores):
    assert brief(scores).startswith("same first choice 38 of 40, cosine 0.")


def test_nothing_is_told_where_nothing_was_compared(scores):
    assert figures(replace(scores, structure="has another shape")) == ()
    assert figures(replace(scores, elements=0)) == ()


def test_a_cosine_is_never_rounded_up_to_one():
    assert cosine_text(1.0 - 2e-9) == "1 - 2.0e-09"
    assert cosine_text(0.5) == "0.500000"
    assert cosine_text(1.0) == "1"


def test_a_share_that_is_not_whole_never_looks_whole(scores):
    almost = Beside(mask=Mask(10**6 - 1, 10**6), decisions=Decisions(10**6, 9, 10**6, 5, 1))
    found = values_of(replace(scores, beside=almost))
    assert found["Overlap"] == "99.99 %"
    assert found["Same top 5"] == "0.01 %"
    assert values_of(replace(scores, beside=Beside(mask=Mask(7, 7))))["Overlap"] == "100.00 %"


def test_equal_halves_have_an_error_of_zero(scores):
    beside = Beside(quantiles=(Quantile(0.5, 0.0, 0.0), Quantile(0.999, 1e-7, 2e-7)))
    found = values_of(replace(scores, beside=beside))
    assert found == {"Error, p50": "0", "Error, p99.9": "up to 2.0e-07"}


def test_ties_say_whose_scores_are_near(scores):
    ties = Ties("scores", "TopK", 12, 10, 1e-7)
    rows = {row.name: row for row in figures(replace(scores, ties=ties))}
    assert rows["Ties"].value == "10 of 12 places that differ"
    assert "'scores'" in rows["Ties"].meaning
    unknown = {row.name: row for row in figures(replace(scores, ties=ties._replace(scores="")))}
    assert unknown["Ties"].value == "not known"


def test_values_that_are_left_out_are_counted():
    reference = np.array([[1.0, 2.0, np.inf, np.inf, np.nan, 3.0]], np.float32)
    found = values_of(compared(reference, reference))
    assert found["Same infinity"] == "2"
    assert found["NaN on both sides"] == "1"


def test_slices_with_values_beyond_come_first():
    generator = np.random.default_rng(1)
    sizes = np.array([500.0, 500.0, 1.0, 1.0, 1.0])
    reference = (generator.normal(size=(40, 5)) * sizes).astype(np.float32)
    candidate = reference.copy()
    candidate[:, 3] += 0.01
    output = compared(reference, candidate)
    assert slice_noun(output) == "column"
    rows = slice_rows(output, 3)
    assert rows[0].name == "column 3"
    assert rows[0].beyond == 40
    assert len(rows) == 3
    assert rows[0].allowed < 0.01
    assert brief(output).startswith("beyond in 1 of 5 columns")


def test_without_anything_beyond_the_extremes_are_shown():
    generator = np.random.default_rng(1)
    reference = (generator.normal(size=(40, 9)) * 10.0 ** np.arange(-4, 5)).astype(np.float32)
    rows = slice_rows(compared(reference, reference), 4)
    assert [row.name for row in rows] == ["column 0", "column 1", "column 7", "column 8"]


def test_one_scale_for_all_has_no_slices(scores):
    assert slice_rows(scores) == ()
    assert slice_noun(scores) == ""
