"""The box that shows the export as code, to copy."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from inspector.jobs.requests import ExportRequest
from inspector.ui.panels.export_text import command_line, python_text
from inspector.ui.widgets.controls import Segmented, button
from inspector.ui.widgets.folded import code_view, fit_lines
from inspector.ui.widgets.labels import Label

PYTHON, COMMAND = range(2)


class CodeBox(QWidget):
    """The same export in Python, or on the command line."""

    def __init__(self) -> None:
        super().__init__()
        self._request: ExportRequest | None = None
        self._without_inputs = False
        self.which = Segmented(("Python", "Command line"), "The same as", small=True)
        self.copy = button("Copy", "quiet", "copy", small=True)
        self.view = code_view("The same in Python")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label("The same in", 12, 600, "text2"))
        head.addWidget(self.which)
        head.addStretch(1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.view)
        self.which.changed.connect(self._show)
        self.copy.clicked.connect(self._on_copy_clicked)

    def show_request(self, request: ExportRequest, *, without_inputs: bool = False) -> None:
        """Show another export; `without_inputs`: of a model that is known to take none."""
        self._request, self._without_inputs = request, without_inputs
        self._show()

    def _show(self) -> None:
        if self._request is None:
            return
        python = self.which.current == PYTHON
        text = command_line(self._request)
        if python:
            text = python_text(self._request, without_inputs=self._without_inputs)
        self.view.setAccessibleName("The same in Python" if python else "The same command line")
        if text != self.view.toPlainText():
            self.view.setPlainText(text)
            fit_lines(self.view, 12)

    def _on_copy_clicked(self) -> None:
        QApplication.clipboard().setText(self.view.toPlainText())
