"""What the exporter printed: its last line, the whole on request."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from inspector.core.failures import Failure
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.widgets.code_fields import choose_file
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.folded import code_view
from inspector.ui.widgets.labels import Elided, Label

LOOK_AGAIN_MS = 500
MOST_BYTES = 1_000_000
"""Of a longer log the end is shown; saving takes all of it."""


class LogBox(QFrame):
    """Folded to one line; follows the file while an export runs."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._path: Path | None = None
        self._size = -1
        self.setProperty("kind", "sunken")
        self.toggle = button("Log", "quiet", "chevron-right", small=True)
        self.toggle.setCheckable(True)
        self.toggle.setAccessibleName("Open log")
        self.count = Label("", 12, 400, "text2")
        self.last = Elided("", 12, 400, "text2", mono=True)
        self.save = button("Save log...", "quiet", small=True)
        self.view = code_view("Log")
        self.view.setFixedHeight(180)
        self.view.hide()
        row = QHBoxLayout()
        row.setContentsMargins(4, 6, 4, 6)
        row.setSpacing(8)
        row.addWidget(self.toggle)
        row.addWidget(self.count)
        row.addWidget(self.last, 1)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.view)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.read)
        self.toggle.toggled.connect(self._on_toggled)
        self.save.clicked.connect(self._on_save_clicked)
        self.show_text("")

    def follow(self, path: Path) -> None:
        """Show what is printed into a file from now on."""
        self._path, self._size = path, -1
        self.show_text("")
        self._timer.start()

    def finish(self) -> None:
        """The job is over: read the rest and stop looking."""
        self._timer.stop()
        self.read()

    def read(self) -> None:
        """Look at the file again, if it grew."""
        if self._path is None:
            return
        try:
            size = self._path.stat().st_size
            if size == self._size:
                return
            with self._path.open("rb") as log:
                log.seek(max(0, size - MOST_BYTES))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return
        self._size = size
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show a log."""
        lines = [line for line in text.splitlines() if line.strip()]
        self.count.setText(f"{len(lines):,} line{'' if len(lines) == 1 else 's'}")
        self.last.setText(lines[-1].strip() if lines else "")
        self.save.setEnabled(bool(lines))
        at_end = self.view.verticalScrollBar()
        follow = at_end.value() == at_end.maximum()
        self.view.setPlainText(text)
        if follow:
            at_end.setValue(at_end.maximum())

    def _on_toggled(self, opened: bool) -> None:
        icon = "chevron-down" if opened else "chevron-right"
        self.toggle.setIcon(look.icon(icon, "accent_text"))
        self.view.setVisible(opened)

    def _on_save_clicked(self) -> None:
        choose_file(self, "Save the log", "Text (*.txt)", self._on_chosen, save_as="export-log.txt")

    def _on_chosen(self, path: str) -> None:
        text = self.view.toPlainText()
        try:
            if self._path is not None and self._path.is_file():
                text = self._path.read_text("utf-8", "replace")
            Path(path).write_text(text, "utf-8")
        except OSError as error:
            failure = Failure(
                f"The log could not be written to '{Path(path).name}'.",
                "Choose a folder that you may write to.",
                str(error),
            )
            self._document.failed.emit(failure)
        else:
            self._document.noticed.emit(f"Log saved as {Path(path).name}")
