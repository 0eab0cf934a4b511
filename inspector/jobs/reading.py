"""The jobs that only read files: what is in one, and what one row of it is about."""

from __future__ import annotations

import gc
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.inspection import Detail, Inspection
from inspector.core.model import Checkpoint, Model, Node
from inspector.core.progress import Report
from inspector.jobs.requests import DetailRequest, InspectRequest, Row, RowRequest

if TYPE_CHECKING:
    from inspector.formats.columns import Outline


class _Kept(NamedTuple):
    """A file that was read, so that its rows are described without reading it again."""

    state: tuple[int, int]
    found: Model | Checkpoint
    outlines: list[Outline]


_MOST_KEPT = 2
"""A window shows two files at once."""

_kept: dict[str, _Kept] = {}
"""By path, the one read longest ago first."""


def inspect_file(request: InspectRequest, job_dir: Path, report: Report) -> Inspection:
    """Read the structure of a file; nothing in it is executed.

    Raises:
        InspectorError: It cannot be read, or is no model file.
    """
    from inspector.formats.inspect import describe_file
    from inspector.formats.quiet import no_garbage_collection

    began = time.perf_counter()
    report.stage("Reading the file", Path(request.path).name)
    _kept.pop(request.path, None)
    outline_dir = job_dir if request.outline else None
    with no_garbage_collection():
        kept = opened(request.path)
        if outline_dir is not None:
            _lay_out(kept, outline_dir, report)
        described = describe_file(
            kept.found,
            began,
            digest=request.digest,
            outline_dir=outline_dir,
            target=request.target,
        )
    # Half a million records without cycles: the collector need not look at them ever again.
    gc.freeze()
    return _without_lists(described) if request.outline else described


def _lay_out(kept: _Kept, folder: Path, report: Report) -> None:
    """Write the columns of the tree, and say so: a window shows it while rules are applied.

    The tree of a checkpoint is quickly there; whether it may be shown depends on what follows.
    """
    from inspector.formats import outline

    made = outline.build_outline(kept.found)
    outline.save(made, folder)
    kept.outlines.append(made)
    if isinstance(kept.found, Model):
        report.part("outline", str(folder))


def _without_lists(described: Inspection) -> Inspection:
    """Leave out what the outline holds: thousands of records would hold up the window."""
    facts = described.checkpoint
    if facts is None:
        return described
    return replace(described, checkpoint=replace(facts, tensors=(), modules=()))


def describe_row(request: DetailRequest, job_dir: Path, report: Report) -> Detail:
    """Describe one row of the outline.

    Raises:
        InspectorError: The file cannot be read, or has no such row.
    """
    from inspector.formats.detail import describe

    report.stage("Describing a row", Path(request.path).name)
    kept = opened(request.path)
    try:
        return describe(kept.found, built_outline(kept), request.row)
    except IndexError as error:
        raise InspectorError(
            "The file has no such row any more.", "Open it again: it has changed."
        ) from error


def find_row(request: RowRequest, job_dir: Path, report: Report) -> Row:
    """The row of a node, under whatever name its module gives it in the tree.

    Raises:
        InspectorError: The file cannot be read.
    """
    items = built_outline(opened(request.path)).items
    found = (
        row
        for row, item in enumerate(items)
        if isinstance(item, Node) and item.name == request.node
    )
    return Row(next(found, -1))


def built_outline(kept: _Kept) -> Outline:
    """The outline of a file with the records behind it, built when it is first needed."""
    from inspector.formats.outline import build_outline

    if not kept.outlines:
        kept.outlines.append(build_outline(kept.found))
    return kept.outlines[0]


def opened(path: str) -> _Kept:
    """A file as it was read, and its outline where one was made; read again if it has changed.

    Raises:
        InspectorError: It cannot be read, or is no model file.
    """
    from inspector.formats.registry import open_file

    state = _state(path)
    kept = _kept.get(path)
    if kept is None or kept.state != state:
        kept = _kept[path] = _Kept(state, open_file(path), [])
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return kept


def _state(path: str) -> tuple[int, int]:
    """What tells whether a file has changed; one that is not there is the reader's to explain."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
