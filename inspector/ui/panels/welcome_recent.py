"""The recent pairs on the first page: two lines each, with the last answer."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.settings import RecentPair
from inspector.ui.widgets.labels import Label, tooltip

ROW_HEIGHT = 45
SHOWN = 5


def pair_text(pair: RecentPair) -> str:
    """Both file names, as one line."""
    names = [Path(path).name for path in (pair.reference, pair.candidate) if path]
    return "  \u2192  ".join(names)


def day_text(when: float, now: float) -> str:
    """When something was, in few words: `Today 14:02`, `Yesterday`, `3 June`, `3 June 2025`."""
    then, today = time.localtime(when), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("Today %H:%M", then)
    if then[:3] == time.localtime(now - 86_400)[:3]:
        return "Yesterday"
    month = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )[then.tm_mon - 1]  # fmt: skip
    year = f" {then.tm_year}" if then.tm_year != today.tm_year else ""
    return f"{then.tm_mday} {month}{year}"


class RecentRow(QAbstractButton):
    """One pair; a click opens it again."""

    def __init__(self, pair: RecentPair) -> None:
        super().__init__()
        self.pair = pair
        self._day = day_text(pair.when, time.time())
        self.setFixedHeight(ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        words = (pair_text(pair), pair.verdict or "not compared", pair.sentence, self._day)
        self.setAccessibleName(", ".join(word for word in words if word))
        paths = [path for path in (pair.reference, pair.candidate, *pair.data) if path]
        self.setToolTip(tooltip("\n".join((*paths, pair.sentence))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, ROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        style = look.VERDICT_LOOKS.get(self.pair.verdict, look.VERDICT_LOOKS["NOT COMPARED YET"])
        painter.drawPixmap(8, 14, look.pixmap(style.icon, style.word, 16))
        painter.setFont(look.font(12))
        metrics = painter.fontMetrics()
        day_width = metrics.horizontalAdvance(self._day)
        painter.setPen(look.color("text2"))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        day = QRect(self.width() - day_width - 8, 0, day_width + 2, ROW_HEIGHT - 1)
        painter.drawText(day, middle, self._day)
        room = self.width() - day_width - 8 - 31 - 16
        elided = metrics.elidedText(self.pair.sentence, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(31, 22, room, 18), middle, elided)
        painter.setFont(look.font(13, 500))
        painter.setPen(look.color("text"))
        names = painter.fontMetrics().elidedText(
            pair_text(self.pair), Qt.TextElideMode.ElideMiddle, room
        )
        painter.drawText(QRect(31, 4, room, 18), middle, names)

    def _paint_ground(self, painter: QPainter) -> None:
        if self.underMouse() or self.isDown():
            painter.fillRect(self.rect().adjusted(0, 0, 0, -1), look.color("hover"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.color("line"))
        if self.hasFocus():
            painter.setPen(QPen(look.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -2), 4, 4)


class RecentList(QWidget):
    """The newest pairs, or a sentence that says there are none."""

    chosen = Signal(object)
    """The RecentPair that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.rows: list[RecentRow] = []
        self._empty = Label(
            "Pairs that you open are listed here, with the last answer.",
            13, 400, "text3", wrap=True,
        )  # fmt: skip
        self._empty.setContentsMargins(8, 8, 8, 8)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)

    def show_pairs(self, pairs: tuple[RecentPair, ...]) -> None:
        """List other pairs."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [RecentRow(pair) for pair in pairs[:SHOWN]]
        for place, row in enumerate(self.rows):
            row.clicked.connect(lambda _=False, pair=row.pair: self.chosen.emit(pair))
            self._column.insertWidget(place, row)
        self._empty.setVisible(not self.rows)
