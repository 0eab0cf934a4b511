"""What the colours and shapes of a chart stand for, in words."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.ui import look
from inspector.ui.plots.plot_view import cosmetic, write

SQUARE, LINE, RING, DIAMOND = "square", "line", "ring", "diamond"


class Entry(NamedTuple):
    """A shape in a colour, and what it stands for."""

    shape: str
    token: str
    text: str


class Legend(QWidget):
    """Entries side by side; what has no room is cut, the accessible name has it all."""

    def __init__(self, *entries: Entry) -> None:
        super().__init__()
        self.setFont(look.font(12))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._entries: tuple[Entry, ...] = ()
        self.show_entries(*entries)

    def show_entries(self, *entries: Entry) -> None:
        """Show other entries."""
        self._entries = entries
        self.setAccessibleName(", ".join(entry.text for entry in entries))
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        width = sum(metrics.horizontalAdvance(entry.text) + 38 for entry in self._entries)
        return QSize(width, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        middle, left = self.height() / 2, 0.0
        for entry in self._entries:
            colour = look.color(entry.token)
            if entry.shape == SQUARE:
                painter.fillRect(QRectF(left + 2, round(middle - 5), 10, 10), colour)
            elif entry.shape == LINE:
                painter.fillRect(QRectF(left, round(middle), 14, 1), colour)
            else:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                at = QPointF(left + 7, middle)
                painter.setPen(cosmetic(colour, 2 if entry.shape == RING else 1.2))
                if entry.shape == RING:
                    painter.drawEllipse(at, 4, 4)
                else:
                    corners = ((0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0))
                    painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            at = QPointF(left + 20, middle)
            box = write(painter, entry.text, at, Qt.AlignmentFlag.AlignLeft, "text2")
            left = box.right() + 16
