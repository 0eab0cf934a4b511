"""What is asked about the inside of the open files: values, attributes, one file beside another.

All of it is read by the document's reader; nothing is kept here but the jobs that are running.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QObject, Signal

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.job import Job
from inspector.ui.later import later
from inspector.ui.plots.background import Background

if TYPE_CHECKING:
    from inspector.jobs import requests
else:
    requests = later("inspector.jobs.requests")


MOST = 1000
"""Entries of a table of both files: reading many thousands would hold the window up."""


class Inside(QObject):
    """Asks the reader, one question of each kind at a time: a new one replaces the one before."""

    tensor_ready = Signal(str, int, object)
    """Side, row, TensorFacts."""
    tensor_progressed = Signal(object)
    """The Event of the tensor that is read."""
    tensor_failed = Signal(object)
    """The Failure of the tensor that was asked for last."""
    saved = Signal(str)
    """Path of a file that was written on request."""
    facets_ready = Signal(str, str)
    """Path of a model file, and the folder with its facets."""
    beside_ready = Signal(object)
    """Matching or Difference of the two open files."""
    beside_failed = Signal(object)
    beside_progressed = Signal(object)
    """The Event of that comparison."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._jobs: dict[str, Job] = {}
        self._placing = Background(self)

    def ask_tensor(self, side: str, row: int) -> None:
        """Look at the values of a row's tensor; `tensor_ready` or `tensor_failed` answers."""
        opened = self._document.file(side)
        if opened is None:
            return
        job = self._ask("tensor", requests.TensorRequest(opened.path, row))
        job.progressed.connect(self.tensor_progressed)
        self._then(job, lambda facts: self.tensor_ready.emit(side, row, facts), self.tensor_failed)

    def save_tensor(self, side: str, row: int, output: str) -> None:
        """Write the values of a row's tensor as `.npy`."""
        opened = self._document.file(side)
        if opened is not None:
            request = requests.TensorRequest(opened.path, row, npy=True)
            self._save("npy", "tensor", request, output, lambda facts: facts.npy)

    def save_table(self, side: str, table: str, output: str) -> None:
        """Write the nodes or the tensors of a file as CSV."""
        opened = self._document.file(side)
        if opened is not None:
            request = requests.TableRequest(opened.path, table)
            self._save("csv", "table", request, output, lambda written: written.path)

    def ask_facets(self, side: str) -> None:
        """Have the attributes and the types of all nodes read; `facets_ready` answers."""
        opened = self._document.file(side)
        if opened is None or self.busy("facets"):
            return
        job = self._ask("facets", requests.FacetsRequest(opened.path))
        path = opened.path
        answer = self.facets_ready
        self._then(job, lambda written: answer.emit(path, written.path), self._document.failed)

    def ask_beside(self) -> None:
        """Hold the open files against each other; `beside_ready` or `beside_failed` answers."""
        files = [self._document.file(side) for side in (REFERENCE, CANDIDATE)]
        paths = tuple(one.path for one in files if one is not None)
        plain = [one.inspection for one in files if one is not None]
        if len(paths) != 2 or not all(plain):
            return
        both = all(one is not None and one.onnx is not None for one in plain)
        job = self._ask("beside", requests.AgainstRequest(paths, MOST), both_onnx=both)
        job.progressed.connect(self.beside_progressed)
        self._then(job, self.beside_ready.emit, self.beside_failed)

    def stop(self, kind: str) -> None:
        """Stop a question: `tensor`, `beside`, ..."""
        job = self._jobs.pop(kind, None)
        if job is not None and not job.over:
            self._document.reader.cancel(job)

    def busy(self, kind: str) -> bool:
        """Whether an answer is on its way."""
        job = self._jobs.get(kind)
        return job is not None and not job.over

    def _ask(self, kind: str, request: object, *, both_onnx: bool = False) -> Job:
        self.stop(kind)
        task = ("difference" if both_onnx else "match") if kind == "beside" else kind
        job = self._jobs[kind] = self._document.reader.submit(task, request)
        return job

    def _then(self, job: Job, answer: Callable[[Any], object], failed: Any) -> None:
        def take(found: Any) -> None:
            if shiboken6.isValid(self):  # else the page was closed, and nobody waits
                answer(found)

        job.finished.connect(take)
        job.failed.connect(failed)

    def _save(
        self, kind: str, task: str, request: object, output: str, made: Callable[[Any], str]
    ) -> None:
        self.stop(kind)
        job = self._jobs[kind] = self._document.reader.submit(task, request)

        def place(answer: Any) -> None:
            self._placing.ask(lambda: _put(made(answer), output), self._on_placed)

        job.finished.connect(place)
        job.failed.connect(self._document.failed)

    def _on_placed(self, outcome: Any) -> None:
        if isinstance(outcome, str):
            self.saved.emit(outcome)
            self._document.noticed.emit(f"Written: {outcome}")
        else:
            self._document.failed.emit(outcome)


def _put(made: str, output: str) -> object:
    """Put a file into its place, in a thread: it may have to be copied."""
    from inspector.core.failures import InspectorError
    from inspector.jobs.output import put

    try:
        put(made, output)
    except InspectorError as error:
        return error.failure
    return output
