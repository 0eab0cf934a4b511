"""What the window does about a failure: a copy for an older runtime, libraries of operators."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from inspector.core.failures import FOREIGN, NEEDS_OPERATORS, TOO_NEW, Failure
from inspector.core.findings import Finding
from inspector.jobs.requests import Converted
from inspector.ui import remedies
from inspector.ui.dialogs.convert import ConvertDialog, ask_conversion
from inspector.ui.dialogs.custom_ops import CustomOpsDialog
from inspector.ui.dialogs.failure import FailureDialog
from inspector.ui.document import CANDIDATE

NEW = Failure("The file uses opset 28.", "Have it converted.", kind=TOO_NEW)


@pytest.fixture
def newer(document, onnx_inspection, tmp_path):
    """A file with opset 28, open as the candidate."""
    path = str(tmp_path / "new.onnx")
    found = onnx_inspection(path)
    object.__setattr__(found.onnx, "opset_imports", {"ai.onnx": 28})
    object.__setattr__(found.onnx, "ir_version", 14)
    document.open_file(path, CANDIDATE)
    document.reader.answer("inspect", found)
    return path


@pytest.fixture
def dialog(qtbot, document, newer):
    made = ask_conversion(None, document)
    assert made is not None
    qtbot.addWidget(made)
    return made


def test_what_the_runtime_reads_is_proposed_beside_the_file(dialog, newer):
    assert (dialog.opset.value(), dialog.ir.value()) == (26, 13)
    assert dialog.output.text() == str(Path(newer).with_name("new-opset26.onnx"))
    assert dialog.go.isEnabled()


def test_the_file_itself_is_never_the_target(dialog, newer):
    dialog.output.setText(newer)
    assert not dialog.go.isEnabled()
    assert "the file itself" in dialog.note.text()


def test_the_copy_is_opened_when_it_is_there(dialog, document, newer):
    dialog.opset.setValue(18)
    dialog.go.click()
    (job,) = document.runner.waiting("convert")
    assert (job.request.path, job.request.opset, job.request.ir_version) == (newer, 18, 13)
    assert document.job is job
    output = job.request.output
    job.end(Converted(output, 99, 13, 18, "opset 28 was converted to 18"))
    assert document.candidate.path == output
    assert document.job is None


def test_closing_the_dialog_stops_the_conversion(dialog, document):
    dialog.go.click()
    dialog.reject()
    assert document.job is None
    assert not document.runner.waiting("convert")


def test_a_conversion_that_fails_leaves_the_file_that_was_open(dialog, document, newer, qtbot):
    dialog.go.click()
    with qtbot.waitSignal(document.failed):
        document.runner.answer("convert", Failure("An operator has no older form."))
    assert document.candidate.path == newer


def test_without_an_onnx_file_there_is_nothing_to_convert(document, qapp):
    assert ask_conversion(None, document) is None
    assert not remedies.can_convert(document)


def test_the_dialog_of_a_failure_offers_what_removes_it(window, document, newer, qtbot):
    document.failed.emit(NEW)
    dialog = window.failures.dialog
    assert isinstance(dialog, FailureDialog)
    assert dialog.remedy.text() == "Convert a copy\u2026"
    dialog.remedy.click()
    made = window.findChildren(ConvertDialog)
    assert len(made) == 1
    made[0].close()


def test_failures_without_a_remedy_of_the_window_offer_none(window, document, newer):
    assert remedies.of_failure(window, document, Failure("It stopped.")) is None
    missing = Failure("It stopped.", kind=NEEDS_OPERATORS)
    assert remedies.of_failure(window, document, missing) is not None


def test_a_finding_offers_what_removes_it(window, document, onnx_inspection):
    found = Finding("too-new", "must", "The file uses opset 28.", "Why.", "Convert a copy.")
    document.open_file("/models/new.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection("/models/new.onnx", findings=(found,)))
    window.show_page("findings")
    detail = window.panel("findings")._detail
    assert detail.remedy.isVisible()
    assert detail.remedy.text() == "Convert a copy\u2026"
    detail.remedy.click()
    (made,) = window.findChildren(ConvertDialog)
    made.close()


def test_a_library_is_loaded_by_consent_alone(qtbot, document, newer):
    dialog = CustomOpsDialog(None, document)
    qtbot.addWidget(dialog)
    dialog.take("/libraries/ops.so")
    assert not dialog.use.isEnabled()
    assert document.source(CANDIDATE).custom_ops == ()
    dialog.consent.setChecked(True)
    dialog.use.click()
    source = document.source(CANDIDATE)
    assert (source.custom_ops, source.trust) == (("/libraries/ops.so",), True)


def test_another_library_needs_another_consent(qtbot, document, newer):
    document.set_custom_ops(("/libraries/ops.so",))
    dialog = CustomOpsDialog(None, document)
    qtbot.addWidget(dialog)
    assert dialog.use.isEnabled()
    dialog.take("/libraries/more.so")
    assert not dialog.use.isEnabled()
    dialog.close()
    assert document.custom_ops == ("/libraries/ops.so",)


def test_a_library_that_was_replaced_needs_another_consent(qtbot, document, newer, tmp_path):
    library = tmp_path / "ops.so"
    library.write_bytes(b"one")
    document.set_custom_ops((str(library),))
    assert document.source(CANDIDATE).trust
    (tmp_path / "other.so").write_bytes(b"two")
    (tmp_path / "other.so").replace(library)
    assert not document.source(CANDIDATE).trust
    dialog = CustomOpsDialog(None, document)
    qtbot.addWidget(dialog)
    assert not dialog.use.isEnabled()
    dialog.consent.setChecked(True)
    dialog.use.click()
    assert document.source(CANDIDATE).trust


def test_libraries_can_be_taken_away(qtbot, document, newer):
    document.set_custom_ops(("/libraries/ops.so",))
    dialog = CustomOpsDialog(None, document)
    qtbot.addWidget(dialog)
    dialog.libraries.setCurrentRow(0)
    dialog.remove.click()
    assert dialog.use.text() == "Use none"
    dialog.use.click()
    assert document.source(CANDIDATE).custom_ops == ()
    assert not document.source(CANDIDATE).trust


def test_a_file_of_another_program_is_explained_on_the_page(window, document, tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(64))
    told = Failure("x.tflite is a TensorFlow Lite model.", "Convert it.", kind=FOREIGN)
    document.open_files([str(path)], quiet=True)
    document.reader.answer("inspect", told)
    assert window.failures.dialog is None
    assert window.page == "model"
    message = window.panel("model").pane.message
    assert message.isVisible()
    assert message.sentence.text() == told.sentence
    assert message.hint.text() == told.hint


def test_beside_an_open_file_another_programs_file_changes_nothing(
    document, newer, tmp_path, qtbot
):
    path = tmp_path / "x.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL3" + bytes(64))
    document.open_files([str(path)], quiet=True)
    with qtbot.waitSignal(document.noticed):
        document.reader.answer("inspect", Failure("x is foreign.", kind=FOREIGN))
    assert document.reference is None


def test_a_folder_is_chosen_and_opened(window, document, tmp_path):
    folder = tmp_path / "bert"
    folder.mkdir()
    (folder / ".metadata").write_bytes(b"x")
    window.chooser.ask_folder()
    dialog = window.chooser.dialog
    assert dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(folder))
    dialog.close()
    assert document.reference.path == str(folder)
    assert window.settings.folder("reference") == str(tmp_path)
