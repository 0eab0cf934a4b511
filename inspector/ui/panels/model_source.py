"""The quiet bar above the tensors of a checkpoint that needs the person's own source to run."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from inspector.ui.document import Document
from inspector.ui.widgets.code_fields import PYTHON_FILES, choose_file
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Label


class SourceBar(QFrame):
    """Says that weights alone do not run; `chosen` carries the Python file that was picked."""

    chosen = Signal(str)

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.setProperty("kind", "sunken")
        self.words = Label(
            "These are weights without the model that uses them. "
            "To export or compare, choose the Python file that builds it.",
            12, 400, "text2", wrap=True,
        )  # fmt: skip
        self.choose = button("Choose Python file...", small=True)
        self.choose.clicked.connect(self._on_choose_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(IconView("info-ring", "none", 18))
        row.addWidget(self.words, 1)
        row.addWidget(self.choose)

    def _on_choose_clicked(self) -> None:
        title = "Choose the Python file that builds the model"
        choose_file(self, title, PYTHON_FILES, self.chosen.emit)
