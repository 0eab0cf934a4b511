"""The findings page: order, detail, hints where there is nothing."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QToolButton

from inspector.core.findings import Finding
from inspector.ui.document import OpenFile
from inspector.ui.panels.findings import FindingsPanel, place_words

NOTE = Finding("paths", "note", "Paths are stored in the file", "They tell.", "Strip them.")
MUST = Finding("training-mode", "must", "Dropout is active", "It is random.", "Call eval().",
               ("a/drop", "b/drop"))  # fmt: skip


@pytest.fixture
def panel(qtbot, document):
    made = FindingsPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


def rows(panel):
    view = panel.findChild(QListWidget)
    return [view.item(row).text() for row in range(view.count())]


def show(document, inspection, *findings):
    document.candidate = OpenFile(inspection.path, inspection)
    document.candidate = OpenFile(
        inspection.path, type(inspection)(**{
            name: getattr(inspection, name) for name in inspection.__dataclass_fields__
        } | {"findings": findings})
    )  # fmt: skip
    document.files_changed.emit()


def test_the_worst_comes_first_under_its_heading(panel, document, onnx_inspection):
    show(document, onnx_inspection(), NOTE, MUST)
    assert rows(panel) == [
        "Must be mended  1", MUST.sentence, "Good to know  1", NOTE.sentence
    ]  # fmt: skip


def test_the_first_finding_is_shown_in_full(panel, document, onnx_inspection):
    show(document, onnx_inspection(), NOTE, MUST)
    texts = {label.text() for label in panel.findChildren(QLabel)}
    assert {MUST.sentence, MUST.why, MUST.mend} <= texts
    assert panel.findChild(QPlainTextEdit).toPlainText() == "a/drop\nb/drop"


def test_the_chosen_finding_stays_chosen(panel, document, onnx_inspection):
    show(document, onnx_inspection(), NOTE, MUST)
    view = panel.findChild(QListWidget)
    view.setCurrentRow(3)
    document.files_changed.emit()
    assert view.currentItem().text() == NOTE.sentence


def test_without_a_file_the_page_says_what_to_do(panel):
    assert any(label.text() == "No file is open" for label in panel.findChildren(QLabel))


def test_a_clean_file_is_said_to_be_clean(panel, document, onnx_inspection):
    show(document, onnx_inspection())
    assert any(label.text() == "Nothing was found" for label in panel.findChildren(QLabel))


def test_names_are_never_rich_text(panel, document, onnx_inspection):
    show(document, onnx_inspection(), Finding("x", "must", "<b>bold</b>", "<i>", "<u>", ("<a>",)))
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in panel.findChildren(QLabel)
    )


def test_a_finding_is_copied_as_text(qtbot, panel, document, onnx_inspection):
    show(document, onnx_inspection(), MUST)
    panel.findChild(QToolButton).click()
    assert "Dropout is active" in QGuiApplication.clipboard().text()


def test_many_places_are_counted_not_listed():
    places = tuple(str(number) for number in range(1200))
    assert place_words(Finding("r", "note", "s", "w", "m", places)) == "0 and 1,199 more"


def test_a_remark_about_the_whole_file_says_why_it_matters() -> None:
    assert place_words(Finding("no-module", "note", "s", "It has no code.", "m")) == (
        "It has no code."
    )
