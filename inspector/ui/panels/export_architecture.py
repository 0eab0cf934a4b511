"""Which installed architecture the weights belong to: the search, what it found, and its use."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.suggestion import Proposal, Suggestions
from inspector.core.words import counted
from inspector.jobs.requests import Event, SuggestRequest
from inspector.ui.document import Document
from inspector.ui.job import Job
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.fit_table import FitTable
from inspector.ui.widgets.labels import Elided, Label
from inspector.ui.widgets.record_view import ROW_HEIGHT, RecordView
from inspector.ui.widgets.spinner import Spinner

_COLUMNS = (
    Column("Architecture", lambda p: p.name, mono=True),
    Column("Fits", lambda p: share_text(p), lambda p: p.share, numeric=True),
    Column("Package", lambda p: p.package),
)
_HEAD_HEIGHT = 30
_IDLE = (
    "The source is not at hand? Installed packages may have the architecture: it is looked for by "
    "the names and shapes of these weights. Nothing in the file is run."
)


def share_text(proposal: Proposal) -> str:
    """Share of the tensors that agree; 100% is said only of all of them."""
    share = proposal.share
    return f"{share:.0%}" if share == 1 else f"{min(int(share * 100), 99)}%"


def found_text(found: Suggestions) -> str:
    """What came of a search, one sentence or two."""
    if not found.packages:
        return (
            "No package with architectures is installed for the Python that runs models. "
            "torchvision, timm or transformers would help; or name the Python file above."
        )
    where = ", ".join(found.packages)
    rest = "" if found.complete else ", until the time was over"
    tried = f"Tried {counted(found.tried, 'architecture')} of {where}{rest}."
    if not found.proposals:
        tried = f"None has these weights. {tried}"
    return " ".join((tried, *found.unavailable))


class ArchitectureBox(QFrame):
    """A sunken box: the button, what it is doing, and the proposals, the best one chosen."""

    chosen = Signal(object)
    """The Proposal that is to be used; the plan has it next."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._path = ""
        self._job: Job | None = None
        self.setProperty("kind", "sunken")
        self.words = Label(_IDLE, 12, 400, "text2", wrap=True)
        self.search = button("Find an architecture", icon="search", small=True)
        self.cancel = button("Cancel", "danger", "stop", small=True)
        self.stage = Elided("", 12, 400, "text2")
        self._spinner = Spinner(14)
        self.proposals = RecordView(RecordTable(_COLUMNS), "Proposed architectures", stretch=0)
        self.sentence = Label("", 12, 400, "text2", wrap=True)
        self.call = Elided("", 12, 400, "text", mono=True)
        self.use = button("Use this", icon="check", small=True)
        self.differs = FitTable(5)
        self.proposals.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        self.search.clicked.connect(self.start)
        self.cancel.clicked.connect(document.cancel)
        self.use.clicked.connect(self._on_use_clicked)
        self.proposals.record_chosen.connect(self._show_proposal)
        self.proposals.activated.connect(lambda _: self._on_use_clicked())
        self._show_running(None)
        self.show_found(None)

    def refresh(self) -> None:
        """Follow the document: what was found for another file goes."""
        opened = self._document.reference
        path = opened.path if opened is not None else ""
        if path != self._path:
            self._path = path
            self.show_found(None)
        self.search.setEnabled(self._document.job is None)

    def start(self) -> None:
        """Look for architectures."""
        opened = self._document.reference
        if opened is None or self._document.job is not None:
            return
        job = self._document.begin("suggest", SuggestRequest(opened.path))
        self._path = opened.path
        self.show_found(None)
        self._show_running(job)
        job.progressed.connect(self._on_progressed)
        job.finished.connect(lambda found: self._on_finished(job, found))
        job.failed.connect(lambda _: self._show_running(None))
        job.cancelled.connect(self._on_cancelled)

    def show_found(self, found: Suggestions | None) -> None:
        """Show what a search found; None: nothing was looked for."""
        self.words.setText(_IDLE if found is None else found_text(found))
        some = found.proposals if found is not None else ()
        self.proposals.show_records(some)
        self.proposals.setFixedHeight(_HEAD_HEIGHT + max(1, len(some)) * ROW_HEIGHT + 4)
        for widget in (self.proposals, self.sentence, self.call, self.use):
            widget.setVisible(bool(some))
        self.differs.show_rows(())
        self.search.setText("Find an architecture" if found is None else "Look again")
        if some:
            self.proposals.mark(some[0])
            self._show_proposal(some[0])

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self._spinner, self.search, self.cancel):
            row.addWidget(part)
        row.addWidget(self.stage, 1)
        uses = QHBoxLayout()
        uses.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.call)
        uses.addLayout(words, 1)
        uses.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addLayout(row)
        column.addWidget(self.proposals)
        column.addLayout(uses)
        column.addWidget(self.differs)

    def _show_running(self, job: Job | None) -> None:
        focused = self.search.hasFocus() or self.cancel.hasFocus()
        self._job = job
        running = job is not None
        self.stage.setText("Starting" if running else "")
        for widget in (self._spinner, self.cancel):
            widget.setVisible(running)
        self.search.setVisible(not running)
        if focused:
            next_one: QWidget = self.cancel if running else self.search
            next_one.setFocus()

    def _show_proposal(self, proposal: Proposal) -> None:
        self.sentence.setText(proposal.sentence)
        arguments = "" if proposal.code_args == "{}" else proposal.code_args
        self.call.setText(f"{proposal.code.rpartition(':')[2]} {arguments}".strip())
        self.differs.show_rows(proposal.differs)

    def _on_progressed(self, event: Event) -> None:
        self.stage.setText(": ".join(part for part in (event.stage, event.text) if part))

    def _on_finished(self, job: Job, found: Suggestions) -> None:
        if job is not self._job:
            return
        self._show_running(None)
        opened = self._document.reference
        if opened is not None and opened.path == self._path:
            self.show_found(found)
            if found.proposals and self.search.hasFocus():
                self.proposals.setFocus()

    def _on_cancelled(self) -> None:
        self._show_running(None)
        self.stage.setText("Stopped. Nothing was changed.")

    def _on_use_clicked(self) -> None:
        row = self.proposals.currentIndex().row()
        if row < 0:
            return
        chosen: Proposal = self.proposals.table.record(row)
        self.chosen.emit(chosen)
        plan = self._document.plan
        self._document.set_plan(
            replace(plan, code=chosen.code, code_args=chosen.code_args, trusted=False)
        )
        self._document.noticed.emit(f"{chosen.name} is filled in; Export asks before it is run")
