"""The open files and everything known about them: the only mutable state of the window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.ui import arrivals, fitting, judging, localising, ruling
from inspector.ui.job import Job, Worker
from inspector.ui.known_findings import findings_of
from inspector.ui.later import later
from inspector.ui.libraries import states_of
from inspector.ui.opened import OpenFile as OpenFile
from inspector.ui.opened import Plan as Plan
from inspector.ui.opened import paths_of, read_paths_of, source_of

if TYPE_CHECKING:
    from inspector.core.comparison import Comparison, OutputComparison
    from inspector.core.failures import Failure
    from inspector.core.findings import Finding
    from inspector.core.inspection import Inspection
    from inspector.core.layers import Localisation
    from inspector.core.providers import Providers
    from inspector.core.sources import Choice
    from inspector.jobs import requests
    from inspector.jobs.requests import (
        Binding,
        CompareRequest,
        DataSource,
        Event,
        Exported,
        ExportRequest,
        ModelSource,
        Prepared,
    )

    _Before = tuple[OpenFile | None, Plan, Prepared | None, bool]
else:
    requests = later("inspector.jobs.requests")

REFERENCE, CANDIDATE = "reference", "candidate"


class Document(QObject):
    """Two model files, sample data, and what was found out about them.

    Every signal means "look at me again"; panels read the properties and keep nothing.
    """

    files_changed = Signal()
    """`reference` or `candidate` changed: opened, read, failed or closed."""
    plan_changed = Signal()
    """`plan` or `prepared` changed."""
    data_changed = Signal()
    """`data` or `binding` changed."""
    job_started = Signal(object)
    """A Job that the person waits for (prepare, export, compare) began."""
    job_ended = Signal(object)
    """That job is over, whatever the outcome."""
    export_finished = Signal(object)
    """An Exported; `exported` holds it and the file is the candidate."""
    comparison_changed = Signal()
    """`comparison` or `out_of_date` changed."""
    layers_changed = Signal()
    """`localisation` changed."""
    detail_ready = Signal(str, int, object)
    """Side, row, Detail."""
    elements_ready = Signal(object)
    """Elements of the bar that was asked for last."""
    acceptances_changed = Signal()
    """`accepted` changed: a finding was accepted, or opened again."""
    acceptance_asked = Signal(str, str, str, str)
    """Rule, path, reason, name: a finding is to be accepted; without a reason, opened again."""
    failed = Signal(object)
    """A Failure that the person must be told."""
    noticed = Signal(str)
    """A sentence for the status bar."""
    node_asked = Signal(str, str)
    """Side and name of a node that the person asked to see in the tree of its file."""
    tab_changed = Signal()
    """`tab` changed."""
    page_asked = Signal(str)
    """Id of a page (see `main_window.PANELS`) that the person asked to see."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = Worker("torch", self, lambda: paths_of(self))
        self.reader = Worker("reader", self, lambda: read_paths_of(self), spare=True)
        self.files_changed.connect(self.runner.rest)
        self.reference: OpenFile | None = None
        self.candidate: OpenFile | None = None
        self.plan = Plan()
        self.prepared: Prepared | None = None
        self.data: DataSource | None = None
        self.binding: Binding | None = None
        self.exported: Exported | None = None
        self.comparison: Comparison | None = None
        self.judged: Comparison | None = None
        self.localisation: Localisation | None = None
        self.tab = ""
        self.out_of_date = False
        self.cancelled = False
        self.cancelled_at: Event | None = None
        self.accept_generated = False
        self.tolerances: tuple[Choice, ...] = ()
        self.sizes = True
        self.providers: Providers | None = None
        self.custom_ops: tuple[str, ...] = ()
        self.agreed = states_of(())
        self.accepted: dict[tuple[str, str], str] = {}
        self.accepts_as = ""
        self.target = ""
        self.pictures = ""
        self.fitted: tuple[DataSource | None, Binding | None] = (None, None)
        self.job: Job | None = None
        self._elements: Job | None = None

    # Files

    def open_files(self, paths: list[str], *, quiet: bool = False) -> None:
        """Open whatever was dropped or chosen: each file finds its place by its content.

        Args:
            paths: Files in any order; arrays among them become the sample data together.
            quiet: Say in the status bar, not in a dialog, what no place takes.
        """
        arrivals.open_files(self, paths, quiet=quiet)

    def open_file(self, path: str, side: str) -> None:
        """Open a model file on one side; what was open there comes back if it is not readable."""
        before = self.file(side), self.plan, self.prepared, self.out_of_date
        self._stop_jobs_about(side)
        self._set(side, OpenFile(path))
        if side == REFERENCE:
            self.plan, self.prepared = Plan(), None
            self.plan_changed.emit()
        self._outdate()
        job = self.reader.submit(
            "inspect", requests.InspectRequest(path, outline=True, target=self.target)
        )
        job.progressed.connect(lambda event: self._on_laid_out(side, path, event))
        job.finished.connect(lambda inspection: self._on_inspected(side, path, inspection))
        job.failed.connect(lambda failure: self._on_unreadable(side, path, failure, before))
        self.files_changed.emit()

    def close_file(self, side: str) -> None:
        """Take a file off its side; a result about it goes with it."""
        self._stop_jobs_about(side)
        self._set(side, None)
        if side == REFERENCE:
            self.plan, self.prepared = Plan(), None
            self.plan_changed.emit()
        self.cancelled = self.out_of_date = False
        if self.comparison is not None:
            self.comparison = None
            self.comparison_changed.emit()
        self.files_changed.emit()

    def replace_file(self, side: str, opened: OpenFile) -> None:
        """More became known about the file on a side."""
        self._set(side, opened)
        self.files_changed.emit()

    def file(self, side: str) -> OpenFile | None:
        """The file on a side."""
        return self.reference if side == REFERENCE else self.candidate

    def ask_detail(self, side: str, row: int) -> None:
        """Ask for all about one row of a file's outline; `detail_ready` answers."""
        opened = self.file(side)
        if opened is None:
            return
        job = self.reader.submit("detail", requests.DetailRequest(opened.path, row))
        job.finished.connect(lambda detail: self.detail_ready.emit(side, row, detail))
        job.failed.connect(self.failed)

    # Running

    def source(self, side: str) -> ModelSource:
        """What the worker needs to run one side."""
        return source_of(self, side)

    def set_plan(self, plan: Plan) -> None:
        """Change how the reference is run and exported."""
        self.plan = plan
        self._outdate()
        self.plan_changed.emit()

    def set_custom_ops(self, libraries: tuple[str, ...]) -> None:
        """Run ONNX files with these libraries of operators, which the person agreed to load."""
        self.custom_ops, self.agreed = libraries, states_of(libraries)
        self._outdate()
        self.files_changed.emit()

    def begin(self, task: str, request: object) -> Job:
        """Start a job that the person waits for: the window shows it, and it can be cancelled."""
        job = self.runner.submit(task, request)
        self.job, self.cancelled = job, False
        job.finished.connect(lambda _: self._end(job))
        job.failed.connect(lambda failure: self._on_job_failed(job, failure))
        job.cancelled.connect(lambda: self._end(job))
        self.job_started.emit(job)
        return job

    def prepare(self) -> None:
        """Load the reference in the worker and learn what it takes; needs trust for code."""
        job = self.begin("prepare", requests.PrepareRequest(self.source(REFERENCE)))
        job.finished.connect(self._on_prepared)

    def export(self, request: ExportRequest) -> None:
        """Write the reference as an ONNX file, which becomes the candidate."""
        job = self.begin("export", request)
        job.finished.connect(self._on_exported)

    @property
    def can_compare(self) -> bool:
        """Whether both files and fitting data are there and nothing is running."""
        sides = (self.reference, self.candidate)
        readable = all(side is not None and side.inspection is not None for side in sides)
        unfit = self.binding is not None and bool(self.binding.problem)
        return readable and self.data is not None and not unfit and self.job is None

    def compare(self) -> None:
        """Run both sides on the sample data and judge."""
        assert self.data is not None
        request = requests.CompareRequest(
            self.source(REFERENCE), self.source(CANDIDATE), self.data, self.accept_generated,
            sizes=self.sizes, tolerances=ruling.usable(self),
        )  # fmt: skip
        job = self.begin("compare", request)
        self.localisation = None
        judging.watch(self, job)
        rules = self.tolerances, self.sizes
        job.finished.connect(lambda comparison: self._on_compared(comparison, request, rules))
        self.comparison_changed.emit()

    def set_rules(
        self, tolerances: tuple[Choice, ...] | None = None, sizes: bool | None = None
    ) -> None:
        """Judge by other rules from the next comparison on; what is None stays."""
        self.tolerances = self.tolerances if tolerances is None else tolerances
        self.sizes = self.sizes if sizes is None else sizes
        self._outdate()
        self.comparison_changed.emit()

    @property
    def can_localise(self) -> bool:
        """Whether the layer where the two part can be looked for."""
        return localising.possible(self)

    def localise(self) -> None:
        """Look for the layer where the two part."""
        localising.start(self)

    def cancel(self) -> None:
        """Stop the running job at once."""
        if self.job is not None:
            self.cancelled = self.job.task == "compare"
            self.cancelled_at = self.job.last
            self.runner.cancel(self.job)

    # Data

    def set_data(self, data: DataSource | None) -> None:
        """Use other sample data, or other options for it; the fit is worked out anew."""
        if data is None:
            self.fitted = None, None
        self.data, self.binding = data, None
        self._outdate()
        self.data_changed.emit()
        fitting.bind(self)

    def ask_elements(
        self, output: OutputComparison, metric: str, lower: float, upper: float
    ) -> None:
        """Ask for the elements of one bar of a histogram; `elements_ready` answers."""
        if self._elements is not None and not self._elements.over:
            self.reader.cancel(self._elements)
        allowed = output.allowed
        self._elements = self.reader.submit(
            "elements",
            requests.ElementsRequest(
                output.reference_file, output.candidate_file, metric, lower, upper,
                allowed.absolute, allowed.relative, allowed.scale,
                slices=output.slices, rounding=allowed.steps * allowed.eps,
            ),
        )  # fmt: skip
        self._elements.finished.connect(self.elements_ready)
        self._elements.failed.connect(self.failed)

    # What is known

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every remark about both files, the export and the comparison, see `findings_of`."""
        return findings_of(self)

    def use_interpreter(self, path: str) -> None:
        """Run models in another Python from the next job on; empty: the window's own."""
        self.runner.interpreter = path
        self.runner.restart()

    def close(self) -> None:
        """End both processes."""
        self.reader.close()
        self.runner.close()

    # Answers of the workers

    def _set(self, side: str, opened: OpenFile | None) -> None:
        if side == REFERENCE:
            self.reference = opened
        else:
            self.candidate = opened

    def _stop_jobs_about(self, side: str) -> None:
        """Stop what runs with a file that is about to go: its answer would be about another."""
        if self.job is not None and (side == REFERENCE or self.job.task == "compare"):
            self.cancel()

    def _outdate(self) -> None:
        self.cancelled, self.providers = False, None
        if self.comparison is not None and not self.out_of_date:
            self.out_of_date = True
            self.comparison_changed.emit()

    def _end(self, job: Job) -> None:
        if self.job is job:
            self.job = None
        self.job_ended.emit(job)

    def _on_job_failed(self, job: Job, failure: Failure) -> None:
        self._end(job)
        self.failed.emit(failure)

    def _on_laid_out(self, side: str, path: str, event: Event) -> None:
        """The tree can be shown already; what the rules remark comes with the inspection."""
        opened = self.file(side)
        if event.kind == "outline" and opened is not None and opened.path == path:
            self._set(side, replace(opened, outline=event.text))
            self.files_changed.emit()

    def _on_inspected(self, side: str, path: str, inspection: Inspection) -> None:
        opened = self.file(side)
        if opened is None or opened.path != path:
            return
        outline = inspection.outline
        self._set(side, replace(opened, inspection=inspection, failure=None, outline=outline))
        self.files_changed.emit()
        seconds = inspection.seconds
        told = f"{seconds:.1f} s" if seconds >= 0.1 else "less than 0.1 s"
        self.noticed.emit(f"Opened in {told}")
        fitting.bind(self)

    def _on_unreadable(self, side: str, path: str, failure: Failure, before: _Before) -> None:
        opened = self.file(side)
        if opened is None or opened.path != path:
            return
        old, plan, prepared, out_of_date = before
        if old is not None and old.inspection is not None and old.path != path:
            self._set(side, old)
            self.out_of_date = out_of_date
            if side == REFERENCE:
                self.plan, self.prepared = plan, prepared
                self.plan_changed.emit()
            self.comparison_changed.emit()
        else:
            self._set(side, replace(opened, failure=failure, outline=None))
        self.files_changed.emit()
        self.failed.emit(failure)

    def _on_prepared(self, prepared: Prepared) -> None:
        self.prepared = prepared
        if not self.plan.inputs:
            self.plan = replace(self.plan, inputs=prepared.inputs)
        self.plan_changed.emit()

    def _on_exported(self, exported: Exported) -> None:
        self.exported = exported
        self.export_finished.emit(exported)
        self.open_file(exported.output, CANDIDATE)

    def _on_compared(
        self, comparison: Comparison, asked: CompareRequest | None = None, rules: object = None
    ) -> None:
        self.comparison, self.out_of_date, self.judged = comparison, False, None
        if asked is not None:
            now = self.source(REFERENCE), self.source(CANDIDATE), self.data
            other = now != (asked.reference, asked.candidate, asked.data)
            self.out_of_date = other or rules != (self.tolerances, self.sizes)
        self.comparison_changed.emit()
