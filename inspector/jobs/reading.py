"""The jobs that only read files: what is in one, and what one row of it is about."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.inspection import Detail, Inspection
from inspector.core.progress import Report
from inspector.jobs.requests import DetailRequest, InspectRequest

if TYPE_CHECKING:
    from inspector.core.model import Checkpoint, Model
    from inspector.formats.columns import Outline

KEPT = 4
"""Files that a worker keeps in mind, so that a row of them is described at once."""


class _Known:
    """A file that was read: its time of change, what is in it, and its rows once needed."""

    def __init__(self, changed: int, found: Model | Checkpoint) -> None:
        self.changed, self.found = changed, found
        self.outline: Outline | None = None


_known: dict[str, _Known] = {}


def inspect_file(request: InspectRequest, job_dir: Path, report: Report) -> Inspection:
    """Read the structure of a file; nothing in it is executed."""
    from inspector.formats.inspect import describe_file

    report.stage("Reading the file", Path(request.path).name)
    began = time.perf_counter()
    _known.pop(request.path, None)
    found = _open(request.path).found
    outline_dir = job_dir if request.outline else None
    return describe_file(found, began, digest=request.digest, outline_dir=outline_dir)


def describe_row(request: DetailRequest, job_dir: Path, report: Report) -> Detail:
    """Describe one row of the outline."""
    from inspector.formats.detail import describe
    from inspector.formats.outline import build_outline

    known = _open(request.path)
    if known.outline is None:
        known.outline = build_outline(known.found)
    return describe(known.found, known.outline, request.row)


def _open(path: str) -> _Known:
    """The file as it was read before, unless it changed since."""
    from inspector.formats.registry import open_file

    known = _known.get(path)
    if known is not None and known.changed == _changed(path):
        return known
    changed = _changed(path)
    known = _known[path] = _Known(changed, open_file(path))
    while len(_known) > KEPT:
        del _known[next(iter(_known))]
    return known


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
