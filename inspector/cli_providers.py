"""`compare --providers`: the candidate on several execution providers, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.cli_console import Console, table
from inspector.core import wire
from inspector.core.providers import Measured, Providers, short_name
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import CompareRequest, ProvidersRequest

_MEGABYTE = 1e6
_MOST = 12


def find(asked: str, threads: int, request: CompareRequest, console: Console) -> Providers:
    """Measure and compare in a worker of its own, whose memory nothing else has grown.

    Raises:
        InspectorError: As the job.
    """
    providers = ProvidersRequest(
        request.reference,
        request.candidate,
        request.data,
        asked,
        threads,
        request.convert,
        request.tolerances,
    )
    with WorkerClient() as worker:
        found: Providers = worker.run("providers", providers, console.show)
    return found


def to_json(plain: dict[str, Any], found: Providers) -> dict[str, Any]:
    """The object of a comparison with the execution providers; times are in seconds."""
    shown: dict[str, Any] = wire.to_plain(found)
    shown["conditions"] = found.conditions
    for row, pair in zip(shown["against"], found.against, strict=True):
        row["verdict"], row["sentence"] = pair.verdict.value, pair.sentence
    return {**plain, "providers": shown}


def text(found: Providers) -> Iterator[str]:
    """The lines for people."""
    yield from ("", "Execution providers")
    yield from table(
        ("", "on", "median ", "p90 ", "runs ", "memory "), [_row(one) for one in found.measured]
    )
    yield f"  {found.conditions}"
    for one in found.measured:
        if one.failure:
            yield f"  {one.name} did not run: {one.failure}"
        if one.fell_back:
            yield f"  {one.name}: {one.fell_back}"
            nodes = [f"{p.node or p.op_type} on {short_name(p.provider)}" for p in one.elsewhere]
            more = f" and {len(nodes) - _MOST:,} more" if len(nodes) > _MOST else ""
            yield f"    {', '.join(nodes[:_MOST])}{more}"
    rows = [
        (pair.reference, pair.candidate, pair.verdict.value, pair.sentence)
        for pair in found.against
    ]
    if rows:
        yield ""
        yield from table(("held against", "", "verdict", ""), rows)


def _row(one: Measured) -> tuple[str, ...]:
    latency, memory = one.latency, memory_words(one)
    if latency is None:
        return (one.name, one.device, "-", "-", "-", memory)
    times = (f"{1e3 * value:.3g} ms" for value in (latency.median, latency.p90))
    return (one.name, one.device, *times, f"{latency.runs:,}", memory)


def memory_words(one: Measured) -> str:
    """`12 MB`, with what a GPU holds where that is known; `-` where nothing is."""
    parts = [f"{one.memory / _MEGABYTE:,.0f} MB"] if one.memory else []
    if one.device_memory is not None:
        parts.append(f"{one.device_memory / _MEGABYTE:,.0f} MB on the GPU")
    return ", ".join(parts) or "-"
