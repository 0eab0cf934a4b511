"""The window before its parts are there: what it shows, what it waits for, and how it is filled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, QUrl
from PySide6.QtGui import QFileOpenEvent, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui import app, look
from inspector.ui.ahead import take_steps
from inspector.ui.asked_files import AskedFiles
from inspector.ui.document import Document
from inspector.ui.frame import Frame, page_corner
from inspector.ui.main_window import WELCOME, MainWindow
from inspector.ui.settings import Settings
from inspector.ui.theme import of_system

SIZES = [(1280, 800), (1440, 900), (1440, 820), (1920, 1080)]


@pytest.mark.parametrize("size", SIZES)
def test_the_question_stays_where_it_was_painted_first(
    window: MainWindow, size: tuple[int, int], qapp: QApplication
) -> None:
    window.resize(*size)
    qapp.processEvents()

    corner = window.welcome.question.mapTo(window, QPoint(0, 0))

    assert (corner.x(), corner.y()) == page_corner(*size)


def test_filling_changes_no_pixel_of_the_question(
    document: Document, settings_file: QSettings, qtbot: QtBot
) -> None:
    window = MainWindow(Settings(settings_file))
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    left, top = page_corner(1280, 800)

    def picture() -> QImage:
        return window.grab().toImage().copy(left, top, 900, 30)

    before = picture()
    window.fill(document)
    qtbot.wait(50)

    ink = look.color("text").lightness() + 20
    dark = sum(before.pixelColor(x, y).lightness() < ink for x in range(900) for y in range(30))
    assert dark > 500
    assert picture() == before


def test_a_window_that_is_to_show_a_file_asks_no_question(
    settings_file: QSettings, qtbot: QtBot
) -> None:
    window = Frame(Settings(settings_file), question=False)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    seen = window.grab().toImage()
    left, top = page_corner(1280, 800)

    assert {seen.pixel(x, top + 15) for x in range(left, left + 900)} == {look.color("app").rgb()}


def test_the_parts_come_after_the_first_paint_in_steps(
    document: Document, settings_file: QSettings, qtbot: QtBot
) -> None:
    window = MainWindow(Settings(settings_file))
    qtbot.addWidget(window)
    seen: list[bool] = []

    def begin() -> None:
        seen.append(window.filled)
        take_steps(window.filling(document))
        seen.append(window.filled)

    window.when_painted(begin)
    window.show()
    qtbot.waitUntil(lambda: window.filled)

    assert seen == [False, False]
    assert window.page == WELCOME
    assert window.welcome.target.open.hasFocus() or not window.isActiveWindow()


def test_a_window_can_be_closed_before_its_parts_are_there(
    settings_file: QSettings, qtbot: QtBot
) -> None:
    window = MainWindow(Settings(settings_file))
    window.resize(800, 600)
    window.show()
    qtbot.keyClick(window, "\x1b")

    window.close()

    again = Frame(Settings(settings_file))
    assert (again.width(), again.height()) == (800, 600)


def test_the_palette_of_the_system_tells_light_from_dark() -> None:
    palette = QPalette()
    for ground, text, name in (("#fff", "#000", "light"), ("#222", "#eee", "dark")):
        palette.setColor(QPalette.ColorRole.Window, ground)
        palette.setColor(QPalette.ColorRole.WindowText, text)
        assert of_system(palette) == name


def test_files_that_the_system_asks_for_are_opened_once_the_window_can(
    document: Document, settings_file: QSettings, qapp: QApplication, qtbot: QtBot
) -> None:
    window, waiting = MainWindow(Settings(settings_file)), ["first.onnx"]
    qtbot.addWidget(window)
    asked = AskedFiles(qapp, lambda path: app.open_when_filled(window, waiting, path))
    event = QFileOpenEvent(QUrl.fromLocalFile("/models/second.onnx"))

    QApplication.sendEvent(qapp, event)
    assert waiting == ["first.onnx", "/models/second.onnx"]

    window.fill(document)
    told: list[str] = []
    document.failed.connect(lambda failure: told.append(failure.sentence))
    QApplication.sendEvent(qapp, event)
    qapp.removeEventFilter(asked)
    assert len(waiting) == 2
    assert "second.onnx" in told[0]


FIRST_PAINT = """
import sys
from inspector.ui import app
def painted(steps):
    late = {"inspector.ui.look", "inspector.ui.document", "PySide6.QtSvg", "json", "dataclasses"}
    print(sorted(late & set(sys.modules)))
    app.QApplication.quit()
app.take_steps = painted
app.main([])
"""


def test_the_first_paint_waits_for_colours_fonts_and_settings_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
