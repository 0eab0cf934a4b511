"""What the command line writes, and where: results on standard output, the rest on error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from inspector.core import wire
from inspector.core.failures import Failure
from inspector.core.tensor_fit import TensorRow, shape_of
from inspector.jobs.requests import Event, Protection

SCHEMA = 1
_COLUMN = 44
_MOST_ROWS = 40

INTERRUPTED = 130
"""Exit code of a command that was stopped from outside, as shells give it: 128 + SIGINT."""


class Console:
    """Writes one JSON object, or text for people.

    A result says under `protection` what the worker was held to, where there was one.
    Numbers that are not finite stand in JSON as the strings "nan", "inf" and "-inf".

    Args:
        as_json: One object on standard output, nothing else there.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._live = sys.stderr.isatty()
        self._stage = ""
        self._began = 0.0
        self._protection: Protection | None = None
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    def result(self, plain: dict[str, Any], text: Iterable[str]) -> None:
        """Write what a command found, in the form that was asked for."""
        if self.as_json:
            held = {"protection": self._protection} if self._protection else {}
            self._write_json(wire.to_plain({**plain, **held}))
            return
        for line in text:
            sys.stdout.write(printable(line) + "\n")

    def fail(self, failure: Failure) -> None:
        """Write why a command could not be carried out."""
        self._clear()
        if self.as_json:
            shown = {name: getattr(failure, name) for name in ("sentence", "hint", "detail")}
            if failure.table:
                shown["table"] = wire.to_plain(failure.table)
            self._write_json({"failure": shown})
            return
        sys.stderr.write(f"onnx-inspector: {printable(failure.sentence)}\n")
        if failure.hint:
            sys.stderr.write(f"{printable(failure.hint)}\n")
        if failure.table:
            sys.stderr.writelines(f"{line}\n" for line in tensor_table(failure.table))
        if failure.detail:
            lines = failure.detail.strip().splitlines()
            sys.stderr.writelines(f"    {printable(line)}\n" for line in lines[-12:])

    def show(self, event: Event) -> None:
        """Say on a terminal how far a job is; a stage that is over stays with its seconds."""
        if event.kind == "confined":
            self._protection = event.protection
            return
        if not self._live:
            return
        if event.kind == "stage" or event.kind in ("finished", "failed"):
            self._close_stage(event.seconds)
            self._stage = event.stage if event.kind == "stage" else ""
        if self._stage:
            share = "" if event.fraction is None else f"{event.fraction:.0%}  "
            line = f"{self._stage:<{_COLUMN}}{share}{printable(event.text)}"
            sys.stderr.write(f"\r\x1b[K{line[:100]}")
            sys.stderr.flush()

    def flush(self) -> None:
        """Hand everything to the reader now, so that one who has gone is noticed here."""
        sys.stdout.flush()

    def _close_stage(self, seconds: float) -> None:
        if self._stage:
            taken = seconds - self._began
            sys.stderr.write(f"\r\x1b[K{self._stage:<{_COLUMN}}{taken:6.1f} s\n")
        self._began = seconds

    def _clear(self) -> None:
        if self._live and self._stage:
            sys.stderr.write("\r\x1b[K")

    def _write_json(self, plain: dict[str, Any]) -> None:
        whole = {"schema": SCHEMA, **plain}
        sys.stdout.write(json.dumps(whole, indent=1, allow_nan=False) + "\n")


def tensor_table(rows: Sequence[TensorRow]) -> list[str]:
    """Lines that list the tensors that do not fit, up to a number that can be read."""
    cells = [(r.kind, r.name, shape_of(r.expected), shape_of(r.found)) for r in rows[:_MOST_ROWS]]
    lines = table(("", "name", "in the model", "in the file"), cells)
    left = len(rows) - len(cells)
    return [*lines, f"  and {left:,} more; --json lists them all"] if left else lines


def printable(text: str) -> str:
    """The text with control characters spelled out, so that no name can steer a terminal."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lines of a table; columns whose title ends in a space are aligned to the right."""
    body = [[printable(cell) for cell in row] for row in rows]
    heads = [title.strip() for title in titles]
    widths = [max(len(cell) for cell in column) for column in zip(heads, *body, strict=True)]
    right = [title.endswith(" ") for title in titles]
    lines = []
    for row in [heads, *body]:
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append(indent + "  ".join(cells).rstrip())
    return lines
