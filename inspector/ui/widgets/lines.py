"""Separators of one pixel that follow the theme."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.ui import look


class Line(QWidget):
    """A thin line between two parts of a page; painted, so a change of theme needs no call."""

    def __init__(self, *, upright: bool = False) -> None:
        super().__init__()
        policy = QSizePolicy.Policy
        if upright:
            self.setFixedWidth(1)
            self.setSizePolicy(policy.Fixed, policy.Expanding)
        else:
            self.setFixedHeight(1)
            self.setSizePolicy(policy.Expanding, policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), look.color("line"))
