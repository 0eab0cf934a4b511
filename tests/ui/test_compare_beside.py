"""The Outputs tab beside the verdict: distances to the 64-bit calculation, and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core import answers
from inspector.core.comparison import Comparison, OutputComparison
from inspector.core.referee import Distances, Referee, no_referee
from inspector.core.statistics import OutputStatistics
from inspector.ui.document import Document
from inspector.ui.panels.compare import ComparePanel
from inspector.ui.panels.compare_distance import share_of
from inspector.ui.panels.compare_errors import allowed_band
from inspector.ui.panels.compare_outputs import WIDE
from inspector.ui.plots.histogram_bars import band_of
from inspector.ui.widgets.labels import Label

EPS = 2.0**-23
FAR = Distances(640, 2.9e-6, 0.21, 5e-6, 0.9, 10.0)


def output_of(name: str, error: float, shape: tuple[int, ...] = (64, 10)) -> OutputComparison:
    reference = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    seen = OutputStatistics(name, "float32")
    seen.update(reference, reference + np.float32(error))
    return seen.finish()


@pytest.fixture
def page(
    qtbot: QtBot, document: Document, make_comparison: Callable[..., Comparison]
) -> Callable[..., ComparePanel]:
    def show(*outputs: OutputComparison, verdict: str = "FAIL", **fields: object) -> ComparePanel:
        document.comparison = make_comparison(verdict, outputs=outputs, **fields)
        made = ComparePanel(document)
        qtbot.addWidget(made)
        made.resize(WIDE + 60, 640)
        made.show()
        QApplication.processEvents()
        return made

    return show


def test_a_bar_is_longer_by_as_much_for_each_tenfold() -> None:
    shares = [share_of(10.0**power, 1.0, EPS) for power in (-6, -5, -4)]
    assert shares[1] - shares[0] == pytest.approx(shares[2] - shares[1])
    assert share_of(0.0, 1.0, EPS) == 0.0
    assert share_of(5.0, 1.0, EPS) == 1.0
    assert share_of(1e-30, 1.0, EPS) == pytest.approx(0.02)
    assert share_of(1.0, 0.0, EPS) == 0.0


def test_both_distances_are_shown_and_who_is_nearer(page: Callable[..., ComparePanel]) -> None:
    shown = page(output_of("logits", 0.1), referees=(Referee("logits", 64, FAR),))
    distance = shown.outputs.words.distance
    assert distance.isVisible()
    (first, second) = distance.bars.rows
    assert (first[0], second[0]) == ("PyTorch", "ONNX")
    assert first[2] < second[2]
    assert "PyTorch 2.9e-06, ONNX 2.1e-01" in distance.bars.accessibleName()
    assert "sides with PyTorch" in shown.outputs.words.text_of(answers.SURE)
    assert shown.outputs.words.grab().width() > 0


def test_bars_belong_to_the_output_that_is_shown(
    qtbot: QtBot, page: Callable[..., ComparePanel]
) -> None:
    shown = page(
        output_of("a", 0.1), output_of("b", 0.0), referees=(Referee("a", 64, FAR),)
    )  # fmt: skip
    distance = shown.outputs.words.distance
    chips = {chip.output.name: chip for chip in shown.chips.chips}
    qtbot.mouseClick(chips["b"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not distance.isVisible())
    qtbot.mouseClick(chips["a"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(distance.isVisible)


def test_a_calculation_that_could_not_be_made_says_why(page: Callable[..., ComparePanel]) -> None:
    shown = page(output_of("logits", 0.1), referees=(no_referee("logits", "No module."),))
    distance = shown.outputs.words.distance
    assert distance.caption.text() == "No module."
    assert not distance.bars.isVisible()


def test_the_figures_open_in_the_place_of_the_table(
    qtbot: QtBot, page: Callable[..., ComparePanel]
) -> None:
    card = page(output_of("logits", 0.1)).outputs.worst
    assert "same first choice 64 of 64" in card.folded.brief.text()
    qtbot.mouseClick(card.folded.head, Qt.MouseButton.LeftButton)
    assert card.figures is not None
    assert card.figures.isVisible()
    assert not card.view.isVisible()
    assert (card.title.text(), card.hint.text()) == (
        "Beside the verdict",
        "figures that decide nothing",
    )
    told = [label.text() for label in card.figures.findChildren(Label)]
    assert {"Cosine", "Signal to noise", "Error, p50", "Error, p99.9", "Same top 5"} <= set(told)
    qtbot.mouseClick(card.folded.head, Qt.MouseButton.LeftButton)
    assert card.view.isVisible()
    assert card.title.text() == "Worst values"


def test_open_figures_follow_the_output(qtbot: QtBot, page: Callable[..., ComparePanel]) -> None:
    shown = page(output_of("logits", 0.1), output_of("flat", 0.0, (64,)))
    card = shown.outputs.worst
    card.folded.head.setChecked(True)
    chips = {chip.output.name: chip for chip in shown.chips.chips}
    qtbot.mouseClick(chips["flat"], Qt.MouseButton.LeftButton)

    def told() -> list[str]:
        assert card.figures is not None
        return [label.text() for label in card.figures.findChildren(Label) if label.isVisible()]

    qtbot.waitUntil(lambda: "Cosine" in told() and "Same first choice" not in told())


def test_slices_that_decided_are_listed(qtbot: QtBot, page: Callable[..., ComparePanel]) -> None:
    sizes = np.array([500.0, 1.0, 1.0, 1.0])
    reference = (np.random.default_rng(1).normal(size=(64, 4)) * sizes).astype(np.float32)
    candidate = reference.copy()
    candidate[:, 2] += 0.01
    seen = OutputStatistics("boxes", "float32")
    seen.update(reference, candidate)
    card = page(seen.finish()).outputs.worst
    assert card.folded.brief.text().startswith("beyond in 1 of 4 columns")
    card.folded.head.setChecked(True)
    assert card.hint.text().startswith("how it was judged")
    assert card.figures is not None
    told = [label.text() for label in card.figures.findChildren(Label)]
    assert any(text.startswith("Judged slice by slice along the last axis") for text in told)
    assert told[told.index("Beyond") + 1] == "2"
    assert "64" in told


def test_the_band_begins_where_the_strictest_slice_does() -> None:
    sizes = np.array([500.0, 1.0, 1.0])
    reference = (np.random.default_rng(1).normal(size=(64, 3)) * sizes).astype(np.float32)
    seen = OutputStatistics("boxes", "float32")
    seen.update(reference, reference + np.array([0.0, 0.0, 0.01], np.float32))
    output = seen.finish()
    assert output.slices is not None
    for metric in ("absolute", "relative", "ulp"):
        band, plain = allowed_band(output, metric), band_of(output.allowed, metric)
        assert band is not None
        assert plain is not None
        assert band.smallest < plain.smallest
        assert band.largest == plain.largest
    assert allowed_band(output_of("logits", 0.1), "absolute") == band_of(
        output_of("logits", 0.1).allowed, "absolute"
    )


def test_nothing_is_folded_where_nothing_was_compared(
    page: Callable[..., ComparePanel],
) -> None:
    empty = replace(output_of("logits", 0.1), structure="has another shape")
    assert not page(empty).outputs.worst.folded.isVisible()


def test_cards_of_equal_outputs_take_the_room_there_is(
    page: Callable[..., ComparePanel],
) -> None:
    shown = page(output_of("logits", 0.0), verdict="PASS")
    shown.resize(1160, 540)
    QApplication.processEvents()
    assert shown.outputs.errors.height() < 300
