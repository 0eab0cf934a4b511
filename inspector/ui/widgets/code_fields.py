"""Which Python file builds or defines the model: the fields, and the dialog that chooses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QWidget

from inspector.core.words import counted
from inspector.ui import look
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label

PYTHON_FILES = "Python files (*.py)"


def split_code(code: str) -> tuple[str, str]:
    """File and callable of `FILE.py[:CALLABLE]`; a drive letter's colon is left alone."""
    file, colon, name = code.rpartition(":")
    return (file, name) if colon and name.isidentifier() and file else (code, "")


def join_code(file: str, name: str) -> str:
    """`FILE.py:CALLABLE`, or the file alone where no callable is named."""
    return f"{file}:{name}" if file and name else file


def is_package(text: str) -> bool:
    """Whether a text names a module of an installed package, such as `torchvision.models.resnet`.

    One that is not installed is found out when it is imported, by the process that runs models.
    """
    parts = text.split(".")
    return all(part.isidentifier() for part in parts) and parts[-1] != "py"


def documents_folder() -> Path:
    """The person's documents, or the home folder where the system has none."""
    named = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(named) if named and Path(named).is_dir() else Path.home()


def choose_file(
    parent: QWidget,
    title: str,
    files: str,
    on_chosen: Callable[[str], None],
    *,
    save_as: str = "",
    folder: str = "",
) -> QFileDialog:
    """Ask for a file without holding the window up; `on_chosen` gets its path.

    Args:
        parent: The window's widget that asks.
        title: Title of the dialog.
        files: Filter, such as `PYTHON_FILES`.
        on_chosen: Called with the path; not called where the person decides otherwise.
        save_as: Path to propose for a file that will be written; empty: one that is there.
        folder: Where to begin.
    """
    dialog = QFileDialog(parent, title, folder)
    dialog.setNameFilters([files, "All files (*)"])
    if save_as:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(save_as).suffix.removeprefix("."))
        if Path(save_as).is_absolute():
            dialog.setDirectory(str(Path(save_as).parent))
        dialog.selectFile(Path(save_as).name)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(on_chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def field(name: str, placeholder: str = "", *, mono: bool = True) -> QLineEdit:
    """A line to type into; `name` is its accessible name."""
    made = QLineEdit()
    made.setFont(look.font(12 if mono else 13, mono=mono))
    made.setAccessibleName(name)
    made.setPlaceholderText(placeholder)
    return made


def mark_bad(widget: QLineEdit, bad: bool) -> None:
    """Frame a field that holds what cannot be used, or take the frame away."""
    state = "bad" if bad else ""
    if widget.property("state") != state:
        widget.setProperty("state", state)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class CodeFields(QWidget):
    """Python file, callable and arguments; `changed` says that one of them did."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.file = field("Python file", "model.py")
        self.name = field("Callable", "build_model")
        self.args = field("Arguments (JSON)", "{}")
        self.choose = button("Choose...", small=False)
        self.choose.setAccessibleName("Choose the Python file")
        self.problem_label = Label("", 12, 400, "fail", wrap=True)
        self.problem_label.hide()
        self._labels = tuple(
            Label(text, 12, 600, "text2")
            for text in (
                "Python file, or module of a package",
                "Callable that builds the model",
                "Its arguments (JSON)",
            )
        )
        self._stored: dict[str, Any] = {}
        self.stored_note = Label("", 12, 400, "text3", wrap=True)
        self._lay_out()
        for line in (self.file, self.name, self.args):
            line.textEdited.connect(self._on_edited)
        self.choose.clicked.connect(self._on_choose_clicked)

    @property
    def code(self) -> str:
        """`FILE.py[:CALLABLE]`, empty where no file is named."""
        return join_code(self.file.text().strip(), self.name.text().strip())

    @property
    def code_args(self) -> str:
        """A JSON object, without what the file stores itself."""
        text = self.args.text().strip() or "{}"
        if not self._stored or not _is_object(text):
            return text
        own = {k: v for k, v in json.loads(text).items() if self._stored.get(k, ...) != v}
        return json.dumps(own)

    def set_stored(self, arguments: dict[str, Any]) -> None:
        """Fill in the arguments that the file stores: they are used where the callable has them."""
        if arguments == self._stored:
            return
        given = json.loads(self.code_args) if _is_object(self.code_args) else {}
        self._stored = arguments
        self.show_code(self.code, json.dumps(given))
        number = counted(len(arguments), "argument")
        self.stored_note.setText(
            f"{number} filled in from the checkpoint; the callable gets those that it takes. What "
            "is changed here is taken instead."
            if arguments
            else ""
        )
        self.stored_note.setVisible(bool(arguments))

    def show_code(self, code: str, code_args: str) -> None:
        """Fill the fields; nothing is emitted."""
        file, name = split_code(code)
        if self._stored and _is_object(code_args):
            code_args = json.dumps({**self._stored, **json.loads(code_args)})
        args = "" if code_args.strip() in ("", "{}") else code_args
        for line, text in ((self.file, file), (self.name, name), (self.args, args)):
            if line.text() != text:
                line.setText(text)
        self.check()

    def show_callable(self, shown: bool) -> None:
        """Ask for the callable and its arguments, or for the file alone."""
        for widget in (self.name, self.args, *self._labels[1:]):
            widget.setVisible(shown)
        self.stored_note.setVisible(shown and bool(self._stored))
        # Between two groups there are 12 pixels: twice the spacing, and these.
        self._grid.setRowMinimumHeight(2, 4 if shown else 0)

    def check(self) -> str:
        """Say what is wrong with the fields, in words; empty where nothing is."""
        file = self.file.text().strip()
        missing = bool(file) and not is_package(file) and not Path(file).expanduser().is_file()
        name = self.name.text().strip()
        bad_name = bool(name) and not all(part.isidentifier() for part in name.split("."))
        bad_args = not _is_object(self.code_args)
        mark_bad(self.file, missing)
        mark_bad(self.name, bad_name)
        mark_bad(self.args, bad_args)
        problem = (
            "There is no such file." if missing
            else "Name a function or a class of that file." if bad_name
            else 'Write the arguments as a JSON object, such as {"classes": 10}.' if bad_args
            else ""
        )  # fmt: skip
        self.problem_label.setText(problem)
        self.problem_label.setVisible(bool(problem))
        return problem

    def _lay_out(self) -> None:
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self._labels[0], 0, 0, 1, 3)
        grid.addWidget(self.file, 1, 0, 1, 2)
        grid.addWidget(self.choose, 1, 2)
        grid.addWidget(self._labels[1], 3, 0)
        grid.addWidget(self._labels[2], 3, 1, 1, 2)
        grid.addWidget(self.name, 4, 0)
        grid.addWidget(self.args, 4, 1, 1, 2)
        grid.addWidget(self.stored_note, 5, 0, 1, 3)
        grid.addWidget(self.problem_label, 6, 0, 1, 3)
        self.stored_note.hide()
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for label, line in zip(self._labels, (self.file, self.name, self.args), strict=True):
            label.setBuddy(line)

    def _on_edited(self) -> None:
        self.check()
        self.changed.emit()

    def _on_choose_clicked(self) -> None:
        folder = str(Path(self.file.text()).expanduser().parent) if self.file.text() else ""
        choose_file(self, "Choose the Python file", PYTHON_FILES, self._on_chosen, folder=folder)

    def _on_chosen(self, path: str) -> None:
        self.file.setText(path)
        self._on_edited()


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
