"""How the rows of trees and tables are painted: tags, marks of a filter, folders, links."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.ui import look

Index = QModelIndex | QPersistentModelIndex

_CENTRED = (Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine).value

ROW_HEIGHT = 26
PADDING = 8
ICON_ROOM = 24


class CellLook:
    """What a cell looks like; made once per kind of cell, never per row.

    Args:
        size: Font size in pixels.
        weight: Font weight.
        mono: JetBrains Mono instead of Inter.
        token: Colour of the text.
        tag: Paint a small grey box around the text.
        icon: Name of an icon before the text.
        icon_token: Colour of that icon.
        elide: Where a text that is too long is shortened.
    """

    def __init__(
        self,
        size: int = 13,
        weight: int = 400,
        *,
        mono: bool = False,
        token: str = "text",
        tag: bool = False,
        icon: str = "",
        icon_token: str = "text2",
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
    ) -> None:
        self.size, self.weight, self.mono, self.token = size, weight, mono, token
        self.tag, self.icon, self.icon_token, self.elide = tag, icon, icon_token, elide


class RowDelegate(QStyledItemDelegate):
    """Paints cells as plain text, whatever a file put into it; the view paints the selection.

    Args:
        look_of: What a cell looks like.
        mark_of: Text that is marked in a cell where it occurs, in either case.
        parent: The view.
    """

    def __init__(
        self,
        look_of: Callable[[Index], CellLook],
        mark_of: Callable[[Index], str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._look_of, self._mark_of = look_of, mark_of
        self._fonts: dict[CellLook, tuple[QFont, QFontMetrics]] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell = self._look_of(index)
        width = self._metrics(cell)[1].horizontalAdvance(str(index.data() or ""))
        width += (ICON_ROOM if cell.icon else 0) + (16 if cell.tag else 0)
        return QSize(width + 2 * PADDING, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        text = str(index.data() or "")
        if not text:
            return
        cell = self._look_of(index)
        font, metrics = self._metrics(cell)
        place: Any = option
        room: QRect = place.rect.adjusted(PADDING // 2, 0, -PADDING, 0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        if cell.icon:
            corner = QPoint(room.left(), room.center().y() - 7)
            painter.drawPixmap(corner, look.pixmap(cell.icon, cell.icon_token, 16))
            room.setLeft(room.left() + ICON_ROOM)
        if cell.tag:
            selected = bool(place.state & QStyle.StateFlag.State_Selected)
            mark = self._mark_of(index).lower() if self._mark_of else ""
            found = bool(mark) and mark in text.lower()
            ground = "match" if found else "surface" if selected else "none_ground"
            _paint_tag(painter, room, metrics, text, ground)
        else:
            shown = metrics.elidedText(text, cell.elide, room.width())
            self._paint_mark(painter, room, metrics, shown, index)
            painter.setPen(look.color(cell.token))
            painter.drawText(room, _flags(index.data(Qt.ItemDataRole.TextAlignmentRole)), shown)

    def _metrics(self, cell: CellLook) -> tuple[QFont, QFontMetrics]:
        known = self._fonts.get(cell)
        if known is None:
            font = look.font(cell.size, cell.weight, mono=cell.mono)
            known = self._fonts[cell] = (font, QFontMetrics(font))
        return known

    def _paint_mark(
        self, painter: QPainter, room: QRect, metrics: QFontMetrics, shown: str, index: Index
    ) -> None:
        mark = self._mark_of(index) if self._mark_of else ""
        at = shown.lower().find(mark.lower()) if mark else -1
        if at < 0:
            return
        left = room.left() + metrics.horizontalAdvance(shown[:at])
        width = metrics.horizontalAdvance(shown[at : at + len(mark)])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("match"))
        painter.drawRoundedRect(QRect(left - 1, room.center().y() - 9, width + 2, 20), 3, 3)


@cache
def _flags(aligned: Qt.AlignmentFlag | None) -> int:
    """How a text is drawn; joining flags takes Python longer than drawing takes Qt."""
    side = (aligned or Qt.AlignmentFlag.AlignLeft) & Qt.AlignmentFlag.AlignHorizontal_Mask
    return (side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine).value


def _paint_tag(
    painter: QPainter, room: QRect, metrics: QFontMetrics, text: str, ground: str
) -> None:
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room.width() - 16)
    box = QRect(room.left(), room.center().y() - 9, metrics.horizontalAdvance(shown) + 16, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color(ground))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(look.color("text2"))
    painter.drawText(box, _CENTRED, shown)


def paint_focus(painter: QPainter, rect: QRect) -> None:
    """Frame the current row of a view that has the keyboard: 2 px, as every focus."""
    painter.save()
    pen = painter.pen()
    pen.setColor(look.color("accent"))
    pen.setWidth(2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(1, 1, -1, -1))
    painter.restore()
