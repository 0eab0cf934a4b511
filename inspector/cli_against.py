"""`inspect --against`: a checkpoint beside its ONNX file, or two ONNX files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from inspector.cli_console import Console, table
from inspector.core import difference, matching
from inspector.core.difference import PARTS, Difference
from inspector.core.inspection import Inspection
from inspector.core.matching import Matching
from inspector.core.model import shape_text
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import AgainstRequest, InspectRequest

_MOST = 200


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command: what is held against what follows from the files."""
    request = AgainstRequest((options.file, options.against))
    with WorkerClient() as worker:
        kinds = []
        for path in request.paths:
            found: Inspection = worker.run("inspect", InspectRequest(path), console.show)
            kinds.append(found.onnx is not None)
        if all(kinds):
            differs: Difference = worker.run("difference", request, console.show)
            console.result({"difference": differs}, _difference(differs))
        else:
            matched: Matching = worker.run("match", request, console.show)
            console.result({"matching": matched}, _matching(matched))
    return 0


def _matching(found: Matching) -> Iterator[str]:
    yield matching.summary(found)
    yield ""
    rows = [
        (f"{count:,}", relation, matching.RELATIONS[relation])
        for relation, count in found.counts.items()
    ]
    yield from table((" ", "", ""), rows)[1:]
    yield from ("", "Tensors of the checkpoint")
    tensors = [
        (one.name, shape_text(one.shape), one.relation, ", ".join(one.partners), one.note)
        for one in found.matches[:_MOST]
    ]
    yield from table(("tensor", "shape", "became", "weight", ""), tensors)
    yield from _rest(len(found.matches))
    if found.extra:
        yield from ("", "Weights of the ONNX file that come from no tensor of the checkpoint")
        extra = [(one.name, one.dtype, shape_text(one.shape)) for one in found.extra[:_MOST]]
        yield from table(("", "", ""), extra)[1:]
        yield from _rest(len(found.extra))
    yield from _unread(found.unread)


def _difference(found: Difference) -> Iterator[str]:
    yield difference.summary(found)
    for part, title in PARTS.items():
        changes = [change for change in found.changes if change.part == part]
        if not changes:
            continue
        yield from ("", title)
        rows = [
            (_SIGNS[one.kind], one.name, one.what, one.note or _arrow(one.before, one.after))
            for one in changes[:_MOST]
        ]
        yield from table(("", "", "", ""), rows)[1:]
        yield from _rest(len(changes))
    yield from _unread(found.unread)


_SIGNS = {"added": "+", "removed": "-", "changed": "*"}


def _arrow(before: str, after: str) -> str:
    return f"{before} -> {after}" if before and after else before or after


def _unread(unread: tuple[tuple[str, str], ...]) -> Iterator[str]:
    if unread:
        yield from ("", "Not compared")
        yield from table(("", ""), unread[:_MOST])[1:]


def _rest(number: int) -> Iterator[str]:
    if number > _MOST:
        yield f"  and {number - _MOST:,} more; --json lists them all"
