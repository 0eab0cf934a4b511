"""Boxes in the colours of a verdict: an icon, a sentence, a hint."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from inspector.ui import look
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Label


class NoticeBox(QFrame):
    """A sentence that must not be overlooked; `body` takes what belongs below it."""

    def __init__(self, size: int = 13, weight: int = 600) -> None:
        super().__init__()
        self._token = "none"
        self.icon = IconView("info-ring", "none", 20)
        self.sentence = Label("", size, weight, wrap=True)
        self.hint = Label("", 12, 400, "text2", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.sentence)
        words.addWidget(self.hint)
        self.row = QHBoxLayout()
        self.row.setSpacing(12)
        self.row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addLayout(words, 1)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(32, 0, 0, 0)
        self.body.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(8)
        column.addLayout(self.row)
        column.addLayout(self.body)

    def say(self, icon: str, token: str, sentence: str, hint: str = "") -> None:
        """Show another sentence in the colours of `token` (`pass`, `review`, `fail`, `none`)."""
        self._token = token
        self.icon.show_icon(icon, token)
        self.sentence.setText(sentence)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.setAccessibleName(f"{sentence} {hint}".strip())
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.color(f"{self._token}_frame"), 1))
        painter.setBrush(look.color(f"{self._token}_ground"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
