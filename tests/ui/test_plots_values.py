"""Reading kept values for pictures: layouts, maps, points, peaks, values that are not finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from inspector.core.comparison import OutputComparison
from inspector.core.statistics import OutputStatistics
from inspector.ui.plots import clouds, fields
from inspector.ui.plots.colour_maps import DIFFERENCE, LEVELS, NOT_FINITE
from inspector.ui.plots.kept import Kept, open_kept
from inspector.ui.plots.layout import Layout
from inspector.ui.plots.numbers import error_text, share_text, short_text, value_pair
from inspector.ui.plots.plot_view import Zoom

Array = npt.NDArray[Any]
Keep = Callable[[Array, Array], Kept]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Write both sides as a comparison keeps them, and open them for pictures."""

    def make(reference: Array, candidate: Array) -> Kept:
        statistics = OutputStatistics("output", str(reference.dtype))
        statistics.update(reference, candidate)
        files = [str(tmp_path / f"{side}.npy") for side in ("reference", "candidate")]
        for file, array in zip(files, (reference, candidate), strict=True):
            np.save(file, array)
        found = statistics.finish()
        fields_of = {name: getattr(found, name) for name in OutputComparison.__slots__}
        fields_of |= {"reference_file": files[0], "candidate_file": files[1]}
        kept = open_kept(OutputComparison(**fields_of))
        assert kept is not None
        return kept

    return make


def grid(field: fields.Field) -> npt.NDArray[np.uint8]:
    return np.frombuffer(field.pixels, np.uint8).reshape(field.height, field.width)


# Where an element lies


@pytest.mark.parametrize("shape", [(), (7,), (1, 7), (3, 4), (2, 3, 4), (2, 1, 3, 4), (2, 5, 3, 4)])
def test_an_element_keeps_its_place_through_every_form(shape: tuple[int, ...]) -> None:
    layout = Layout(5, shape)
    for flat in range(layout.size):
        assert layout.flat(layout.index_of(flat)) == flat
        plane, row, column = layout.cell(3, flat)
        assert layout.element(3, plane, row, column) == (3, flat)
        rows, columns = layout.grid
        assert 0 <= plane < layout.planes
        assert 0 <= row < rows
        assert 0 <= column < columns


def test_the_form_of_a_sample_decides_what_is_drawn() -> None:
    assert Layout(5, (3, 224, 224)).is_image
    assert Layout(5, (1, 1000)).is_list
    assert not Layout(5, ()).is_list
    assert Layout(5, (2, 5, 3, 4)).planes == 10


# Numbers


@pytest.mark.parametrize(
    ("pair", "texts"),
    [
        ((4.113, 9.113), ("4.113", "9.113")),
        ((0.4366754, 0.4366760), ("0.4366754", "0.4366760")),
        ((0.0, 0.0), ("0.000", "0.000")),
        ((1.0, math.nan), ("1.000", "NaN")),
        ((1.5e-9, 1.6e-9), ("1.50e-09", "1.60e-09")),
    ],
)
def test_values_are_written_with_the_digits_that_differ(
    pair: tuple[float, float], texts: tuple[str, str]
) -> None:
    assert value_pair(*pair) == texts


def test_different_values_never_look_the_same() -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(size=200) * 10.0 ** generator.integers(-12, 12, 200)
    for value in values.astype(np.float32):
        following = float(np.nextafter(value, np.float32(np.inf)))
        first, second = value_pair(float(value), following)
        assert first != second


def test_whole_numbers_have_no_decimals() -> None:
    assert value_pair(3.0, 12.0, whole=True) == ("3", "12")


def test_errors_and_shares_in_words() -> None:
    assert [error_text(value) for value in (0.0, 5.0, 5.96e-7, math.inf)] == [
        "0", "5.000", "5.96e-07", "inf",
    ]  # fmt: skip
    assert short_text(9.5367e-5) == "9.5e-05"
    assert share_text(1, 10_000) == "under 0.1 %"
    assert share_text(9_999, 10_000) == "over 99.9 %"
    assert share_text(0, 0) == "0 %"


# Opening


def test_values_that_were_not_kept_or_are_text_give_no_picture(tmp_path: Path, keep: Keep) -> None:
    kept = keep(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32))
    given = {name: getattr(kept.output, name) for name in OutputComparison.__slots__}
    assert open_kept(OutputComparison(**given | {"reference_file": ""})) is None
    assert open_kept(OutputComparison(**given | {"reference_file": "/nowhere.npy"})) is None
    words = str(tmp_path / "words.npy")
    np.save(words, np.array(["cat", "dog"]))
    files = {"reference_file": words, "candidate_file": words}
    assert open_kept(OutputComparison(**given | files)) is None


def test_an_output_without_elements_gives_no_picture(tmp_path: Path, keep: Keep) -> None:
    kept = keep(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32))
    given = {name: getattr(kept.output, name) for name in OutputComparison.__slots__}
    empty = str(tmp_path / "empty.npy")
    np.save(empty, np.zeros((0, 3), np.float32))
    assert open_kept(OutputComparison(**given | {"reference_file": empty})) is None


