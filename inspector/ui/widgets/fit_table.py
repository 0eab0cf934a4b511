"""The tensors that do not fit a model, as a table: how many of each kind, to sort and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.natural import natural_key
from inspector.core.tensor_fit import (
    KINDS,
    MISSING,
    OTHER_SHAPE,
    UNEXPECTED,
    TensorRow,
    shape_of,
)
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.record_view import ROW_HEIGHT, RecordView

MARKS = {
    OTHER_SHAPE: ("review", "review"),
    MISSING: ("minus", "fail"),
    UNEXPECTED: ("plus", "none"),
}
"""Kind to its icon and its colour token."""

COLUMNS = (
    Column("Tensor", lambda row: row.name, lambda row: natural_key(row.name), mono=True),
    Column(
        "What differs", lambda row: row.kind, lambda row: KINDS.index(row.kind),
        token=lambda row: MARKS[row.kind][1], weight=500,
    ),
    Column("In the model", lambda row: shape_of(row.expected), lambda row: row.expected or (),
           mono=True),
    Column("In the file", lambda row: shape_of(row.found), lambda row: row.found or (), mono=True),
)  # fmt: skip

_HEAD_HEIGHT = 30


def table_text(rows: Sequence[TensorRow]) -> str:
    """The rows as tab-separated lines below their heads; empty where there are none."""
    if not rows:
        return ""
    heads = "\t".join(column.title for column in COLUMNS)
    return "\n".join([heads, *("\t".join(c.text(row) for c in COLUMNS) for row in rows)])


class FitTable(QWidget):
    """Counts of the three kinds, a button that copies all, and the rows; hidden without rows.

    Args:
        lines: Rows that are shown without scrolling.
    """

    def __init__(self, lines: int = 8) -> None:
        super().__init__()
        self._lines = lines
        self._rows: tuple[TensorRow, ...] = ()
        self.counts = {kind: Label("", 12, 500, "text2") for kind in KINDS}
        self._icons = {kind: IconView(MARKS[kind][0], MARKS[kind][1], 14) for kind in KINDS}
        self.copy = button("Copy all", "quiet", "copy", small=True)
        self.view = RecordView(RecordTable(COLUMNS), "Tensors that do not fit", stretch=0)
        head = QHBoxLayout()
        head.setSpacing(6)
        for number, kind in enumerate(KINDS):
            head.addSpacing(10 if number else 0)
            head.addWidget(self._icons[kind])
            head.addWidget(self.counts[kind])
        head.addStretch(1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.view)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.hide()

    def show_rows(self, rows: Sequence[TensorRow]) -> None:
        """Show other rows, in the order given until a head is clicked."""
        self._rows = tuple(rows)
        for kind in KINDS:
            number = sum(row.kind == kind for row in self._rows)
            self.counts[kind].setText(f"{number:,} {kind}")
            self.counts[kind].setVisible(number > 0)
            self._icons[kind].setVisible(number > 0)
        told = ", ".join(self.counts[k].text() for k in KINDS if not self.counts[k].isHidden())
        self.view.setAccessibleDescription(told)
        self.view.forget_sorting()
        self.view.show_records(self._rows)
        bar = self.view.horizontalScrollBar().sizeHint().height()
        shown = min(max(len(self._rows), 1), self._lines)
        self.view.setFixedHeight(_HEAD_HEIGHT + shown * ROW_HEIGHT + bar // 2)
        self.setVisible(bool(self._rows))

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(table_text(self._rows))
