"""The jobs that only read files: what is in one, and what one row of it is about."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.inspection import Detail, Inspection
from inspector.core.model import Checkpoint, Model
from inspector.core.progress import Report
from inspector.jobs.requests import DetailRequest, InspectRequest

if TYPE_CHECKING:
    from inspector.formats.columns import Outline


class _Kept(NamedTuple):
    """The file that was read last, so that its rows are described without reading it again."""

    state: tuple[str, int, int]
    found: Model | Checkpoint
    outlines: list[Outline]


_kept: list[_Kept] = []


def inspect_file(request: InspectRequest, job_dir: Path, report: Report) -> Inspection:
    """Read the structure of a file; nothing in it is executed.

    Raises:
        InspectorError: It cannot be read, or is no model file.
    """
    from inspector.formats.inspect import describe_file

    began = time.perf_counter()
    report.stage("Reading the file", Path(request.path).name)
    _kept.clear()
    found = _open(request.path).found
    outline_dir = job_dir if request.outline else None
    return describe_file(found, began, digest=request.digest, outline_dir=outline_dir)


def describe_row(request: DetailRequest, job_dir: Path, report: Report) -> Detail:
    """Describe one row of the outline.

    Raises:
        InspectorError: The file cannot be read, or has no such row.
    """
    from inspector.formats.detail import describe
    from inspector.formats.outline import build_outline

    report.stage("Describing a row", Path(request.path).name)
    kept = _open(request.path)
    if not kept.outlines:
        kept.outlines.append(build_outline(kept.found))
    try:
        return describe(kept.found, kept.outlines[0], request.row)
    except IndexError as error:
        raise InspectorError(
            "The file has no such row any more.", "Open it again: it has changed."
        ) from error


def _open(path: str) -> _Kept:
    from inspector.formats.registry import open_file

    state = _state(path)
    if not _kept or _kept[0].state != state:
        _kept[:] = [_Kept(state, open_file(path), [])]
    return _kept[0]


def _state(path: str) -> tuple[str, int, int]:
    """What tells whether a file has changed; one that is not there is the reader's to explain."""
    try:
        found = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, found.st_mtime_ns, found.st_size
