"""Execution providers side by side, as the window runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.ui import ruling
from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core.providers import Providers
    from inspector.jobs import requests
    from inspector.jobs.requests import ProvidersRequest
    from inspector.ui.document import Document
else:
    requests = later("inspector.jobs.requests")

KEY = "Execution providers"
"""Where the environment of a comparison lists those that are installed."""


def installed(document: Document) -> tuple[str, ...]:
    """Short names of the execution providers that are installed; empty before a comparison."""
    if document.comparison is None:
        return ()
    listed = document.comparison.environment.get(KEY, "")
    return tuple(name for name in listed.split(", ") if name)


def start(document: Document, names: tuple[str, ...]) -> None:
    """Run the candidate on these execution providers, beside the reference."""
    if not document.can_compare or not names:
        return
    assert document.data is not None
    # Memory that another job has grown would not grow again.
    document.runner.restart()
    request = requests.ProvidersRequest(
        document.source("reference"), document.source("candidate"), document.data,
        ",".join(names), tolerances=ruling.usable(document),
    )  # fmt: skip
    job = document.begin("providers", request)
    job.finished.connect(lambda found: _show(document, request, found))


def _show(document: Document, asked: ProvidersRequest, found: Providers) -> None:
    now = document.source("reference"), document.source("candidate"), document.data
    if now == (asked.reference, asked.candidate, asked.data):
        document.providers = found
        document.comparison_changed.emit()