def test_a_complex_output_is_drawn_as_pairs_of_reals(keep: Keep) -> None:
    reference = np.array([[1 + 2j, 3 + 4j]], np.complex64)
    kept = keep(reference, reference + np.complex64(0.5j))
    assert kept.layout.shape == (2, 2)
    element = kept.element(0, 1)
    assert (element.reference, element.candidate) == (2.0, 2.5)


def test_an_element_says_what_was_allowed_to_it(keep: Keep) -> None:
    kept = keep(np.array([[1.0, 2.0]], np.float32), np.array([[1.0, 2.5]], np.float32))
    element = kept.element(0, 1)
    assert element.index == (1,)
    assert element.absolute_error == 0.5
    allowed = kept.output.allowed
    assert element.allowed == allowed.absolute + allowed.relative * 2.0


def test_a_sample_that_is_one_number_has_an_empty_index(keep: Keep) -> None:
    kept = keep(np.arange(4, dtype=np.float32), np.arange(4, dtype=np.float32) + 1)
    assert kept.element(2, 0).index == ()
    assert kept.element(2, 0).reference == 2.0


@pytest.mark.parametrize(
    ("reference", "candidate", "error"),
    [(math.nan, math.nan, 0.0), (math.inf, math.inf, 0.0), (math.nan, 1.0, math.inf),
     (math.inf, -math.inf, math.inf)],
)  # fmt: skip
def test_what_is_not_finite_differs_only_where_one_side_is(
    keep: Keep, reference: float, candidate: float, error: float
) -> None:
    sides = [np.array([[side, 1.0]], np.float32) for side in (reference, candidate)]
    assert keep(*sides).element(0, 0).absolute_error == error


# Maps


def test_both_sides_share_one_scale_and_the_difference_is_symmetric(keep: Keep) -> None:
    reference = np.linspace(-1, 3, 24, dtype=np.float32).reshape(1, 4, 6)
    candidate = reference.copy()
    candidate[0, 1, 2] -= 0.5
    three = fields.trio(keep(reference, candidate), 0, 0)
    assert (three.reference.lower, three.reference.upper) == (-1.0, 3.0)
    assert (three.candidate.lower, three.candidate.upper) == (-1.0, 3.0)
    assert three.difference.lower == -three.difference.upper == -0.5
    assert grid(three.difference)[1, 2] == 0
    assert grid(three.reference)[0, 0] == 0
    assert grid(three.reference)[3, 5] == LEVELS - 1


def test_the_right_plane_of_the_right_sample_is_shown(keep: Keep) -> None:
    reference = np.zeros((3, 2, 4, 5), np.float32)
    candidate = reference.copy()
    candidate[2, 1, 3, 4] = 1.0
    kept = keep(reference, candidate)
    assert fields.trio(kept, 2, 1).largest == 1.0
    assert fields.trio(kept, 2, 0).largest == 0.0
    assert fields.trio(kept, 1, 1).largest == 0.0


def test_a_single_peak_survives_in_a_picture_far_larger_than_the_screen(keep: Keep) -> None:
    reference = np.zeros((1, 3000, 2500), np.float32)
    candidate = reference.copy()
    candidate[0, 2999, 1] = -2.0
    three = fields.trio(keep(reference, candidate), 0, 0)
    assert three.difference.width <= fields.CELLS
    assert three.difference.height <= fields.CELLS
    assert three.largest == 2.0
    small = fields.shrunk(three.difference, DIFFERENCE, Zoom(), 90, 70)
    assert (small.width, small.height) == (90, 70)
    assert grid(small)[-1, 0] == 0
    assert np.count_nonzero(grid(small) == 0) == 1


def test_nan_has_a_colour_of_its_own_and_does_not_spoil_the_scale(keep: Keep) -> None:
    reference = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    candidate = reference.copy()
    reference[0, 0, 0] = candidate[0, 0, 0] = np.nan
    candidate[0, 2, 3] = np.inf
    three = fields.trio(keep(reference, candidate), 0, 0)
    assert grid(three.reference)[0, 0] == NOT_FINITE
    assert grid(three.difference)[0, 0] != NOT_FINITE, "NaN on both sides agrees"
    assert grid(three.difference)[2, 3] == NOT_FINITE
    assert three.reference.upper == 11.0
    assert three.candidate.not_finite == 2


def test_an_output_that_is_nan_throughout_can_be_drawn(keep: Keep) -> None:
    nothing = np.full((2, 3, 4), np.nan, np.float32)
    three = fields.trio(keep(nothing, nothing), 1, 0)
    assert set(grid(three.reference).reshape(-1)) == {NOT_FINITE}
    assert three.largest == 0.0
    assert fields.enlarged_text(three) == "Difference, none"


