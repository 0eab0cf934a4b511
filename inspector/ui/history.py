"""Which pairs were open, and what was found out about them last."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.picture_settings import data_of
from inspector.ui.settings import RecentPair, Settings

if TYPE_CHECKING:
    from inspector.core.comparison import Comparison


class History(QObject):
    """Watches the document and keeps the list of recent pairs."""

    changed = Signal()

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__(document)
        self._document, self._settings = document, settings
        self._known: Comparison | None = None
        self._paths: set[str] = set()
        self.compared_at = ""
        document.files_changed.connect(self._on_document_files_changed)
        document.comparison_changed.connect(self._on_document_comparison_changed)

    def reopen(self, pair: RecentPair) -> None:
        """Open the files of a pair again. Consent to run code is not part of the history."""
        document = self._document
        if pair.reference:
            document.open_file(pair.reference, REFERENCE)
            if pair.code:
                document.set_plan(replace(document.plan, code=pair.code))
        elif document.reference is not None:
            document.close_file(REFERENCE)
        if pair.candidate:
            document.open_file(pair.candidate, CANDIDATE)
        elif document.candidate is not None:
            document.close_file(CANDIDATE)
        document.set_data(data_of(document, pair.data) if pair.data else None)

    def clear(self) -> None:
        """Forget every pair."""
        self._settings.recent = ()
        self.changed.emit()

    def _on_document_files_changed(self) -> None:
        opened = [side for side in (self._document.reference, self._document.candidate) if side]
        paths = {side.path for side in opened}
        fewer, self._paths = paths < self._paths, paths
        if fewer:  # what is left when a file is closed is no pair that anybody opened
            return
        if not opened or any(side.inspection is None and side.failure is None for side in opened):
            return
        failure = next((side.failure for side in opened if side.failure), None)
        sentence = failure.sentence if failure else "Looked at only, nothing was compared"
        before = [p for p in self._settings.recent if p.key == self._pair().key and p.verdict]
        if before and failure is None:
            kept = before[0]._replace(when=time.time())
            self._settings.remember(kept)
        else:
            self._settings.remember(self._pair()._replace(sentence=sentence))
        self.changed.emit()

    def _on_document_comparison_changed(self) -> None:
        comparison = self._document.comparison
        if comparison is None or comparison is self._known:
            return
        self._known = comparison
        self.compared_at = time.strftime("%H:%M")
        pair = self._pair()._replace(verdict=comparison.verdict.value, sentence=comparison.sentence)
        self._settings.remember(pair)
        self.changed.emit()

    def _pair(self) -> RecentPair:
        document = self._document
        return RecentPair(
            document.reference.path if document.reference else "",
            document.candidate.path if document.candidate else "",
            document.data.paths if document.data else (),
            document.plan.code,
        )
