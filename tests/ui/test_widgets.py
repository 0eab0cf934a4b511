"""The shared widgets: what they say, what fits, and what moves."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui import look
from inspector.ui.answers import Answer, Step, inside
from inspector.ui.banner import Banner
from inspector.ui.header import size_text, tile_text
from inspector.ui.rail import Badge, Rail
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.controls import IconView, Segmented, button, icon_button
from inspector.ui.widgets.file_card import CardFacts, FileCard
from inspector.ui.widgets.labels import Clamped, Elided, Label, Tag
from inspector.ui.widgets.number_field import number_field
from inspector.ui.widgets.spinner import Clock, Spinner, clock_text

LONG = "a very long sentence about the worst value of an output whose name is long as well " * 3


def shown(qtbot: QtBot, widget: Any, width: int = 300, height: int = 60) -> Any:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    return widget


def token_at(widget: QWidget, x: int, y: int) -> str:
    """Name of the colour that a widget has at a place, `?` where it is none of ours."""
    pixel = widget.grab().toImage().pixelColor(x, y).name().upper()
    return next((token for token, colour in look.LIGHT.items() if colour == pixel), "?")


def ask_tooltip(widget: QWidget) -> str:
    place = QPointF(2, 2)
    QApplication.sendEvent(widget, QEnterEvent(place, place, widget.mapToGlobal(place)))
    return widget.toolTip()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00.0"), (8.44, "00:08.4"), (59.99, "00:59.9"), (74.2, "01:14.2"), (3661, "1:01:01.0")],
)
def test_a_running_time_never_runs_ahead(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1540, "1.5 KB"),
        (12 * 1024, "12 KB"),
        (1024 * 1023, "1023 KB"),
        (79_167_488, "75.5 MB"),
        (2 * 1024**3, "2.0 GB"),
        (5000 * 1024**3, "5000.0 GB"),
    ],
)
def test_sizes_have_units(count: int, text: str) -> None:
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("path", "tile"),
    [("a.pt", "PT"), ("a/b.onnx", "ONNX"), ("x.safetensors", "SAFE"), ("noname", "FILE")],
)
def test_a_tile_is_the_kind_in_four_letters(path: str, tile: str) -> None:
    assert tile_text(path) == tile


@pytest.mark.parametrize(
    ("stage", "text"),
    [("Loading", "loading"), ("PyTorch runs", "PyTorch runs"), ("ONNX checks", "ONNX checks")],
)
def test_a_stage_inside_a_sentence_keeps_its_names(stage: str, text: str) -> None:
    assert inside(stage) == text


def test_a_short_line_has_no_tooltip_and_a_long_one_has_it_all(qtbot: QtBot) -> None:
    label = shown(qtbot, Elided("short"))
    assert ask_tooltip(label) == ""
    label.setText(LONG)
    assert LONG.strip() in ask_tooltip(label)


def test_a_paragraph_stays_within_its_lines(qtbot: QtBot) -> None:
    label = shown(qtbot, Clamped(LONG, lines=2), 400)
    lines = label._broken(400)
    assert len(lines) == 2
    assert lines[1].endswith("\u2026")
    assert lines[0] + " " + lines[1][:-1] == LONG[: len(lines[0]) + len(lines[1])]
    assert LONG.strip() in ask_tooltip(label)

    label.set_lines(1)
    assert len(label._broken(400)) == 1
    label.setText("short")
    assert label._broken(400) == ["short"]
    assert ask_tooltip(label) == ""
    label.setText("")
    assert label._broken(400) == [""]


def test_a_label_follows_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    label = shown(qtbot, Label("\u2588\u2588\u2588\u2588", 24, token="text"))
    light = label.grab().toImage()
    look.apply(qapp, "dark")
    label.grab()
    dark = label.grab().toImage()
    look.apply(qapp, "light")

    def has(image: Any, colour: str) -> bool:
        points = ((x, y) for x in range(image.width()) for y in range(image.height()))
        return any(image.pixelColor(x, y).name().upper() == colour for x, y in points)

    assert has(light, look.LIGHT["text"])
    assert has(dark, look.DARK["text"])


def test_a_tag_is_as_wide_as_its_text(qtbot: QtBot) -> None:
    tag = shown(qtbot, Tag("Conv"))
    before = tag.sizeHint().width()
    tag.set_text("ConvTranspose", "review")
    assert tag.sizeHint().width() > before
    assert tag.accessibleName() == "ConvTranspose"


def test_segments_exclude_each_other(qtbot: QtBot) -> None:
    segmented = shown(qtbot, Segmented(["One", "Two", "Three"], "Views"))
    heard: list[int] = []
    segmented.changed.connect(heard.append)

    qtbot.mouseClick(segmented._group.button(2), Qt.MouseButton.LeftButton)
    assert (segmented.current, heard) == (2, [2])
    segmented.choose(1)
    assert (segmented.current, heard) == (1, [2])
    segmented.set_enabled(0, enabled=False)
    qtbot.mouseClick(segmented._group.button(0), Qt.MouseButton.LeftButton)
    assert segmented.current == 1


@pytest.mark.parametrize("kind", ["default", "primary", "danger", "quiet"])
def test_a_button_is_32_high_with_and_without_focus(kind: str, qtbot: QtBot) -> None:
    made = button("Compare", kind, "play")
    holder = shown(qtbot, QWidget(), 400, 100)
    made.setParent(holder)
    made.show()
    made.adjustSize()
    before = made.size()
    holder.activateWindow()
    made.setFocus()
    QApplication.processEvents()
    made.adjustSize()
    assert before.height() == 32
    assert made.size() == before


def test_an_icon_button_has_a_name_and_room(qtbot: QtBot) -> None:
    made = shown(qtbot, icon_button("copy", "Copy the name"))
    assert made.accessibleName() == "Copy the name"
    assert min(made.width(), made.height()) >= 24


def test_a_card_has_a_title_and_controls(qtbot: QtBot) -> None:
    card = shown(qtbot, Card("Recent", "a hint"), 400, 200)
    card.add_control(button("Clear"))
    card.body.addWidget(QLineEdit())
    assert card.accessibleName() == "Recent"
    assert card.title.isVisible()
    assert not shown(qtbot, Card(), 400, 200).title.isVisible()


def test_an_empty_state_says_why_and_offers_buttons(qtbot: QtBot) -> None:
    chosen = button("Choose files\u2026", "primary")
    state = shown(qtbot, EmptyState("grid", "No sample data yet", "Drop some.", chosen), 600, 400)
    assert state.isAncestorOf(chosen)
    assert {label.text() for label in state.findChildren(QLabel)} == {
        "No sample data yet",
        "Drop some.",
    }
    middle = chosen.mapTo(state, chosen.rect().center())
    assert abs(middle.x() - 300) <= 1


def test_what_scrolls_never_scrolls_sideways(qtbot: QtBot) -> None:
    content = QWidget()
    content.setMinimumHeight(1000)
    area = shown(qtbot, scrolling(content), 300, 200)
    assert area.verticalScrollBar().maximum() > 0
    assert area.horizontalScrollBar().maximum() == 0


def test_the_arc_turns_only_while_it_can_be_seen(qtbot: QtBot) -> None:
    spinner = Spinner(16)
    assert not spinner._timer.isActive()
    shown(qtbot, spinner, 16, 16)
    assert spinner._timer.isActive()
    spinner.hide()
    assert not spinner._timer.isActive()


def test_with_reduced_motion_the_arc_stands_still(qtbot: QtBot) -> None:
    spinner = shown(qtbot, Spinner(16), 16, 16)
    effect = Qt.UIEffect.UI_General
    before = QApplication.isEffectEnabled(effect)
    QApplication.setEffectEnabled(effect, False)
    one = spinner.grab().toImage()
    qtbot.wait(150)
    other = spinner.grab().toImage()
    QApplication.setEffectEnabled(effect, True)
    moving = spinner.grab().toImage()
    qtbot.wait(150)
    moved = spinner.grab().toImage()
    QApplication.setEffectEnabled(effect, before)
    assert one == other
    assert moving != moved


def test_the_clock_counts_and_stops(qtbot: QtBot) -> None:
    import time

    clock = shown(qtbot, Clock())
    clock.begin(time.monotonic() - 8.4)
    assert clock.text().startswith("00:08.")
    qtbot.waitUntil(lambda: clock.text() >= "00:08.6")
    clock.stop()
    assert not clock._timer.isActive()


def test_an_icon_can_change_size(qtbot: QtBot) -> None:
    view = shown(qtbot, IconView("pass", "pass", 16))
    view.show_icon("fail", "fail", 36)
    assert view.width() == 36
    view.show_icon("fail", "text2")
    assert view.width() == 36


FILLED = CardFacts("PT", "Reference  \u00b7  PyTorch", "model.pt", "75.5 MB", filled=True)


def test_a_card_shows_its_states(qtbot: QtBot) -> None:
    card = shown(qtbot, FileCard("reference"), 311)
    card.show_facts(CardFacts("PT", "Reference  \u00b7  none yet", "Drop a PyTorch file"))
    assert token_at(card, 12, 28) == "hover"
    card.show_facts(FILLED)
    assert token_at(card, 12, 28) == "ref"
    assert token_at(card, 250, 50) == "surface"
    card.light("Drop to replace model.pt")
    assert token_at(card, 250, 50) == "accent_soft"
    card.light("")
    assert token_at(card, 250, 50) == "surface"
    assert card.height() == 56


def test_a_known_share_of_an_export_is_a_line_and_an_unknown_one_is_none(qtbot: QtBot) -> None:
    card = shown(qtbot, FileCard("candidate"), 311)
    card.show_facts(CardFacts("ONNX", "Candidate", "m.onnx", started=1.0, fraction=0.5))
    assert token_at(card, 70, 47) == "accent"
    assert token_at(card, 250, 47) == "hover"
    assert card._clock.isVisible()

    card.show_facts(CardFacts("ONNX", "Candidate", "m.onnx", started=1.0))
    assert token_at(card, 70, 47) == "surface"


def test_a_failed_card_says_so_and_why(qtbot: QtBot) -> None:
    card = shown(qtbot, FileCard("candidate"), 311)
    card.show_facts(
        CardFacts(
            "ONNX",
            "Candidate",
            "m.onnx",
            "12 KB",
            filled=True,
            problem="cannot be opened",
            reason="m.onnx ends too early.",
        )
    )
    assert card.accessibleName() == "Candidate, m.onnx, 12 KB, cannot be opened"
    assert "ends too early" in card.toolTip()


def test_the_menu_of_a_card_opens_beside_its_button(qtbot: QtBot) -> None:
    remove = QAction("Remove")
    card = shown(qtbot, FileCard("data", (remove,)), 311)
    assert card.more.accessibleName() == "More for sample data"
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert card.menu.isVisible()
    card.menu.close()


def test_the_rail_marks_one_step_and_shows_badges(qtbot: QtBot) -> None:
    rail = shown(qtbot, Rail((("a", "Model", "model"), ("b", "Export", "export"))), 88, 400)
    rail.show_step("b")
    assert [item.isChecked() for item in rail.items.values()] == [False, True]
    assert token_at(rail.items["b"], 12, 50) == "accent_soft"
    assert token_at(rail.items["b"], 1, 30) == "accent"
    rail.items["a"].set_badge(Badge(token="fail", count=3, words="3 findings"))
    assert token_at(rail.items["a"], 52, 16) == "fail"
    assert rail.items["a"].toolTip() == "Model: 3 findings"
    rail.items["a"].set_badge(Badge("running", words="running"))
    assert rail.items["a"]._timer.isActive()
    rail.items["a"].set_badge(Badge())
    assert not rail.items["a"]._timer.isActive()


def test_a_step_keeps_its_mark_when_its_page_is_not_shown(qtbot: QtBot) -> None:
    rail = shown(qtbot, Rail((("a", "Model", "model"), ("b", "Export", "export"))), 88, 400)
    heard: list[str] = []
    rail.chosen.connect(heard.append)
    rail.show_step("a")
    qtbot.mouseClick(rail.items["b"], Qt.MouseButton.LeftButton)
    assert heard == ["b"]
    assert rail.items["a"].isChecked()


def test_a_sentence_that_becomes_longer_makes_the_paragraph_higher(qtbot: QtBot) -> None:
    label = shown(qtbot, Clamped("short", lines=2), 400)
    one = label.height()
    label.setText(LONG)
    label.fit()
    two = label.height()
    label.resize(2000, two)
    label.setText("short")
    label.fit()
    assert two > one
    assert label.height() == one


@pytest.mark.parametrize("word", sorted(look.VERDICT_LOOKS))
def test_the_banner_shows_every_word_in_its_colours(word: str, qtbot: QtBot) -> None:
    banner = shown(qtbot, Banner(), 1160, 84)
    banner.set_full(True)
    banner.show_answer(Answer(word, LONG, "Real data", step=Step("x", "Do", "play", "primary")))
    banner.resize(1160, banner.height())
    QApplication.processEvents()

    style = look.VERDICT_LOOKS[word]
    assert look.LIGHT[token_at(banner, 8, banner.height() // 2)] == look.LIGHT[style.ground]
    assert banner.height() == (84 if banner.is_full else 44)
    assert banner._word.text() == word
    assert banner._word.width() >= banner._word.sizeHint().width()
    assert banner.step_button is not None
    expected = "primary" if banner.is_full else "default"
    assert banner.step_button.property("kind") == expected


def test_the_banner_s_button_says_which_step(qtbot: QtBot) -> None:
    banner = shown(qtbot, Banner(), 1160, 44)
    banner.show_answer(Answer("PASS", "All agree.", step=Step("report", "Prepare report")))
    with qtbot.waitSignal(banner.stepped) as stepped:
        qtbot.mouseClick(banner.step_button, Qt.MouseButton.LeftButton)
    assert stepped.args == ["report"]
    banner.show_answer(Answer("PASS", "All agree."))
    assert banner.step_button is None
    assert not banner.focus_button()


def test_a_number_field_leaves_room_beside_its_number(qtbot: QtBot) -> None:
    made = number_field("Seed", 0, 99, 7)
    qtbot.addWidget(made)
    assert made.accessibleName() == "Seed"
    assert made.value() == 7
    assert made.lineEdit().textMargins().right() >= 6
    assert not made.keyboardTracking()


def test_an_empty_state_shows_all_lines_of_its_hint(qtbot: QtBot) -> None:
    state = shown(qtbot, EmptyState("report", "Compare first", LONG), 900, 500)
    assert isinstance(state, EmptyState)
    assert state.hint.width() == 440
    assert state.hint.height() >= state.hint.heightForWidth(440) > 2 * 13
    left = state.hint.mapTo(state, QPoint(0, 0)).x()
    assert abs(left - (900 - 440) / 2) <= 1
