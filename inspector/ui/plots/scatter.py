"""Reference across, candidate up: points on the line are equal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QToolTip

from inspector.ui import look
from inspector.ui.plots.clouds import Cloud
from inspector.ui.plots.numbers import short_text
from inspector.ui.plots.plot_view import PlotView, Zoom, cosmetic, hline, write
from inspector.ui.plots.point_cloud import Points, nearest, painted

_FLAGS = Qt.AlignmentFlag
_REACH = 10.0
"""A click this near to a point, in pixels, is meant for it."""


class ScatterView(PlotView):
    """Points of a `Cloud`; wheel zooms, double click restores, a click marks the nearest point."""

    picked = Signal(int, int)
    """Sample and flat position of the point that was clicked."""
    stepped = Signal(int)
    """Elements to go in the table, by the arrow keys."""
    cleared = Signal()
    """Escape was pressed."""

    def __init__(self) -> None:
        super().__init__("Scatter of both sides")
        self.setMouseTracking(True)
        self._cloud: Cloud | None = None
        self._ends = (0.0, 1.0)
        self._zoom = Zoom()
        self._marked: tuple[float, float] | None = None
        self._rings: Sequence[tuple[float, float]] = ()
        self._cache: tuple[object, QImage] | None = None
        self._names = ("Reference", "Candidate")
        self.probe: Callable[[int, int], str] = lambda sample, flat: ""
        """Text for the point under the pointer."""

    def sizeHint(self) -> QSize:
        return QSize(260, 180)

    def show_cloud(self, cloud: Cloud | None, names: tuple[str, str]) -> None:
        """Show other points; everything is in view again."""
        self._cloud, self._names = cloud, names
        self._zoom, self._cache = Zoom(), None
        if cloud is None or not len(cloud.reference):
            self._ends = (0.0, 1.0)
            self.describe("" if cloud is None else "No pair of finite values.")
            return
        sides = cloud.reference, cloud.candidate
        low = min(float(side.min()) for side in sides)
        high = max(float(side.max()) for side in sides)
        spare = 0.04 * (high - low) or max(abs(high), 1.0) * 0.04
        self._ends = (low - spare, high + spare)
        self.describe(
            f"{names[0]} across, {names[1]} up, from {short_text(low)} to {short_text(high)}; "
            f"{cloud.within:,} points within what is allowed, "
            f"{len(cloud.reference) - cloud.within:,} beyond are drawn."
        )

    def mark(
        self, pair: tuple[float, float] | None, rings: Sequence[tuple[float, float]] = ()
    ) -> None:
        """Ring the marked element, and more faintly the chosen ones."""
        self._marked, self._rings = pair, rings
        self.update()

    def draw(self, painter: QPainter) -> None:
        if self._cloud is None:
            painter.fillRect(self._area(), look.color("sunken"))
            return
        area = self._area()
        self._axes(painter, area)
        painter.setClipRect(area)
        self._equality(painter, area)
        points = Points(self._cloud, self._ends, self._zoom)
        key = (area.size().toTuple(), self._zoom, look.theme(), self.devicePixelRatioF())
        if self._cache is None or self._cache[0] != key:
            colours = look.color("bar"), look.color("bar_fail")
            image = painted(points, area.size(), self.devicePixelRatioF(), colours)
            self._cache = (key, image)
        painter.drawImage(area.topLeft(), self._cache[1])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pair in self._rings:
            painter.setPen(cosmetic(look.color("text"), 1))
            painter.drawEllipse(self._at(pair), 3, 3)
        painter.setClipping(False)
        self._ring(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _ring(self, painter: QPainter, area: QRect) -> None:
        """Ring the marked element: whole, where it lies at the edge of the area too."""
        if self._marked is None or not all(math.isfinite(value) for value in self._marked):
            return
        at = self._at(self._marked)
        if not QRectF(area).contains(at):
            return
        for width, token in ((4, "surface"), (2, "text")):
            painter.setPen(cosmetic(look.color(token), width))
            painter.drawEllipse(at, 6, 6)

    def _axes(self, painter: QPainter, area: QRect) -> None:
        low, high = self._ends
        zoom = self._zoom
        span = high - low
        across = low + zoom.left * span, low + zoom.right * span
        up = high - zoom.bottom * span, high - zoom.top * span
        for value, text in ticks(*across, max(2, area.width() // 60)):
            x = area.left() + (value - across[0]) / (across[1] - across[0]) * area.width()
            write(painter, text, QPointF(x, area.bottom() + 12), _FLAGS.AlignHCenter)
        for value, text in ticks(*up, max(2, area.height() // 26)):
            y = area.bottom() - (value - up[0]) / (up[1] - up[0]) * area.height()
            hline(painter, area.left(), area.right(), y, "grid")
            write(painter, text, QPointF(area.left() - 6, y), _FLAGS.AlignRight)
        hline(painter, area.left(), area.right(), area.bottom(), "line2")

    def _equality(self, painter: QPainter, area: QRect) -> None:
        low, high = self._ends
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(cosmetic(look.color("text3"), 1.2))
        painter.drawLine(self._at((low, low)), self._at((high, high)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _area(self) -> QRect:
        return self.rect().adjusted(52, 8, -8, -24)

    def _at(self, pair: tuple[float, float]) -> QPointF:
        low, high = self._ends
        area = self._area()
        span = high - low
        x, y = self._zoom.to_view((pair[0] - low) / span, (high - pair[1]) / span)
        return QPointF(area.left() + x * area.width(), area.top() + y * area.height())

    def _point_at(self, position: QPointF) -> tuple[int, int] | None:
        if self._cloud is None or not len(self._cloud.reference):
            return None
        area = self._area()
        points = Points(self._cloud, self._ends, self._zoom)
        at = position.x() - area.left(), position.y() - area.top()
        return nearest(points, area.size(), at, _REACH)

    # Input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._point_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and found is not None:
            self.picked.emit(*found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._point_at(event.position())
        if found is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.probe(*found), self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._zoom = Zoom()
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        area = QRectF(self._area())
        factor = 0.8 if event.angleDelta().y() > 0 else 1.25
        x = min(max((event.position().x() - area.left()) / area.width(), 0.0), 1.0)
        y = min(max((event.position().y() - area.top()) / area.height(), 0.0), 1.0)
        self._zoom = self._zoom.towards(x, y, factor, 1e-9)
        self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Up: -1, keys.Key_Right: 1, keys.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self.stepped.emit(steps[key])
        elif key == keys.Key_Escape:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)


def ticks(low: float, high: float, wanted: int) -> list[tuple[float, str]]:
    """Round numbers between two ends with their texts, about `wanted` of them."""
    span = high - low
    if not (span > 0.0 and math.isfinite(span)):
        return []
    rough = span / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step)
    numbers = range(first, math.floor(high / step) + 1)
    largest = max(abs(low), abs(high))
    return [(number * step, _tick_text(number * step, step, largest)) for number in numbers]


def _tick_text(value: float, step: float, largest: float) -> str:
    if largest >= 1e5 or largest < 1e-3:
        digits = max(0, math.floor(math.log10(largest)) - math.floor(math.log10(step)))
        return f"{value:.{min(digits, 3)}e}" if value else "0"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{digits}f}" if value else "0"
