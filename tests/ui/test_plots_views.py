"""Heat map, scatter, pairs of bars: clicks, keys, colours, words."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui import look
from inspector.ui.plots.background import Background
from inspector.ui.plots.clouds import Cloud, Pairs
from inspector.ui.plots.colour_maps import DIFFERENCE, LEVELS, NOT_FINITE, VALUES, colour_table
from inspector.ui.plots.fields import Field
from inspector.ui.plots.heat_map import HeatMapView
from inspector.ui.plots.pair_bars import PairBarsView
from inspector.ui.plots.plot_view import Zoom
from inspector.ui.plots.scatter import ScatterView, ticks

LEFT = Qt.MouseButton.LeftButton


def field(rows: int = 4, columns: int = 5) -> Field:
    pixels = bytes(range(rows * columns))
    return Field(pixels, columns, rows, rows, columns, 0.0, 1.0)


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QWidget], None]:
    def shown(view: QWidget) -> None:
        qtbot.addWidget(view)
        view.resize(306, 206)
        view.show()

    return shown


@pytest.fixture
def heat(show: Callable[[QWidget], None]) -> HeatMapView:
    view = HeatMapView("PyTorch", VALUES)
    view.show_field(field())
    show(view)
    return view


@pytest.fixture
def scatter(show: Callable[[QWidget], None]) -> ScatterView:
    view = ScatterView()
    values = np.array([0.0, 1.0, 2.0, 3.0])
    candidate = np.array([0.0, 1.0, 2.0, 1.0])
    numbers = np.arange(4)
    view.show_cloud(
        Cloud(values, candidate, numbers, np.zeros(4, np.int64), 3, 4, 1, 0, 1), ("PyTorch", "ONNX")
    )
    show(view)
    return view


# Heat map


def test_a_click_names_the_row_and_the_column(qtbot: QtBot, heat: HeatMapView) -> None:
    with qtbot.waitSignal(heat.picked) as picked:
        qtbot.mouseClick(heat, LEFT, pos=QPoint(3 + 300 * 7 // 10, 3 + 200 * 3 // 8))
    assert picked.args == [1, 3]


def test_each_cell_has_the_colour_of_its_value(heat: HeatMapView) -> None:
    image = heat.grab().toImage()
    table = colour_table(VALUES)
    assert image.pixel(3 + 30, 3 + 25) == table[0]
    assert image.pixel(3 + 270, 3 + 175) == table[19]


def test_what_is_not_finite_has_a_colour_that_no_value_has() -> None:
    for theme_colours in (VALUES, DIFFERENCE):
        table = colour_table(theme_colours)
        assert table[NOT_FINITE] not in table[:LEVELS]


def test_no_difference_has_the_colour_of_the_ground(qapp: QApplication) -> None:
    try:
        look.apply(qapp, "dark")
        dark = colour_table(DIFFERENCE)[(LEVELS - 1) // 2]
        ground = look.color("surface").rgb()
    finally:
        look.apply(qapp, "light")
    assert all(abs((dark >> s & 255) - (ground >> s & 255)) < 4 for s in (0, 8, 16))


@pytest.mark.parametrize(
    ("key", "move"),
    [(Qt.Key.Key_Left, [0, -1]), (Qt.Key.Key_Right, [0, 1]), (Qt.Key.Key_Up, [-1, 0])],
)
def test_arrows_go_to_the_next_element(
    qtbot: QtBot, heat: HeatMapView, key: Qt.Key, move: list[int]
) -> None:
    with qtbot.waitSignal(heat.stepped) as stepped:
        qtbot.keyClick(heat, key)
    assert stepped.args == move


def test_control_and_arrow_go_to_the_next_sample(qtbot: QtBot, heat: HeatMapView) -> None:
    with qtbot.waitSignal(heat.sample_stepped) as stepped:
        qtbot.keyClick(heat, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert stepped.args == [1]


def test_the_wheel_zooms_and_a_double_click_restores(qtbot: QtBot, heat: HeatMapView) -> None:
    heat.zoomed.connect(heat.set_zoom)
    turn = QWheelEvent(
        QPointF(153, 103), heat.mapToGlobal(QPointF(153, 103)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    with qtbot.waitSignal(heat.zoomed) as zoomed:
        QApplication.sendEvent(heat, turn)
    assert not zoomed.args[0].whole
    with qtbot.waitSignal(heat.zoomed) as restored:
        qtbot.mouseDClick(heat, LEFT)
    assert restored.args == [Zoom()]


def test_the_crosshair_leaves_the_marked_cell_free(heat: HeatMapView) -> None:
    before = heat.grab().toImage()
    heat.mark((1, 3))
    after = heat.grab().toImage()
    x, y = 3 + 210, 3 + 75
    assert after.pixel(x, y) == before.pixel(x, y)
    assert after.pixelColor(x, 180).name() == "#ffffff"
    assert after.pixelColor(40, y).name() == "#ffffff"


def test_a_map_without_data_can_be_clicked_and_zoomed(qtbot: QtBot) -> None:
    view = HeatMapView("PyTorch", VALUES)
    qtbot.addWidget(view)
    view.show()
    with qtbot.assertNotEmitted(view.picked):
        qtbot.mouseClick(view, LEFT)
    view.grab()


# Scatter


def test_a_click_near_a_point_marks_its_element(qtbot: QtBot, scatter: ScatterView) -> None:
    place = scatter._at((3.0, 1.0)).toPoint()
    with qtbot.waitSignal(scatter.picked) as picked:
        qtbot.mouseClick(scatter, LEFT, pos=place + QPoint(4, 3))
    assert picked.args == [3, 0]


def test_a_click_far_from_every_point_marks_nothing(qtbot: QtBot, scatter: ScatterView) -> None:
    with qtbot.assertNotEmitted(scatter.picked):
        qtbot.mouseClick(scatter, LEFT, pos=scatter._at((0.2, 2.8)).toPoint())


def test_points_beyond_have_the_colour_of_failure(scatter: ScatterView) -> None:
    image = scatter.grab().toImage()
    at = scatter._at((3.0, 1.0)).toPoint()
    colour = image.pixelColor(at)
    assert colour.red() > colour.blue() + 40
    inside = image.pixelColor(scatter._at((1.0, 1.0)).toPoint())
    assert inside.blue() >= inside.red()


def test_the_ring_around_a_point_at_the_edge_is_whole(scatter: ScatterView) -> None:
    scatter.resize(150, 110)
    ends = scatter._ends
    text = look.color("text").name()

    def ring() -> tuple[int, int, int]:
        image = scatter.grab().toImage()
        at = scatter._at(pair).toPoint()
        dark = [
            (x, y)
            for x in range(max(0, at.x() - 9), min(image.width(), at.x() + 10))
            for y in range(max(0, at.y() - 9), min(image.height(), at.y() + 10))
            if image.pixelColor(x, y).name() == text
        ]
        left = sum(x < at.x() for x, _ in dark)
        return left, sum(x > at.x() for x, _ in dark), sum(y < at.y() for _, y in dark)

    middle = (ends[0] + ends[1]) / 2
    pair = (ends[1], middle)
    scatter.mark(pair)
    left, right, _ = ring()
    assert right >= 0.6 * left > 0
    pair = (middle, ends[1])
    scatter.mark(pair)
    left, right, above = ring()
    assert above >= 0.3 * (left + right) > 0


def test_a_marked_point_out_of_view_has_no_ring(scatter: ScatterView) -> None:
    before = scatter.grab().toImage()
    scatter.mark((99.0, 99.0))
    assert scatter.grab().toImage() == before


def test_equal_points_lie_on_the_line(scatter: ScatterView) -> None:
    low, high = scatter._at((0.0, 0.0)), scatter._at((3.0, 3.0))
    middle = scatter._at((1.5, 1.5))
    assert middle.x() == pytest.approx((low.x() + high.x()) / 2)
    assert middle.y() == pytest.approx((low.y() + high.y()) / 2)
    assert scatter._at((3.0, 1.0)).y() > scatter._at((3.0, 3.0)).y(), "up is more"


def test_a_cloud_of_one_value_or_none_can_be_drawn(show: Callable[[QWidget], None]) -> None:
    view = ScatterView()
    show(view)
    for count in (1, 0):
        values = np.full(count, 7.0)
        places = np.zeros(count, np.int64)
        view.show_cloud(Cloud(values, values, places, places, count, 1, 0, 0, 1), ("a", "b"))
        view.grab()
    assert view.accessibleDescription() == "No pair of finite values."


def test_twenty_thousand_points_are_painted_within_a_blink(show: Callable[[QWidget], None]) -> None:
    generator = np.random.default_rng(2)
    values = generator.normal(size=(2, 25_000))
    numbers = np.arange(25_000)
    view = ScatterView()
    show(view)
    view.show_cloud(
        Cloud(values[0], values[1], numbers, numbers, 5000, 25_000, 0, 0, 1), ("a", "b")
    )
    times = []
    for _ in range(3):
        view._cache = None
        started = time.perf_counter()
        view.grab()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("low", "high"), [(-3.2, 4.1), (0.0, 1e-9), (-1e12, 1e12), (0.9999, 1.0001)]
)
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 12
    assert all(low <= value <= high for value, _ in found)
    assert len({text for _, text in found}) == len(found)


# Pairs of bars


@pytest.fixture
def bars(show: Callable[[QWidget], None]) -> PairBarsView:
    view = PairBarsView("Top classes")
    pairs = Pairs(17, (231, 207), (17, 17), (0.002, 0.095), (0.218, 0.014), probability=True)
    view.show_pairs(pairs, ("class 231", "class 207"))
    show(view)
    return view


def test_probabilities_are_written_as_percent(bars: PairBarsView) -> None:
    assert bars.accessibleDescription() == (
        "class 231: 0.2 % against 21.8 %; class 207: 9.5 % against 1.4 %"
    )


def test_the_arrows_go_through_the_rows(qtbot: QtBot, bars: PairBarsView) -> None:
    bars.mark(17, 231)
    with qtbot.waitSignal(bars.picked) as picked:
        qtbot.keyClick(bars, Qt.Key.Key_Down)
    assert picked.args == [17, 207]


def test_the_longer_bar_belongs_to_the_larger_value(bars: PairBarsView) -> None:
    image = bars.grab().toImage()
    reference, candidate = look.color("ref").name(), look.color("cand").name()

    def length(colour: str) -> int:
        return max(
            sum(image.pixelColor(x, y).name() == colour for x in range(image.width()))
            for y in range(bars._row())
        )

    assert length(candidate) > 20 * length(reference) > 0


def test_negative_and_not_finite_values_have_their_row(bars: PairBarsView) -> None:
    pairs = Pairs(0, (0, 1), (0, 0), (-2.0, float("nan")), (3.0, float("inf")))
    bars.show_pairs(pairs, ("value 0", "value 1"))
    bars.grab()
    assert "NaN against inf" in bars.accessibleDescription()


# Background


def test_only_the_newest_answer_arrives(qtbot: QtBot) -> None:
    background, answers, gate = Background(), list[str](), Event()

    def slow() -> str:
        gate.wait(5)
        return "old"

    background.ask(slow, answers.append)
    background.ask(lambda: "new", answers.append)
    qtbot.waitUntil(lambda: answers == ["new"])
    gate.set()
    qtbot.wait(50)
    assert answers == ["new"]


def test_work_that_raises_answers_nothing_and_is_logged(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    background, answers = Background(), list[object]()
    background.ask(lambda: 1 / 0, answers.append)
    qtbot.waitUntil(lambda: answers == [None])
    assert "ZeroDivisionError" in caplog.text
    assert not background.busy


def test_a_tooltip_leaves_with_the_pointer(qtbot: QtBot, heat: HeatMapView) -> None:
    heat.probe = lambda row, column: f"{row} {column}"
    qtbot.mouseMove(heat, QPoint(100, 100))
    QApplication.sendEvent(heat, QEvent(QEvent.Type.Leave))
    heat.grab()
