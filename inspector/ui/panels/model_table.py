"""The nodes or the tensors of a file as a table: sorted by any column, filtered with the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.natural import natural_key
from inspector.formats.columns import INITIALIZER, MODULE, NODE, TENSOR
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.models.tree_text import size_text
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from inspector.ui.models.tree_rows import Narrowed, TreeRows

TREE, NODES, TENSORS = range(3)
"""How a file is shown: as a tree, or one of its tables."""

_KINDS = {NODES: (NODE, MODULE), TENSORS: (INITIALIZER, TENSOR)}


class RowsTable(QWidget):
    """Rows of one kind. `chosen` names the outline row that the person went to."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: TreeRows | None = None
        self._shown: Sequence[int] = ()
        self.view = RecordView(RecordTable(self._columns()), "Rows of the file", 0)
        self.view.record_chosen.connect(self._on_record_chosen)
        self._nothing = Label("", 13, 400, "text2", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._nothing)
        column.addWidget(self.view, 1)

    def show_rows(self, rows: TreeRows | None, narrowed: Narrowed | None, table: int) -> None:
        """Show the rows of a file that a filter leaves.

        Args:
            rows: The outline; None: there is none.
            narrowed: What the filter leaves; None: everything.
            table: `NODES` or `TENSORS`.
        """
        self._rows = rows
        found = rows.of_kinds(_KINDS[table], narrowed) if rows is not None else ()
        words = "No row fits the filter." if narrowed is not None else "The file has none."
        self._nothing.setText(words)
        self._nothing.setVisible(not len(found))
        self.view.setVisible(bool(len(found)))
        if found != self._shown:
            self._shown = found
            self.view.show_records(found)

    def mark(self, row: int) -> None:
        """Make an outline row the current one, where it is shown."""
        self.view.mark(row if row >= 0 else None)

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column("Name", self._path, lambda row: natural_key(self._path(row)), mono=True),
            Column("Type", self._type, lambda row: natural_key(self._type(row)), mono=True),
            Column("Shape", self._shape, lambda row: natural_key(self._shape(row)), mono=True),
            Column("Weights", self._size, self._bytes, numeric=True),
        )

    def _path(self, row: int) -> str:
        """The name with the scopes that it lies in: without the tree around it, it says little."""
        if self._rows is None:
            return ""
        names = [self._rows.name(row)]
        above = self._rows.above(row)
        while above >= 0 and self._rows.above(above) >= 0:
            names.append(self._rows.name(above))
            above = self._rows.above(above)
        return "/".join(reversed(names))

    def _type(self, row: int) -> str:
        return self._rows.type(row) if self._rows is not None else ""

    def _shape(self, row: int) -> str:
        return self._rows.shape(row) if self._rows is not None else ""

    def _size(self, row: int) -> str:
        taken = self._bytes(row)
        return size_text(taken) if taken > 0 else ""

    def _bytes(self, row: int) -> int:
        return self._rows.bytes(row) if self._rows is not None else 0

    def _on_record_chosen(self, row: object) -> None:
        if isinstance(row, int):
            self.chosen.emit(row)
