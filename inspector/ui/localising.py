"""The search for the layer where two models part, as the window runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import layers, wire
    from inspector.core.layers import Localisation
    from inspector.jobs import requests
    from inspector.jobs.requests import Event
    from inspector.ui.document import Document
    from inspector.ui.job import Job
else:
    layers = later("inspector.core.layers")
    requests = later("inspector.jobs.requests")
    wire = later("inspector.core.wire")

_RECORDED = "Recorded outputs"


def possible(document: Document) -> bool:
    """Whether both sides were compared, can be run, and nothing else runs."""
    comparison = document.comparison
    if comparison is None or document.out_of_date or not document.can_compare:
        return False
    return _RECORDED not in (comparison.reference.runtime, comparison.candidate.runtime)


def start(document: Document) -> None:
    """Look for the layer, on the samples that the comparison found worst."""
    if not possible(document):
        return
    assert document.data is not None
    assert document.comparison is not None
    request = requests.LocaliseRequest(
        document.source("reference"), document.source("candidate"), document.data,
        layers.samples_of(document.comparison),
    )  # fmt: skip
    document.localisation = None
    job = document.begin("localise", request)
    job.progressed.connect(lambda event: _on_progressed(document, job, event))
    job.finished.connect(lambda found: _show(document, found))
    document.layers_changed.emit()


def _on_progressed(document: Document, job: Job, event: Event) -> None:
    """What is known so far is shown, and stays if the search is stopped."""
    if event.kind != "layers":
        return
    try:
        found = wire.load(job.directory / requests.PARTIAL_LAYERS, layers.Localisation)
    except (OSError, ValueError, TypeError):
        # It is replaced while the job goes on; the next one will do.
        return
    _show(document, found)


def _show(document: Document, found: Localisation) -> None:
    document.localisation = found
    document.layers_changed.emit()
