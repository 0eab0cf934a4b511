"""A comparison as the window runs it: what is judged so far, and what stays when it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import comparison, stopped, wire
    from inspector.jobs import requests
    from inspector.jobs.requests import Event
    from inspector.ui.document import Document
    from inspector.ui.job import Job
else:
    comparison = later("inspector.core.comparison")
    requests = later("inspector.jobs.requests")
    stopped = later("inspector.core.stopped")
    wire = later("inspector.core.wire")


def watch(document: Document, job: Job) -> None:
    """Show what a running comparison has judged, and keep it if it is stopped."""
    document.judged = None
    job.progressed.connect(lambda event: _on_progressed(document, job, event))
    job.cancelled.connect(lambda: _keep(document))


def _on_progressed(document: Document, job: Job, event: Event) -> None:
    if event.kind != "judged" or document.job is not job:
        return
    try:
        path = job.directory / requests.PARTIAL_COMPARISON
        document.judged = wire.load(path, comparison.Comparison)
    except (OSError, ValueError, TypeError):
        # It is replaced while the job goes on; the next one will do.
        return
    document.comparison_changed.emit()


def _keep(document: Document) -> None:
    """What was judged until the person stopped it is the result, and says that it is not all."""
    judged, document.judged = document.judged, None
    if judged is not None:
        document.cancelled = False
        document.comparison, document.out_of_date = stopped.as_stopped(judged), False
        document.comparison_changed.emit()