def test_the_enlargement_is_a_power_of_ten_that_is_said(keep: Keep) -> None:
    reference = np.linspace(0, 1, 12, dtype=np.float64).reshape(1, 3, 4)
    candidate = reference.copy()
    candidate[0, 1, 1] += 6e-7
    three = fields.trio(keep(reference, candidate), 0, 0)
    assert fields.enlarged_text(three) == "Difference, enlarged 1,000,000 times"
    assert fields.difference_ends(three) == ("-6.00e-07", "0", "+6.00e-07")


def test_values_near_the_end_of_float64_do_not_overflow_the_scale(keep: Keep) -> None:
    reference = np.array([[[-1.7e308, 0.0], [0.0, 1.7e308]]])
    three = fields.trio(keep(reference, reference), 0, 0)
    assert grid(three.reference)[0, 0] == 0
    assert grid(three.reference)[1, 1] == LEVELS - 1


def test_the_error_map_shows_the_largest_of_each_block(keep: Keep) -> None:
    reference = np.ones((4000, 20), np.float32)
    candidate = reference.copy()
    candidate[3999, 19] += 1.0
    found = fields.error_map(keep(reference, candidate))
    assert found.field.height <= fields.CELLS
    assert found.field.rows == 4000
    assert grid(found.field)[-1, -1] == LEVELS - 1
    assert np.count_nonzero(grid(found.field)) == 1
    assert found.largest > 1000


def test_a_difference_between_whole_numbers_is_at_the_upper_end_of_the_map(keep: Keep) -> None:
    reference = np.arange(12).reshape(3, 4)
    candidate = reference.copy()
    candidate[1, 2] += 1
    found = fields.error_map(keep(reference, candidate))
    assert np.argwhere(grid(found.field) == LEVELS - 1).tolist() == [[1, 2]]


# Points


def test_a_small_output_has_a_point_for_every_element(keep: Keep) -> None:
    reference = np.arange(60, dtype=np.float32).reshape(20, 3)
    found = clouds.cloud(keep(reference, reference))
    assert found.all_drawn
    assert found.reference.tolist() == reference.reshape(-1).tolist()
    assert found.samples[4] == 1
    assert found.flats[4] == 1


def test_no_more_points_are_drawn_than_promised_and_the_worst_are_among_them(keep: Keep) -> None:
    generator = np.random.default_rng(5)
    reference = generator.normal(size=(400, 300)).astype(np.float32)
    candidate = reference.copy()
    candidate[:, :150] += generator.normal(size=(400, 150)).astype(np.float32)
    candidate[123, 45] += 50.0
    kept = keep(reference, candidate)
    found = clouds.cloud(kept, kept.output.worst)
    assert not found.all_drawn
    assert found.within <= clouds.WITHIN
    drawn_beyond = len(found.reference) - found.within
    assert clouds.BEYOND // 3 < drawn_beyond <= clouds.BEYOND
    assert found.beyond == kept.output.over_tolerance
    places = set(zip(found.samples.tolist(), found.flats.tolist(), strict=True))
    assert (123, 45) in places
    reached = {sample // 100 for sample, _ in places}
    assert reached == {0, 1, 2, 3}, "points come from the whole data set"


def test_what_is_not_finite_has_no_point_but_is_counted(keep: Keep) -> None:
    reference = np.ones((5, 3), np.float32)
    candidate = reference.copy()
    candidate[2, 1] = np.nan
    found = clouds.cloud(keep(reference, candidate))
    assert found.not_finite == 1
    assert len(found.reference) == 14
    assert found.all_drawn


def test_the_top_values_of_both_sides_are_shown_the_first_choice_first(keep: Keep) -> None:
    reference = np.array([[0.1, 0.2, 0.6, 0.1, 0, 0, 0, 0, 0, 0]], np.float32)
    candidate = np.array([[0.1, 0.7, 0.1, 0.1, 0, 0, 0, 0, 0, 0]], np.float32)
    found = clouds.top_values(keep(reference, candidate), 0, 3)
    assert found.flats[:2] == (2, 1)
    assert found.probability


def test_scores_that_are_no_probabilities_are_not_called_so(keep: Keep) -> None:
    reference = np.array([[-0.5, 1.5]], np.float32)
    assert not clouds.all_values(keep(reference, reference), 0).probability


def test_one_number_samples_are_shown_with_their_neighbours(keep: Keep) -> None:
    reference = np.arange(100, dtype=np.float32)
    found = clouds.neighbours(keep(reference, reference + 1), 98)
    assert 98 in found.samples
    assert found.samples[-1] == 99
    assert found.candidate[0] == found.reference[0] + 1


def test_zooming_keeps_the_point_under_the_pointer_and_never_leaves_the_picture() -> None:
    zoom = Zoom().towards(0.25, 0.5, 0.5)
    assert zoom.to_picture(0.25, 0.5) == pytest.approx((0.25, 0.5))
    assert zoom.towards(0.9, 0.1, 100.0) == Zoom()
    assert zoom.to_view(*zoom.to_picture(0.3, 0.7)) == pytest.approx((0.3, 0.7))
