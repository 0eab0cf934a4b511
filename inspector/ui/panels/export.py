"""Export: write the checkpoint as an ONNX file, and watch it happen."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.jobs.requests import Exported, ExportRequest
from inspector.ui import consent
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.forms import export_problem
from inspector.ui.job import Job
from inspector.ui.panels.export_progress import ProgressPane
from inspector.ui.panels.export_settings import USUAL, SettingsPane
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState


class ExportPanel(QWidget):
    """Settings at the left, stages at the right.

    Args:
        document: What is exported.
        in_steps: Leave it to `making` to make the parts.
    """

    settings: SettingsPane
    progress: ProgressPane

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self._path = self._unfit = ""
        self._job: Job | None = None
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        document = self._document
        self.settings = SettingsPane(document, in_steps=True)
        yield from self.settings.making
        self.progress = ProgressPane(document, in_steps=True)
        yield from self.progress.making
        self._lay_out()
        yield "layout"
        self.progress.start.clicked.connect(self.start)
        self.settings.changed.connect(self._on_settings_changed)
        self._turn = Turn(self, self.refresh)
        document.files_changed.connect(self._turn.ask)
        document.plan_changed.connect(self._turn.ask)
        document.job_started.connect(self._on_document_job_started)
        document.job_ended.connect(self._on_document_job_ended)
        self.refresh()
        if document.job is not None:
            self._on_document_job_started(document.job)

    def _lay_out(self) -> None:
        # From the outside in: every widget that moves into another has all below it dressed anew.
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        whole.addWidget(self._stack)
        empty, splitter = Card(), QSplitter(Qt.Orientation.Horizontal)
        for page in (empty, splitter):
            self._stack.addWidget(page)
        hint = "An ONNX file is made from a PyTorch checkpoint. Drop one on the window."
        empty.body.addWidget(EmptyState("export", "There is nothing to export yet", hint))
        splitter.setObjectName("settings")
        splitter.setHandleWidth(16)
        splitter.setChildrenCollapsible(False)
        for number, (pane, stretch) in enumerate(((self.settings, 12), (self.progress, 13))):
            splitter.addWidget(pane)
            splitter.setStretchFactor(number, stretch)
        splitter.setSizes([600, 650])

    def start(self) -> None:
        """Export as the settings say; where consent is missing, ask for it first."""
        if self._document.job is not None or self._unfit:
            return
        request, problem = self.settings.request()
        self.progress.show_problem(problem)
        if request is None:
            self.settings.focus_problem()
        elif consent.is_missing(self._document):
            consent.ask(self._document)
        else:
            self._document.export(request)

    def refresh(self) -> None:
        """Draw the document as it is now."""
        opened = self._document.reference
        path = opened.path if opened is not None else ""
        other, self._path = path != self._path, path
        self._stack.setCurrentIndex(1 if consent.checkpoint_of(self._document) else 0)
        self.settings.refresh()
        if other and self._job is None:
            self.progress.start.setText("Export")
            self.progress.show_problem("")
            self._plan_stages()
        facts = consent.checkpoint_of(self._document)
        unfit = export_problem(facts) if facts is not None else ""
        if unfit != self._unfit:
            self._unfit = unfit
            self.progress.show_problem(unfit)
        self._allow_start()

    def _plan_stages(self) -> None:
        settings = self.settings
        older = settings.exporter.currentIndex() == 1 or settings.opset.value() < USUAL
        self.progress.show_plan(older=older)

    def _on_settings_changed(self) -> None:
        self.progress.show_problem(self._unfit)
        self.progress.show_warning(*self.settings.warning)
        if self._job is None and self.progress.outcome.isHidden():
            self._plan_stages()

    def _on_document_job_started(self, job: Job) -> None:
        self.progress.start.setEnabled(False)
        if job.task != "export":
            self._turn.ask()
            return
        self._turn.take()
        self._job = job
        request: ExportRequest = job.request  # type: ignore[assignment]
        older = request.exporter != "dynamo" or request.opset < USUAL
        self.settings.set_locked(True)
        self.progress.begin(job, older=older)
        job.progressed.connect(self.progress.take)
        job.finished.connect(self._on_job_finished)
        job.failed.connect(lambda failure: self._on_job_failed(job, failure))
        job.cancelled.connect(lambda: self._on_job_cancelled(job))

    # The document hears of the end before these do: what `_job` guards stays until they ran.

    def _on_job_finished(self, exported: Exported) -> None:
        self._job = None
        self.progress.finish(exported)

    def _on_job_failed(self, job: Job, failure: Failure) -> None:
        self._job = None
        self.progress.fail(failure)

    def _on_job_cancelled(self, job: Job) -> None:
        self._job = None
        self.progress.show_cancelled()

    def _on_document_job_ended(self, job: Job) -> None:
        self.settings.set_locked(False)
        self._turn.ask()
        self._allow_start()

    def _allow_start(self) -> None:
        idle = self._document.job is None and bool(self._path)
        self.progress.start.setEnabled(idle and not self._unfit)
