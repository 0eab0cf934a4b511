"""The first page: what it offers, and what its parts do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from inspector.core.input_spec import parse_input_spec
from inspector.ui.bundled import Sample, samples
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.frame import PAGE
from inspector.ui.main_window import WELCOME, MainWindow
from inspector.ui.panels.welcome import PLACES
from inspector.ui.panels.welcome_recent import SHOWN, day_text, pair_text
from inspector.ui.settings import RecentPair, Settings

LEFT = Qt.MouseButton.LeftButton


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.id)
def test_a_sample_opens_with_its_code_inputs_and_data(
    sample: Sample, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.mouseClick(window.welcome.sample_buttons[sample.id], LEFT)

    document = window.document
    assert window.page == "model"
    assert document.reference is not None
    assert Path(document.reference.path).is_file()
    assert (document.candidate.path if document.candidate else "") == sample.candidate
    assert document.plan.trusted
    assert Path(document.plan.code.partition(".py:")[0] + ".py").is_file()
    assert [str(spec) for spec in document.plan.inputs] == [
        str(parse_input_spec(text)) for text in sample.inputs
    ]
    assert document.plan.output_names == sample.outputs
    assert document.data is not None
    assert Path(document.data.paths[0]).is_file()


def test_opening_a_sample_without_onnx_file_closes_the_one_before(window: MainWindow) -> None:
    by_id = {sample.id: sample for sample in samples()}
    window.open_sample(by_id["digits-good"])
    assert window.document.candidate is not None

    window.open_sample(by_id["simple-net"])

    assert window.document.candidate is None


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0])
def test_choose_file_opens_a_dialog_that_does_not_block(
    place: tuple[str, ...], window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.settings.remember_folder(place[0], str(tmp_path))
    window.welcome.chosen.emit(place[0])

    dialog = window.chooser.dialog
    assert isinstance(dialog, QFileDialog)
    assert dialog.isVisible()
    assert dialog.directory().absolutePath() == str(tmp_path)
    suffixes = place[4].split()
    assert all(f"*{suffix}" in dialog.nameFilters()[0] for suffix in suffixes)
    dialog.reject()


def test_a_chosen_file_is_opened_and_its_folder_remembered(
    window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")
    window.chooser.ask(CANDIDATE)
    dialog = window.chooser.dialog
    assert dialog is not None

    dialog.filesSelected.emit([str(path)])

    assert window.document.candidate is not None
    assert window.document.candidate.path == str(path)
    assert window.settings.folder(CANDIDATE) == str(tmp_path)
    dialog.reject()


def test_several_arrays_are_chosen_together(window: MainWindow) -> None:
    window.chooser.ask("data")
    dialog = window.chooser.dialog
    assert dialog is not None
    dialog.filesSelected.emit(["/d/a.npy", "/d/b.npy"])
    dialog.reject()

    assert window.document.data is not None
    assert window.document.data.paths == ("/d/a.npy", "/d/b.npy")
    assert window.header.cards["data"].facts.name == "a.npy and 1 more"


def test_recent_pairs_are_listed_with_verdict_and_opened_by_a_click(
    document: object, settings_file: QSettings, qtbot: QtBot
) -> None:
    settings = Settings(settings_file)
    for number in range(SHOWN + 2):
        settings.remember(RecentPair(f"/m/{number}.pt", f"/m/{number}.onnx", verdict="FAIL"))
    settings.remember(RecentPair("/m/last.pt", "/m/last.onnx", verdict="PASS", sentence="All."))
    window = MainWindow(settings)
    window.fill(document)  # type: ignore[arg-type]
    window.show()
    rows = window.welcome.recent.rows
    assert len(rows) == SHOWN
    assert rows[0].accessibleName().startswith("last.pt  \u2192  last.onnx, PASS, All., Today")

    qtbot.mouseClick(rows[0], LEFT)

    assert window.document.reference is not None
    assert window.document.reference.path == "/m/last.pt"
    window.close()


def test_a_recent_row_answers_to_the_return_key(window: MainWindow, qtbot: QtBot) -> None:
    window.settings.remember(RecentPair("/m/a.pt"))
    window.welcome.refresh()
    qtbot.keyClick(window.welcome.recent.rows[0], Qt.Key.Key_Return)

    assert window.document.file(REFERENCE) is not None


def test_clear_list_forgets_every_pair(window: MainWindow, qtbot: QtBot) -> None:
    window.settings.remember(RecentPair("/m/a.pt"))
    window.welcome.refresh()

    qtbot.mouseClick(window.welcome._clear, LEFT)

    assert not window.settings.recent
    assert not window.welcome.recent.rows
    assert window.welcome.recent._empty.isVisible()
    assert not window.welcome._clear.isVisible()


NOW = time.mktime((2026, 6, 15, 14, 2, 0, 0, 0, -1))
DAYS = [
    (0, "Today 14:02"),
    (3600, "Today 13:02"),
    (86_400, "Yesterday"),
    (12 * 86_400, "3 June"),
    (400 * 86_400, "11 May 2025"),
]


@pytest.mark.parametrize(("ago", "words"), DAYS)
def test_a_day_is_named_in_few_words(ago: float, words: str) -> None:
    assert day_text(NOW - ago, NOW) == words


def test_one_file_alone_has_no_arrow() -> None:
    assert pair_text(RecentPair("/a/b/c.pt")) == "c.pt"
    assert pair_text(RecentPair("", "/a/d.onnx")) == "d.onnx"


@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000)])
def test_the_first_page_needs_no_scrolling(
    window: MainWindow, size: tuple[int, int], qtbot: QtBot
) -> None:
    for number in range(SHOWN):
        window.settings.remember(RecentPair(f"/m/{number}.pt"))
    window.welcome.refresh()
    window.resize(*size)
    qtbot.wait(50)

    area = window.welcome._area
    assert window.page == WELCOME
    assert area.verticalScrollBar().maximum() == 0
    assert window.welcome.target.width() <= PAGE
    middle = window.welcome.target.mapTo(window.welcome, window.welcome.target.rect().center())
    assert abs(middle.x() - window.welcome.width() // 2) <= 2
