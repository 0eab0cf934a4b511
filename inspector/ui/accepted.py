"""Findings that a person accepted: with a reason and a name, for one file as it is now."""

from __future__ import annotations

import os
import time

from PySide6.QtCore import QObject

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.settings import Acceptance, Settings

MOST = 500
"""Acceptances that are kept; the oldest goes first."""


class Acceptances(QObject):
    """Keeps what was accepted, and tells the document what of it holds for the open files.

    A file that was written anew has all its findings open again.
    """

    def __init__(self, settings: Settings, document: Document) -> None:
        super().__init__(document)
        self._settings, self._document = settings, document
        document.files_changed.connect(self._refresh)
        document.acceptance_asked.connect(self._on_acceptance_asked)
        self._refresh()

    def _on_acceptance_asked(self, rule: str, path: str, reason: str, who: str) -> None:
        """Accept a rule for a file; without a reason: open it again."""
        kept = tuple(
            one for one in self._settings.acceptances if (one.rule, one.path) != (rule, path)
        )
        state = _state(path)
        if reason and state is not None:
            self._settings.name = who
            made = Acceptance(rule, path, *state, reason, who, time.time())
            kept = (made, *kept)[:MOST]
        self._settings.acceptances = kept
        self._refresh()

    def _refresh(self) -> None:
        document = self._document
        opened = [document.file(side) for side in (REFERENCE, CANDIDATE)]
        states = {one.path: _state(one.path) for one in opened if one is not None}
        accepted = {
            (one.rule, one.path): in_words(one)
            for one in self._settings.acceptances
            if one.path in states and states[one.path] == (one.bytes, one.changed)
        }
        document.accepts_as = self._settings.name
        if accepted != document.accepted:
            document.accepted = accepted
            document.acceptances_changed.emit()


def in_words(acceptance: Acceptance) -> str:
    """`It is meant so. (Ada, 21 November 2026)`."""
    when = time.localtime(acceptance.when)
    day = f"{when.tm_mday} {time.strftime('%B %Y', when)}"
    who = f"{acceptance.who}, {day}" if acceptance.who else day
    return f"{acceptance.reason} ({who})"


def _state(path: str) -> tuple[int, int] | None:
    """Size and time of the last change; None where the file is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
