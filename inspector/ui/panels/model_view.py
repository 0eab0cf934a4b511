"""The view of the tree: chevrons, whole-row selection, a frame around the current row."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QApplication, QHeaderView, QStyleOptionViewItem, QTreeView

from inspector.ui import look
from inspector.ui.models.graph_tree import NAME, SHAPE, TYPE, WEIGHTS, GraphTree
from inspector.ui.widgets.delegates import CellLook, RowDelegate, paint_focus

Index = QModelIndex | QPersistentModelIndex

INDENT = 14
NAME_ROOM = 150
"""Pixels that a name keeps, however deep its row lies."""
WIDTHS = ((TYPE, 112), (SHAPE, 168), (WEIGHTS, 84))
NARROWEST = {SHAPE: 84, TYPE: 84}
SECTION = CellLook(weight=600)
GROUP = CellLook(icon="folder")
NAMED = CellLook(12, mono=True)
WORDS = CellLook(12, token="text2", elide=Qt.TextElideMode.ElideRight)
FIGURES = CellLook(12, mono=True, token="text2", elide=Qt.TextElideMode.ElideRight)
TAG = CellLook(11, mono=True, tag=True)


class GraphView(QTreeView):
    """Shows a GraphTree; `chosen` names the outline row that the person went to."""

    chosen = Signal(int)

    def __init__(self, tree: GraphTree) -> None:
        super().__init__()
        self._tree = tree
        self.setModel(tree)
        self.setItemDelegate(RowDelegate(self._look_of, self._mark_of, self))
        self.setAccessibleName("Structure of the file")
        self.setUniformRowHeights(True)
        self.setAnimated(False)
        self.setIndentation(INDENT)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setAllColumnsShowFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self._set_up_header()
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self.expanded.connect(self._make_room)
        tree.modelReset.connect(self._reset_widths)

    def go_to(self, row: int) -> bool:
        """Open what lies above an outline row and make it current; False where it is hidden."""
        index = self._tree.index_of(row)
        if not index.isValid():
            return False
        self.setCurrentIndex(index)
        self.scrollTo(index)
        return True

    def copy_row(self) -> None:
        """Put the current row on the clipboard, its columns separated by tabs."""
        current = self.currentIndex()
        if current.isValid():
            columns = range(self._tree.columnCount())
            cells = [str(current.siblingAtColumn(column).data() or "") for column in columns]
            QApplication.clipboard().setText("\t".join(cells))

    def _set_up_header(self) -> None:
        header = self.header()
        header.setFont(look.font(12, 500))
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(56)
        modes = QHeaderView.ResizeMode
        header.setSectionResizeMode(NAME, modes.Stretch)
        for column, width in WIDTHS:
            header.setSectionResizeMode(column, modes.Interactive)
            self.setColumnWidth(column, width)

    def _reset_widths(self) -> None:
        for column, width in WIDTHS:
            self.setColumnWidth(column, width)

    def _make_room(self, index: QModelIndex) -> None:
        """Narrow the other columns where deep rows would have no room for their names."""
        depth = 2
        while index.parent().isValid():
            index, depth = index.parent(), depth + 1
        lacking = depth * INDENT + NAME_ROOM - self.columnWidth(NAME)
        for column, narrowest in NARROWEST.items():
            if lacking > 0:
                given = max(0, min(lacking, self.columnWidth(column) - narrowest))
                self.setColumnWidth(column, self.columnWidth(column) - given)
                lacking -= given

    def _look_of(self, index: Index) -> CellLook:
        rows, row, column = self._tree.rows, self._tree.row_of(index), index.column()
        assert rows is not None
        section, group = rows.above(row) < 0, rows.is_group(row)
        if column == NAME:
            return SECTION if section else GROUP if group else NAMED
        if column == TYPE and not group:
            return TAG if rows.is_tagged(row) else FIGURES
        words = column == SHAPE and not rows.shape(row).startswith("[")
        return WORDS if group or words else FIGURES

    def _mark_of(self, index: Index) -> str:
        rows = self._tree.rows
        parsed = self._tree.parsed
        if index.column() > TYPE or rows is None or parsed is None:
            return ""
        return parsed.shown if rows.narrows(self._tree.row_of(index)) else ""

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        row = self._tree.row_of(current)
        if row >= 0:
            self.chosen.emit(row)

    # Qt

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place: Any = option
        if self.selectionModel().isSelected(index.sibling(index.row(), 0)):
            painter.fillRect(place.rect, look.color("accent_soft"))
        super().drawRow(painter, option, index)
        if self.hasFocus() and index.row() == self.currentIndex().row():
            same = index.sibling(index.row(), 0) == self.currentIndex().siblingAtColumn(0)
            if same:
                paint_focus(painter, place.rect)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        if not self._tree.hasChildren(index):
            return
        icon = "chevron-down" if self.isExpanded(index) else "chevron-right"
        corner = QPoint(rect.right() - 15, rect.center().y() - 7)
        painter.drawPixmap(corner, look.pixmap(icon, "text2", 16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_row()
        else:
            super().keyPressEvent(event)
