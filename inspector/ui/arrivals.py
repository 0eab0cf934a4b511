"""Files as they arrive, dropped or chosen: each finds its place by its content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.ui.later import later
from inspector.ui.opened import OpenFile, sides_of
from inspector.ui.picture_settings import data_of
from inspector.ui.tensor_files import open_as_fits

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.core.failures import Failure
    from inspector.formats import sniff
    from inspector.jobs import requests
    from inspector.ui.document import Document
else:
    failures = later("inspector.core.failures")
    requests = later("inspector.jobs.requests")
    sniff = later("inspector.formats.sniff")

_REFERENCE, _CANDIDATE = "reference", "candidate"


def open_files(document: Document, paths: list[str], *, quiet: bool) -> None:
    """Open each file on its side, and the arrays among them as the sample data together.

    Args:
        document: Where they are opened.
        paths: Files in any order.
        quiet: Say in the status bar, not in a dialog, what no place takes.
    """
    arrays: list[str] = []
    models: list[tuple[str, str]] = []
    for path in paths:
        try:
            kind = sniff.classify(Path(path))
        except failures.InspectorError as error:
            _refuse(document, path, error.failure, quiet=quiet)
            continue
        if kind == "data":
            arrays.append(path)
        elif kind == "unknown":
            _explain(document, path, quiet=quiet)
        else:
            models.append((path, kind))
    for path, is_reference in sides_of(models):
        if is_reference and len(paths) == 1 and open_as_fits(document, path):
            continue
        document.open_file(path, _REFERENCE if is_reference else _CANDIDATE)
    if arrays:
        document.set_data(data_of(document, tuple(arrays)))


def _explain(document: Document, path: str, *, quiet: bool) -> None:
    """Have a file of unknown kind looked at, so that it can be said what it is."""
    job = document.reader.submit("inspect", requests.InspectRequest(path))
    job.failed.connect(lambda failure: _refuse(document, path, failure, quiet=quiet))
    job.finished.connect(
        lambda found: document.open_file(path, _CANDIDATE if found.onnx else _REFERENCE)
    )


def _refuse(document: Document, path: str, failure: Failure, *, quiet: bool) -> None:
    empty = document.reference is document.candidate is None
    if failure.kind == failures.FOREIGN and empty:
        document.reference = OpenFile(path, failure=failure)  # the page has room to say it
        document.files_changed.emit()
    elif quiet:
        document.noticed.emit(f"{failure.sentence} {failure.hint}".strip())
    else:
        document.failed.emit(failure)
