"""A file that cannot be read takes nothing away from what was open."""

from dataclasses import replace

import pytest

from inspector.core.failures import Failure
from inspector.ui.document import CANDIDATE, REFERENCE, Plan
from inspector.ui.panels.model_tree import TreePane

CUT = Failure("cut.pt is cut short.", "Copy it again.")


@pytest.fixture
def opened(document, onnx_inspection, checkpoint_inspection, make_comparison):
    for side, inspection in (
        (REFERENCE, checkpoint_inspection()),
        (CANDIDATE, onnx_inspection()),
    ):
        document.open_file(inspection.path, side)
        document.reader.answer("inspect", inspection)
    document.set_plan(replace(Plan(), code="net.py:Net", trusted=True))
    document.comparison = make_comparison()
    document.out_of_date = False
    return document


@pytest.mark.parametrize("side", [REFERENCE, CANDIDATE])
def test_the_open_file_its_plan_and_its_result_come_back(opened, side, qtbot):
    before = opened.file(side), opened.plan, opened.comparison
    opened.open_file("/models/cut.pt", side)
    with qtbot.waitSignal(opened.failed) as failed:
        opened.reader.answer("inspect", CUT)
    assert failed.args == [CUT]
    assert (opened.file(side), opened.plan, opened.comparison) == before
    assert not opened.out_of_date


def test_where_nothing_was_open_the_card_says_why(document, qtbot):
    document.open_file("/models/cut.pt", REFERENCE)
    with qtbot.waitSignal(document.failed):
        document.reader.answer("inspect", CUT)
    assert document.reference.failure == CUT


def test_there_is_no_filter_where_there_is_nothing_to_look_for(qtbot):
    pane = TreePane()
    qtbot.addWidget(pane)
    pane.show_failure(CUT)
    assert pane.filter.isHidden()
    pane.show_loading("other.pt", onnx=False)
    assert not pane.filter.isHidden()
