"""The table widget of the pages: whole rows, sorted by the heads, copied as lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from inspector.ui import look
from inspector.ui.models.record_table import Index, RecordTable

ROW_HEIGHT = 27
HEAD_HEIGHT = 34
"""Of the head with the lines around it, for tables that are as high as their rows."""
_LEAST_STRETCHED = 160
_MEASURED_ROWS, _PADDING, _LEAST_PADDING, _CELL_PADDING = 60, 26, 14, 6


class _Cells(QStyledItemDelegate):
    """Paints cells by hand: by style sheet, a screen of them takes longer than a frame.

    Text keeps its own colour in chosen rows, so that what is beyond stays marked.
    """

    def __init__(self, view: RecordView) -> None:
        super().__init__(view)
        self._view = view
        one_line = Qt.TextFlag.TextSingleLine
        columns = range(view.table.columnCount())
        self._flags = [(view.table.alignment(column) | one_line).value for column in columns]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place: Any = option
        room: QRect = place.rect
        table, row, column = self._view.table, index.row(), index.column()
        if place.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, look.color("accent_soft"))
        painter.fillRect(room.left(), room.bottom(), room.width(), 1, look.color("line"))
        font, metrics = table.font_of(column), table.metrics_of(column)
        inside = room.adjusted(_CELL_PADDING, 0, -_CELL_PADDING, 0)
        modes = Qt.TextElideMode
        mode = modes.ElideMiddle if column == self._view.stretch else modes.ElideRight
        shown = metrics.elidedText(table.text(row, column), mode, inside.width())
        painter.setFont(font)
        enabled = self._view.isEnabled()
        painter.setPen(look.color(table.token(row, column) if enabled else "disabled"))
        painter.drawText(inside, self._flags[column], shown)


class RecordView(QTableView):
    """Shows a `RecordTable`. Ctrl+C copies the chosen rows as tab-separated lines."""

    record_chosen = Signal(object)
    """The record of the current row, when the person moved to it."""
    cleared = Signal()
    """Escape was pressed."""

    def __init__(self, table: RecordTable, name: str, stretch: int = -1) -> None:
        super().__init__()
        self.table = table
        self.setModel(table)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(40)
        header.sectionClicked.connect(self._on_head_clicked)
        self.stretch = stretch
        self._quiet = False
        self._needed: list[int] = []
        self._sorted: tuple[int, Qt.SortOrder] | None = None

    def show_records(self, records: Sequence[Any]) -> None:
        """Show other records; the columns are made as wide as they need."""
        self._quiet = True
        self.table.set_records(records)
        if self._sorted is not None:
            self.table.sort(*self._sorted)
        self._quiet = False
        self._measure()
        self._fit()

    def mark(self, record: Any) -> None:
        """Make a record the current row without a signal; none where it is not shown."""
        row = self.table.row_of(record) if record is not None else -1
        self._quiet = True
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif row != self.currentIndex().row() or not self.selectionModel().hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(
                self.table.index(row, 0), flags.ClearAndSelect | flags.Rows
            )
        self._quiet = False

    def copy_rows(self) -> None:
        """Put the chosen rows on the clipboard as tab-separated lines."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        QGuiApplication.clipboard().setText(self.table.as_lines(rows))

    def forget_sorting(self) -> None:
        """Show the next records in the order given."""
        self._sorted = None
        self.horizontalHeader().setSortIndicatorShown(False)

    def _measure(self) -> None:
        """Widths that heads and the first rows need; measuring thousands would be felt."""
        rows = range(min(self.table.rowCount(), _MEASURED_ROWS))
        self._needed = []
        for column in range(self.table.columnCount()):
            head = str(self.table.headerData(column, Qt.Orientation.Horizontal))
            widest = QFontMetrics(look.font(12, 500)).horizontalAdvance(head) + 20
            metrics = self.table.metrics_of(column)
            texts = {self.table.text(row, column) for row in rows}
            widths = (metrics.horizontalAdvance(text) + _PADDING for text in texts)
            self._needed.append(max(widest, *widths, 0))

    def _fit(self) -> None:
        """As wide as each column needs; the room that is left goes to one, or to all alike."""
        header = self.horizontalHeader()
        needed = self._needed
        lack = sum(needed) - self.viewport().width()
        if lack > 0:
            # Room beside the numbers goes before a number does.
            less = min(_PADDING - _LEAST_PADDING, -(-lack // max(1, len(needed))))
            needed = [width - less for width in needed]
            if self.stretch >= 0:
                # The column that takes what is left gives it back: the others stay in view.
                lack = sum(needed) - self.viewport().width()
                least = min(needed[self.stretch], _LEAST_STRETCHED)
                needed[self.stretch] = max(least, needed[self.stretch] - max(0, lack))
        spare = max(0, self.viewport().width() - sum(needed))
        for column in range(len(needed)):
            share = spare // len(needed)
            if self.stretch >= 0:
                share = spare if column == self.stretch else 0
            header.resizeSection(column, needed[column] + share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _on_head_clicked(self, column: int) -> None:
        orders = Qt.SortOrder
        order = orders.DescendingOrder
        if self._sorted == (column, orders.DescendingOrder):
            order = orders.AscendingOrder
        self._sorted = (column, order)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self.table.sort(column, order)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and not self._quiet:
            self.record_chosen.emit(self.table.record(current.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() == Qt.Key.Key_Escape:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            row = self.currentIndex()
            box = self.viewport().rect()
            if row.isValid():
                top = self.rowViewportPosition(row.row())
                box = QRect(0, top, box.width(), self.rowHeight(row.row()))
            for number in range(2):
                painter.setPen(look.color("accent"))
                painter.drawRect(box.adjusted(number, number, -1 - number, -1 - number))
