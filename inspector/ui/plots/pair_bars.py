"""A few values of both sides as pairs of bars, the reference above the candidate."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from inspector.ui import look
from inspector.ui.plots.clouds import Pairs
from inspector.ui.plots.numbers import value_pair
from inspector.ui.plots.plot_view import PlotView, cosmetic, write

_FLAGS = Qt.AlignmentFlag
_ROW = 38
_BAR = 12


class PairBarsView(PlotView):
    """Rows of a label and two bars with their values; a click or the arrows mark an element."""

    picked = Signal(int, int)
    """Sample and flat position of the row that was chosen."""
    cleared = Signal()
    """Escape was pressed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setMinimumSize(200, 100)
        self._pairs: Pairs | None = None
        self._labels: tuple[str, ...] = ()
        self._whole = False
        self._marked: int | None = None

    def sizeHint(self) -> QSize:
        rows = len(self._labels) or 4
        return QSize(280, rows * _ROW)

    def show_pairs(
        self, pairs: Pairs | None, labels: tuple[str, ...], *, whole: bool = False
    ) -> None:
        """Show other elements, as many as there is room for.

        Args:
            pairs: The values.
            labels: One per element.
            whole: Write whole numbers.
        """
        self._pairs, self._labels, self._whole = pairs, labels, whole
        texts = (
            f"{label}: {' against '.join(self._texts(row))}" for row, label in enumerate(labels)
        )
        self.describe("; ".join(texts))
        self.updateGeometry()

    def mark(self, sample: int, flat: int) -> None:
        """Frame the row of an element, if it is shown."""
        self._marked = None
        if self._pairs is not None:
            elements = list(zip(self._pairs.samples, self._pairs.flats, strict=True))
            if (sample, flat) in elements:
                self._marked = elements.index((sample, flat))
        self.update()

    def focus_rect(self) -> QRectF:
        if self._marked is None or self._pairs is None:
            return super().focus_rect()
        return QRectF(1, self._marked * self._row() + 1, self.width() - 2, self._row() - 3)

    def draw(self, painter: QPainter) -> None:
        if self._pairs is None:
            return
        label_font = look.font(12, 500)
        painter.setFont(label_font)
        metrics = painter.fontMetrics()
        widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0)
        label_width = min(widest + 16, self.width() // 2)
        self._draw_rows(painter, label_width)

    def _draw_rows(self, painter: QPainter, label_width: int) -> None:
        assert self._pairs is not None
        values = [*self._pairs.reference, *self._pairs.candidate]
        finite = [value for value in values if math.isfinite(value)]
        low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
        span = high - low or 1.0
        text_font, label_font = look.font(11, mono=True), look.font(12, 500)
        painter.setFont(text_font)
        texts = [self._texts(row) for row in range(len(self._labels))]
        widest = max(
            (painter.fontMetrics().horizontalAdvance(t) for pair in texts for t in pair), default=0
        )
        room = max(20.0, self.width() - label_width - widest - 16.0)
        zero = label_width - low / span * room
        for row, label in enumerate(self._labels[: self._fitting()]):
            top = row * self._row() + 4
            self._mark_row(painter, row)
            painter.setFont(label_font)
            shown = painter.fontMetrics().elidedText(
                label, Qt.TextElideMode.ElideRight, label_width - 8
            )
            write(painter, shown, QPointF(4, top + _BAR + 1), _FLAGS.AlignLeft, "text")
            painter.setFont(text_font)
            pair = self._pairs.reference[row], self._pairs.candidate[row]
            for number, token in enumerate(("ref", "cand")):
                y = top + number * (_BAR + 3)
                end = zero
                if math.isfinite(pair[number]):
                    end = zero + pair[number] / span * room
                left, right = min(zero, end), max(zero, end)
                box = QRectF(left, y, max(right - left, 1.0), _BAR)
                painter.fillRect(box, look.color(token))
                at = QPointF(max(right, zero) + 6, y + _BAR / 2)
                write(painter, texts[row][number], at, _FLAGS.AlignLeft, "text2")
        if low < 0.0:
            painter.fillRect(
                QRectF(round(zero), 0, 1, self._fitting() * self._row()), look.color("control")
            )

    def _mark_row(self, painter: QPainter, row: int) -> None:
        if row != self._marked:
            return
        box = QRectF(0, row * self._row(), self.width() - 1, self._row() - 1)
        painter.fillRect(box, look.color("accent_soft"))
        painter.setPen(cosmetic(look.color("text"), 1))

    def _texts(self, row: int) -> tuple[str, str]:
        assert self._pairs is not None
        reference, candidate = self._pairs.reference[row], self._pairs.candidate[row]
        if self._pairs.probability:
            return f"{100 * reference:.1f} %", f"{100 * candidate:.1f} %"
        return value_pair(reference, candidate, whole=self._whole)

    def _row(self) -> int:
        rows = max(1, len(self._labels))
        return min(_ROW + 4, max(2 * _BAR + 8, self.height() // rows))

    def _fitting(self) -> int:
        return min(len(self._labels), max(1, self.height() // self._row()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pick(int(event.position().y()) // self._row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Up: -1, keys.Key_Right: 1, keys.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._pick((-1 if self._marked is None else self._marked) + steps[key])
        elif key == keys.Key_Escape:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def _pick(self, row: int) -> None:
        if self._pairs is not None and 0 <= row < self._fitting():
            self.picked.emit(self._pairs.samples[row], self._pairs.flats[row])
