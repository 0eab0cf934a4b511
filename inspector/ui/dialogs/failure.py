"""The failure dialog: what happened, what to do, and the raw text folded below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import look
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.turns import Turn
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.fit_table import FitTable, table_text
from inspector.ui.widgets.folded import fit_lines
from inspector.ui.widgets.labels import Label

if TYPE_CHECKING:
    from inspector.core.failures import Failure

Remedy = tuple[str, Callable[[], object]]
"""Words of a button, and what it does."""

WIDTH = 640
MOST_LINES = 13
"""Lines of details that are shown; longer ones scroll."""


def failure_text(failure: Failure) -> str:
    """Everything about a failure as text, for a message to somebody who can mend it."""
    stage = f"While: {failure.stage}" if failure.stage else ""
    table = table_text(failure.table)
    parts = (failure.sentence, failure.hint, stage, table, failure.detail)
    return "\n\n".join(part for part in parts if part) + "\n"


class FailureDialog(Dialog):
    """One failure.

    Args:
        failure: What went wrong.
        parent: What it lies over.
        remedy: What the program itself can do about it: words of a button, and what it does.
    """

    def __init__(
        self, failure: Failure, parent: QWidget | None = None, remedy: Remedy | None = None
    ) -> None:
        title = f"{failure.stage}: stopped" if failure.stage else "Stopped"
        super().__init__(parent, title, WIDTH)
        self._failure = failure
        self.setAccessibleName(failure.sentence)
        self.setAccessibleDescription(failure.hint)
        self.body.addLayout(self._words())
        self.table = FitTable()
        self.table.show_rows(failure.table)
        self.body.addWidget(self.table)
        self.fold = QPushButton("Details")
        self.details = QPlainTextEdit(failure.detail)
        self._add_details()
        self.copy = button("Copy", icon="copy")
        self.copy.clicked.connect(self._on_copy_clicked)
        self.save = button("Save details…")
        self.save.clicked.connect(self._on_save_clicked)
        close = self.add_buttons((self.copy, self.save))
        close.setFocus()
        if remedy is not None:
            self._offer(*remedy)

    def _offer(self, words: str, act: Callable[[], object]) -> None:
        self.remedy = button(words, "primary")
        self.remedy.clicked.connect(self.accept)
        # The dialog is gone before what comes next: two would lie upon each other.
        self.finished.connect(lambda answer: act() if answer else None)
        self._row.addWidget(self.remedy)
        self.remedy.setDefault(True)
        self.remedy.setFocus()

    def _words(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(IconView("fail", "fail", 32), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        self.sentence = Label(self._failure.sentence, 15, 600, wrap=True)
        self.hint = Label(self._failure.hint, 13, 400, "text2", wrap=True)
        for label in (self.sentence, self.hint):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(label)
        self.hint.setVisible(bool(self._failure.hint))
        # Height that is left over goes below the words, never between them.
        words.addStretch(1)
        row.addLayout(words, 1)
        return row

    def _add_details(self) -> None:
        self.fold.setProperty("kind", "fold")
        self.fold.setFont(look.font(12, 600))
        self.fold.setCheckable(True)
        self.fold.setIcon(look.icon("chevron-right"))
        self.fold.setAutoDefault(False)
        self.fold.toggled.connect(self._on_fold_toggled)
        self.fold.setVisible(bool(self._failure.detail))
        self.details.setReadOnly(True)
        self.details.setProperty("kind", "code")
        self.details.setFont(look.font(12, mono=True))
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setAccessibleName("Details")
        self.details.document().setDocumentMargin(10)
        fit_lines(self.details, MOST_LINES)
        self.details.hide()
        self.body.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.details)

    def _on_fold_toggled(self, unfolded: bool) -> None:
        self.fold.setIcon(look.icon("chevron-down" if unfolded else "chevron-right"))
        self.details.setVisible(unfolded)
        self.fit()

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(failure_text(self._failure))

    def _on_save_clicked(self) -> None:
        dialog = QFileDialog(self, "Save the details")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Text (*.txt)"])
        dialog.selectFile("details.txt")
        dialog.fileSelected.connect(self.save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: str) -> None:
        """Write everything about the failure to a file."""
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(failure_text(self._failure))
        except OSError as error:
            self.hint.setText(f"The details cannot be written there: {error.strerror}.")
            self.hint.show()
            self.fit()


class FailureQueue(QObject):
    """Shows one failure after the other: three bad files are three short dialogs, not a pile.

    Args:
        window: What the dialogs lie over.
        remedy: What can be done about a failure, or None.
    """

    def __init__(
        self, window: QWidget, remedy: Callable[[Failure], Remedy | None] = lambda _: None
    ) -> None:
        super().__init__(window)
        self._window, self._remedy = window, remedy
        self._waiting: list[Failure] = []
        self.dialog: FailureDialog | None = None
        # In an event of its own: whoever emits a failure shows it on its page too.
        self._turn = Turn(self, self._next)

    def show(self, failure: Failure) -> None:
        """Show a failure now, or after the one that is being shown; never the same one twice."""
        if failure in self._waiting:
            return
        self._waiting.append(failure)
        if self.dialog is None:
            self._turn.ask()

    def _next(self) -> None:
        self.dialog = None
        if not self._waiting:
            return
        failure = self._waiting[0]
        self.dialog = FailureDialog(failure, self._window, self._remedy(failure))
        self.dialog.finished.connect(self._on_dialog_finished)
        self.dialog.open()

    def _on_dialog_finished(self) -> None:
        del self._waiting[0]
        self._next()
