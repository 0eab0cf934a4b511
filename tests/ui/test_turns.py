"""Refreshing in turns: each in an event of its own, once, what is seen first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.turns import Turn


def run_events(qtbot: QtBot, begin: Callable[[], object], milliseconds: int = 50) -> None:
    """Call `begin` from a running event loop, and let the loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(0, begin)
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def test_without_an_event_loop_it_is_done_at_once(qapp: QObject) -> None:
    seen: list[str] = []
    owner = QObject()
    Turn(owner, lambda: seen.append("done")).ask()
    assert seen == ["done"]


def test_what_is_asked_twice_is_done_once_and_others_run_between(qtbot: QtBot) -> None:
    seen: list[str] = []
    owner = QObject()
    first = Turn(owner, lambda: seen.append("first"))

    def run_second() -> None:
        seen.append("second")
        QTimer.singleShot(0, lambda: seen.append("event"))

    second = Turn(owner, run_second)
    third = Turn(owner, lambda: seen.append("third"))

    def begin() -> None:
        for turn in (first, second, first, third):
            turn.ask(object())
        seen.append("asked")

    run_events(qtbot, begin)
    assert seen[:3] == ["asked", "first", "second"]
    assert sorted(seen[3:]) == ["event", "third"]


def test_a_widget_that_is_seen_comes_before_one_that_is_not(qtbot: QtBot) -> None:
    seen: list[str] = []
    hidden, shown = QWidget(), QWidget()
    qtbot.addWidget(hidden)
    qtbot.addWidget(shown)
    shown.show()
    turns = (
        Turn(hidden, lambda: seen.append("hidden")),
        Turn(shown, lambda: seen.append("shown")),
    )

    def begin() -> None:
        for turn in turns:
            turn.ask()

    run_events(qtbot, begin)
    assert seen == ["shown", "hidden"]


def test_a_turn_that_was_taken_early_is_not_taken_again(qtbot: QtBot) -> None:
    seen: list[str] = []
    owner = QObject()
    turn = Turn(owner, lambda: seen.append("done"))

    def begin() -> None:
        turn.ask()
        turn.take()

    run_events(qtbot, begin)
    assert seen == ["done"]


def test_with_its_owner_goes_the_turn(qtbot: QtBot) -> None:
    seen: list[str] = []
    owner = QWidget()
    turn, other = Turn(owner, lambda: seen.append("gone")), QObject()
    stays = Turn(other, lambda: seen.append("stays"))

    def begin() -> None:
        turn.ask()
        stays.ask()
        owner.deleteLater()
        QTimer.singleShot(0, lambda: None)

    owner.hide()
    run_events(qtbot, begin)
    assert seen == ["stays"]
