"""The Compare page on real statistics of hand-made arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QThreadPool
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.core import answers
from inspector.core.comparison import Comparison, OutputComparison, Repeat, Verdict
from inspector.core.statistics import OutputStatistics
from inspector.jobs import compare_elements
from inspector.jobs.requests import ElementsRequest
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.panels.compare import LAYERS, RULES, SAMPLES, ComparePanel
from inspector.ui.panels.compare_chips import chip_text
from inspector.ui.panels.compare_maps import TrioPart
from inspector.ui.panels.compare_outputs import WIDE
from inspector.ui.plots.plot_view import PlotView

Array = npt.NDArray[Any]
Keep = Callable[..., OutputComparison]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Statistics of two arrays, whose values are kept on disk."""

    def make(name: str, reference: Array, candidate: Array) -> OutputComparison:
        statistics = OutputStatistics(name, str(reference.dtype))
        statistics.update(reference, candidate)
        files = [str(tmp_path / f"{name}-{side}.npy") for side in ("reference", "candidate")]
        for file, array in zip(files, (reference, candidate), strict=True):
            np.save(file, array)
        found = statistics.finish()
        verdict = Verdict.FAIL if found.over_tolerance else Verdict.PASS
        return replace(
            found,
            verdict=verdict,
            reference_file=files[0],
            candidate_file=files[1],
            kept_samples=len(reference),
        )

    return make


@pytest.fixture
def scores(keep: Keep) -> OutputComparison:
    """[20, 50] with three elements beyond, the worst at sample 7 [31]."""
    generator = np.random.default_rng(1)
    reference = generator.normal(size=(20, 50)).astype(np.float32)
    candidate = reference + np.float32(1e-7) * generator.normal(size=(20, 50)).astype(np.float32)
    for sample, element, error in ((7, 31, 5.0), (7, 4, 3.5), (12, 0, 0.2)):
        candidate[sample, element] += np.float32(error)
    return keep("logits", reference, candidate)


@pytest.fixture
def picture(keep: Keep) -> OutputComparison:
    """[6, 2, 12, 16] with one largest error at sample 4 [1, 3, 5]."""
    reference = np.linspace(0, 1, 6 * 2 * 12 * 16, dtype=np.float32).reshape(6, 2, 12, 16)
    candidate = reference.copy()
    candidate[4, 1, 3, 5] += np.float32(5e-7)
    return keep("depth", reference, candidate)


@pytest.fixture
def panel(
    document: Document, qapp: QApplication, make_comparison: Callable[..., Comparison]
) -> Iterator[Callable[..., ComparePanel]]:
    pages: list[ComparePanel] = []

    def show(*outputs: OutputComparison, **fields: Any) -> ComparePanel:
        worst = min(outputs, key=lambda o: list(Verdict)[::-1].index(o.verdict), default=None)
        verdict = worst.verdict.value if worst is not None else "CANNOT JUDGE"
        document.comparison = make_comparison(verdict, outputs=outputs, **fields)
        made = ComparePanel(document)
        pages.append(made)
        made.resize(WIDE + 60, 640)
        made.show()
        settle()
        return made

    yield show
    QThreadPool.globalInstance().waitForDone()
    for page in pages:
        page.close()
        page.deleteLater()
    # A page that lives on would be dressed anew in every test that changes the theme.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def settle() -> None:
    for _ in range(6):
        QThreadPool.globalInstance().waitForDone()
        QApplication.processEvents()


def choose_bar(qtbot: QtBot, page: ComparePanel, number: int) -> tuple[float, float]:
    view = page.outputs.errors.histogram
    bar = [bar for bar in view._bars if bar.count and bar.on_axis][number]
    left, right = view.geometry_now().span(bar)
    place = QPoint(round((left + right) / 2), round(view.geometry_now().bottom - 2))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    return bar.lower, bar.upper


def answer_elements(document: Document) -> ElementsRequest:
    """What the real worker would answer, found by its own function."""

    class Silent:
        def stage(self, name: str, text: str = "") -> None:
            pass

    request = document.reader.waiting("elements")[-1].request  # type: ignore[attr-defined]
    found = compare_elements.run(request, Path("."), Silent())  # type: ignore[arg-type]
    document.reader.answer("elements", found)  # type: ignore[attr-defined]
    assert isinstance(request, ElementsRequest)
    return request


def test_the_worst_output_is_shown_first(
    panel: Callable[..., ComparePanel], picture: OutputComparison, scores: OutputComparison
) -> None:
    page = panel(picture, scores)
    assert [chip.output.name for chip in page.chips.chips] == ["logits", "depth"]
    assert page.outputs.selection.output is scores
    assert page.chips.chips[0].isChecked()
    assert chip_text(scores) == "3 beyond"
    assert chip_text(picture) == "all agree"


