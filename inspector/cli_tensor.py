"""`inspect --tensor`: the values of one stored tensor."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from inspector.cli_console import Console, table
from inspector.core.model import shape_text
from inspector.core.tensor_facts import Bars, Scalar, TensorFacts
from inspector.jobs.client import WorkerClient
from inspector.jobs.output import put
from inspector.jobs.requests import TensorRequest

_WIDEST = 40
_SHOWN = 16


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command."""
    with WorkerClient() as worker:
        request = TensorRequest(options.file, name=options.tensor, npy=bool(options.npy))
        facts: TensorFacts = worker.run("tensor", request, console.show)
        if options.npy:
            put(facts.npy, options.npy)
    console.result(to_json(facts, options.npy or ""), _text(facts, options.npy or ""))
    return 0


def to_json(facts: TensorFacts, npy: str) -> dict[str, Any]:
    """The object that `--json` writes, without `schema`."""
    names = (
        "name", "dtype", "shape", "bytes", "file", "offset", "length", "values", "zeros", "nan",
        "positive_infinity", "negative_infinity", "minimum", "maximum", "mean", "deviation",
    )  # fmt: skip
    plain: dict[str, Any] = {name: getattr(facts, name) for name in names}
    plain["histogram"] = facts.bars
    plain["sizes"] = facts.sizes
    plain["first"] = facts.first
    if npy:
        plain["npy"] = {"path": npy, "dtype": facts.npy_dtype}
    return {"tensor": plain}


def _text(facts: TensorFacts, npy: str) -> Iterator[str]:
    place = "in no one place"
    if facts.offset >= 0:
        end = facts.offset + facts.length
        place = f"{facts.file}, bytes {facts.offset:,} to {end:,}"
    share = f" ({facts.zeros / facts.values:.1%})" if facts.values else ""
    rows = [
        ("Type", facts.dtype),
        ("Shape", shape_text(facts.shape)),
        ("Bytes", f"{facts.bytes:,}"),
        ("Place", place),
        ("Values", f"{facts.values:,}"),
        ("Smallest", _number(facts.minimum)),
        ("Largest", _number(facts.maximum)),
        ("Mean", _number(facts.mean)),
        ("Std. deviation", _number(facts.deviation)),
        ("Zeros", f"{facts.zeros:,}{share}"),
        ("NaN", f"{facts.nan:,}"),
        ("Infinite", f"{facts.positive_infinity:,} above, {facts.negative_infinity:,} below"),
    ]
    yield facts.name
    yield from table(("", ""), rows)[1:]
    if facts.first:
        yield from ("", "First values")
        shown = ", ".join(scalar_text(one) for one in facts.first[:_SHOWN])
        yield f"  {shown}{', ...' if facts.values > _SHOWN else ''}"
    if facts.bars.counts:
        yield from ("", "Histogram")
        yield from _bars(facts.bars)
    if npy:
        yield from ("", f"Written: {npy} ({facts.npy_dtype})")


def _bars(bars: Bars) -> list[str]:
    most = max(bars.counts)
    step = max(1, len(bars.counts) // 16)
    rows = []
    for start in range(0, len(bars.counts), step):
        stop = min(start + step, len(bars.counts))
        count = sum(bars.counts[start:stop])
        bar = "#" * round(_WIDEST * count / max(most * step, 1))
        rows.append((f"{bars.edges[start]:.4g}", f"{bars.edges[stop]:.4g}", f"{count:,}", bar))
    return table(("from ", "to ", "values ", ""), rows)


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.7g}"


def scalar_text(value: Scalar) -> str:
    """One value as people read it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
