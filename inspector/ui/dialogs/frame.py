"""What every dialog looks like."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.ui.widgets.controls import button


class Dialog(QDialog):
    """Fixed width, as high as its content; a row of buttons below; deleted when closed."""

    def __init__(self, parent: QWidget | None, title: str, width: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(width)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        column.addLayout(self.body, 1)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        column.addLayout(self._row)

    def fit(self) -> None:
        """Be as high as the content needs at this width."""
        self._column.activate()
        high = self._column.totalHeightForWidth(self.width())
        self.resize(self.width(), max(high, self._column.totalMinimumSize().height()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    def add_buttons(self, left: tuple[QPushButton, ...] = ()) -> QPushButton:
        """Put buttons at the left and Close at the right; returns Close."""
        for part in left:
            self._row.addWidget(part)
        self._row.addStretch(1)
        close = button("Close")
        close.setAutoDefault(True)
        close.clicked.connect(self.close)
        self._row.addWidget(close)
        return close
