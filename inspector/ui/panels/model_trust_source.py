"""What the person's own source would bring in, listed before any of it is run."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from inspector.ui.later import later
from inspector.ui.widgets.labels import Label

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.runtimes import user_code_files
    from inspector.runtimes.user_code_files import Brought
else:
    failures = later("inspector.core.failures")
    user_code_files = later("inspector.runtimes.user_code_files")

MOST = 8
"""Names that are listed; more are counted."""


class SourceText(Label):
    """The files of the person's that would run, with their folder, and what they import.

    They are read beside the event loop: a source may lead to many files.
    """

    _found = Signal(str, str)
    """The code, and the words about it."""

    def __init__(self) -> None:
        super().__init__("", 12, 400, "text2", wrap=True)
        self._code = ""
        self._found.connect(self._on_found)
        self.hide()

    def show_code(self, code: str) -> None:
        """Say what `FILE.py[:CALLABLE]` would bring in; nothing where it is empty or unusable."""
        if code == self._code:
            return
        self._code = code
        self.hide()
        if code:
            threading.Thread(target=self._read, args=(code,), daemon=True).start()

    def _read(self, code: str) -> None:
        try:
            words = brought_words(user_code_files.brought_in(code))
        except (failures.InspectorError, OSError, RecursionError, MemoryError):
            words = ""  # the field itself says what is wrong with it
        with contextlib.suppress(RuntimeError):  # the page is gone
            self._found.emit(code, words)

    def _on_found(self, code: str, words: str) -> None:
        if code == self._code:
            self.setText(words)
            self.setVisible(bool(words))


def brought_words(brought: Brought) -> str:
    """Which files would run, from where, and what they import."""
    files = brought.files
    top = os.path.commonpath([str(file.parent) for file in files])
    text = f"Runs {_listed([os.path.relpath(file, top) for file in files])} from {top}."
    if brought.packages:
        text += f" It imports {_listed(list(brought.packages))}."
    return text


def _listed(names: list[str]) -> str:
    more = len(names) - MOST
    shown = names[:MOST]
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
