"""A picture of values with a crosshair on the marked element and dots on the chosen ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QToolTip

from inspector.ui import look
from inspector.ui.plots.colour_maps import VALUES, colour_table
from inspector.ui.plots.fields import Field, shrunk
from inspector.ui.plots.plot_view import PlotView, Zoom, cosmetic

_GAP = 6
"""Pixels from the marked cell's middle to the crosshair."""

Cell = tuple[int, int]
"""Row and column of an element."""


class HeatMapView(PlotView):
    """One picture. Wheel zooms, double click restores, a click or the arrows mark an element."""

    picked = Signal(int, int)
    """Row and column that were clicked."""
    stepped = Signal(int, int)
    """Rows and columns to go, by the arrow keys."""
    sample_stepped = Signal(int)
    """Samples to go, by Ctrl and the arrow keys."""
    zoomed = Signal(object)
    """The Zoom that the wheel or a double click made."""
    cleared = Signal()
    """Escape was pressed."""

    def __init__(self, name: str, colours: str) -> None:
        super().__init__(name)
        self.setMouseTracking(True)
        self._colours = colours
        self._field: Field | None = None
        self._zoom = Zoom()
        self._marked: Cell | None = None
        self._dots: Sequence[Cell] = ()
        self._cache: tuple[object, Field] | None = None
        self.probe: Callable[[int, int], str] = lambda row, column: ""
        """Text for the element under the pointer."""

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def show_field(self, field: Field | None) -> None:
        """Show another picture; the part in view stays."""
        self._field, self._cache = field, None
        self.update()

    def set_zoom(self, zoom: Zoom) -> None:
        """Show a part of the picture."""
        self._zoom = zoom
        self.update()

    def mark(self, cell: Cell | None, dots: Sequence[Cell] = ()) -> None:
        """Put the crosshair on an element, and dots on others."""
        self._marked, self._dots = cell, dots
        self.update()

    def draw(self, painter: QPainter) -> None:
        area = self._area()
        if self._field is None:
            painter.fillRect(area, look.color("sunken"))
        else:
            self._draw_field(painter, area, self._field)
            for cell in self._dots:
                self._draw_dot(painter, self._at(cell))
            if self._marked is not None:
                self._draw_cross(painter, area, self._at(self._marked))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(cosmetic(look.color("line2")))
        painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _draw_field(self, painter: QPainter, area: QRect, field: Field) -> None:
        painter.setClipRect(area)
        zoom = self._zoom
        ratio = self.devicePixelRatioF()
        across, down = round(area.width() * ratio), round(area.height() * ratio)
        cells = (zoom.right - zoom.left) * field.width, (zoom.bottom - zoom.top) * field.height
        if self._colours != VALUES and (cells[0] > across or cells[1] > down):
            field, zoom = self._shrunk(field, across, down), Zoom()
        image = QImage(
            field.pixels, field.width, field.height, field.width, QImage.Format.Format_Indexed8
        )
        image.setColorTable(colour_table(self._colours))
        source = QRectF(
            zoom.left * field.width,
            zoom.top * field.height,
            (zoom.right - zoom.left) * field.width,
            (zoom.bottom - zoom.top) * field.height,
        )
        painter.drawImage(QRectF(area), image, source)

    def _shrunk(self, field: Field, across: int, down: int) -> Field:
        key = (self._zoom, across, down)
        if self._cache is None or self._cache[0] != key:
            self._cache = (key, shrunk(field, self._colours, self._zoom, across, down))
        return self._cache[1]

    def _draw_dot(self, painter: QPainter, at: QPointF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(cosmetic(look.color("surface"), 1.5))
        painter.setBrush(look.color("text"))
        painter.drawEllipse(at, 2.5, 2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_cross(self, painter: QPainter, area: QRect, at: QPointF) -> None:
        line = QColor("#FFFFFF") if self._colours == VALUES else look.color("text")
        halo = QColor(0, 0, 0, 70) if self._colours == VALUES else look.color("surface")
        if self._colours != VALUES:
            line.setAlpha(190)
            halo.setAlpha(110)
        x, y = int(at.x()), int(at.y())
        # The marked cell itself stays free: its colour is what one wants to see.
        ends = (
            (QRect(x, area.top(), 1, y - _GAP - area.top()), 1, 0),
            (QRect(x, y + _GAP, 1, area.bottom() + 1 - y - _GAP), 1, 0),
            (QRect(area.left(), y, x - _GAP - area.left(), 1), 0, 1),
            (QRect(x + _GAP, y, area.right() + 1 - x - _GAP, 1), 0, 1),
        )
        for box, right, down in ends:
            if box.isEmpty():
                continue
            for shift, colour in ((-1, halo), (1, halo), (0, line)):
                painter.fillRect(box.translated(shift * right, shift * down), colour)

    # Places

    def _area(self) -> QRect:
        return self.rect().adjusted(3, 3, -3, -3)

    def _at(self, cell: Cell) -> QPointF:
        assert self._field is not None
        area = self._area()
        share = (cell[1] + 0.5) / self._field.columns, (cell[0] + 0.5) / self._field.rows
        x, y = self._zoom.to_view(*share)
        return QPointF(area.left() + x * area.width(), area.top() + y * area.height())

    def _cell(self, point: QPointF) -> Cell | None:
        area = self._area()
        if self._field is None or not area.contains(point.toPoint()):
            return None
        x, y = self._zoom.to_picture(
            (point.x() - area.left()) / area.width(), (point.y() - area.top()) / area.height()
        )
        column = min(int(x * self._field.columns), self._field.columns - 1)
        return min(int(y * self._field.rows), self._field.rows - 1), column

    # Input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell(event.position())
        if event.button() is Qt.MouseButton.LeftButton and cell is not None:
            self.picked.emit(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self._cell(event.position())
        if cell is None:
            QToolTip.hideText()
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self.picked.emit(*cell)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.probe(*cell), self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zoomed.emit(Zoom())

    def wheelEvent(self, event: QWheelEvent) -> None:
        area = self._area()
        factor = 0.8 if event.angleDelta().y() > 0 else 1.25
        x = (event.position().x() - area.left()) / area.width()
        y = (event.position().y() - area.top()) / area.height()
        self.zoomed.emit(self._zoom.towards(min(max(x, 0), 1), min(max(y, 0), 1), factor))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not step_by_key(self, event):
            super().keyPressEvent(event)


def step_by_key(view: HeatMapView, event: QKeyEvent) -> bool:
    """Arrows go to the next element, with Ctrl to the next sample; Escape clears."""
    keys = Qt.Key
    moves = {
        keys.Key_Left: (0, -1), keys.Key_Right: (0, 1), keys.Key_Up: (-1, 0), keys.Key_Down: (1, 0)
    }  # fmt: skip
    key = Qt.Key(event.key())
    if key == keys.Key_Escape:
        view.cleared.emit()
        return True
    if key not in moves:
        return False
    down, across = moves[key]
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        view.sample_stepped.emit(down + across)
    else:
        view.stepped.emit(down, across)
    return True
