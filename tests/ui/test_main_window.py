"""The window: which page is shown, what the banner says, what survives a restart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.failures import TRUST_NEEDED, Failure
from inspector.core.inspection import Inspection
from inspector.jobs.requests import DataSource
from inspector.ui import panes, rail
from inspector.ui.app import explain_in
from inspector.ui.document import CANDIDATE, REFERENCE, Document, Plan
from inspector.ui.main_window import PANELS, WELCOME, MainWindow
from inspector.ui.pages import PanelEntry
from inspector.ui.settings import RecentPair, Settings


@pytest.mark.parametrize("entry", PANELS, ids=lambda entry: entry.id)
def test_every_page_can_be_shown(
    entry: PanelEntry, window: MainWindow, open_pair: Callable[..., None], make_comparison: Any
) -> None:
    open_pair()
    window.document._on_compared(make_comparison())

    window.show_page(entry.id)

    assert window.page == entry.id
    assert window.pages.currentWidget() is window.panel(entry.id)
    assert window.rail.items[entry.id].isChecked()
    assert type(window.panel(entry.id)).__name__ == entry.path.partition(":")[2]


def test_the_first_page_comes_without_header_and_banner(window: MainWindow) -> None:
    assert window.page == WELCOME
    assert not window.header.isVisible()
    assert not window.banner.isVisible()
    assert not any(item.isEnabled() for item in window.rail.items.values())
    assert window.rail.settings.isEnabled()
    assert window.welcome.target.open.hasFocus()


def test_a_page_is_made_when_it_is_first_shown(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    assert window.pages.count() == 1
    open_pair()
    assert window.pages.count() == 2
    window.show_page("findings")
    window.show_page("model")
    window.show_page("findings")
    assert window.pages.count() == 3


def test_opening_a_file_shows_the_model_page_and_closing_it_the_first_one(
    window: MainWindow, onnx_inspection: Any
) -> None:
    window.document.open_file("/models/tiny.onnx", CANDIDATE)
    assert window.page == "model"
    assert window.windowTitle().startswith("tiny.onnx")
    window.document.reader.answer("inspect", onnx_inspection())  # type: ignore[attr-defined]

    window.close_files()

    assert window.page == WELCOME
    assert window.document.candidate is None


def test_the_parts_have_the_sizes_of_the_grid(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any, qapp: QApplication
) -> None:
    open_pair()
    qapp.processEvents()
    assert window.menuBar().height() == 28
    assert window.status.height() == 28
    assert window.rail.width() == rail.WIDTH == 88
    assert window.header.height() == 80
    assert {card.height() for card in window.header.cards.values()} == {56}
    assert window.header.compare.width() == 140
    assert window.banner.height() == 44
    cards = [card.width() for card in window.header.cards.values()]
    assert max(cards) - min(cards) <= 1

    window.document._on_compared(make_comparison())
    qapp.processEvents()

    assert window.page == "compare"
    assert window.banner.height() == 84
    window.show_page("model")
    assert window.banner.height() == 44


@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000), (800, 560)])
def test_nothing_lies_outside_the_window(
    window: MainWindow, open_pair: Callable[..., None], size: tuple[int, int], qapp: QApplication
) -> None:
    open_pair()
    window.resize(*size)
    qapp.processEvents()

    assert (window.width(), window.height()) == size
    for part in (window.rail, window.header, window.banner, window.pages, window.status):
        corner = part.mapTo(window, part.rect().bottomRight())
        assert corner.x() < size[0]
        assert corner.y() < size[1]
    for card in window.header.cards.values():
        assert card.mapTo(window, card.rect().topRight()).x() < size[0]


def test_a_file_that_cannot_be_read_is_told_on_its_card_and_in_a_dialog(
    window: MainWindow, qtbot: QtBot
) -> None:
    document = window.document
    document.open_file("/models/broken.onnx", CANDIDATE)
    failure = Failure("broken.onnx ends too early.", "Download it again.", "EOF at byte 12")
    document.reader.answer("inspect", failure)  # type: ignore[attr-defined]

    card = window.header.cards[CANDIDATE].facts
    assert card.problem == "cannot be opened"
    assert card.reason == "broken.onnx ends too early. Download it again."
    assert window.banner.shown.sentence == failure.sentence
    assert window.failures.dialog is not None
    assert window.failures.dialog.sentence.text() == failure.sentence
    assert window.failures.dialog.width() == 640
    assert not window.failures.dialog.details.isVisible()

    window.failures.dialog.fold.click()
    assert window.failures.dialog.details.isVisible()
    assert window.failures.dialog.details.toPlainText() == "EOF at byte 12"
    window.failures.dialog.close()
    qtbot.waitUntil(lambda: window.failures.dialog is None)


def test_failures_wait_for_each_other(window: MainWindow, qtbot: QtBot) -> None:
    for name in "abb":
        window.document.failed.emit(Failure(f"{name} stopped.", "Do this."))

    first = window.failures.dialog
    assert first is not None
    assert first.sentence.text() == "a stopped."
    first.close()
    second = window.failures.dialog
    assert second is not None
    assert second.sentence.text() == "b stopped."
    second.close()
    assert window.failures.dialog is None


def test_a_failure_can_be_copied_and_saved(window: MainWindow, tmp_path: Path) -> None:
    window.document.failed.emit(Failure("It stopped.", "Do this.", "raw\ntext", "Exporting"))
    dialog = window.failures.dialog
    assert dialog is not None

    dialog.copy.click()
    dialog.save_to(str(tmp_path / "details.txt"))

    expected = "It stopped.\n\nDo this.\n\nWhile: Exporting\n\nraw\ntext\n"
    assert QApplication.clipboard().text() == expected
    assert (tmp_path / "details.txt").read_text() == expected
    dialog.save_to(str(tmp_path / "no" / "details.txt"))
    assert "cannot be written" in dialog.hint.text()


def test_missing_consent_shows_the_question_and_no_dialog(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    window.show_page("findings")

    window.document.failed.emit(Failure("Consent is needed.", kind=TRUST_NEEDED))

    assert window.failures.dialog is None
    assert window.page == "model"


def test_an_unexpected_error_is_shown_and_the_window_lives_on(
    window: MainWindow, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ZeroDivisionError("one over nothing")
    except ZeroDivisionError as error:
        explain_in(window)(type(error), error, error.__traceback__)

    assert window.failures.dialog is not None
    assert "one over nothing" in window.failures.dialog.details.toPlainText()
    assert "one over nothing" in caplog.text
    assert window.isVisible()


def test_recent_pairs_hold_the_last_answer_and_open_again(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any
) -> None:
    open_pair()
    assert window.settings.recent[0].sentence == "Looked at only, nothing was compared"
    window.document._on_compared(make_comparison("FAIL", sentence="3 values differ."))
    pair = window.settings.recent[0]
    assert (pair.verdict, pair.sentence) == ("FAIL", "3 values differ.")
    assert pair.data == ("/models/samples.npz",)
    window.close_files()

    window.open_recent(pair)

    assert window.document.reference is not None
    assert window.document.reference.path == "/models/tiny.pt"
    assert window.document.candidate is not None
    assert window.document.data == DataSource(paths=("/models/samples.npz",))
    assert window.document.plan.code == "/models/tiny.py:Net"
    assert not window.document.plan.trusted


def test_closing_the_files_of_a_pair_leaves_the_pair_in_the_list(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    before = window.settings.recent
    assert (before[0].reference, before[0].candidate) == ("/models/tiny.pt", "/models/tiny.onnx")

    window.close_files()

    assert window.page == WELCOME
    assert window.settings.recent == before


def test_looking_at_a_compared_pair_again_keeps_its_verdict(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    window.settings.remember(RecentPair("/models/tiny.pt", "/models/tiny.onnx", verdict="FAIL"))
    open_pair()

    assert window.settings.recent[0].verdict == "FAIL"
    assert len(window.settings.recent) == 1


def test_size_and_splitters_survive_a_restart(
    document: Document, settings_file: QSettings, qapp: QApplication
) -> None:
    first = MainWindow(Settings(settings_file))
    first.fill(document)
    first.resize(800, 600)
    first.show()
    first.close()
    again = MainWindow(Settings(settings_file))
    again.fill(document)
    assert (again.width(), again.height()) == (800, 600)

    splitter = QSplitter()
    splitter.setObjectName("columns")
    for _ in range(2):
        splitter.addWidget(QWidget())
    splitter.resize(600, 100)
    splitter.show()
    page = QWidget()
    splitter.setParent(page)
    panes.keep_splitters(page, "model", again.settings)
    splitter.setSizes([100, 500])
    splitter.splitterMoved.emit(100, 1)
    kept = again.settings.splitters["model/columns"]

    other = QSplitter()
    other.setObjectName("columns")
    for _ in range(2):
        other.addWidget(QWidget())
    other.resize(splitter.size())
    holder = QWidget()
    other.setParent(holder)
    panes.keep_splitters(holder, "model", Settings(settings_file))
    assert kept[0] < kept[1]
    assert other.sizes()[0] < other.sizes()[1]
    again.close()


def test_a_double_click_restores_a_splitter(settings_file: QSettings, qtbot: QtBot) -> None:
    settings = Settings(settings_file)
    page = QWidget()
    qtbot.addWidget(page)
    splitter = QSplitter(page)
    for _ in range(2):
        splitter.addWidget(QWidget())
    splitter.setGeometry(0, 0, 600, 100)
    page.resize(600, 100)
    page.show()
    panes.keep_splitters(page, "model", settings)
    splitter.setSizes([100, 500])
    splitter.splitterMoved.emit(100, 1)
    assert settings.splitters

    QTest.mouseDClick(splitter.handle(1), Qt.MouseButton.LeftButton)

    assert not settings.splitters
    assert abs(splitter.sizes()[0] - splitter.sizes()[1]) <= 2


def test_the_banner_repeats_no_step_to_the_page_that_is_shown(
    window: MainWindow,
    document: Document,
    checkpoint_inspection: Callable[..., Inspection],
) -> None:
    document.open_file("/models/tiny.pt", REFERENCE)
    document.set_plan(Plan(code="/models/tiny.py:Net", trusted=True))
    document.reader.answer("inspect", checkpoint_inspection())  # type: ignore[attr-defined]
    assert window.banner.step_button is not None
    assert window.banner.step_button.text() == "Export"

    window.show_page("export")
    assert window.banner.step_button is None
    window.show_page("model")
    assert window.banner.step_button is not None


def test_escape_goes_to_cancel_while_a_job_runs(
    window: MainWindow, open_pair: Callable[..., None], qtbot: QtBot
) -> None:
    open_pair()
    window.compare()
    window.rail.items["compare"].setFocus()

    qtbot.keyClick(window, Qt.Key.Key_Escape)

    assert window.banner.step_button is not None
    assert window.banner.step_button.hasFocus()
    assert window.document.job is not None


def test_closing_the_window_ends_the_workers(real_document: Document, qtbot: QtBot) -> None:
    window = MainWindow(Settings(_store()))
    window.fill(real_document)
    window.show()
    with qtbot.waitSignal(real_document.reader.ready, timeout=20_000):
        real_document.reader.start()
    process = real_document.reader._process
    assert process is not None

    window.close()

    assert real_document.reader._process is None
    assert process.state().name == "NotRunning"


def _store() -> QSettings:
    return QSettings("onnx-inspector-test", "onnx-inspector-test")


def test_a_real_file_is_read_by_a_real_worker(
    real_document: Document, settings_file: QSettings, qtbot: QtBot, tmp_path: Path
) -> None:
    from onnx import TensorProto, helper, save_model

    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
    opset = helper.make_opsetid("", 18)
    path = tmp_path / "a b, ж.onnx"
    save_model(helper.make_model(graph, opset_imports=[opset], ir_version=10), str(path))
    window = MainWindow(Settings(settings_file))
    window.fill(real_document)
    window.show()

    window.open_paths([str(path)])

    qtbot.waitUntil(
        lambda: bool(real_document.candidate and real_document.candidate.inspection),
        timeout=20_000,
    )
    assert window.status.facts[:3] == ("1 node", "0 parameters", "IR version 10")
    assert window.header.cards[CANDIDATE].facts.name == "a b, ж.onnx"
    window.close()


MODULES = """
import importlib, pkgutil, sys
import inspector.ui
for found in pkgutil.walk_packages(inspector.ui.__path__, "inspector.ui."):
    importlib.import_module(found.name)
print(sorted({"torch", "onnxruntime", "onnx"} & set(sys.modules)))
"""

FIRST_PAINT = """
import sys
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
application = QApplication([])
look.load_fonts()
look.apply(application, "light")
window = MainWindow(Settings(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
window.fill(Document())
window.show()
application.processEvents()
window.grab()
print(sorted({"numpy", "torch", "onnxruntime", "onnx"} & set(sys.modules)))
"""


AFTERWARDS = """
import importlib, sys
from inspector.ui.app import needed_later
for name in needed_later():
    importlib.import_module(name)
assert "inspector.ui.panels.compare" in sys.modules
print(sorted({"torch", "onnxruntime", "onnx"} & set(sys.modules)))
"""
PROGRAMS = {"every module": MODULES, "first paint": FIRST_PAINT, "afterwards": AFTERWARDS}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_window_imports_nothing_heavy(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "s.ini")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
