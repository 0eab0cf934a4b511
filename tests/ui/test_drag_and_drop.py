"""Drag and drop: sent to the window's handle, so that they take the way of real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from inspector.core.failures import Failure
from inspector.ui import look
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.drop import places_of
from inspector.ui.main_window import WELCOME, MainWindow

COPY = Qt.DropAction.CopyAction
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SIMPLE = look.resource("samples", "simple_net")
DIGITS = look.resource("samples", "digits")


class Drag:
    """A drag of files over a window."""

    def __init__(self, window: MainWindow, paths: list[Path]) -> None:
        self.window = window
        self.data = QMimeData()
        self.data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])

    def enter(self, place: QPoint) -> bool:
        event = QDragEnterEvent(place, COPY, self.data, LEFT, NO_KEY)
        QApplication.sendEvent(self.window.windowHandle(), event)
        return event.isAccepted()

    def move(self, place: QPoint) -> bool:
        event = QDragMoveEvent(place, COPY, self.data, LEFT, NO_KEY)
        QApplication.sendEvent(self.window.windowHandle(), event)
        return event.isAccepted()

    def drop(self, place: QPoint) -> bool:
        event = QDropEvent(QPointF(place), COPY, self.data, LEFT, NO_KEY)
        QApplication.sendEvent(self.window.windowHandle(), event)
        return event.isAccepted()

    def leave(self) -> None:
        QApplication.sendEvent(self.window.windowHandle(), QDragLeaveEvent())


def middle(window: MainWindow, widget: QWidget) -> QPoint:
    return widget.mapTo(window, widget.rect().center())


def test_one_file_is_dropped_on_the_first_page(window: MainWindow) -> None:
    drag = Drag(window, [DIGITS / "digits.onnx"])
    place = QPoint(400, 700)

    assert drag.enter(place)
    assert window.welcome.target.lit == {CANDIDATE}
    assert drag.drop(place)

    assert window.document.candidate is not None
    assert window.document.candidate.path == str(DIGITS / "digits.onnx")
    assert window.welcome.target.lit == frozenset()


def test_files_dropped_together_sort_themselves(window: MainWindow) -> None:
    files = [DIGITS / "samples.npz", DIGITS / "digits.onnx", DIGITS / "digits.pt"]
    drag = Drag(window, files)

    drag.enter(QPoint(500, 300))
    assert window.welcome.target.lit == {REFERENCE, CANDIDATE, "data"}
    drag.drop(QPoint(500, 300))

    document = window.document
    assert document.reference is not None
    assert document.reference.name == "digits.pt"
    assert document.candidate is not None
    assert document.candidate.name == "digits.onnx"
    assert document.data is not None
    assert document.data.paths == (str(DIGITS / "samples.npz"),)


def test_names_do_not_decide(window: MainWindow, tmp_path: Path) -> None:
    disguised = tmp_path / "weights of Ж.onnx"
    disguised.write_bytes((SIMPLE / "simple_net.pt").read_bytes())

    Drag(window, [disguised]).drop(QPoint(500, 300))

    assert window.document.candidate is None
    assert window.document.reference is not None
    assert window.document.reference.path == str(disguised)


def test_the_card_that_takes_the_file_is_lit(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    cards = window.header.cards
    drag = Drag(window, [DIGITS / "samples.npz"])

    drag.enter(QPoint(600, 500))
    assert [side for side, card in cards.items() if card.lit] == ["data"]
    assert cards["data"].lit == "Drop to replace samples.npz"
    drag.leave()
    assert not any(card.lit for card in cards.values())


def test_an_onnx_file_let_go_over_the_reference_becomes_the_reference(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    drag = Drag(window, [DIGITS / "digits.onnx"])
    place = middle(window, window.header.cards[REFERENCE])

    drag.enter(QPoint(600, 500))
    assert window.header.cards[CANDIDATE].lit
    drag.move(place)
    assert window.header.cards[REFERENCE].lit
    assert not window.header.cards[CANDIDATE].lit
    drag.drop(place)

    assert window.document.reference is not None
    assert window.document.reference.name == "digits.onnx"
    assert window.document.candidate is not None
    assert window.document.candidate.name == "tiny.onnx"


def test_a_card_does_not_take_what_it_cannot_hold(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    place = middle(window, window.header.cards["data"])

    Drag(window, [DIGITS / "digits.onnx"]).drop(place)

    assert window.document.candidate is not None
    assert window.document.candidate.name == "digits.onnx"


def test_a_file_of_unknown_kind_is_one_sentence_and_changes_nothing(
    window: MainWindow, open_pair: Callable[..., None], tmp_path: Path
) -> None:
    open_pair()
    before = (window.document.reference, window.document.candidate, window.document.data)
    note = tmp_path / "note.txt"
    note.write_text("remember the milk\n")
    drag = Drag(window, [note])

    drag.enter(QPoint(600, 500))
    assert not any(card.lit for card in window.header.cards.values())
    drag.drop(QPoint(600, 500))
    failure = Failure("note.txt is text, not a model.", "Open an ONNX file.")
    window.document.reader.answer("inspect", failure)  # type: ignore[attr-defined]

    assert window.status.text == "Ready  note.txt is text, not a model. Open an ONNX file."
    assert window.failures.dialog is None
    now = (window.document.reference, window.document.candidate, window.document.data)
    assert now == before


def test_a_folder_says_what_to_do(window: MainWindow, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()

    Drag(window, [folder]).drop(QPoint(600, 500))

    assert "photos is a folder" in window.status.text
    assert "Open one of the files" in window.status.text
    assert window.page == WELCOME


def test_a_damaged_model_is_explained_in_full(window: MainWindow, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes((DIGITS / "digits.onnx").read_bytes()[:1000])

    Drag(window, [broken]).drop(QPoint(600, 500))
    failure = Failure("broken.onnx ends too early.", "Download it again.", "raw")
    window.document.reader.answer("inspect", failure)  # type: ignore[attr-defined]

    assert window.failures.dialog is not None
    assert window.document.candidate is None


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_a_text_field_does_not_steal_the_drop(
    kind: type[QWidget], window: MainWindow, open_pair: Callable[..., None], tmp_path: Path
) -> None:
    open_pair()
    field = kind(window.pages.currentWidget())
    field.setGeometry(20, 20, 400, 200)
    field.show()
    field.raise_()
    array = tmp_path / "x.npy"
    np.save(array, np.zeros((4, 10), np.float32))

    assert Drag(window, [array]).drop(middle(window, field))

    text = field.text() if isinstance(field, QLineEdit) else ""
    text += field.toPlainText() if isinstance(field, QPlainTextEdit) else ""
    assert text == ""
    assert window.document.data is not None
    assert window.document.data.paths == (str(array),)


def test_a_drag_without_files_is_left_to_the_page(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    field = QLineEdit(window.pages.currentWidget())
    field.setGeometry(20, 20, 400, 30)
    field.show()
    field.raise_()
    place = middle(window, field)
    drag = Drag(window, [])
    drag.data.setText("relu")

    drag.enter(place)
    drag.move(place)
    drag.drop(place)

    assert field.text() == "relu"


def test_links_to_the_web_are_not_files(window: MainWindow) -> None:
    drag = Drag(window, [])
    drag.data.setUrls([QUrl("https://example.org/model.onnx")])

    assert not drag.enter(QPoint(500, 300))
    assert window.document.candidate is None


def test_each_kind_has_its_usual_place() -> None:
    assert places_of(["onnx"]) == {CANDIDATE}
    assert places_of(["onnx"], REFERENCE) == {REFERENCE}
    assert places_of(["checkpoint"], CANDIDATE) == {REFERENCE}
    assert places_of(["unknown"]) == frozenset()
    assert places_of(["onnx", "data"], REFERENCE) == {CANDIDATE, "data"}
