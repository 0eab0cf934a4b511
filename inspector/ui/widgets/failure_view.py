"""Why something cannot be shown, in its place: sentence, remedy, tensors, raw text folded."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core.failures import FOREIGN, Failure
from inspector.ui.widgets.cards import scrolling
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.fit_table import FitTable
from inspector.ui.widgets.folded import FoldedText
from inspector.ui.widgets.labels import Label


class FailureView(QWidget):
    """One failure in full, and the buttons that lead on."""

    def __init__(self, *buttons: QPushButton) -> None:
        super().__init__()
        self.icon = IconView("fail", "fail", 24)
        self.sentence = Label("", 15, 600, wrap=True)
        self.hint = Label("", 13, 400, "text2", wrap=True)
        self.table = FitTable(12)
        self.details = FoldedText()
        content = QWidget()
        words = QVBoxLayout()
        words.setSpacing(8)
        for label in (self.sentence, self.hint):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for widget in (self.sentence, self.hint, self.table):
            words.addWidget(widget)
        if buttons:
            row = QHBoxLayout()
            row.setSpacing(8)
            for part in buttons:
                row.addWidget(part)
            row.addStretch(1)
            words.addSpacing(4)
            words.addLayout(row)
        words.addWidget(self.details)
        words.addStretch(1)
        line = QHBoxLayout(content)
        line.setContentsMargins(8, 16, 8, 8)
        line.setSpacing(12)
        line.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(content))

    def say(self, failure: Failure) -> None:
        """Show another failure; a file of another program is nothing that went wrong."""
        foreign = failure.kind == FOREIGN
        self.icon.show_icon("info-ring" if foreign else "fail", "none" if foreign else "fail")
        self.sentence.setText(failure.sentence)
        self.hint.setText(failure.hint)
        self.hint.setVisible(bool(failure.hint))
        self.table.show_rows(failure.table)
        self.details.set_text(failure.detail)
        self.setAccessibleName(f"{failure.sentence} {failure.hint}".strip())
