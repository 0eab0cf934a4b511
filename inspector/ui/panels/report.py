"""Report: the page that is handed over, and the ways to hand it over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from inspector.core.comparison import Comparison
from inspector.core.failures import InspectorError
from inspector.ui import look
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.code_fields import choose_file, documents_folder
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Elided, Label

PAPER_WIDTH = 760


class ReportPanel(QWidget):
    """Preview at the left; at the right what it says about itself, and Save.

    Args:
        document: What is shown.
        in_steps: Leave it to `making` to make the parts.
    """

    saved = Signal(str)

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self._stale = True
        self._path = ""
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self._preview = _Paper()
        self._stack = QStackedWidget()
        self._empty = EmptyState(
            "report", "Compare first",
            "The report says whether the two models agree, how sure that is, where the worst "
            "difference lies and what was not checked. It is made from a comparison.",
        )  # fmt: skip
        self._stack.addWidget(self._preview)
        self._stack.addWidget(self._empty)
        left = Card("Report", "as it will be handed over")
        left.body.addWidget(self._stack)
        yield "paper"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(left, 1)
        row.addWidget(self._hand_over())
        self._document.comparison_changed.connect(self._on_document_comparison_changed)
        self._document.acceptances_changed.connect(self._on_document_comparison_changed)

    def _hand_over(self) -> QWidget:
        card = Card("Hand over")
        card.setFixedWidth(320)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(IconView("file", "text2", 20), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label("Web page", 13, 600))
        words.addWidget(Label("One file, for any browser", 12, 400, "text2"))
        line.addLayout(words, 1)
        self._save = button("Save...", "primary", "download")
        self._save.clicked.connect(self.save)
        line.addWidget(self._save)
        card.body.addLayout(line)
        self._open = button("Open in browser", "quiet", "external-link")
        self._open.clicked.connect(self._on_open_clicked)
        self._open.hide()
        self._written = Elided("", 12, 400, "text2")
        card.body.addWidget(self._written)
        card.body.addWidget(self._open)
        facts = (
            "It names the two files by name and hash, without their folders and without a user.",
            "It runs nothing and fetches nothing: pictures and numbers are inside.",
            "What was not checked is listed in it, whatever the verdict.",
        )
        for fact in facts:
            item = QHBoxLayout()
            item.setSpacing(8)
            item.addWidget(IconView("pass", "pass", 16), 0, Qt.AlignmentFlag.AlignTop)
            item.addWidget(Label(fact, 12, 400, "text2", wrap=True), 1)
            card.body.addLayout(item)
        card.body.addStretch(1)
        return card

    def showEvent(self, event: object) -> None:
        self._refresh()

    def save(self) -> None:
        """Ask for a place and write the report there."""
        comparison = self._document.comparison
        if comparison is None:
            return
        name = f"{Path(comparison.candidate.path).stem} comparison.html"
        choose_file(
            self, "Save the report", "Web page (*.html)", self.save_to,
            save_as=str(documents_folder() / name),
        )  # fmt: skip

    def save_to(self, path: str) -> None:
        """Write the report to `path` and offer to open it."""
        from inspector.report.html import write_report

        assert self._document.comparison is not None
        try:
            self._keep_inputs(path)
            judged = self._judged(self._document.comparison)
            write_report(judged, Path(path), self._document.providers)
        except InspectorError as error:
            self._document.failed.emit(error.failure)
            return
        self._path = path
        self._written.setText(f"Written: {path}")
        self._open.show()
        self.saved.emit(path)
        self._document.noticed.emit("Report written")

    def _keep_inputs(self, path: str) -> None:
        """Refuse a report that would take the place of a file that is open."""
        document = self._document
        files = [side.path for side in (document.reference, document.candidate) if side is not None]
        files += [document.plan.code.rpartition(":")[0]]
        files += document.data.paths if document.data is not None else ()
        for file in files:
            with contextlib.suppress(OSError):
                if os.path.samefile(path, file):
                    raise InspectorError(
                        f"The report cannot be written to '{Path(path).name}', which is compared.",
                        "Choose another name for the report, so that nothing is lost.",
                    )

    def _judged(self, comparison: Comparison) -> Comparison:
        """The comparison, with what a person said about its findings."""
        known = {replace(one, accepted=""): one for one in self._document.findings}
        findings = tuple(known.get(one, one) for one in comparison.findings)
        return replace(comparison, findings=findings)

    def _on_open_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._path))

    def _on_document_comparison_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        comparison = self._document.comparison
        self._save.setEnabled(comparison is not None)
        self._stack.setCurrentIndex(0 if comparison is not None else 1)
        if comparison is None or not self._stale:
            return
        from inspector.report.html import render

        self._preview.show_html(render(self._judged(comparison), self._document.providers))
        self._stale = False


class _Ground(QWidget):
    """What the page lies on, so that it is seen as a page in the light theme too."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), look.color("hover"))


class _Paper(QWidget):
    """The report on a light page, whatever the theme."""

    def __init__(self) -> None:
        super().__init__()
        self._page = QTextBrowser()
        self._page.setOpenLinks(False)
        self._page.setFrameShape(QFrame.Shape.NoFrame)
        self._page.setFixedWidth(PAPER_WIDTH)
        self._page.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page.setStyleSheet("background: #FFFFFF; color: #161A21; border: 0;")
        self._page.setAccessibleName("Preview of the report")
        self._page.document().setDocumentMargin(32)
        holder = _Ground()
        middle = QHBoxLayout(holder)
        middle.addStretch(1)
        middle.addWidget(self._page, 0, Qt.AlignmentFlag.AlignTop)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolling(holder))

    def show_html(self, text: str) -> None:
        """Show the very text that is handed over."""
        self._page.setHtml(text)
        self._page.document().setTextWidth(PAPER_WIDTH)
        height = self._page.document().size().height()
        self._page.setFixedHeight(int(height) + 8)
