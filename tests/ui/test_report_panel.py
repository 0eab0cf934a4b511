"""The report page: preview, saving, and failing to save."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QTextBrowser

from inspector.core.failures import Failure
from inspector.jobs.requests import DataSource
from inspector.ui.document import OpenFile, Plan
from inspector.ui.panels.report import ReportPanel


@pytest.fixture
def panel(qtbot, document):
    made = ReportPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


def save_button(panel):
    return next(b for b in panel.findChildren(QPushButton) if b.text() == "Save...")


def test_before_a_comparison_there_is_nothing_to_save(panel):
    assert not save_button(panel).isEnabled()
    assert any(label.text() == "Compare first" for label in panel.findChildren(QLabel))


def test_the_preview_shows_what_is_handed_over(panel, document, make_comparison):
    document.comparison = make_comparison()
    document.comparison_changed.emit()
    shown = panel.findChild(QTextBrowser).toPlainText()
    assert "PASS" in shown
    assert "What was not checked?" in shown
    assert save_button(panel).isEnabled()


def test_the_saved_file_is_a_whole_report(panel, document, make_comparison, tmp_path, qtbot):
    document.comparison = make_comparison("FAIL")
    document.comparison_changed.emit()
    with qtbot.waitSignal(panel.saved):
        panel.save_to(str(tmp_path / "report.html"))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.rstrip().endswith("</html>")
    assert "FAIL" in text


def test_a_report_that_cannot_be_written_is_explained(panel, document, make_comparison, qtbot):
    document.comparison = make_comparison()
    with qtbot.waitSignal(document.failed) as failed:
        panel.save_to("/nowhere/at/all/report.html")
    assert isinstance(failed.args[0], Failure)
    assert "cannot be written" in failed.args[0].sentence


@pytest.mark.parametrize("which", ["reference", "candidate", "data", "code"])
def test_a_report_never_takes_the_place_of_an_open_file(
    which, panel, document, make_comparison, tmp_path, qtbot
):
    paths = {name: tmp_path / f"{name}.bin" for name in ("reference", "candidate", "data", "code")}
    for path in paths.values():
        path.write_text("the only copy")
    document.reference = OpenFile(str(paths["reference"]))
    document.candidate = OpenFile(str(paths["candidate"]))
    document.data = DataSource(paths=(str(paths["data"]),))
    document.plan = Plan(code=f"{paths['code']}:Net")
    document.comparison = make_comparison()
    (tmp_path / "link.html").symlink_to(paths[which])

    with qtbot.waitSignal(document.failed) as failed, qtbot.assertNotEmitted(panel.saved):
        panel.save_to(str(tmp_path / "link.html"))

    assert "which is compared" in failed.args[0].sentence
    assert paths[which].read_text() == "the only copy"


def test_saving_asks_for_a_place_without_holding_the_window_up(panel, document, make_comparison):
    document.comparison = make_comparison()
    document.comparison_changed.emit()
    save_button(panel).click()
    dialog = panel.findChild(QFileDialog)
    assert dialog.isVisible()
    assert Path(dialog.selectedFiles()[0]).name == "tiny comparison.html"
    dialog.close()


def test_the_chosen_place_is_written(panel, document, make_comparison, tmp_path):
    document.comparison = make_comparison()
    panel.save()
    dialog = panel.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "mine.html"))
    dialog.close()
    assert (tmp_path / "mine.html").stat().st_size > 0
