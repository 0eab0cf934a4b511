"""`compare --layers`: where inside the model the two part, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.cli_console import Console, table
from inspector.cli_inspect import findings_text
from inspector.core import wire
from inspector.core.blame import LEVELS, Blame
from inspector.core.comparison import Comparison
from inspector.core.failures import Failure, InspectorError
from inspector.core.layers import Layer, Localisation, samples_of
from inspector.core.words import size_of_error
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import CompareRequest, LocaliseRequest

_MOST = 30
"""Layers that the table shows; a longer list is cut down to what is around the birthplace."""
_BEFORE = 6
_INSIDE = "Values inside the model, between its inputs and outputs."
_OF_THIS_RUN = ("reference_file", "candidate_file")

Found = Localisation | Failure


def find(
    worker: WorkerClient, request: CompareRequest, comparison: Comparison, console: Console
) -> Found:
    """Look inside after a comparison, at its first sample and its worst.

    What keeps it from being done is said in place of the layers: the comparison stands without.
    """
    asked = LocaliseRequest(
        request.reference,
        request.candidate,
        request.data,
        samples_of(comparison),
        request.provider,
        request.convert,
    )
    try:
        found: Localisation = worker.run("localise", asked, console.show)
    except InspectorError as error:
        return error.failure
    return found


def to_json(plain: dict[str, Any], found: Found) -> dict[str, Any]:
    """The object of a comparison with what was found inside.

    Args:
        plain: The object without it.
        found: The layers, or why there are none.
    """
    if isinstance(found, Failure):
        failure = {name: getattr(found, name) for name in ("sentence", "hint", "detail")}
        return {**plain, "layers_failure": failure}
    inside: dict[str, Any] = wire.to_plain(found)
    for name in _OF_THIS_RUN:
        del inside[name]
    top = {name: inside.pop(name) for name in ("layers", "first_divergence", "blame")}
    place = found.birthplace
    inside["birthplace"] = None if place is None else found.layers[place].name
    inside["also_born"] = [found.layers[i].name for i in found.also_born]
    for name in ("reference", "candidate", "environment"):
        del inside[name]
    plain["findings"] = [*plain["findings"], *inside.pop("findings")]
    plain["not_checked"] = [line for line in plain["not_checked"] if line != _INSIDE]
    return {**plain, **top, "localisation": inside}


def text(found: Found) -> Iterator[str]:
    """What was found inside, for people."""
    yield from ("", "Layers")
    if isinstance(found, Failure):
        yield f"  {found.sentence}"
        yield f"  {found.hint}"
        return
    yield f"  {found.sentence}"
    yield from (f"  {part}" for part in found.detail.split(" · ") if part)
    yield ""
    yield from _layers(found)
    if found.blame is not None:
        yield from _blame(found.blame)
    yield from (f"  Not looked at: {line}" for line in found.not_checked)
    yield from findings_text(found.findings)


def _layers(found: Localisation) -> Iterator[str]:
    shown = _shown(found)
    rows = [_row(found, i) for i in shown]
    heads = ("", "layer", "operator", "status", "differs by ", "alone ", "allowed ", "growth ")
    yield from table(heads, rows)
    left = len(found.layers) - len(shown)
    if left:
        yield f"  and {left:,} more; --json lists them all"


def _shown(found: Localisation) -> list[int]:
    """All layers if they are few; else those that are no parts of others, near the birthplace."""
    every = range(len(found.layers))
    if len(every) <= _MOST:
        return list(every)
    plain = [i for i in every if not found.layers[i].inner or i == found.birthplace]
    at = plain.index(found.birthplace) if found.birthplace in plain else 0
    start = max(0, min(at - _BEFORE, len(plain) - _MOST))
    return plain[start : start + _MOST]


def _row(found: Localisation, index: int) -> tuple[str, ...]:
    layer = found.layers[index]
    mark = ">" if index == found.birthplace else ""
    name = f"  {layer.name}" if layer.inner else layer.name
    if not layer.compared:
        return mark, name, layer.op_type, layer.note, "", "", "", ""
    return (
        mark,
        name,
        layer.op_type,
        layer.status.value,
        _error(layer.scaled_error),
        _error(layer.local_error),
        _error(layer.allowed),
        _growth(layer),
    )


def _error(value: float | None) -> str:
    return "" if value is None else size_of_error(value)


def _growth(layer: Layer) -> str:
    return f"x {layer.growth:,.0f}" if layer.growth is not None and layer.growth >= 2.0 else ""


def _blame(blame: Blame) -> Iterator[str]:
    yield ""
    yield f"  {blame.sentence}"
    cells: dict[str, dict[str, str]] = {}
    for one in blame.trials:
        word = "cannot run" if one.problem else "agrees" if one.agrees else "differs"
        number = "" if one.problem else f" {size_of_error(one.scaled_error)}"
        cells.setdefault(one.file, {})[one.level] = word + number
    heads = ("", *(f"optimiser {level}" for level in LEVELS))
    rows = [
        (row, *(levels.get(level, "") or levels.get("", "") for level in LEVELS))
        for row, levels in cells.items()
    ]
    yield from table(heads, rows)
    yield ""
