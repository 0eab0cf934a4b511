"""`inspect --suggest`: which installed architecture the weights of a file may belong to."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import Any

from inspector.cli_console import Console, table, tensor_table
from inspector.core import wire
from inspector.core.suggestion import Proposal, Suggestions
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import SuggestRequest

_MOST_ROWS = 8


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command."""
    with WorkerClient() as worker:
        found: Suggestions = worker.run("suggest", SuggestRequest(options.file), console.show)
    console.result(to_json(found), _text(found))
    return 0


def to_json(found: Suggestions) -> dict[str, Any]:
    """The object that `--json` writes, without `schema`."""
    plain: dict[str, Any] = wire.to_plain(found)
    for proposal, shown in zip(found.proposals, plain["proposals"], strict=True):
        shown["share"] = proposal.share
    return plain


def _text(found: Suggestions) -> Iterator[str]:
    if not found.proposals:
        yield "No installed architecture has these weights."
    rows = [(f"{p.share:.0%}", p.name, p.package, p.sentence) for p in found.proposals]
    if rows:
        yield from table((" ", "", "", ""), rows)[1:]
        best = found.proposals[0]
        yield from ("", "To use the first:", f"  {_options(best)}")
        if best.differs:
            yield from ("", "What differs", *tensor_table(best.differs[:_MOST_ROWS]))
    searched = ", ".join(found.packages) or "no package"
    rest = "" if found.complete else ", until the time was over"
    yield from ("", f"Tried {found.tried:,} architectures of {searched}{rest}.")
    yield from found.unavailable


def _options(proposal: Proposal) -> str:
    arguments = (
        "" if proposal.code_args == "{}" else f" --code-args {shlex.quote(proposal.code_args)}"
    )
    return f"--code {proposal.code}{arguments} --trust"
