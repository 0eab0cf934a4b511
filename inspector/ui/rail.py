"""The rail at the left edge: five steps with their states as small shapes, and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout

from inspector.ui import look
from inspector.ui.widgets.controls import BY_KEY
from inspector.ui.widgets.spinner import FRAME_MS, paint_arc

WIDTH, ITEM_HEIGHT = 88, 64


@dataclass(frozen=True, slots=True)
class Badge:
    """State of a step: an icon with its colour, the running arc, or a number.

    Attributes:
        icon: Name of an icon, `running` for the arc, empty for none or a number.
        token: Colour of the icon or of the number's ground.
        count: Shown instead of an icon where it is above 0.
        words: What a screen reader and the tooltip say.
    """

    icon: str = ""
    token: str = "none"
    count: int = 0
    words: str = ""


NO_BADGE = Badge()
DONE = Badge("circle-check", "text2", words="done")
RUNNING = Badge("running", "accent", words="running")


class RailItem(QAbstractButton):
    """One step: icon over label, a selection block, and a badge at the icon's upper right."""

    def __init__(self, label: str, icon: str) -> None:
        super().__init__()
        self.setText(label)
        self.setFont(look.font(12, 600))
        self.setFixedSize(WIDTH - 1, ITEM_HEIGHT)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(label)
        self._icon = icon
        self._badge = NO_BADGE
        self._by_key = False
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.update)

    @property
    def badge(self) -> Badge:
        """The state that is shown."""
        return self._badge

    def set_badge(self, badge: Badge) -> None:
        """Show another state."""
        if badge == self._badge:
            return
        self._badge = badge
        self.setAccessibleDescription(badge.words)
        self.setToolTip(f"{self.text()}: {badge.words}" if badge.words else "")
        self._timer.start() if badge.icon == "running" else self._timer.stop()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in BY_KEY
        super().focusInEvent(event)

    def nextCheckState(self) -> None:
        """The rail alone decides which step is marked."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 1, ITEM_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        token = self._paint_ground(painter)
        middle = self.width() // 2
        painter.drawPixmap(middle - 10, 13, look.pixmap(self._icon, token, 20))
        painter.setPen(look.color(token))
        painter.setFont(self.font())
        label = QRect(0, 36, self.width(), 18)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self.text())
        if self.isEnabled():
            self._paint_badge(painter, QPointF(middle + 13, 16))

    def _paint_ground(self, painter: QPainter) -> str:
        """Paint the selection and the focus frame; returns the colour of icon and label."""
        block = QRectF(8, 4, 71, 56)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(block, 8, 8)
            painter.setBrush(look.color("accent"))
            painter.drawRoundedRect(QRectF(-3, 14, 6, 36), 3, 3)
        elif self.underMouse() and self.isEnabled():
            painter.setBrush(look.color("hover"))
            painter.drawRoundedRect(block, 8, 8)
        if self.hasFocus() and self._by_key:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(look.color("accent"))
            pen.setWidthF(2)
            painter.setPen(pen)
            painter.drawRoundedRect(block.adjusted(1, 1, -1, -1), 7, 7)
        if not self.isEnabled():
            return "disabled"
        return "accent_text" if self.isChecked() else "text2"

    def _paint_badge(self, painter: QPainter, centre: QPointF) -> None:
        badge = self._badge
        ground = "accent_soft" if self.isChecked() else "surface"
        if badge.count > 0:
            text = str(badge.count) if badge.count < 100 else "99+"
            width = max(16.0, 8.0 + 7.0 * len(text))
            pill = QRectF(centre.x() + 1 - width / 2, centre.y() - 9, width, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color(badge.token))
            painter.drawRoundedRect(pill, 8, 8)
            painter.setPen(look.color("surface"))
            painter.setFont(look.font(11, 700, mono=True))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
        elif badge.icon:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color(ground))
            painter.drawEllipse(centre, 8, 8)
            if badge.icon == "running":
                paint_arc(painter, centre, 14)
            else:
                corner = centre - QPointF(7, 7)
                painter.drawPixmap(corner, look.pixmap(badge.icon, badge.token, 14))


class Rail(QFrame):
    """The steps from top to bottom, the settings at the end. Arrow keys walk along it."""

    chosen = Signal(str)
    """Id of the step that the person chose."""
    settings_asked = Signal()

    def __init__(self, steps: tuple[tuple[str, str, str], ...]) -> None:
        """Make a rail of (id, label, icon) steps."""
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Steps")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 1, 8)
        column.setSpacing(0)
        self.items: dict[str, RailItem] = {}
        for step, label, icon in steps:
            item = RailItem(label, icon)
            item.clicked.connect(lambda _=False, step=step: self.chosen.emit(step))
            column.addWidget(item)
            self.items[step] = item
        column.addStretch(1)
        self.settings = RailItem("Settings", "settings")
        self.settings.setCheckable(False)
        self.settings.clicked.connect(self.settings_asked)
        column.addWidget(self.settings)

    def show_step(self, step: str) -> None:
        """Mark a step as the one that is shown; none where the id is unknown."""
        for name, item in self.items.items():
            item.setChecked(name == step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        step = moves.get(Qt.Key(event.key()))
        items = [item for item in (*self.items.values(), self.settings) if item.isEnabled()]
        focused = [number for number, item in enumerate(items) if item.hasFocus()]
        if step is None or not focused:
            super().keyPressEvent(event)
            return
        target = items[(focused[0] + step) % len(items)]
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("surface"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), look.color("line"))
