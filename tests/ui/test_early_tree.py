"""The tree of a long file is on the screen before the rules have been applied to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.core.failures import Failure
from inspector.formats import columns
from inspector.jobs.requests import Event
from inspector.ui.document import CANDIDATE
from inspector.ui.panels.model import ModelPanel

PATH = "/models/long.onnx"
CRASH = Failure("The worker process ended.", "Try again.")


@pytest.fixture
def outline(tmp_path: Path) -> str:
    folder = tmp_path / "outline"
    section, node = columns.SECTION, columns.NODE
    columns.save(
        columns.Outline(
            np.array([-1, 0, 0], np.int32),
            np.array([section, node, node], np.uint8),
            np.zeros(3, np.int64),
            ["Nodes", "conv", "relu"],
            ["2", "Conv", "Relu"],
            ["", "", ""],
        ),
        folder,
    )
    return str(folder)


@pytest.fixture
def panel(qtbot, document):
    made = ModelPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


@pytest.fixture
def laid_out(qtbot, panel, document, outline):
    """The panel while the rules are applied: the columns are there, the inspection is not."""
    document.open_file(PATH, CANDIDATE)
    job = document.reader.jobs[-1]
    job.progressed.emit(Event(str(job.directory), "outline", text=outline))
    qtbot.waitUntil(lambda: panel.pane.tree.rows is not None)
    return panel


def test_the_tree_comes_before_the_findings(laid_out, document) -> None:
    assert document.candidate.inspection is None
    assert laid_out.pane.view.isVisible()
    assert laid_out.pane.tree.rowCount(laid_out.pane.tree.index(0, 0)) == 2
    assert not document.can_compare


def test_what_follows_leaves_the_tree_as_it_was_opened(
    qtbot, laid_out, document, onnx_inspection, outline
) -> None:
    rows = laid_out.pane.tree.rows
    nodes = laid_out.pane.tree.index(0, 0)
    laid_out.pane.view.setExpanded(nodes, False)
    document.reader.answer("inspect", onnx_inspection(path=PATH, outline=outline))
    qtbot.waitUntil(lambda: document.candidate.inspection is not None)
    qtbot.wait(20)
    assert laid_out.pane.tree.rows is rows
    assert not laid_out.pane.view.isExpanded(laid_out.pane.tree.index(0, 0))


def test_a_row_can_be_chosen_at_once(laid_out, document) -> None:
    laid_out.pane.view.go_to(1)
    assert document.reader.jobs[-1].task == "detail"
    assert document.reader.jobs[-1].request.row == 1


def test_a_failure_after_the_tree_takes_its_place(qtbot, laid_out, document) -> None:
    with qtbot.waitSignal(document.failed) as failed:
        document.reader.answer("inspect", CRASH)
    assert failed.args == [CRASH]
    assert document.candidate.failure == CRASH
    assert document.candidate.outline is None
    qtbot.waitUntil(lambda: laid_out.pane.message.isVisible())
    assert laid_out.pane.tree.rows is None


def test_the_file_from_before_comes_back_with_its_tree(
    qtbot, panel, document, onnx_inspection, outline, tmp_path
) -> None:
    document.open_file("/models/before.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection(path="/models/before.onnx", outline=outline))
    qtbot.waitUntil(lambda: panel.pane.tree.rows is not None)
    before = document.candidate
    other = tmp_path / "other"
    columns.save(columns.load(Path(outline)), other)
    document.open_file(PATH, CANDIDATE)
    job = document.reader.jobs[-1]
    job.progressed.emit(Event(str(job.directory), "outline", text=str(other)))
    with qtbot.waitSignal(document.failed):
        document.reader.answer("inspect", CRASH)
    assert document.candidate == before
    qtbot.waitUntil(lambda: panel.pane.tree.rows is not None and panel.pane.view.isVisible())


def test_the_tree_of_a_file_that_was_closed_is_not_shown(qtbot, panel, document, outline) -> None:
    document.open_file(PATH, CANDIDATE)
    job = document.reader.jobs[-1]
    document.close_file(CANDIDATE)
    job.progressed.emit(Event(str(job.directory), "outline", text=outline))
    qtbot.wait(50)
    assert document.candidate is None
    assert panel.pane.tree.rows is None
