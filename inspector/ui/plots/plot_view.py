"""What every chart shares: fonts and colours looked up when painting, focus, dimming, zoom."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.ui import look

DIMMED = 0.4
"""Opacity of what belongs to the result before the one that is being made."""


class PlotView(QWidget):
    """A chart: paints itself in `draw`, has a name and a text with its numbers."""

    def __init__(self, name: str, *, focus: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 100)
        if focus:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._dimmed = False

    @property
    def dimmed(self) -> bool:
        """Whether what is drawn is out of date because a new result is being made."""
        return self._dimmed

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw at 40 %, or in full again."""
        self._dimmed = dimmed
        self.update()

    def describe(self, text: str) -> None:
        """Set the accessible text: the numbers that the picture shows."""
        self.setAccessibleDescription(text)
        self.update()

    def draw(self, painter: QPainter) -> None:
        """Paint the chart; the painter has the small mono font and no antialiasing."""
        raise NotImplementedError

    def focus_rect(self) -> QRectF:
        """Where the frame goes that shows the keyboard focus; empty: none."""
        return QRectF(self.rect()).adjusted(1, 1, -1, -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(look.font(11, mono=True))
        if self._dimmed:
            painter.setOpacity(DIMMED)
        self.draw(painter)
        frame = self.focus_rect()
        if self.hasFocus() and not frame.isEmpty():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(cosmetic(look.color("accent"), 2))
            painter.drawRect(frame)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def cosmetic(
    colour: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine
) -> QPen:
    """A pen whose width does not change with the scale of what it draws."""
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def write(
    painter: QPainter,
    text: str,
    at: QPointF,
    align: Qt.AlignmentFlag,
    token: str = "text3",
    font: QFont | None = None,
) -> QRectF:
    """Write one line whose left end, middle or right end is at a point, centred upright on it."""
    if font is not None:
        painter.setFont(font)
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text), metrics.height()
    left = at.x()
    if align & Qt.AlignmentFlag.AlignHCenter:
        left -= width / 2
    elif align & Qt.AlignmentFlag.AlignRight:
        left -= width
    box = QRectF(round(left), round(at.y() - height / 2), width + 1, height)
    painter.setPen(look.color(token))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    return box


def hline(painter: QPainter, left: float, right: float, y: float, token: str) -> None:
    """A separator of one pixel, as a filled rectangle so that it is never blurred."""
    painter.fillRect(QRect(round(left), round(y), round(right - left), 1), look.color(token))


@dataclass(frozen=True, slots=True)
class Zoom:
    """The part of a picture in view, as fractions of its width and height from its upper left."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether everything is in view."""
        return self == Zoom()

    def towards(self, x: float, y: float, factor: float, smallest: float = 1e-3) -> Zoom:
        """The view that is `factor` as wide, with the point at (x, y) of the view staying there.

        Args:
            x: Fraction of the view's width.
            y: Fraction of the view's height.
            factor: Below 1 to come nearer; the view never grows beyond the picture.
            smallest: Share of the picture that is shown at least.
        """
        spans = []
        for low, high, at in ((self.left, self.right, x), (self.top, self.bottom, y)):
            span = min(1.0, max(smallest, (high - low) * factor))
            start = low + (high - low) * at - span * at
            start = min(max(0.0, start), 1.0 - span)
            spans.append((start, start + span))
        return Zoom(spans[0][0], spans[1][0], spans[0][1], spans[1][1])

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """From fractions of the picture to fractions of the view."""
        return (x - self.left) / (self.right - self.left), (y - self.top) / (self.bottom - self.top)

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """From fractions of the view to fractions of the picture."""
        return (
            self.left + x * (self.right - self.left),
            self.top + y * (self.bottom - self.top),
        )
