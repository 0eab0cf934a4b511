"""Where the parts of a histogram lie, and how they are painted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter

from inspector.ui import look
from inspector.ui.plots.histogram_bars import Band, Bar
from inspector.ui.plots.numbers import decade_text, short_text
from inspector.ui.plots.plot_view import cosmetic, hline, write

_APART = 54.0
"""Width of the places of the two bars that stand apart."""

_BASE = math.log10(0.6)
"""A bar of one element must be seen, so the count axis begins a little below 1."""

_FLAGS = Qt.AlignmentFlag


@dataclass(frozen=True, slots=True)
class Geometry:
    """Pixel positions of a histogram.

    Attributes:
        area: The whole widget.
        label: Width of the longest label of the count axis.
        low: First decade of the error axis.
        high: Last decade.
        top: Power of ten at the top of the count axis.
    """

    area: QRectF
    label: int
    low: int
    high: int
    top: int

    @property
    def left(self) -> float:
        """Left end of the bars' ground."""
        return self.area.left() + self.label + 8

    @property
    def right(self) -> float:
        """Right end."""
        return self.area.right() - 2

    @property
    def ceiling(self) -> float:
        """Where the highest count lies."""
        return self.area.top() + 10

    @property
    def bottom(self) -> float:
        """Where the bars stand."""
        return self.area.bottom() - 40

    @property
    def axis(self) -> tuple[float, float]:
        """Ends of the logarithmic axis, between the two dotted lines."""
        return self.left + _APART + 12, self.right - _APART - 14

    def x(self, value: float) -> float:
        """Where an error lies on the axis."""
        start, end = self.axis
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return start + share * (end - start)

    def y(self, count: float) -> float:
        """Height of a count; below 1 the bars' ground."""
        if count <= 0:
            return self.bottom
        share = (math.log10(count) - _BASE) / (self.top - _BASE)
        return self.bottom - share * (self.bottom - self.ceiling)

    def span(self, bar: Bar) -> tuple[float, float]:
        """Left and right end of a bar's place, gaps included."""
        if bar.on_axis:
            return self.x(max(bar.lower, 5e-324)), self.x(bar.upper)
        if bar.upper == 0.0:
            return self.left, self.left + _APART
        return self.right - _APART, self.right

    def box(self, bar: Bar) -> QRectF:
        """The bar itself: 86 % of its place; those apart at most 18 wide."""
        start, end = self.span(bar)
        width = (end - start) * 0.86
        if not bar.on_axis:
            width = 18.0
        left = (start + end - width) / 2
        if width > 4:
            left, width = round(left), max(1.0, round(width))
        top = round(self.y(bar.count))
        return QRectF(left, top, width, round(self.bottom) - top)


