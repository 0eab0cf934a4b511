"""The runtime that the open ONNX files are meant for: what stands in the way there is remarked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core.inspection import Inspection
    from inspector.jobs import requests
else:
    requests = later("inspector.jobs.requests")


def possible(document: Document) -> bool:
    """Whether an ONNX file is open that could be meant for some runtime."""
    return any(_is_onnx(document, side) for side in (REFERENCE, CANDIDATE))


def choose(document: Document, target: str) -> None:
    """Hold the open ONNX files against what a runtime takes; empty: against none."""
    if target == document.target:
        return
    document.target = target
    for side in (REFERENCE, CANDIDATE):
        if _is_onnx(document, side):
            _ask(document, side)


def _is_onnx(document: Document, side: str) -> bool:
    opened = document.file(side)
    return opened is not None and opened.inspection is not None and bool(opened.inspection.onnx)


def _ask(document: Document, side: str) -> None:
    opened = document.file(side)
    assert opened is not None
    path, target = opened.path, document.target
    job = document.reader.submit("inspect", requests.InspectRequest(path, target=target))
    job.finished.connect(lambda found: _take(document, side, path, target, found))
    job.failed.connect(document.failed)


def _take(document: Document, side: str, path: str, target: str, found: Inspection) -> None:
    """Show the new remarks, unless another file or runtime was chosen in the meantime."""
    opened = document.file(side)
    if opened is None or opened.inspection is None or opened.path != path:
        return
    if document.target == target:
        known = replace(opened.inspection, findings=found.findings)
        document.replace_file(side, replace(opened, inspection=known))
