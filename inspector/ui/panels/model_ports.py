"""Inputs and outputs of a node as a table whose last column leads on."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView

from inspector.core.inspection import Detail, Link, Port
from inspector.core.model import shape_text
from inspector.ui import look
from inspector.ui.widgets.delegates import ROW_HEIGHT, CellLook, RowDelegate, paint_focus
from inspector.ui.widgets.labels import tooltip

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

FORMAL, NAME, TYPE, LINK = range(4)
TITLES = ("", "Name", "Type and shape", "From / to")
MOST_ROWS = 12
"""Rows that are shown before the table scrolls by itself."""

_LOOKS = (
    CellLook(12, mono=True, token="text3"),
    CellLook(12, mono=True),
    CellLook(12, mono=True, token="text2"),
    CellLook(12, token="text2"),
)
_LINK = CellLook(12, mono=True, token="accent_text")


class PortRow(NamedTuple):
    """One line of the table: a port with its first link, or only a further link of it."""

    texts: tuple[str, str, str, str]
    row: int


def port_rows(detail: Detail) -> list[PortRow]:
    """A line per link, so that every line leads to one place."""
    lines: list[PortRow] = []
    for port in (*detail.inputs, *detail.outputs):
        links = port.links or (Link(port.kind, -1),)
        first, *others = links
        lines.append(PortRow((*_port_texts(port), first.text), first.row))
        lines += [PortRow(("", "", "", link.text), link.row) for link in others]
    return lines


def _port_texts(port: Port) -> tuple[str, str, str]:
    shape = shape_text(port.value.shape)
    return (
        port.formal,
        port.value.name,
        " ".join(part for part in (port.value.dtype, shape) if part),
    )


class PortTable(QAbstractTableModel):
    """The lines of `port_rows`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PortRow] = []

    def set_detail(self, detail: Detail | None) -> None:
        """Show the ports of another node."""
        self.beginResetModel()
        self._rows = port_rows(detail) if detail else []
        self.endResetModel()

    def target(self, index: Index) -> int:
        """The outline row that a line leads to, -1 for none."""
        return self._rows[index.row()].row if index.isValid() else -1

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> str | None:
        if not index.isValid():
            return None
        text = self._rows[index.row()].texts[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text or None
        return tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None

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
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class PortView(QTableView):
    """Shows a PortTable; `followed` carries the outline row of a link that was taken."""

    followed = QtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._table = PortTable(self)
        self.setModel(self._table)
        self.setItemDelegate(RowDelegate(self._look_of, parent=self))
        self.setAccessibleName("Inputs and outputs")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setFont(look.font(12, 500))
        header.setHighlightSections(False)
        for column, mode in enumerate("RSRS"):
            modes = QHeaderView.ResizeMode
            resize = modes.Stretch if mode == "S" else modes.ResizeToContents
            header.setSectionResizeMode(column, resize)
        self.clicked.connect(self._on_clicked)

    def show_detail(self, detail: Detail) -> None:
        """Show the ports of another node, as high as they need."""
        self._table.set_detail(detail)
        lines = min(self._table.rowCount(), MOST_ROWS)
        self.setFixedHeight(lines * ROW_HEIGHT + 32)
        self.setVisible(self._table.rowCount() > 0)

    def _look_of(self, index: Index) -> CellLook:
        if index.column() == LINK and self._table.target(index) >= 0:
            return _LINK
        return _LOOKS[index.column()]

    def _follow(self, index: Index) -> None:
        row = self._table.target(index)
        if row >= 0:
            self.followed.emit(row)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == LINK:
            self._follow(index)

    # Qt

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        link = index.isValid() and index.column() == LINK and self._table.target(index) >= 0
        shape = Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._follow(current)
        elif event.matches(QKeySequence.StandardKey.Copy) and current.isValid():
            cells = [str(current.siblingAtColumn(n).data() or "") for n in range(len(TITLES))]
            QApplication.clipboard().setText("\t".join(cells))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        for row in range(self._table.rowCount()):
            first = self.visualRect(self._table.index(row, 0))
            whole = first.united(self.visualRect(self._table.index(row, LINK)))
            if self.selectionModel().isRowSelected(row, NOWHERE):
                painter.fillRect(whole, look.color("accent_soft"))
            line = whole.adjusted(0, whole.height() - 1, 0, 0)
            painter.fillRect(line, look.color("line"))
        painter.end()
        super().paintEvent(event)
        if self.hasFocus() and self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            first = self.visualRect(self.currentIndex().siblingAtColumn(0))
            last = self.visualRect(self.currentIndex().siblingAtColumn(LINK))
            paint_focus(painter, first.united(last))
            painter.end()
