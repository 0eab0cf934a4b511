"""The detail pane before a row is chosen: the file as a whole."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel

from inspector.core.failures import Failure
from inspector.core.model import Value
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.panels.model import ModelPanel
from inspector.ui.panels.model_summary import MOST_TYPES, summary


@pytest.fixture
def panel(qtbot, document):
    made = ModelPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


def texts(panel):
    return [label.text() for label in panel.detail.findChildren(QLabel) if label.isVisible()]


def test_a_file_is_described_before_a_row_is_chosen(panel, document, onnx_inspection):
    document.open_file("/models/tiny.onnx", CANDIDATE)
    assert "Nothing is chosen" in texts(panel)
    document.reader.answer("inspect", onnx_inspection())
    shown = texts(panel)
    assert "Nothing is chosen" not in shown
    for text in ("tiny.onnx", "An ONNX model.", "pytorch 2.13.0", "ai.onnx 18", "1.5 KB"):
        assert text in shown
    assert "227 (908 bytes)" in shown
    assert any("Gemm 2" in text for text in shown)


def test_the_other_file_has_its_own_summary(
    panel, document, onnx_inspection, checkpoint_inspection
):
    document.open_file("/models/tiny.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection())
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection())
    assert "tiny.onnx" in texts(panel)
    panel.pane.side_chosen.emit(1)
    shown = texts(panel)
    assert "tiny.pt" in shown
    assert any("Name the code that builds the module." in text for text in shown)


def test_a_file_that_cannot_be_read_leaves_its_message_alone(panel, document, onnx_inspection):
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", Failure("It is cut off.", "Fetch it again."))
    assert not panel.detail.isVisible()
    document.open_file("/models/other.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection("/models/other.onnx"))
    assert panel.detail.isVisible()


def test_long_lists_of_inputs_are_cut_with_their_number(onnx_inspection):
    inspection = onnx_inspection()
    inputs = tuple(Value(f"x{number}", "float32", (1,)) for number in range(MOST_TYPES + 3))
    facts = summary(replace(inspection, onnx=replace(inspection.onnx, inputs=inputs))).facts
    assert ("", "and 3 more") in facts
    assert ("Input", "x0  float32 [1]") in facts


def test_nested_nodes_and_other_files_are_told(onnx_inspection):
    inspection = onnx_inspection()
    nested = replace(inspection.onnx, nodes=689, top_level_nodes=5, functions=2)
    facts = dict(summary(replace(inspection, onnx=nested)).facts)
    assert facts["Nodes"] == "689, 5 of them at the top level"
    assert facts["Functions"] == "2"


def test_a_checkpoint_says_how_it_was_saved(checkpoint_inspection):
    facts = dict(summary(checkpoint_inspection(training=True, executes=True)).facts)
    assert facts["Saved in"] == "training mode"
    assert facts["Running it"] == "executes code"
    assert "Saved in" not in dict(summary(checkpoint_inspection()).facts)


def test_a_name_without_a_space_does_not_widen_the_pane(panel, document, onnx_inspection):
    path = f"/models/{'y' * 200}.onnx"
    what = f"{'y' * 200}.onnx is an ONNX model."
    document.open_file(path, CANDIDATE)
    document.reader.answer("inspect", onnx_inspection(path, what=what))
    shown = next(text for text in texts(panel) if text.endswith("is an ONNX model."))
    assert len(shown) < 80
    content = panel.detail._area.widget()
    assert content.minimumSizeHint().width() <= panel.detail._area.viewport().width()
