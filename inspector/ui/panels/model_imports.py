"""What opening a checkpoint would import: a table, the most dangerous names first."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from inspector.core.model import Import
from inspector.ui import look
from inspector.ui.widgets.delegates import ROW_HEIGHT, CellLook, RowDelegate, paint_focus
from inspector.ui.widgets.labels import tooltip

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

NAME, WHAT, USES, JUDGEMENT = range(4)
TITLES = ("Would import", "What it is", "Uses", "Judgement")

GROUPS = {
    "dangerous": ("Can run commands", "Dangerous"),
    "unknown": ("Not known", "Not known"),
    "harmless": ("Known and harmless", "Harmless"),
}
"""Judgement: heading of its group, and the word in the last column."""

_HEADING = CellLook(weight=600)
_NAME = CellLook(12, mono=True)
_WORDS = CellLook(12, token="text2", elide=Qt.TextElideMode.ElideRight)
_COUNT = CellLook(12, mono=True, token="text2")
_JUDGED = {
    "dangerous": CellLook(12, 600, token="fail", icon="fail", icon_token="fail"),
    "unknown": CellLook(12, 600, token="cannot", icon="cannot-judge", icon_token="cannot"),
    "harmless": CellLook(12, 600, token="pass", icon="pass", icon_token="pass"),
}


class ImportTable(QAbstractTableModel):
    """Imports under headings; a heading counts the uses of its group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Import | str] = []
        self._uses: dict[str, int] = {}

    def set_imports(self, imports: tuple[Import, ...]) -> None:
        """Show the imports of another file."""
        self.beginResetModel()
        self._rows, self._uses = [], {}
        for judgement in GROUPS:
            group = [item for item in imports if item.judgement == judgement]
            self._uses[judgement] = sum(item.uses for item in group)
            self._rows += [judgement, *group] if group else []
        self.endResetModel()

    def look_of(self, index: Index) -> CellLook:
        """What a cell looks like."""
        row = self._rows[index.row()]
        if isinstance(row, str):
            return _COUNT if index.column() == USES else _HEADING
        if index.column() == JUDGEMENT:
            return _JUDGED[row.judgement]
        return (_NAME, _WORDS, _COUNT)[index.column()]

    def is_heading(self, row: int) -> bool:
        """Whether a row is the heading of a group."""
        return isinstance(self._rows[row], str)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), index.column()) or None
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self._text(index.row(), index.column()))
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(TITLES):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _text(self, number: int, column: int) -> str:
        row = self._rows[number]
        if isinstance(row, str):
            texts = (GROUPS[row][0], "", f"{self._uses[row]:,}", "")
        else:
            texts = (row.name, row.what, f"{row.uses:,}", GROUPS[row.judgement][1])
        return texts[column]


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == USES else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class ImportView(QTableView):
    """Shows an ImportTable; Ctrl+C copies the chosen rows."""

    def __init__(self) -> None:
        super().__init__()
        self._table = ImportTable(self)
        self.setModel(self._table)
        self.setItemDelegate(RowDelegate(self._table.look_of, parent=self))
        self.setAccessibleName("What opening it would bring in")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setFont(look.font(12, 500))
        header.setHighlightSections(False)
        modes = QHeaderView.ResizeMode
        for column in (NAME, WHAT):
            header.setSectionResizeMode(column, modes.Stretch)
        for column, width in ((USES, 72), (JUDGEMENT, 128)):
            header.setSectionResizeMode(column, modes.Fixed)
            self.setColumnWidth(column, width)

    def show_imports(self, imports: tuple[Import, ...]) -> None:
        """Show the imports of another file."""
        self._table.set_imports(imports)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.matches(QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
            return
        rows = sorted({index.row() for index in self.selectedIndexes()})
        columns = range(len(TITLES))
        lines = [
            "\t".join(str(self._table.index(row, n).data() or "") for n in columns) for row in rows
        ]
        QApplication.clipboard().setText("\n".join(lines))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        first, last = self.rowAt(0), self.rowAt(self.viewport().height())
        count = self._table.rowCount()
        for row in range(max(first, 0), (last if last >= 0 else count - 1) + 1):
            left = self.visualRect(self._table.index(row, NAME))
            whole = left.united(self.visualRect(self._table.index(row, JUDGEMENT)))
            if self.selectionModel().isRowSelected(row, NOWHERE):
                painter.fillRect(whole, look.color("accent_soft"))
            elif self._table.is_heading(row):
                painter.fillRect(whole, look.color("sunken"))
            painter.fillRect(whole.adjusted(0, whole.height() - 1, 0, 0), look.color("line"))
            if self.hasFocus() and row == self.currentIndex().row():
                paint_focus(painter, whole)
        painter.end()
        super().paintEvent(event)
