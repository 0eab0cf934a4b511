"""Tensors that do not fit: counted, sorted, copied, and shown wherever a failure is."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from inspector.core.failures import FOREIGN, Failure
from inspector.core.tensor_fit import MISSING, OTHER_SHAPE, UNEXPECTED, TensorRow
from inspector.ui.dialogs.failure import FailureDialog, failure_text
from inspector.ui.panels.compare import ComparePanel
from inspector.ui.panels.export_outcome import OutcomeBox
from inspector.ui.widgets.failure_view import FailureView
from inspector.ui.widgets.fit_table import FitTable

ROWS = (
    TensorRow("conv.weight", OTHER_SHAPE, (8, 3, 3, 3), (4, 3, 3, 3)),
    TensorRow("blocks.10.bias", MISSING, (8,), None),
    TensorRow("blocks.2.bias", MISSING, (8,), None),
    TensorRow("old", UNEXPECTED, None, (2,)),
)
FAILURE = Failure("The weights do not fit Net.", "Name another class.", "raw", table=ROWS)


@pytest.fixture
def table(qtbot):
    made = FitTable()
    qtbot.addWidget(made)
    made.show_rows(ROWS)
    return made


def names(table):
    return [table.view.table.text(row, 0) for row in range(table.view.table.rowCount())]


def test_each_kind_is_counted(table):
    shown = [label.text() for label in table.counts.values() if not label.isHidden()]
    assert shown == ["1 other shape", "2 missing", "1 unexpected"]
    assert table.view.accessibleDescription() == "1 other shape, 2 missing, 1 unexpected"


def test_kinds_that_do_not_occur_are_not_counted(table):
    table.show_rows(ROWS[:1])
    assert [label.isHidden() for label in table.counts.values()] == [False, True, True]


def test_a_head_sorts_by_the_numbers_in_names(table):
    assert names(table) == [row.name for row in ROWS]
    table.view._on_head_clicked(0)
    table.view._on_head_clicked(0)
    assert names(table) == ["blocks.2.bias", "blocks.10.bias", "conv.weight", "old"]


def test_all_rows_are_copied_below_their_heads(table):
    table.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == "Tensor\tWhat differs\tIn the model\tIn the file"
    assert lines[1] == "conv.weight\tother shape\t[8, 3, 3, 3]\t[4, 3, 3, 3]"
    assert lines[4] == "old\tunexpected\t-\t[2]"


def test_without_rows_there_is_no_table(table):
    table.show_rows(())
    assert table.isHidden()


def test_the_failure_dialog_shows_and_copies_the_table(qtbot):
    dialog = FailureDialog(FAILURE)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.table.isVisible()
    assert "blocks.10.bias\tmissing\t[8]\t-" in failure_text(FAILURE)


def test_the_outcome_of_an_export_shows_it_and_forgets_it(qtbot, document):
    box = OutcomeBox(document)
    qtbot.addWidget(box)
    box.show_failure(FAILURE)
    assert not box.table.isHidden()
    box.show_cancelled("12:00")
    assert box.table.isHidden()


def test_a_comparison_that_stopped_shows_it_in_place_of_the_charts(qtbot, document, open_pair):
    panel = ComparePanel(document)
    qtbot.addWidget(panel)
    panel.show()
    open_pair()
    document.compare()
    document.runner.answer("compare", FAILURE)
    assert panel.failure.isVisible()
    assert panel.failure.table.isVisible()
    assert panel.again_button.isEnabled()
    assert not panel.convert_button.isVisible()
    document.set_plan(document.plan)
    panel.refresh()
    assert not panel.failure.isVisible()


def test_a_file_of_another_program_is_nothing_that_went_wrong(qtbot):
    view = FailureView()
    qtbot.addWidget(view)
    view.say(Failure("x is a picture.", "Open a model.", kind=FOREIGN))
    assert view.icon._name == "info-ring"
    view.say(FAILURE)
    assert view.icon._name == "fail"
