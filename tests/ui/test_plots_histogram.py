"""The histogram: bars, axes, what is allowed, choosing by mouse and by keyboard."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.comparison import Allowed, Histogram
from inspector.ui import look
from inspector.ui.plots.histogram import HistogramView
from inspector.ui.plots.histogram_bars import (
    Band,
    Bar,
    axis_label,
    band_of,
    bars_of,
    count_decades,
    decades,
    summary,
)

HISTOGRAM = Histogram(
    tuple(power * math.log10(2.0) for power in range(-27, -21)),
    (0, 40, 0, 8, 2),
    (0, 0, 0, 2, 2),
    100,
    3,
)
FLOAT32 = Allowed(7.63e-6, 1e-5, 64.0, 2.0**-23, 1.0)


@pytest.fixture
def view(qtbot: QtBot) -> HistogramView:
    made = HistogramView()
    qtbot.addWidget(made)
    made.resize(520, 240)
    made.show_bars(bars_of(HISTOGRAM), Band(3e-8, 1e-7), "error")
    made.show()
    return made


def middle(view: HistogramView, bar: Bar) -> QPoint:
    left, right = view.geometry_now().span(bar)
    return QPoint(round((left + right) / 2), round(view.geometry_now().bottom - 2))


def test_bars_begin_with_the_equal_ones_and_end_with_those_not_finite() -> None:
    bars = bars_of(HISTOGRAM)
    assert [bar.title for bar in (bars[0], bars[-1])] == ["equal", "NaN / Inf"]
    assert (bars[0].count, bars[-1].count, bars[-1].beyond) == (100, 3, 3)


def test_the_ends_of_bars_are_powers_of_two() -> None:
    ends = [(bar.lower, bar.upper) for bar in bars_of(HISTOGRAM)[1:-1]]
    assert ends == [(2.0**power, 2.0 ** (power + 1)) for power in range(-26, -22)]


def test_the_bar_of_the_marked_element_has_its_lower_end_inside(view: HistogramView) -> None:
    plain = view.grab().toImage()
    view.mark(2.0**-26)
    at_lower_end = view.grab().toImage()
    view.mark(1.9 * 2.0**-26)
    assert view.grab().toImage() == at_lower_end != plain


def test_bars_of_rounding_steps_say_whole_numbers() -> None:
    assert Bar(4096.0, 8192.0, 1, 0).title == "4,096 to 8,192"
    assert Bar(2.0**-15, 2.0**-14, 1, 0).title == "3.05e-05 to 6.10e-05"


def test_empty_bars_at_the_ends_of_the_axis_are_left_out() -> None:
    assert [bar.count for bar in bars_of(HISTOGRAM)[1:-1]] == [40, 0, 8, 2]


def test_a_histogram_without_any_difference_has_only_the_bars_apart() -> None:
    bars = bars_of(Histogram((0.0, math.log10(2.0)), (0,), (0,), 10, 0))
    assert [bar.on_axis for bar in bars] == [False, False]
    low, high = decades(bars, None)
    assert high - low == 5


def test_the_allowance_lies_between_its_smallest_and_its_largest_value() -> None:
    band = band_of(FLOAT32, "absolute")
    assert band is not None
    assert band.smallest == FLOAT32.absolute
    assert band.largest == pytest.approx(1.763e-5)


@pytest.mark.parametrize("metric", ["relative", "ulp"])
def test_every_element_allowed_by_the_rule_lies_below_the_end_of_the_band(metric: str) -> None:
    band = band_of(FLOAT32, metric)
    assert band is not None
    floor = FLOAT32.floor
    assert floor == 2.0**-10
    for share in (1e-5, 1e-3, 0.0123, 0.3, 0.999, 1.0):
        allowed = FLOAT32.absolute + FLOAT32.relative * share
        if metric == "relative":
            assert band.smallest * 0.999 <= allowed / max(share, floor) <= band.largest * 1.001
        elif share >= floor:
            step = 2.0 ** (math.floor(math.log2(share)) - 23)
            assert band.smallest * 0.999 <= allowed / step <= band.largest * 1.001


@pytest.mark.parametrize("metric", ["absolute", "relative", "ulp"])
def test_whole_numbers_have_no_band_because_nothing_is_allowed(metric: str) -> None:
    assert band_of(Allowed(0.0, 0.0), metric) is None


def test_the_axis_holds_all_bars_and_the_band() -> None:
    low, high = decades(bars_of(HISTOGRAM), Band(1e-5, 1e-2))
    assert low <= -8
    assert high >= -2


def test_the_count_axis_ends_at_a_power_of_ten_above_the_highest_bar() -> None:
    assert count_decades((Bar(0.0, 0.0, 1_000_001, 0),)) == 7
    assert count_decades(()) == 1


def test_the_label_of_the_axis_says_how_much_was_measured_against_the_floor() -> None:
    label = axis_label("relative", ("PyTorch", "ONNX"), 0.12)
    assert label.startswith("|PyTorch - ONNX|")
    assert "12 % near zero" in label


def test_the_numbers_of_the_legend_are_there_for_those_who_do_not_see(view: HistogramView) -> None:
    text = view.accessibleDescription()
    assert "146 values within what is allowed, 7 beyond" in text
    assert "100 equal, 3 NaN or Inf" in text
    assert "allowed: 3.0e-08 to 1.0e-07" in text
    assert view.accessibleName() == "Error of each value"


def test_a_click_on_a_bar_names_its_ends(qtbot: QtBot, view: HistogramView) -> None:
    bar = bars_of(HISTOGRAM)[1]
    with qtbot.waitSignal(view.bars_chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle(view, bar))
    assert chosen.args == [bar.lower, bar.upper]
    assert "40 values" in view.accessibleDescription()


@pytest.mark.parametrize(("number", "ends"), [(0, [0.0, 0.0]), (-1, [math.inf, math.inf])])
def test_the_bars_apart_can_be_chosen(
    qtbot: QtBot, view: HistogramView, number: int, ends: list[float]
) -> None:
    with qtbot.waitSignal(view.bars_chosen) as chosen:
        place = middle(view, bars_of(HISTOGRAM)[number])
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ends


def test_shift_and_click_choose_all_bars_between(qtbot: QtBot, view: HistogramView) -> None:
    bars = bars_of(HISTOGRAM)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle(view, bars[1]))
    with qtbot.waitSignal(view.bars_chosen) as chosen:
        shift = Qt.KeyboardModifier.ShiftModifier
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, shift, middle(view, bars[4]))
    assert chosen.args == [bars[1].lower, bars[4].upper]


def test_arrows_go_from_bar_to_bar_and_enter_chooses(qtbot: QtBot, view: HistogramView) -> None:
    bars = bars_of(HISTOGRAM)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    with qtbot.waitSignal(view.bars_chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert chosen.args == [bars[3].lower, bars[3].upper], "the empty bar is passed over"


def test_escape_clears_the_choice(qtbot: QtBot, view: HistogramView) -> None:
    view.choose(bars_of(HISTOGRAM)[1].lower, bars_of(HISTOGRAM)[1].upper)
    with qtbot.waitSignal(view.cleared):
        qtbot.keyClick(view, Qt.Key.Key_Escape)


def test_a_bar_cut_by_the_allowance_shows_both_colours_side_by_side(view: HistogramView) -> None:
    bar = bars_of(HISTOGRAM)[3]
    box = view.geometry_now().box(bar)
    image = view.grab().toImage()
    y = round(box.bottom() - 3)
    colours = [image.pixelColor(x, y).name() for x in range(int(box.left()), int(box.right()))]
    within, beyond = look.color("bar").name(), look.color("bar_fail").name()
    assert colours.index(within) < colours.index(beyond)
    assert colours.count(within) > colours.count(beyond), "6 of 8 are within"


def test_colours_follow_the_theme_without_a_call(view: HistogramView, qapp: QApplication) -> None:
    light = view.grab().toImage()
    try:
        look.apply(qapp, "dark")
        dark = view.grab().toImage()
    finally:
        look.apply(qapp, "light")
    box = view.geometry_now().box(bars_of(HISTOGRAM)[1])
    at = round(box.center().x()), round(box.center().y())
    assert light.pixelColor(*at).name() == look.LIGHT["bar"].lower()
    assert dark.pixelColor(*at).name() == look.DARK["bar"].lower()


def test_a_dimmed_histogram_is_paler(view: HistogramView) -> None:
    def darkest(image: QImage) -> int:
        return min(
            image.pixelColor(x, y).lightness()
            for x in range(0, image.width(), 3)
            for y in range(0, image.height(), 3)
        )

    before = darkest(view.grab().toImage())
    view.set_dimmed(True)
    assert darkest(view.grab().toImage()) > before


def test_nothing_to_show_paints_nothing_and_answers_no_click(qtbot: QtBot) -> None:
    view = HistogramView()
    qtbot.addWidget(view)
    view.show_bars((), None, "")
    view.show()
    with qtbot.assertNotEmitted(view.bars_chosen):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert summary(bars_of(Histogram()), None).startswith("0 values within")
