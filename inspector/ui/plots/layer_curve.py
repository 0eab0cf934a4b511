"""The error of every layer in running order: as it has grown so far, and of the layer alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QToolTip

from inspector.core.layers import Layer, Status
from inspector.ui import look
from inspector.ui.plots.numbers import decade_text, short_text
from inspector.ui.plots.plot_view import PlotView, cosmetic, hline, write

_FLAGS = Qt.AlignmentFlag
_REACH = 12.0
"""A click this near to a point, in pixels, is meant for it."""
_LOWEST, _HIGHEST = -12, 4
"""Powers of ten between which the axis stays, however small or large an error is."""
_SPARE = 0.4
"""Part of a decade that is left free above and below."""


class LayerCurve(PlotView):
    """Filled points as run, hollow diamonds for each layer alone, a ring where the error is born.

    Errors are over the largest value of the layer, on a logarithmic axis; 0 lies on its lower
    end, and what is infinite on its upper end.
    """

    picked = Signal(int)
    """Index of the layer that was clicked, or reached by the arrow keys."""

    def __init__(self) -> None:
        super().__init__("Error of each layer, in running order")
        self.setMouseTracking(True)
        self._layers: Sequence[Layer] = ()
        self._shown: list[int] = []
        self._born: int | None = None
        self._marked: int | None = None
        self._decades = (-8, 0)

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def show_layers(self, layers: Sequence[Layer], born: int | None) -> None:
        """Show other layers; `born` is the index of the one where the error is born."""
        self._layers, self._born, self._marked = layers, born, born
        self._shown = [
            i for i, one in enumerate(layers) if one.compared and (not one.inner or i == born)
        ]
        self._decades = _decades(layers, self._shown)
        beyond = sum(layers[i].status is Status.DIFFERS for i in self._shown)
        where = f" The error is born in {layers[born].name}." if born is not None else ""
        self.describe(
            f"{len(self._shown):,} layers, {beyond:,} of them beyond what is allowed.{where}"
        )

    def mark(self, index: int | None) -> None:
        """Mark a layer; None: none."""
        self._marked = index
        self.update()

    def draw(self, painter: QPainter) -> None:
        area = self._area()
        if not self._shown:
            painter.fillRect(area, look.color("sunken"))
            return
        self._bands(painter, area)
        self._axis(painter, area)
        self._allowed(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._diamonds(painter)
        self._points(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._marks(painter, area)

    def _bands(self, painter: QPainter, area: QRect) -> None:
        """Every other top module on a darker ground, with its name where it fits."""
        for number, (name, first, last) in enumerate(_groups(self._layers, self._shown)):
            left, right = self._edge(first), self._edge(last + 1)
            if number % 2:
                band = QRectF(left, area.top(), right - left, area.height())
                painter.fillRect(band, look.color("sunken"))
            room = painter.fontMetrics().horizontalAdvance(name)
            if room + 6 <= right - left:
                at = QPointF((left + right) / 2, area.top() - 10)
                write(painter, name, at, _FLAGS.AlignHCenter)

    def _axis(self, painter: QPainter, area: QRect) -> None:
        low, high = self._decades
        every = max(1, math.ceil((high - low + 1) * 22 / max(1, area.height())))
        for exponent in range(low, high + 1, every):
            y = self._height(float(exponent))
            hline(painter, area.left(), area.right(), y, "grid")
            text = decade_text(exponent)
            write(painter, text, QPointF(area.left() - 6, y), _FLAGS.AlignRight)
        hline(painter, area.left(), area.right(), area.bottom(), "line2")
        at = QPointF(area.center().x(), area.bottom() + 14)
        write(painter, "running order, first layer to last", at, _FLAGS.AlignHCenter)

    def _allowed(self, painter: QPainter, area: QRect) -> None:
        """What is allowed: one dashed line where it is the same for all, else a step for each."""
        painter.setPen(cosmetic(look.color("bar_fail"), 1.2, Qt.PenStyle.DashLine))
        parts: list[tuple[float, int, int]] = []
        for place, index in enumerate(self._shown):
            allowed = self._layers[index].allowed
            if parts and math.isclose(parts[-1][0], allowed, rel_tol=0.05):
                parts[-1] = (parts[-1][0], parts[-1][1], place)
            else:
                parts.append((allowed, place, place))
        for allowed, first, last in parts:
            if allowed > 0.0:
                y = self._height(math.log10(allowed))
                painter.drawLine(QPointF(self._edge(first), y), QPointF(self._edge(last + 1), y))
        given = [(allowed, first) for allowed, first, _ in parts if allowed > 0.0]
        if given:
            allowed, first = given[0]
            text = allowed_text([value for value, _ in given])
            at = QPointF(self._edge(first) + 6, self._height(math.log10(allowed)) - 9)
            write(painter, text, at, _FLAGS.AlignLeft, "bar_fail")

    def _diamonds(self, painter: QPainter) -> None:
        painter.setBrush(look.color("surface"))
        painter.setPen(cosmetic(look.color("text3"), 1.2))
        for place, index in enumerate(self._shown):
            local = self._layers[index].local_error
            if local is not None:
                at = self._at(place, local)
                corners = ((0, -3.5), (3.5, 0), (0, 3.5), (-3.5, 0))
                painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))

    def _points(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for place, index in enumerate(self._shown):
            layer = self._layers[index]
            beyond = layer.status is Status.DIFFERS
            painter.setBrush(look.color("bar_fail" if beyond else "bar"))
            painter.drawEllipse(self._at(place, layer.scaled_error or 0.0), 3.2, 3.2)

    def _marks(self, painter: QPainter, area: QRect) -> None:
        for index, token in ((self._marked, "accent"), (self._born, "text")):
            if index not in self._shown:
                continue
            at = self._at(self._shown.index(index), self._layers[index].scaled_error or 0.0)
            line = QRectF(round(at.x()), at.y(), 1, area.bottom() - at.y())
            painter.fillRect(line, look.color(token))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(cosmetic(look.color(token), 2))
            painter.drawEllipse(at, 6, 6)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            if index == self._born:
                self._name(painter, area, at, f"born here: {self._layers[index].name}")

    def _name(self, painter: QPainter, area: QRect, at: QPointF, text: str) -> None:
        """Write near the ring, where it hides the fewest points, on the ground of the card."""
        font = look.font(12, 600)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(text)
        room = self._free(area, at, width)
        painter.fillRect(room, look.color("surface"))
        start = QPointF(room.left() + 3, room.center().y())
        write(painter, text, start, _FLAGS.AlignLeft, "text", font)

    def _free(self, area: QRect, at: QPointF, width: float) -> QRectF:
        """Room for a name that wide, beside, above or below a point."""
        left, right = at.x() - 15 - width, min(at.x() + 9, area.right() - width - 6)
        places = [(right, at.y() - 9), (right, at.y() + 14), (right, at.y() - 32)]
        if left >= area.left():
            places = [(left, at.y() - 9), (left, at.y() + 14), *places]
        rooms = [QRectF(x, y, width + 6, 18) for x, y in places]
        # Half of a label above the first line of the axis still is on the ground of the card.
        kept = [r for r in rooms if area.top() - 9 <= r.top() and r.bottom() <= area.bottom()]
        dots = self._dots()
        return min(kept or rooms[:1], key=lambda room: _covered(room, dots))

    def _dots(self) -> list[QPointF]:
        """Where the filled points are."""
        return [
            self._at(place, self._layers[index].scaled_error or 0.0)
            for place, index in enumerate(self._shown)
        ]

    # Places

    def _area(self) -> QRect:
        return self.rect().adjusted(56, 24, -10, -28)

    def _edge(self, place: int) -> float:
        area = self._area()
        return area.left() + area.width() * place / max(1, len(self._shown))

    def _height(self, exponent: float) -> float:
        low, high = self._decades[0] - _SPARE, self._decades[1] + _SPARE
        share = (min(max(exponent, low), high) - low) / (high - low)
        area = self._area()
        return area.bottom() - share * area.height()

    def _at(self, place: int, error: float) -> QPointF:
        exponent = math.log10(error) if 0.0 < error < math.inf else math.copysign(99, error - 1)
        x = (self._edge(place) + self._edge(place + 1)) / 2
        return QPointF(x, self._height(exponent))

    def _nearest(self, position: QPointF) -> int | None:
        best, found = _REACH, None
        for place, index in enumerate(self._shown):
            layer = self._layers[index]
            for error in (layer.scaled_error, layer.local_error):
                if error is None:
                    continue
                at = self._at(place, error) - position
                distance = math.hypot(at.x(), at.y())
                if distance < best:
                    best, found = distance, index
        return found

    # Input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(event.position())
        if event.button() is Qt.MouseButton.LeftButton and found is not None:
            self.picked.emit(found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(event.position())
        if found is None:
            QToolTip.hideText()
        else:
            words = in_words(self._layers[found])
            QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._shown:
            super().keyPressEvent(event)
            return
        at = self._shown.index(self._marked) if self._marked in self._shown else -step
        self.picked.emit(self._shown[min(max(at + step, 0), len(self._shown) - 1)])


def allowed_text(allowed: Sequence[float]) -> str:
    """What is allowed, in one number or from the least to the most."""
    low, high = min(allowed), max(allowed)
    if math.isclose(low, high, rel_tol=0.05):
        return f"allowed: {short_text(low)}"
    return f"allowed: {short_text(low)} to {short_text(high)}"


def in_words(layer: Layer) -> str:
    """Name, error and what the layer adds, for the pointer."""
    lines = [layer.name]
    if layer.scaled_error is not None:
        lines.append(f"as run: {short_text(layer.scaled_error)} of its largest value")
    if layer.local_error is not None:
        lines.append(f"this layer alone: {short_text(layer.local_error)}")
    return "\n".join(lines)


def _decades(layers: Sequence[Layer], shown: Sequence[int]) -> tuple[int, int]:
    """Powers of ten that hold all errors and what is allowed."""
    found = [
        math.log10(value)
        for index in shown
        for one in (layers[index],)
        for value in (one.scaled_error, one.local_error, one.allowed)
        if value is not None and 0.0 < value < math.inf
    ]
    if not found:
        return -8, 0
    low = max(_LOWEST, math.floor(min(found)))
    return low, max(low + 2, min(_HIGHEST, math.ceil(max(found))))


def _covered(room: QRectF, dots: Sequence[QPointF]) -> int:
    """How many points a label would hide, be it in part."""
    return sum(map(room.adjusted(-4, -4, 4, 4).contains, dots))


def _groups(layers: Sequence[Layer], shown: Sequence[int]) -> list[tuple[str, int, int]]:
    """Top modules with their first and last place, in running order."""
    groups: list[tuple[str, int, int]] = []
    for place, index in enumerate(shown):
        name = layers[index].name.split("/")[0]
        if groups and groups[-1][0] == name:
            groups[-1] = (name, groups[-1][1], place)
        else:
            groups.append((name, place, place))
    return groups
