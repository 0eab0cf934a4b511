"""The findings page: order, detail, hints where there is nothing."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPlainTextEdit, QToolButton

from inspector.core.findings import Finding
from inspector.core.targets import TARGETS
from inspector.ui import steps
from inspector.ui.accepted import Acceptances
from inspector.ui.document import OpenFile
from inspector.ui.panels.findings import FindingsPanel, place_words
from inspector.ui.panels.findings_detail import Detail
from inspector.ui.panels.report import ReportPanel
from inspector.ui.settings import Settings
from inspector.ui.widgets.controls import Segmented

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


SIZE = Finding("fixed-batch", "should", "The batch is fixed", "Others are refused.", "Open it.")
SCALE = Finding("interpolation", "note", "Resizes oddly", "Runtimes differ.", "Compare there.")


@pytest.fixture
def kept(document, tmp_path):
    return Acceptances(
        Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)), document
    )


def opened(document, inspection, tmp_path, *findings):
    file = tmp_path / "model.onnx"
    file.write_bytes(b"x")
    known = replace(inspection, findings=findings)
    document.candidate = OpenFile(str(file), known)
    document.files_changed.emit()
    return file


def accept(panel, reason, who=""):
    detail = panel.findChild(Detail)
    detail.acceptance.reason.setText(reason)
    detail.acceptance.name.setText(who)
    detail.acceptance.reason.returnPressed.emit()


def test_a_finding_is_accepted_with_a_reason(panel, document, onnx_inspection, tmp_path, kept):
    opened(document, onnx_inspection(), tmp_path, SIZE, NOTE)
    accept(panel, "It is meant so.", "Ada")
    (first, second) = document.findings
    assert first.accepted.startswith("It is meant so. (Ada, ")
    assert not second.accepted
    assert steps.badges(document)["findings"].count == 1
    assert any("Accepted: It is meant so." in one.text() for one in panel.findChildren(QLabel))


def test_an_empty_reason_accepts_nothing(panel, document, onnx_inspection, tmp_path, kept):
    opened(document, onnx_inspection(), tmp_path, SIZE)
    accept(panel, "  ")
    assert not document.findings[0].accepted


def test_it_is_opened_again(panel, document, onnx_inspection, tmp_path, kept):
    opened(document, onnx_inspection(), tmp_path, SIZE)
    accept(panel, "It is meant so.")
    panel.findChild(Detail).answered.emit("", "")
    assert not document.findings[0].accepted


def test_a_file_that_was_written_anew_has_its_findings_open(
    panel, document, onnx_inspection, tmp_path, kept
):
    file = opened(document, onnx_inspection(), tmp_path, SIZE)
    accept(panel, "It is meant so.")
    assert document.findings[0].accepted
    file.write_bytes(b"another model")
    document.files_changed.emit()
    assert not document.findings[0].accepted


def test_enter_in_the_name_accepts_and_escape_leaves(
    qtbot, panel, document, onnx_inspection, tmp_path, kept
):
    opened(document, onnx_inspection(), tmp_path, SIZE)
    panel.show()
    form = panel.findChild(Detail).acceptance
    form._accept.click()
    assert form.name.isVisible()
    qtbot.keyClick(form.reason, Qt.Key.Key_Escape)
    assert not form.name.isVisible()
    assert not document.findings[0].accepted
    form._accept.click()
    form.reason.setText("It is meant so.")
    qtbot.keyClick(form.name, Qt.Key.Key_Return)
    assert "It is meant so." in document.findings[0].accepted


def test_acceptances_are_for_one_file(panel, document, onnx_inspection, tmp_path, kept):
    opened(document, onnx_inspection(), tmp_path, SIZE)
    accept(panel, "It is meant so.")
    other = tmp_path / "other.onnx"
    other.write_bytes(b"x")
    document.candidate = OpenFile(str(other), replace(onnx_inspection(), findings=(SIZE,)))
    document.files_changed.emit()
    assert not document.findings[0].accepted


def test_open_and_accepted_are_shown_apart(panel, document, onnx_inspection, tmp_path, kept):
    opened(document, onnx_inspection(), tmp_path, SIZE, NOTE)
    accept(panel, "It is meant so.")
    views = panel.findChild(Segmented)
    views.choose(1)
    panel.refresh()
    assert rows(panel) == ["Good to know  1", NOTE.sentence]
    views.choose(2)
    panel.refresh()
    assert rows(panel) == ["Should be mended  1", SIZE.sentence]


def test_what_may_explain_the_verdict_goes_first(
    panel, document, onnx_inspection, tmp_path, make_comparison
):
    opened(document, onnx_inspection(), tmp_path, SIZE, SCALE)
    failed = make_comparison("FAIL")
    document.comparison = replace(
        failed, outputs=(replace(failed.outputs[0], over_tolerance=3),), findings=()
    )
    document.comparison_changed.emit()
    panel.refresh()
    assert rows(panel)[:2] == ["May explain the verdict  1", SCALE.sentence]


def test_a_runtime_is_chosen_and_its_remarks_are_shown(panel, document, onnx_inspection, tmp_path):
    opened(document, onnx_inspection(), tmp_path, NOTE)
    box = panel.findChild(QComboBox)
    assert box.count() == len(TARGETS) + 1
    index = box.findData("tensorrt")
    box.setCurrentIndex(index)
    box.activated.emit(index)
    (job,) = document.reader.waiting("inspect")
    assert job.request.target == "tensorrt"
    job.end(replace(onnx_inspection(), findings=(SIZE, NOTE)))
    panel.refresh()
    assert SIZE.sentence in rows(panel)


def test_the_report_says_what_was_accepted(
    panel, qtbot, document, onnx_inspection, make_comparison, tmp_path, kept
):
    opened(document, onnx_inspection(), tmp_path, SIZE)
    document.comparison = make_comparison(findings=(SIZE,))
    document.comparison_changed.emit()
    report = ReportPanel(document)
    qtbot.addWidget(report)
    accept(panel, "It is meant so.")
    report.save_to(str(tmp_path / "report.html"))
    assert "Accepted: It is meant so." in (tmp_path / "report.html").read_text(encoding="utf-8")
