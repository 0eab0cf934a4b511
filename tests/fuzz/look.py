"""Ask everything of a file that the window and the command line ask without running anything."""

from __future__ import annotations

import random
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from inspector import cli_inspect
from inspector.core import wire
from inspector.core.failures import InspectorError
from inspector.core.inspection import Inspection
from inspector.core.progress import Report
from inspector.formats import columns, sniff
from inspector.jobs import difference, match, reading, tables, tensor
from inspector.jobs.requests import (
    AgainstRequest,
    DetailRequest,
    FacetsRequest,
    InspectRequest,
    TableRequest,
    TensorRequest,
)
from inspector.jobs.tasks import Run
from inspector.samples.registry import read_arrays

SECONDS = 2.0
"""Of processor time for one answer: the machine may be busy with other things."""

MEMORY = 500 << 20
"""Bytes that one file may take beyond what the process held before."""

_ROWS = 8
_TENSORS = 3
_MOST_VALUES = 1 << 22


class Trouble(NamedTuple):
    """An answer that is none."""

    step: str
    kind: str
    text: str


class Seen(NamedTuple):
    """How a file was answered: with a model, with an explained failure, or with troubles."""

    outcome: str
    troubles: list[Trouble]


Step = tuple[str, Callable[[], object]]


def steps(path: Path, base: Path, scratch: Path, rng: random.Random) -> Iterator[Step]:
    """Every question, in the order in which the window asks; later ones need the first answer."""
    report, name = Report(), str(path)
    yield "classify", lambda: sniff.classify(path)
    yield "inspect", lambda: _inspect(name, scratch)
    yield "samples", lambda: _samples(path, scratch)
    kept = None
    with suppress(Exception):
        kept = reading.opened(name)
    if kept is None:
        return
    outline = None
    with suppress(Exception):
        outline = reading.built_outline(kept)
    if outline is not None:
        count = len(outline)
        for row in {rng.randrange(count) for _ in range(min(_ROWS, count))}:
            request = DetailRequest(name, row)
            yield "detail", partial(_told, reading.describe_row, request, scratch)
        kinds = (columns.INITIALIZER, columns.TENSOR, columns.NODE)
        held = [row for row in range(count) if outline.kind[row] in kinds]
        for row in rng.sample(held, min(_TENSORS, len(held))):
            look = TensorRequest(name, row, npy=rng.random() < 0.5)
            yield "tensor", partial(_told, tensor.run, look, scratch)
    yield "nodes", lambda: tables.write_table(TableRequest(name, "nodes"), scratch, report)
    yield "tensors", lambda: tables.write_table(TableRequest(name, "tensors"), scratch, report)
    yield "facets", lambda: tables.write_facets(FacetsRequest(name), scratch, report)
    pair = AgainstRequest((str(base), name))
    yield "difference", lambda: wire.dumps(difference.run(pair, scratch, report))
    if base.name == "state.pt" or base.suffix == ".onnx":
        other = base.parent / ("everything.onnx" if base.name == "state.pt" else "state.pt")
        both = AgainstRequest((name, str(other)))
        yield "match", lambda: wire.dumps(match.run(both, scratch, report))


def _told(task: Run, request: object, scratch: Path) -> None:
    """Carry out a job, and write its answer as a worker does."""
    wire.dumps(task(request, scratch, Report()))


def _inspect(path: str, scratch: Path) -> None:
    found = reading.inspect_file(InspectRequest(path, digest=True), scratch, Report())
    again = wire.loads(wire.dumps(found), Inspection)
    for line in cli_inspect._text(again):
        line.encode("utf-8", "backslashreplace")
    reading.inspect_file(InspectRequest(path, outline=True), scratch, Report())


def _samples(path: Path, scratch: Path) -> None:
    for array in read_arrays(path.parent if path.suffix == ".pb" else path, scratch / "unpacked"):
        count = 1
        for size in array.shape:
            count *= size
        if array.shape and count <= _MOST_VALUES:
            array.rows(0, min(1, array.shape[0]))
            array.rows(0, array.shape[-1], len(array.shape) - 1)
            array.whole()


def look(path: Path, base: Path, scratch: Path, rng: random.Random) -> Seen:
    """Ask everything, and note what is no answer."""
    troubles: list[Trouble] = []
    outcome = "explained"
    _reset_peak()
    before = _peak()
    asked = iter(steps(path, base, scratch, rng))
    while (step := _next(asked, troubles)) is not None:
        name, ask = step
        began = time.process_time()
        try:
            ask()
            outcome = "model" if name in ("inspect", "samples") else outcome
        except InspectorError as error:
            if not error.failure.sentence or error.failure.sentence.startswith("Something went"):
                troubles.append(Trouble(name, "no sentence", repr(error.failure)))
            if _has(error, MemoryError):
                troubles.append(Trouble(name, "memory", traceback.format_exc()[-3000:]))
        except BaseException as error:
            troubles.append(Trouble(name, type(error).__name__, traceback.format_exc()[-3000:]))
        taken = time.process_time() - began
        if taken > SECONDS:
            troubles.append(Trouble(name, "slow", f"{taken:.1f} s"))
    grown = _peak() - before
    if grown > MEMORY:
        troubles.append(Trouble("all", "memory", f"{grown >> 20:,} MB"))
    return Seen(outcome, troubles)


def _next(asked: Iterator[Step], troubles: list[Trouble]) -> Step | None:
    try:
        return next(asked, None)
    except BaseException as error:
        troubles.append(Trouble("rows", type(error).__name__, traceback.format_exc()[-3000:]))
        return None


def _has(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reset_peak() -> None:
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak() -> int:
    with suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
