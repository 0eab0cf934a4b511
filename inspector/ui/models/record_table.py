"""A Qt table of records: each column is a title and functions from a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QFontMetrics

from inspector.ui import look
from inspector.ui.plots.background import Background

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

SORTED_AT_ONCE = 5_000
"""More records than this are put in order beside the event loop: 100,000 names take 0.2 s."""


def _same(_: Any) -> str:
    return "text"


class Column(NamedTuple):
    """One column.

    Attributes:
        title: Head of the column.
        text: From a record to what is shown and copied.
        key: From a record to what is sorted by; None: by the text.
        numeric: Mono and right aligned, head included.
        mono: Mono and left aligned.
        token: From a record to the colour token of the text.
        weight: Of the font.
    """

    title: str
    text: Callable[[Any], str]
    key: Callable[[Any], Any] | None = None
    numeric: bool = False
    mono: bool = False
    token: Callable[[Any], str] = _same
    weight: int = 400


class RecordTable(QAbstractTableModel):
    """One row per record and one column per `Column`; sorting keeps the selection."""

    def __init__(self, columns: Iterable[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._fonts = tuple(
            look.font(12, column.weight, mono=column.numeric or column.mono)
            for column in self._columns
        )
        self._metrics = tuple(QFontMetrics(font) for font in self._fonts)
        self._records: list[Any] = []
        self._head_font = look.font(12, 500)
        self._sorting = Background(self)

    def set_records(self, records: Sequence[Any]) -> None:
        """Show other records in the order given; selections in the old ones are dropped."""
        self._sorting.forget()
        self.beginResetModel()
        self._records = list(records)
        self.endResetModel()

    def set_columns(self, columns: Iterable[Column]) -> None:
        """Show the same number of columns with other titles or texts."""
        chosen = tuple(columns)
        assert len(chosen) == len(self._columns)
        self._columns = chosen
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(chosen) - 1)

    def record(self, row: int) -> Any:
        """The record that a row shows."""
        return self._records[row]

    def row_of(self, record: Any) -> int:
        """The row that shows a record, -1 where none does."""
        return self._records.index(record) if record in self._records else -1

    def text(self, row: int, column: int) -> str:
        """What a cell shows."""
        return self._columns[column].text(self._records[row])

    def font_of(self, column: int) -> QFont:
        """Font of a column's cells."""
        return self._fonts[column]

    def metrics_of(self, column: int) -> QFontMetrics:
        """Measures of a column's font."""
        return self._metrics[column]

    def token(self, row: int, column: int) -> str:
        """Colour token of a cell's text."""
        return self._columns[column].token(self._records[row])

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        """Where a column's texts stand in their cells."""
        return _RIGHT if self._columns[column].numeric else _LEFT

    def as_lines(self, rows: Iterable[int]) -> str:
        """Rows as tab-separated lines, without the heads."""
        return "\n".join(
            "\t".join(self.text(row, column) for column in range(len(self._columns)))
            for row in rows
        )

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self._records[index.row()])
        if role == Qt.ItemDataRole.ForegroundRole:
            return look.color(column.token(self._records[index.row()]))
        if role == Qt.ItemDataRole.FontRole:
            return QFont(self._fonts[index.column()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.numeric else _LEFT
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.FontRole:
            return QFont(self._head_font)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self._columns[section].numeric else _LEFT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self._columns):
            return
        key, records = self._columns[column].key or self._columns[column].text, self._records
        backwards = order is Qt.SortOrder.DescendingOrder

        def rows() -> list[int]:
            keys, found = [key(record) for record in records], list[int]()
            # Nothing else runs while Python sorts: first short pieces, then all, which are runs.
            for first in range(0, len(keys), SORTED_AT_ONCE):
                piece = range(first, min(first + SORTED_AT_ONCE, len(keys)))
                found += sorted(piece, key=keys.__getitem__, reverse=backwards)
            return sorted(found, key=keys.__getitem__, reverse=backwards)

        if len(records) <= SORTED_AT_ONCE:
            self._sorting.forget()
            self._arrange(rows())
        else:
            self._sorting.ask(rows, self._arrange)

    def _arrange(self, rows: list[int] | None) -> None:
        """Show the records in another order: numbers of the present rows, the new first one first.

        None, from an order that could not be worked out, leaves them as they are.
        """
        if rows is None:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {old: new for new, old in enumerate(rows)} if before else {}
        after = [self.index(places[index.row()], index.column()) for index in before]
        self._records = [self._records[row] for row in rows]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
