"""Bars of element counts by the size of their error; bars can be chosen."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip

from inspector.ui import look
from inspector.ui.plots.histogram_bars import (
    Band,
    Bar,
    count_decades,
    decades,
    every,
    summary,
)
from inspector.ui.plots.histogram_paint import Geometry, HistogramPainter
from inspector.ui.plots.plot_view import PlotView


class HistogramView(PlotView):
    """The histogram of one output and one metric.

    Click or Enter chooses a bar; dragging, Shift+click and Shift+arrows choose several.
    """

    bars_chosen = Signal(float, float)
    """Lower and upper end of the chosen bars, as `ElementsRequest` wants them."""
    cleared = Signal()
    """Escape was pressed."""

    def __init__(self) -> None:
        super().__init__("Error of each value")
        self.setMinimumSize(280, 100)
        self.setMouseTracking(True)
        self._bars: tuple[Bar, ...] = ()
        self._band: Band | None = None
        self._label = ""
        self._chosen: tuple[float, float] | None = None
        self._marked: float | None = None
        self._cursor = 0
        self._anchor: int | None = None

    def sizeHint(self) -> QSize:
        return QSize(480, 200)

    def show_bars(self, bars: tuple[Bar, ...], band: Band | None, label: str) -> None:
        """Show other bars.

        Args:
            bars: From `bars_of`.
            band: What is allowed; None where every difference is too much.
            label: What the axis measures.
        """
        self._bars, self._band, self._label = bars, band, label
        self._chosen, self._anchor = None, None
        self._cursor = self._first_with_count()
        self.describe(summary(bars, band) if bars else "")

    def choose(self, lower: float, upper: float) -> None:
        """Frame the bars between two ends, without a signal."""
        self._chosen = (lower, upper)
        inside = self._inside()
        count = sum(bar.count for bar in inside)
        title = Bar(lower, upper, 0, 0).title
        self.describe(f"{summary(self._bars, self._band)} Chosen: {title}, {count:,} values.")

    def clear_choice(self) -> None:
        """Frame no bar."""
        self._chosen = None
        self.describe(summary(self._bars, self._band) if self._bars else "")

    def mark(self, error: float | None) -> None:
        """Give the bar that holds the marked element a thin frame."""
        self._marked = error
        self.update()

    def geometry_now(self) -> Geometry:
        """Where everything lies at the present size."""
        low, high = decades(self._bars, self._band)
        top = count_decades(self._bars)
        widest = QFontMetrics(look.font(11, mono=True)).horizontalAdvance(f"{10**top:,}")
        return Geometry(QRectF(self.rect()), widest, low, high, top)

    def draw(self, painter: QPainter) -> None:
        if not self._bars:
            return
        paint = HistogramPainter(painter, self.geometry_now(), self._bars, self._band)
        paint.axes(self._label, every)
        paint.band()
        paint.bars()
        paint.allowance()
        if self._chosen is not None:
            paint.chosen(self._inside(), *self._chosen)
        marked = self._bar_of_mark()
        if marked is not None:
            paint.marked(self._bars[marked])
        if self.hasFocus():
            paint.cursor(self._bars[self._cursor])

    def focus_rect(self) -> QRectF:
        return QRectF()

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._bar_at(event.position())
        if event.button() is not Qt.MouseButton.LeftButton or at is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._anchor is not None:
            self._choose_between(self._anchor, at)
        else:
            self._anchor = at
            self._choose_between(at, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._bar_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            if at is not None and self._anchor is not None and at != self._cursor:
                self._choose_between(self._anchor, at, final=False)
        elif at is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self._text(at), self)
        else:
            QToolTip.hideText()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._chosen is not None and self._anchor is not None and self._cursor != self._anchor:
            self.bars_chosen.emit(*self._chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps and self._bars:
            self._move(steps[key], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == keys.Key_Home:
            self._place(0)
        elif key == keys.Key_End:
            self._place(len(self._bars) - 1)
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space) and self._bars:
            self._anchor = self._cursor
            self._choose_between(self._cursor, self._cursor)
        elif key == keys.Key_Escape and self._chosen is not None:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            QToolTip.hideText()
        return super().event(event)

    def _move(self, step: int, extend: bool) -> None:
        """To the next bar that holds something; the two apart are stops even when empty."""
        at = self._cursor + step
        last = len(self._bars) - 1
        while 0 < at < last and not self._bars[at].count:
            at += step
        at = min(max(at, 0), last)
        if extend and self._bars[at].on_axis and self._bars[self._cursor].on_axis:
            self._anchor = self._cursor if self._anchor is None else self._anchor
            self._choose_between(self._anchor, at)
        else:
            self._place(at)

    def _place(self, at: int) -> None:
        self._cursor = at
        QToolTip.hideText()
        self.update()

    def _choose_between(self, first: int, last: int, *, final: bool = True) -> None:
        self._cursor = last
        bars = self._bars
        if first != last and not (bars[first].on_axis and bars[last].on_axis):
            first = last
            self._anchor = last
        first, last = sorted((first, last))
        self.choose(bars[first].lower, bars[last].upper)
        if final:
            self.bars_chosen.emit(bars[first].lower, bars[last].upper)

    # Looking up

    def _inside(self) -> list[Bar]:
        if self._chosen is None:
            return []
        lower, upper = self._chosen
        if lower == upper:
            return [bar for bar in self._bars if bar.lower == lower and bar.upper == upper]
        return [
            bar for bar in self._bars if bar.on_axis and bar.lower >= lower and bar.upper <= upper
        ]

    def _bar_at(self, point: QPointF) -> int | None:
        if not self._bars:
            return None
        geometry = self.geometry_now()
        for number, bar in enumerate(self._bars):
            left, right = geometry.span(bar)
            if left <= point.x() < right and point.y() <= geometry.bottom + 20:
                return number
        return None

    def _bar_of_mark(self) -> int | None:
        if self._marked is None:
            return None
        for number, bar in enumerate(self._bars):
            if bar.lower <= self._marked < bar.upper and bar.on_axis:
                return number
        if self._marked == 0.0:
            return 0
        return None if math.isfinite(self._marked) else len(self._bars) - 1

    def _first_with_count(self) -> int:
        filled = [number for number, bar in enumerate(self._bars) if bar.beyond]
        filled += [number for number, bar in enumerate(self._bars) if bar.count]
        return filled[0] if filled else 0

    def _text(self, at: int) -> str:
        bar = self._bars[at]
        return f"{bar.title}: {bar.count:,} values, {bar.beyond:,} beyond what is allowed"
