"""`export`: write an ONNX file from a checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from inspector.cli_console import Console, table
from inspector.cli_inspect import findings_text, values_text
from inspector.core.sources import ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import Exported, ExportRequest


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command."""
    request = ExportRequest(
        source=source_of(options, options.checkpoint, tuple(options.output_name)),
        output=options.output,
        opset=options.opset,
        exporter=options.exporter,
        constant_folding=not options.no_constant_folding,
        training_mode=options.training_mode,
        keep_paths=options.keep_paths,
    )
    with WorkerClient() as worker:
        exported: Exported = worker.run("export", request, console.show)
    console.result(to_json(exported), _text(exported))
    return 0


def source_of(
    options: argparse.Namespace, path: str, output_names: tuple[str, ...] = ()
) -> ModelSource:
    """The file to run with what the options say about running it."""
    return ModelSource(
        path=path,
        code=options.code,
        code_args=options.code_args,
        trust=options.trust,
        inputs=tuple(options.input),
        output_names=output_names,
        custom_ops=tuple(getattr(options, "custom_ops", ())),
        state=options.state,
    )


def to_json(exported: Exported) -> dict[str, Any]:
    """The object that `--json` writes, without `schema`."""
    return {
        "output": exported.output,
        "bytes": exported.bytes,
        "exporter": exported.exporter,
        "requested_opset": exported.requested_opset,
        "opset_imports": exported.opset_imports,
        "checked": exported.checked,
        "inputs": exported.inputs,
        "outputs": exported.outputs,
        "findings": exported.findings,
        "seconds": exported.seconds,
    }


def _text(exported: Exported) -> Iterator[str]:
    opsets = ", ".join(f"{name} {number}" for name, number in exported.opset_imports.items())
    yield f"Wrote {exported.output}, {exported.bytes:,} bytes."
    yield ""
    rows = [
        ("Exporter", exported.exporter),
        ("Opset imports", f"{opsets} (asked for: {exported.requested_opset})"),
        ("Checked", ", ".join(exported.checked) or "nothing"),
        ("Time", f"{sum(exported.seconds.values()):.1f} s"),
    ]
    yield from table(("", ""), rows)[1:]
    yield from values_text("Inputs", exported.inputs)
    yield from values_text("Outputs", exported.outputs)
    yield from findings_text(exported.findings)
