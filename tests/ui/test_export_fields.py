"""What the Export page proposes: a place, names, and words where there is nothing yet."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from inspector.core.input_spec import parse_input_spec
from inspector.jobs.requests import Prepared
from inspector.ui import look
from inspector.ui.document import REFERENCE
from inspector.ui.panels.export_inputs import InputsEditor
from inspector.ui.panels.export_place import place_note, place_problem, proposed_output
from inspector.ui.panels.export_settings import SettingsPane
from inspector.ui.widgets.code_fields import choose_file, documents_folder

IMAGE = parse_input_spec("image=float32[batch=2,1,8,8]")


@pytest.fixture
def pane(qtbot, document, checkpoint_inspection, tmp_path):
    made = SettingsPane(document)
    qtbot.addWidget(made)
    made.show()
    document.plan_changed.connect(made.refresh)
    document.files_changed.connect(made.refresh)
    path = str(tmp_path / "net.pt")
    document.open_file(path, REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection(path))
    return made


def test_a_file_is_proposed_beside_its_checkpoint(tmp_path):
    assert proposed_output(str(tmp_path / "net.v2.pt")) == str(tmp_path / "net.v2.onnx")


def test_the_programs_own_folder_is_never_proposed(no_home):
    sample = look.resource("samples", "digits", "digits.pt")
    proposed = Path(proposed_output(str(sample)))
    assert proposed.name == "digits.onnx"
    assert not proposed.is_relative_to(look.resource())
    assert proposed.parent == documents_folder()
    assert proposed.parent.is_dir()


def test_a_folder_that_is_not_writable_is_not_proposed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert Path(proposed_output(str(tmp_path / "net.pt"))).parent == documents_folder()


def test_the_home_folder_stands_in_where_there_are_no_documents(no_home):
    assert documents_folder().is_relative_to(no_home)


def test_a_place_that_cannot_be_written_says_why(tmp_path):
    assert "Say where" in place_problem("")
    assert "no folder" in place_problem(str(tmp_path / "nowhere" / "x.onnx"))
    assert "is a folder" in place_problem(str(tmp_path))
    assert place_problem(str(tmp_path / "x.onnx")) == ""


def test_a_file_that_is_there_is_said_to_be_replaced(pane, tmp_path):
    target = tmp_path / "net.onnx"
    assert place_note(str(target)) == ""
    target.write_bytes(b"")
    pane.refresh()
    assert pane.output_problem.isVisible()
    assert pane.output_problem.text() == "'net.onnx' is there already and will be replaced."
    assert pane.output.property("state") != "bad"


def test_output_names_of_the_plan_are_shown_and_exported(pane, document):
    document.set_plan(replace(document.plan, output_names=("logits", "mask")))
    assert pane.output_names.text() == "logits, mask"
    assert pane._request().source.output_names == ("logits", "mask")


def test_names_that_are_given_twice_stay_in_the_field_with_a_sentence(pane, document):
    pane.output_names.setText("y, y")
    pane.refresh()
    assert pane.output_names.text() == "y, y"
    assert pane.names_problem.text() == "Two outputs are called 'y'."
    assert not pane.names_problem.isHidden()


def test_without_inputs_the_page_says_where_they_come_from(pane, document):
    assert "Load it and read its inputs" in pane.inputs_note.text()
    document.set_plan(replace(document.plan, inputs=(IMAGE,)))
    assert "batch=2" in pane.inputs_note.text()


def test_heads_stand_over_rows_only(qtbot):
    editor = InputsEditor()
    qtbot.addWidget(editor)
    assert all(head.isHidden() for head in editor._heads)
    editor.show_specs((IMAGE,))
    assert not any(head.isHidden() for head in editor._heads)
    editor.show_specs(())
    assert all(head.isHidden() for head in editor._heads)


def test_a_name_without_a_suffix_gets_the_one_that_was_proposed(qtbot, pane, tmp_path):
    chosen: list[str] = []
    dialog = choose_file(
        pane, "Write", "ONNX models (*.onnx)", chosen.append, save_as=str(tmp_path / "net.onnx")
    )
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert dialog.defaultSuffix() == "onnx"
    assert Path(dialog.selectedFiles()[0]) == tmp_path / "net.onnx"
    dialog.close()


def test_an_added_input_is_called_as_forward_calls_it(qtbot):
    editor = InputsEditor()
    qtbot.addWidget(editor)
    editor.arguments = ("x", "embed")
    editor.add.click()
    assert editor.rows[0].name.text() == "x"
    editor.rows[0].dims.setText("2, 1024")
    editor.add.click()
    editor.add.click()
    assert [row.name.text() for row in editor.rows] == ["x", "embed", ""]


def test_a_loaded_model_without_known_sizes_says_what_it_takes(pane, document):
    document.prepared = Prepared("Crepe", ("x", "embed"), ("embed",), (), False, 486_552)
    document.plan_changed.emit()
    assert "forward() takes x;" in pane.inputs_note.text()