def test_a_chip_shows_its_output(
    qtbot: QtBot,
    panel: Callable[..., ComparePanel],
    picture: OutputComparison,
    scores: OutputComparison,
) -> None:
    page = panel(picture, scores)
    qtbot.mouseClick(page.chips.chips[1], Qt.MouseButton.LeftButton)
    assert page.outputs.selection.output is picture
    assert page.outputs.errors.hint.text() == "2,304 values"


def test_the_worst_element_can_be_asked_for_from_anywhere(
    qtbot: QtBot,
    panel: Callable[..., ComparePanel],
    picture: OutputComparison,
    scores: OutputComparison,
) -> None:
    page = panel(picture, scores)
    qtbot.waitActive(page)
    qtbot.mouseClick(page.chips.chips[1], Qt.MouseButton.LeftButton)
    page.show_tab(RULES)
    page.show_worst()
    settle()
    assert page.outputs.isVisible()
    assert page.outputs.selection.marked == scores.worst[0]
    assert page.outputs.worst.view.hasFocus()
    assert page.outputs.worst.view.currentIndex().row() == 0
    assert page.chips.chips[0].isChecked()


def test_more_than_six_outputs_become_a_list(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(*(replace(scores, name=f"output {number}") for number in range(7)))
    assert not page.chips.chips
    assert page.chips.list.isVisible()
    assert page.chips.list.count() == 7


def test_a_click_on_a_bar_lists_its_elements(
    qtbot: QtBot,
    document: Document,
    panel: Callable[..., ComparePanel],
    scores: OutputComparison,
) -> None:
    page = panel(scores)
    lower, upper = choose_bar(qtbot, page, -1)
    assert page.outputs.worst.hint.text() == "looking for them"
    request = answer_elements(document)
    assert (request.metric, request.lower, request.upper) == ("absolute", lower, upper)
    (chosen,) = page.outputs.errors.histogram._inside()
    assert (chosen.lower, chosen.count) == (4.0, 1)
    assert page.outputs.worst.hint.text() == f"{chosen.count} in the selected bar"
    assert page.outputs.worst.view.table.text(0, 1) == "[31]"
    assert page.outputs.worst.close_button.isVisible()


def test_the_bar_of_the_histogram_and_the_list_count_the_same(
    qtbot: QtBot,
    document: Document,
    panel: Callable[..., ComparePanel],
    scores: OutputComparison,
) -> None:
    page = panel(scores)
    for number in range(3):
        choose_bar(qtbot, page, number)
        answer_elements(document)
        inside = page.outputs.errors.histogram._inside()
        assert page.outputs.selection.total == inside[0].count


@pytest.mark.parametrize("metric", [1, 2])
def test_the_other_metrics_ask_in_their_own_unit(
    qtbot: QtBot,
    document: Document,
    panel: Callable[..., ComparePanel],
    scores: OutputComparison,
    metric: int,
) -> None:
    page = panel(scores)
    page.outputs.errors.switch.choose(metric)
    page.outputs.errors.switch.changed.emit(metric)
    choose_bar(qtbot, page, -1)
    request = answer_elements(document)
    assert request.metric == ("absolute", "relative", "ulp")[metric]
    assert page.outputs.selection.total > 0


@pytest.mark.parametrize("how", ["button", "escape"])
def test_the_choice_can_be_cleared(
    qtbot: QtBot,
    document: Document,
    panel: Callable[..., ComparePanel],
    scores: OutputComparison,
    how: str,
) -> None:
    page = panel(scores)
    choose_bar(qtbot, page, -1)
    answer_elements(document)
    if how == "button":
        qtbot.mouseClick(page.outputs.worst.close_button, Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(page.outputs.errors.histogram, Qt.Key.Key_Escape)
    assert page.outputs.selection.bar is None
    assert page.outputs.worst.view.table.rowCount() == len(scores.worst)
    assert not page.outputs.worst.close_button.isVisible()


def test_a_row_of_the_table_marks_its_element_in_the_pictures(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    row = [worst.index for worst in scores.worst].index((4,))
    page.outputs.worst.view.selectRow(row)
    settle()
    assert page.outputs.pictures.hint.text().startswith("Sample 7 [4] is marked")
    assert page.outputs.pictures.parts["map"].place == (7, 4)


def test_a_click_in_the_map_moves_the_marked_element(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    page.outputs.pictures.parts["map"].picked.emit(3, 9)
    marked = page.outputs.selection.marked
    assert marked is not None
    assert (marked.sample, marked.index) == (3, (9,))


def test_each_kind_of_output_has_its_views(
    panel: Callable[..., ComparePanel], scores: OutputComparison, picture: OutputComparison
) -> None:
    def labels(page: ComparePanel) -> list[str]:
        return [view.label for view in page.outputs.pictures._views]

    assert labels(panel(scores)) == ["Overview", "Heat maps", "Scatter", "Top classes"]
    assert labels(panel(picture)) == ["Heat maps", "Scatter"]


def test_the_marked_element_has_its_values_over_the_heat_maps(
    panel: Callable[..., ComparePanel], picture: OutputComparison
) -> None:
    page = panel(picture)
    part = page.outputs.pictures.parts["trio"]
    assert isinstance(part, TrioPart)
    assert part.place == (4, (1 * 12 + 3) * 16 + 5)
    texts = [label.text() for label in part._values]
    assert texts[0] != texts[1]
    assert texts[2].startswith("+")
    assert page.outputs.pictures.plane.value() == 1
    assert page.outputs.pictures.sample_label.text() == "Sample 4 of 6"


def test_previous_and_next_show_the_same_element_of_another_sample(
    qtbot: QtBot, panel: Callable[..., ComparePanel], picture: OutputComparison
) -> None:
    page = panel(picture)
    card = page.outputs.pictures
    qtbot.mouseClick(card.next, Qt.MouseButton.LeftButton)
    assert not card.next.isEnabled(), "sample 5 is the last of 6"
    marked = page.outputs.selection.marked
    assert marked is not None
    assert (marked.sample, marked.index) == (5, (1, 3, 5))
    card.plane.setValue(0)
    assert page.outputs.selection.marked is not None
    assert page.outputs.selection.marked.index == (0, 3, 5)


@pytest.mark.parametrize(
    ("reference", "candidate"),
    [
        (np.arange(6), np.arange(6) + np.array([0, 0, 3, 0, 0, 0])),
        (np.arange(6, dtype=np.float32), np.arange(6, dtype=np.float32)),
        (np.array([True, False]), np.array([True, True])),
        (np.full((2, 3), np.nan, np.float32), np.full((2, 3), np.nan, np.float32)),
        (np.zeros((2, 0), np.float32), np.zeros((2, 0), np.float32)),
        (np.ones((1, 1), np.float32), np.full((1, 1), np.inf, np.float32)),
        (np.ones((2, 2, 3), np.complex64), np.ones((2, 2, 3), np.complex64)),
    ],
    ids=["integers", "one number", "bool", "nan", "no elements", "infinite", "complex"],
)
def test_every_kind_of_output_can_be_shown(
    panel: Callable[..., ComparePanel], keep: Keep, reference: Array, candidate: Array
) -> None:
    page = panel(keep("output", reference, candidate))
    card = page.outputs.pictures
    for number in range(len(card._views)):
        switch = card._switch()
        assert switch is not None
        switch.choose(number)
        switch.changed.emit(number)
        settle()
        page.grab()
    assert bool(card._views) == (reference.size > 0)


def test_values_that_were_not_kept_are_said_to_be_missing(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(replace(scores, reference_file="", candidate_file="", kept_samples=0))
    assert "not kept" in page.outputs.pictures._empty.hint.text()
    assert page.outputs.pictures._empty.isVisible()
    assert page.outputs.worst.view.table.rowCount() == len(scores.worst)


def test_a_part_of_the_samples_is_said_to_be_a_part(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(replace(scores, samples=1000))
    assert "20 of 1,000 samples were kept" in page.outputs.pictures.hint.text()


def test_the_five_questions_are_answered(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores, how_sure="Quite sure. Each side repeats itself.", next_step="Mend it.")
    words = page.outputs.words
    assert words.text_of(answers.AGREE).startswith("No. 3 of 1,000 values")
    assert words.text_of(answers.SURE).startswith("Quite sure.")
    assert "sample 7 [31]" in words.text_of(answers.WORST)
    assert "GPU" in words.text_of(answers.UNCHECKED)
    assert words.text_of(answers.NEXT) == "Mend it."


def test_the_plain_words_fold_into_a_button_where_room_is_short(
    qtbot: QtBot, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    assert page.outputs.words.isVisible()
    assert not page.words_button.isVisible()
    page.resize(1160, 540)
    assert not page.outputs.words.isVisible()
    assert page.words_button.isVisible()
    qtbot.mouseClick(page.words_button, Qt.MouseButton.LeftButton)
    assert page.outputs.words.isVisible()
    assert page.outputs.words.geometry().right() == page.outputs.width() - 1
    qtbot.keyClick(page.outputs.words.fold_button, Qt.Key.Key_Escape)
    assert not page.outputs.words.isVisible()


def test_names_from_files_are_shown_as_they_are(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    name = "<b>bold</b> & <img src=x>"
    page = panel(replace(scores, name=name))
    assert name in page.chips.chips[0].accessibleName()
    assert name in page.outputs.words.text_of(answers.WORST)


def test_old_charts_are_dimmed_while_both_sides_run_again(
    document: Document,
    open_pair: Callable[..., None],
    panel: Callable[..., ComparePanel],
    scores: OutputComparison,
    make_comparison: Callable[..., Comparison],
) -> None:
    page = panel(scores)
    open_pair()
    document.compare()
    assert page.outputs.errors.histogram.dimmed
    document.runner.answer("compare", make_comparison("FAIL", outputs=(scores,)))  # type: ignore[attr-defined]
    assert not page.outputs.errors.histogram.dimmed


def test_a_page_without_a_comparison_says_what_is_missing(
    document: Document, qtbot: QtBot, open_pair: Callable[..., None]
) -> None:
    page = ComparePanel(document)
    qtbot.addWidget(page)
    page.show()
    page.show_tab(0)
    assert page.empty.sentence.text() == "Two files are compared"
    open_pair(data=False)
    assert page.empty.sentence.text() == "No sample data yet"
    open_pair()
    assert page.empty.sentence.text() == "Not compared yet"
    qtbot.mouseClick(page.go_button, Qt.MouseButton.LeftButton)
    assert page.empty.sentence.text() == "Both sides are running"
    document.cancel()
    assert page.empty.sentence.text() == "The comparison was stopped"


def test_what_cannot_be_judged_shows_the_reason(panel: Callable[..., ComparePanel]) -> None:
    page = panel(sentence="ONNX Runtime has no kernel for 'Gelu'.", next_step="Use opset 20.")
    page.show_tab(0)
    assert page.empty.sentence.text() == "ONNX Runtime has no kernel for 'Gelu'."
    assert page.empty.hint.text() == "Use opset 20."


def test_the_tabs_have_their_keys(
    qtbot: QtBot, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    qtbot.waitActive(page)
    for key, view in (
        (Qt.Key.Key_2, page.layers), (Qt.Key.Key_3, page.samples), (Qt.Key.Key_4, page.rules),
        (Qt.Key.Key_1, page.outputs),
    ):  # fmt: skip
        qtbot.keyClick(page, key, Qt.KeyboardModifier.AltModifier)
        assert view.isVisible()
    assert (LAYERS, SAMPLES, RULES) == (1, 2, 3)


def test_the_rules_show_what_was_allowed_and_who_repeats_himself(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    repeats = (Repeat("ONNX Runtime", "run twice", same=False, max_absolute_error=1.31),)
    page = panel(scores, repeats=repeats)
    page.show_tab(RULES)
    texts = [label.text() for label in page.rules.findChildren(QLabel) if label.isVisible()]
    assert "ONNX Runtime, run twice: up to 1.31 apart" in texts
    assert page.rules.tolerances.view.table.text(1, 0) == "logits"
    assert "64 \u00d7 1.2e-07" in texts


def test_made_up_data_may_earn_pass_only_by_consent(
    document: Document, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    page.rules.accept.setChecked(True)
    assert document.accept_generated


def test_everything_can_be_reached_by_the_tab_key(
    qtbot: QtBot, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    qtbot.waitActive(page)
    page.tabs._group.button(0).setFocus()
    seen: list[QWidget] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in seen:
            break
        seen.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    switch, parts = page.outputs.pictures._switch(), page.outputs.pictures.parts
    assert switch is not None
    wanted = [
        page.chips.chips[0], page.outputs.errors.histogram, page.outputs.worst.view,
        switch._group.button(0), *(parts[name].view for name in ("map", "scatter", "bars")),  # type: ignore[attr-defined]
    ]  # fmt: skip
    places = [seen.index(widget) for widget in wanted]
    assert places == sorted(places), "the order is that of reading"


def test_every_control_and_chart_has_a_name(
    panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    for kind in (QAbstractButton, QComboBox, QSpinBox, PlotView):
        for widget in page.findChildren(kind):
            if widget.objectName() == "qt_tableview_cornerbutton":
                continue
            named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
            assert named, widget


def test_the_page_repaints_in_the_other_theme(
    qapp: QApplication, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    card = page.outputs.errors
    try:
        look.apply(qapp, "dark")
        settle()
        ground = card.grab().toImage().pixelColor(card.width() // 2, 4)
    finally:
        look.apply(qapp, "light")
    assert ground.name() == look.DARK["surface"].lower()


def test_rows_are_copied_from_the_page(
    qtbot: QtBot, panel: Callable[..., ComparePanel], scores: OutputComparison
) -> None:
    page = panel(scores)
    page.outputs.worst.view.selectRow(0)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(page.outputs.worst.view, Qt.Key.Key_C, control)
    assert QGuiApplication.clipboard().text().startswith("7\t[31]\t")