class HistogramPainter:
    """Paints the parts of one histogram onto one painter."""

    def __init__(
        self, painter: QPainter, geometry: Geometry, bars: Sequence[Bar], band: Band | None
    ) -> None:
        self._painter, self._at, self._bars, self._band = painter, geometry, bars, band

    def axes(self, label: str, every: Callable[[float, int, float], int]) -> None:
        """Grid, count labels, error labels, the two dotted lines, and what is measured."""
        at, painter = self._at, self._painter
        step = every(at.bottom - at.ceiling, at.top + 1, 15)
        for decade in range(0, at.top + 1, step):
            y = at.y(10.0**decade)
            hline(painter, at.left, at.right, y, "grid")
            write(painter, f"{10**decade:,}", QPointF(at.left - 8, y), _FLAGS.AlignRight)
        hline(painter, at.left, at.right, at.bottom, "line2")
        start, end = at.axis
        painter.setPen(cosmetic(look.color("line2"), 1, Qt.PenStyle.DotLine))
        for x in (start - 6, end + 8):
            painter.drawLine(
                QPointF(round(x) + 0.5, at.ceiling - 8), QPointF(round(x) + 0.5, at.bottom)
            )
        below = at.bottom + 12
        step = every(end - start, at.high - at.low, 52)
        apart = [at.span(bar) for bar in (self._bars[0], self._bars[-1])]
        for decade in range(-(-at.low // step) * step, at.high + 1, step):
            text, x = decade_text(decade), at.x(10.0**decade)
            half = painter.fontMetrics().horizontalAdvance(text) / 2
            if apart[0][1] - 4 < x - half and x + half < apart[1][0] - 12:
                write(painter, text, QPointF(x, below), _FLAGS.AlignHCenter)
        for bar in (self._bars[0], self._bars[-1]):
            middle = sum(at.span(bar)) / 2
            write(painter, bar.title, QPointF(middle, below), _FLAGS.AlignHCenter)
            over = QPointF(middle, at.y(bar.count) - 9)
            write(painter, f"{bar.count:,}", over, _FLAGS.AlignHCenter, "text2")
        centre = QPointF((start + end) / 2, at.bottom + 30)
        write(painter, label, centre, _FLAGS.AlignHCenter, "text3", look.font(11))
        painter.setFont(look.font(11, mono=True))

    def bars(self) -> None:
        """Every bar; one that is partly beyond is split side by side by share."""
        for bar in self._bars:
            if not bar.count:
                continue
            box = self._at.box(bar)
            share = bar.beyond / bar.count
            cut = box.width() * (1.0 - share)
            if 0.0 < share < 1.0:
                cut = min(max(cut, 2.0), max(box.width() - 2.0, 2.0))
            within, beyond = QRectF(box), QRectF(box)
            within.setWidth(cut)
            beyond.setLeft(box.left() + cut)
            hatched = not bar.on_axis and bar.upper > 0.0
            for part, token in ((within, "bar"), (beyond, "bar_fail")):
                if part.width() > 0:
                    self._fill(part, token, hatched)

    def _fill(self, box: QRectF, token: str, hatched: bool) -> None:
        if not hatched:
            self._painter.fillRect(box, look.color(token))
            return
        self._painter.fillRect(box, QBrush(look.color(token), Qt.BrushStyle.BDiagPattern))
        self._painter.setPen(cosmetic(look.color(token)))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def band(self) -> None:
        """The pale band from the smallest allowance to the largest, behind the bars."""
        if self._band is None:
            return
        at = self._at
        left, right = at.x(self._band.smallest), at.x(self._band.largest)
        pale = look.color("bar_fail")
        pale.setAlpha(46 if look.theme() == "dark" else 26)
        top = at.ceiling - 8
        self._painter.fillRect(QRectF(left, top, right - left, at.bottom - top), pale)

    def allowance(self) -> None:
        """The dashed line at the smallest allowance, and the words beside the band."""
        at, painter = self._at, self._painter
        if self._band is None:
            text = "any difference is beyond"
            font = look.font(11, 600)
            place = QPointF(at.axis[0] + 6, at.ceiling + 4)
            write(painter, text, place, _FLAGS.AlignLeft, "fail", font)
            painter.setFont(look.font(11, mono=True))
            return
        left, right = at.x(self._band.smallest), at.x(self._band.largest)
        painter.setPen(cosmetic(look.color("fail"), 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(round(left), at.ceiling - 8), QPointF(round(left), at.bottom))
        self._allowed_label(left, right)

    def _allowed_label(self, left: float, right: float) -> None:
        band, at, painter = self._band, self._at, self._painter
        assert band is not None
        first, last = short_text(band.smallest), short_text(band.largest)
        # In two lines, or in three where those hide fewer bars.
        ways: list[tuple[str, ...]] = [("allowed", f"{first} to {last}")]
        ways.append(("allowed", first, f"to {last}"))
        font = look.font(11, 600)
        painter.setFont(font)
        end = at.axis[1] + 6 if self._bars[-1].count else at.right
        places: list[tuple[bool, int, int, float, float, tuple[str, ...]]] = []
        for lines in ways if first != last else [("allowed", first)]:
            width = float(max(painter.fontMetrics().horizontalAdvance(line) for line in lines))
            for corner in (right + 8, left - 8 - width):
                room = corner > at.left and corner + width <= end
                hidden = self._hidden(corner, corner + width, 16 * len(lines) - 6)
                places.append((not room, hidden, len(places), corner, width, lines))
        *_, corner, width, lines = min(places)
        side = _FLAGS.AlignLeft if corner > left else _FLAGS.AlignRight
        x = corner if corner > left else corner + width
        ground = look.color("surface")
        ground.setAlpha(215)
        painter.fillRect(QRectF(corner - 3, at.ceiling - 8, width + 6, 16 * len(lines)), ground)
        for number, line in enumerate(lines):
            write(painter, line, QPointF(x, at.ceiling + 16 * number), side, "fail", font)
        painter.setFont(look.font(11, mono=True))

    def _hidden(self, left: float, right: float, high: float) -> int:
        """Bars between two places that reach up to where the label is written."""
        at, number = self._at, 0
        for bar in self._bars:
            start, end = at.span(bar)
            number += end > left and start < right and at.y(bar.count) < at.ceiling + high
        return number

    def chosen(self, inside: Sequence[Bar], lower: float, upper: float) -> None:
        """A frame of 2 px and the count above."""
        at, painter = self._at, self._painter
        if not inside:
            return
        box = at.box(inside[0])
        for bar in inside[1:]:
            box = box.united(at.box(bar))
        if box.height() < 6:
            box.setTop(box.bottom() - 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(cosmetic(look.color("text"), 2))
        painter.drawRect(box.adjusted(0, 0, 0, -1))
        if lower != upper:
            over = QPointF(box.center().x(), box.top() - 10)
            count = sum(bar.count for bar in inside)
            font = look.font(12, mono=True)
            write(painter, f"{count:,}", over, _FLAGS.AlignHCenter, "text", font)
            painter.setFont(look.font(11, mono=True))

    def marked(self, bar: Bar) -> None:
        """A thin frame around the bar that holds the marked element."""
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(cosmetic(look.color("text"), 1))
        self._painter.drawRect(self._at.box(bar).adjusted(0, 0, 0, -1))

    def cursor(self, bar: Bar) -> None:
        """The focus: a frame around the bar's whole place, so that empty bars show it too."""
        start, end = self._at.span(bar)
        top = min(self._at.y(bar.count), self._at.bottom - 8)
        frame = QRectF(start - 2, top - 3, max(end - start, 3) + 4, self._at.bottom - top + 5)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(cosmetic(look.color("accent"), 2))
        self._painter.drawRect(frame)
