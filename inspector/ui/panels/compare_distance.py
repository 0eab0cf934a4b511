"""How far each side is from the calculation in 64 bits: two bars and what they mean."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.referee import Referee
from inspector.core.tolerance import tolerance_for
from inspector.core.words import counted, size_of_error
from inspector.ui import look
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.lines import Line

_ROW, _BAR = 22, 8
_NAME, _NUMBER = 64, 66
_LEAST_EPS = 2.0**-23


def share_of(distance: float, scale: float, eps: float) -> float:
    """How much of its track a bar fills, 0 to 1.

    The track is logarithmic, from a tenth of a rounding step of the largest value to that value
    itself; a distance of 0 has no bar.
    """
    low, high = math.log10(0.1 * eps), 0.0
    if distance <= 0.0 or scale <= 0.0:
        return 0.0
    return min(1.0, max(0.02, (math.log10(distance / scale) - low) / (high - low)))


class DistanceBars(QWidget):
    """A row for each side: its name, a bar, the distance."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[tuple[str, float, float], ...] = ()
        self.setFixedHeight(2 * _ROW)

    def show_rows(self, rows: tuple[tuple[str, float, float], ...]) -> None:
        """Show name, distance and share of the track of the reference, then the candidate."""
        self.rows = rows
        texts = (f"{name} {size_of_error(distance)}" for name, distance, _ in rows)
        self.setAccessibleName(f"Distance to the 64-bit calculation: {', '.join(texts)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 2 * _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = self.width() - _NAME - _NUMBER
        flags = Qt.AlignmentFlag
        for number, (name, distance, share) in enumerate(self.rows):
            top = number * _ROW
            painter.setFont(look.font(12))
            painter.setPen(look.color("text2"))
            middle = flags.AlignVCenter | flags.AlignLeft
            shown = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, _NAME - 6
            )  # fmt: skip
            painter.drawText(QRectF(0, top, _NAME, _ROW), middle, shown)
            bar = QRectF(_NAME, top + (_ROW - _BAR) / 2, track, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("hover"))
            painter.drawRoundedRect(bar, 2, 2)
            if share:
                painter.setBrush(look.color("cand" if number else "ref"))
                bar.setWidth(max(2.0, track * share))
                painter.drawRoundedRect(bar, 2, 2)
            painter.setFont(look.font(11, mono=True))
            painter.setPen(look.color("text"))
            room = QRectF(self.width() - _NUMBER, top, _NUMBER, _ROW)
            painter.drawText(room, flags.AlignVCenter | flags.AlignRight, size_of_error(distance))


class Distance(QWidget):
    """The part of the plain words about the calculation in 64 bits; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Line())
        column.addSpacing(4)
        column.addWidget(Label("Distance to the 64-bit calculation", 12, 600, "text2"))
        self.bars = DistanceBars()
        self.caption = Label("", 12, 400, "text3", wrap=True)
        column.addWidget(self.bars)
        column.addWidget(self.caption)
        self.hide()

    def show_referee(self, referee: Referee | None, dtype: str, names: tuple[str, str]) -> None:
        """Show what was calculated for an output of `dtype`; None: nothing was."""
        self.setVisible(referee is not None)
        if referee is None:
            return
        self.bars.setVisible(referee.trusted)
        self.caption.setText(caption(referee))
        if referee.trusted:
            whole = referee.whole
            eps = tolerance_for(dtype).eps or _LEAST_EPS
            distances = whole.reference_rmse, whole.candidate_rmse
            self.bars.show_rows(
                tuple(
                    (name, distance, share_of(distance, whole.scale, eps))
                    for name, distance in zip(names, distances, strict=True)
                )
            )


def caption(referee: Referee) -> str:
    """What the bars show, or why there are none."""
    if not referee.trusted:
        return referee.why_not
    return f"typical (RMSE) of {counted(referee.samples, 'sample')}, logarithmic"
