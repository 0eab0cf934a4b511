"""Cards, empty states and the scrolling column: what pages are laid out with."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Label


class Card(QFrame):
    """A framed part of a page: a title row with controls at its right, then `body`."""

    def __init__(self, title: str = "", hint: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 16)
        column.setSpacing(8)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self.title = Label(title, 13, 600)
        self.hint = Label(hint, 12, 400, "text3")
        self._row.addWidget(self.title)
        self._row.addWidget(self.hint)
        self._row.addStretch(1)
        self.title.setMinimumHeight(32)
        if title:
            self.setAccessibleName(title)
            column.addLayout(self._row)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        column.addLayout(self.body, 1)

    def add_control(self, control: QWidget) -> None:
        """Put a control at the right end of the title row."""
        self._row.addWidget(control)


class EmptyState(QWidget):
    """Why there is nothing to see yet, and the buttons that change it."""

    def __init__(self, icon: str, sentence: str, hint: str, *buttons: QWidget) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(1)
        picture = IconView(icon, "text3", 28)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self.sentence = Label(sentence, 15, 600, wrap=True)
        self.hint = Label(hint, 13, 400, "text2", wrap=True)
        # A wrapped label beside an alignment gets one line, and so does a column of them: the
        # words stand in the middle by what is stretched beside them.
        words = QWidget()
        words.setFixedWidth(440)
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 0, 0, 0)
        for label in (self.sentence, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            lines.addWidget(label)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(words)
        middle.addStretch(1)
        column.addLayout(middle)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for control in buttons:
            row.addWidget(control)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)


def scrolling(content: QWidget) -> QScrollArea:
    """`content` in an area that scrolls down, never sideways, where room is short."""
    area = QScrollArea()
    # A viewport of Qt's own would make PySide6 look through every widget class for its type,
    # which takes longer than the rest of the first page.
    viewport = QWidget()
    area.setViewport(viewport)
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    viewport.setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area
