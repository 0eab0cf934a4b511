"""The histogram of a tensor's values: bars between its smallest and its largest one."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip

from inspector.core.tensor_facts import NO_BARS, Bars
from inspector.ui import look
from inspector.ui.plots.numbers import short_text
from inspector.ui.plots.plot_view import PlotView, hline, write
from inspector.ui.widgets.labels import tooltip

HEIGHT = 112
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 8, 18
_SHARE = 0.86
"""Width of a bar within its room."""

_CLEAR = 0.25
"""Share of the axis at each end that its own label needs."""


class ValueBarsView(PlotView):
    """Values to the right, how many upwards."""

    def __init__(self) -> None:
        super().__init__("Histogram of the values", focus=False)
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self._bars: Bars = NO_BARS

    def show_bars(self, bars: Bars) -> None:
        """Show other counts."""
        self._bars = bars
        parts = [
            f"{count:,} from {short_text(low)} to {short_text(high)}"
            for low, high, count in zip(bars.edges, bars.edges[1:], bars.counts, strict=False)
            if count
        ]
        self.describe("; ".join(parts))

    def sizeHint(self) -> QSize:
        return QSize(280, HEIGHT)

    def draw(self, painter: QPainter) -> None:
        if not self._bars.counts:
            return
        area, most = self._area(), max(self._bars.counts)
        for tick in ticks(most):
            y = area.bottom() - tick / most * area.height()
            hline(painter, area.left(), area.right(), y, "grid" if tick else "line2")
            align = Qt.AlignmentFlag.AlignRight
            write(painter, short_count(tick), QPointF(area.left() - 6, y), align)
        colour, room = look.color("bar"), area.width() / len(self._bars.counts)
        for number, count in enumerate(self._bars.counts):
            if count:
                height = max(1, round(count / most * area.height()))
                left = area.left() + number * room + room * (1 - _SHARE) / 2
                width = max(1, round(room * _SHARE))
                painter.fillRect(QRect(round(left), area.bottom() - height, width, height), colour)
        self._label(painter, area)

    def _label(self, painter: QPainter, area: QRect) -> None:
        low, high, flags = self._bars.edges[0], self._bars.edges[-1], Qt.AlignmentFlag
        ends = [(0.0, low, flags.AlignLeft), (1.0, high, flags.AlignRight)]
        # Halves first: the difference of two very large values may not be a number.
        zero = -low / 2 / (high / 2 - low / 2) if low < high else 0.0
        if _CLEAR < zero < 1 - _CLEAR:
            ends.append((zero, 0.0, flags.AlignHCenter))
        for share, value, align in ends:
            x = area.left() + share * area.width()
            write(painter, short_text(value), QPointF(x, area.bottom() + 10), align)

    def _area(self) -> QRect:
        return self.rect().adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, bars = self._area(), self._bars
        share = (event.position().x() - area.left()) / max(1, area.width())
        if not bars.counts or not 0 <= share < 1:
            QToolTip.hideText()
            return
        number = int(share * len(bars.counts))
        low, high = bars.edges[number], bars.edges[number + 1]
        text = f"{bars.counts[number]:,} values from {low:.6g} to {high:.6g}"
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(text), self)

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()
        super().leaveEvent(event)


def ticks(most: int) -> list[int]:
    """Two or three round numbers from 0 up to at most `most`."""
    step = 10 ** math.floor(math.log10(max(most, 1)))
    for factor in (5, 2, 1):
        if step * factor <= most:
            step *= factor
            break
    half = step // 2 if step % 2 == 0 and step // 2 * 3 > most else step
    found = list(range(0, most + 1, max(1, half)))
    return found if len(found) <= 4 else found[:: math.ceil(len(found) / 4)]


def short_count(number: int) -> str:
    """A count that fits beside an axis: `40,000`, `12 M`."""
    if number < 1_000_000:
        return f"{number:,}"
    return f"{number / 1e6:g} M" if number < 1e9 else f"{number / 1e9:g} G"
