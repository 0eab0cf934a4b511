"""The settings that people change by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit

from inspector.ui.dialogs.consents import ConsentList
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.document import Document
from inspector.ui.history import History
from inspector.ui.settings import THEMES, Settings
from inspector.ui.widgets.controls import Segmented, button
from inspector.ui.widgets.labels import Label

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow


class SettingsDialog(Dialog):
    """Theme, the Python that runs models, what may run, and the list of recent pairs."""

    def __init__(
        self, window: MainWindow, settings: Settings, document: Document, history: History
    ) -> None:
        super().__init__(window, "Settings", 560)
        self.consents = ConsentList(window.consents)
        self._window, self._settings = window, settings
        self._document, self._history = document, history
        self.theme = Segmented([choice.capitalize() for choice in THEMES], "Theme")
        self.interpreter = QLineEdit(settings.worker_interpreter)
        self.problem = Label("", 12, 400, "fail", wrap=True)
        self.clear = button("Clear the list of recent pairs", icon="trash")
        self._add_theme()
        self._add_interpreter()
        self._add_consents()
        self._add_recent()
        self.add_buttons().setAutoDefault(False)

    def _add_theme(self) -> None:
        self.body.addWidget(Label("Theme", 13, 600))
        choice = self._settings.theme
        self.theme.choose(THEMES.index(choice) if choice in THEMES else 0)
        self.theme.changed.connect(lambda index: self._window.set_theme(THEMES[index]))
        self.body.addWidget(self.theme)

    def _add_interpreter(self) -> None:
        self.body.addSpacing(8)
        self.body.addWidget(Label("Python that runs models", 13, 600))
        words = (
            "A model whose own packages are installed elsewhere runs in that Python, "
            "if it has torch, onnx and onnxruntime. Empty: the one that came with this program."
        )
        self.body.addWidget(Label(words, 12, 400, "text2", wrap=True))
        self.interpreter.setAccessibleName("Python that runs models")
        self.interpreter.setPlaceholderText("The one that came with this program")
        self.interpreter.editingFinished.connect(self._on_interpreter_edited)
        choose = button("Choose…")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._on_choose_clicked)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.interpreter, 1)
        row.addWidget(choose)
        self.body.addLayout(row)
        self.problem.hide()
        self.body.addWidget(self.problem)

    def _add_consents(self) -> None:
        self.body.addSpacing(8)
        self.body.addWidget(Label("Files that may run", 13, 600))
        words = (
            "Each was allowed for exactly its content and the content of its source. "
            "A file that has changed is asked about again."
        )
        self.body.addWidget(Label(words, 12, 400, "text2", wrap=True))
        self.body.addWidget(self.consents)

    def _add_recent(self) -> None:
        self.body.addSpacing(8)
        self.body.addWidget(Label("Recent", 13, 600))
        words = "Names and verdicts of the last pairs are kept on this computer, in the settings."
        self.body.addWidget(Label(words, 12, 400, "text2", wrap=True))
        self.clear.setAutoDefault(False)
        self.clear.setEnabled(bool(self._settings.recent))
        self.clear.clicked.connect(self._on_clear_clicked)
        self.body.addWidget(self.clear)

    def _on_clear_clicked(self) -> None:
        self._history.clear()
        self.clear.setEnabled(False)

    def _on_choose_clicked(self) -> None:
        dialog = QFileDialog(self, "Choose a Python")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._use)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _use(self, path: str) -> None:
        self.interpreter.setText(path)
        self._on_interpreter_edited()

    def _on_interpreter_edited(self) -> None:
        path = self.interpreter.text().strip()
        known = not path or Path(path).is_file()
        self.interpreter.setProperty("state", "" if known else "bad")
        self.interpreter.style().unpolish(self.interpreter)
        self.interpreter.style().polish(self.interpreter)
        self.problem.setText("" if known else "There is no file of this name.")
        self.problem.setVisible(not known)
        if known and path != self._settings.worker_interpreter:
            self._settings.worker_interpreter = path
            self._document.use_interpreter(path)
