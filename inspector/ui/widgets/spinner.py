"""The running arc and the running clock: the only things that move."""

from __future__ import annotations

import time

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from inspector.ui import look
from inspector.ui.widgets.labels import Label

TURN_MS = 1200
FRAME_MS = 50


def arc_angle() -> float:
    """Where every running arc of the window points now, in degrees; 0 with reduced motion."""
    if not QApplication.isEffectEnabled(Qt.UIEffect.UI_General):
        return 0.0
    return 360.0 * (time.monotonic() * 1000 % TURN_MS) / TURN_MS


def paint_arc(painter: QPainter, centre: QPointF, size: float) -> None:
    """Paint a three-quarter pale ring and its arc, `size` across, as they stand now."""
    width = max(1.5, size / 11)
    radius = size / 2 - width
    ring = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    start = round((90 - arc_angle()) * 16)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.color("line2"), width))
    painter.drawArc(ring, start, 270 * 16)
    pen = QPen(look.color("accent"), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawArc(ring, start - 90 * 16, 90 * 16)


class Spinner(QWidget):
    """A running arc; it turns only while it can be seen."""

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        self.setFixedSize(size, size)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.update)

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_arc(painter, QRectF(self.rect()).center(), self.width())


def clock_text(seconds: float) -> str:
    """A running time: `00:14.2`, with hours from one hour on."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    tenths = int(rest * 10) / 10
    head = f"{hours}:" if hours else ""
    return f"{head}{minutes:02d}:{tenths:04.1f}"


class Clock(Label):
    """Time since a job began, ten times a second while it can be seen."""

    def __init__(self, size: int = 12, token: str = "text2") -> None:
        super().__init__("00:00.0", size, 400, token, mono=True)
        self._began: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._tick)

    def begin(self, started: float) -> None:
        """Count from `started`, a reading of `time.monotonic()`."""
        self._began = started
        self._tick()
        if self.isVisible():
            self._timer.start()

    def stop(self) -> None:
        """Stand still."""
        self._began = None
        self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        if self._began is not None:
            self._tick()
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        if self._began is not None:
            self.setText(clock_text(time.monotonic() - self._began))
