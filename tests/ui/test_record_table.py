"""The table of records and its view."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt, QThreadPool
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.core.comparison import Worst
from inspector.ui import look
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.panels.compare_worst import worst_columns
from inspector.ui.widgets.record_view import RecordView

RECORDS = (
    Worst(17, (0, 231), 4.113, 9.113, 5.0, 1.4e-4),
    Worst(3, (0, 4), -0.5, -0.50000012, 1.2e-7, 1.0e-4),
    Worst(120, (1, 0), 0.25, float("nan"), float("inf"), 1.0e-4),
)


@pytest.fixture
def table() -> RecordTable:
    made = RecordTable(worst_columns(("PyTorch", "ONNX"), "float32"))
    made.set_records(RECORDS)
    return made


@pytest.fixture
def view(table: RecordTable, qtbot: QtBot) -> RecordView:
    made = RecordView(table, "Worst values")
    qtbot.addWidget(made)
    made.resize(560, 200)
    made.show_records(RECORDS)
    made.show()
    return made


def test_the_table_keeps_the_rules_of_item_models(table: RecordTable, qtmodeltester: Any) -> None:
    qtmodeltester.check(table)
    table.sort(0)
    table.set_records(())
    qtmodeltester.check(table)


def test_values_have_the_digits_that_show_the_difference(table: RecordTable) -> None:
    assert [table.text(0, column) for column in range(6)] == [
        "17", "[0, 231]", "4.113", "9.113", "5.000", "1.4e-04",
    ]  # fmt: skip
    assert table.text(1, 2) != table.text(1, 3)


def test_sorting_goes_by_number_and_not_by_text(table: RecordTable) -> None:
    table.sort(0, Qt.SortOrder.AscendingOrder)
    assert [table.text(row, 0) for row in range(3)] == ["3", "17", "120"]
    table.sort(4, Qt.SortOrder.DescendingOrder)
    assert table.text(0, 4) == "inf"


def test_an_index_follows_its_record_when_the_table_is_sorted(table: RecordTable) -> None:
    kept = QPersistentModelIndex(table.index(2, 0))
    table.sort(0, Qt.SortOrder.DescendingOrder)
    assert kept.row() == 0
    assert table.record(kept.row()) is RECORDS[2]


NUMBERS = [(number * 7919) % 10_007 for number in range(10_007)]
NAMED = (Column("Name", lambda number: f"layer{number}", lambda number: number),)


def test_many_records_are_put_in_order_beside_the_event_loop(qtbot: QtBot) -> None:
    table, threads = RecordTable(NAMED), set()
    table.set_records(NUMBERS)

    def key(number: int) -> int:
        threads.add(threading.get_ident())
        return number

    table.set_columns([NAMED[0]._replace(key=key)])
    kept = QPersistentModelIndex(table.index(3, 0))
    with qtbot.waitSignal(table.layoutChanged):
        table.sort(0, Qt.SortOrder.DescendingOrder)
    assert [table.record(row) for row in range(10_007)] == sorted(NUMBERS, reverse=True)
    assert table.record(kept.row()) == NUMBERS[3]
    assert threading.get_ident() not in threads


def test_an_order_of_records_that_are_gone_is_dropped(qtbot: QtBot) -> None:
    table = RecordTable(NAMED)
    table.set_records(NUMBERS)
    table.sort(0)
    table.set_records(NUMBERS[:4])
    QThreadPool.globalInstance().waitForDone()
    qtbot.wait(20)
    assert [table.record(row) for row in range(4)] == NUMBERS[:4]


def test_of_two_orders_the_last_one_counts(qtbot: QtBot) -> None:
    table = RecordTable(NAMED)
    table.set_records(NUMBERS)
    with qtbot.waitSignal(table.layoutChanged):
        table.sort(0)
        table.sort(0, Qt.SortOrder.DescendingOrder)
    QThreadPool.globalInstance().waitForDone()
    qtbot.wait(20)
    assert table.record(0) == max(NUMBERS)


def test_numbers_are_right_aligned_with_their_heads(table: RecordTable) -> None:
    role = Qt.ItemDataRole.TextAlignmentRole
    assert table.data(table.index(0, 2), role) & Qt.AlignmentFlag.AlignRight
    assert table.headerData(2, Qt.Orientation.Horizontal, role) & Qt.AlignmentFlag.AlignRight


def test_only_what_is_beyond_has_the_colour_of_a_failure(table: RecordTable) -> None:
    role = Qt.ItemDataRole.ForegroundRole
    assert table.data(table.index(0, 4), role) == look.color("fail")
    assert table.data(table.index(1, 4), role) == look.color("text")


def test_control_c_copies_rows_as_tab_separated_lines(qtbot: QtBot, view: RecordView) -> None:
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "17\t[0, 231]\t4.113\t9.113\t5.000\t1.4e-04"
    assert len(lines) == 3


def test_moving_to_a_row_tells_its_record(qtbot: QtBot, view: RecordView) -> None:
    view.mark(RECORDS[0])
    with qtbot.waitSignal(view.record_chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert chosen.args == [RECORDS[1]]


def test_marking_a_record_from_outside_tells_nobody(qtbot: QtBot, view: RecordView) -> None:
    with qtbot.assertNotEmitted(view.record_chosen):
        view.mark(RECORDS[2])
        view.mark(Worst(0, (), 0.0, 0.0, 0.0, 0.0))
    assert not view.selectionModel().hasSelection()


def test_a_click_on_a_head_sorts_largest_first_and_then_the_other_way(view: RecordView) -> None:
    view.horizontalHeader().sectionClicked.emit(0)
    assert view.table.text(0, 0) == "120"
    view.horizontalHeader().sectionClicked.emit(0)
    assert view.table.text(0, 0) == "3"


def test_every_column_is_as_wide_as_its_numbers(view: RecordView) -> None:
    for column in range(6):
        assert view.columnWidth(column) >= view.sizeHintForColumn(column) - 2


def test_room_beside_the_numbers_goes_before_a_number_does(view: RecordView) -> None:
    needed = sum(view._needed)
    view.resize(needed - 40, 200)
    header = view.horizontalHeader()
    assert header.length() <= view.viewport().width()
    view.resize(needed + 60, 200)
    assert header.length() > needed


def test_the_stretched_column_gives_way_so_that_the_others_stay_in_view(qtbot):
    columns = (Column("Name", str, mono=True), Column("Size", lambda one: "1.0 KB", numeric=True))
    made = RecordView(RecordTable(columns), "Rows", 0)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    made.show_records(["encoder/layers.0/self_attn/out_proj/" * 3])
    header = made.horizontalHeader()
    assert header.length() <= made.viewport().width()
    assert header.sectionSize(1) >= made.table.metrics_of(1).horizontalAdvance("1.0 KB")
