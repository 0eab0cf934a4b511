"""`inspect`: what is in a file, and findings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from inspector import cli_against, cli_suggest, cli_tensor
from inspector.cli_console import Console, table
from inspector.core.failures import InspectorError
from inspector.core.finding import Finding, without
from inspector.core.inspection import CheckpointFacts, Inspection, OnnxFacts
from inspector.core.model import Value
from inspector.core.targets import TARGETS, target_named
from inspector.jobs.client import WorkerClient
from inspector.jobs.output import put
from inspector.jobs.requests import InspectRequest, TableRequest, Written

_MOST_TENSORS = 40
_TABLES = ("nodes", "tensors")


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command, or the part of it that was asked for."""
    if options.target and target_named(options.target) is None:
        known = ", ".join(one.key for one in TARGETS)
        raise InspectorError(f"'{options.target}' is no target.", f"Known are: {known}.")
    if options.npy and not options.tensor:
        raise InspectorError("--npy needs --tensor NAME.", "Name the tensor that is to be written.")
    if options.against:
        return cli_against.run(options, console)
    if options.suggest:
        return cli_suggest.run(options, console)
    if options.tensor:
        return cli_tensor.run(options, console)
    if options.csv:
        return _write_csv(options, console)
    with WorkerClient() as worker:
        request = InspectRequest(options.file, digest=options.digest, target=options.target)
        inspection: Inspection = worker.run("inspect", request, console.show)
    inspection = replace(inspection, findings=without(inspection.findings, options.mute))
    console.result(to_json(inspection), _text(inspection))
    return 0


def _write_csv(options: argparse.Namespace, console: Console) -> int:
    name, output = options.csv
    if name not in _TABLES:
        raise InspectorError(f"There is no table '{name}'.", "Ask for 'nodes' or 'tensors'.")
    with WorkerClient() as worker:
        written: Written = worker.run("table", TableRequest(options.file, name), console.show)
        put(written.path, output)
    plain = {"table": name, "output": output, "rows": written.rows}
    console.result(plain, [f"Written: {output}, {written.rows:,} {name}."])
    return 0


def to_json(inspection: Inspection) -> dict[str, Any]:
    """The object that `--json` writes, without `schema`."""
    plain: dict[str, Any] = {
        "path": inspection.path,
        "bytes": inspection.bytes,
        "format": inspection.format,
        "what": inspection.what,
    }
    if inspection.sha256 is not None:
        plain["sha256"] = inspection.sha256
    plain["findings"] = inspection.findings
    plain["onnx"] = inspection.onnx
    plain["checkpoint"] = inspection.checkpoint and _checkpoint(inspection.checkpoint)
    return plain


def _checkpoint(facts: CheckpointFacts) -> dict[str, Any]:
    return {
        "form": facts.form,
        "container": facts.container,
        "tensors": [{"name": t.name, "dtype": t.dtype, "shape": t.shape} for t in facts.tensors],
        "parameters": facts.parameters,
        "modules": [
            {"path": m.path, "class": m.class_name, "training": m.training} for m in facts.modules
        ],
        "imports": [one.name for one in facts.imports],
        "judged_imports": facts.imports,
        "training": facts.training,
        "state_dict_key": facts.state_dict_key,
        "executes": facts.executes,
        "next_step": facts.next_step,
    }


def _text(inspection: Inspection) -> Iterator[str]:
    yield inspection.what
    yield ""
    facts = [
        ("Path", inspection.path),
        ("Size", f"{inspection.bytes:,} bytes"),
        ("Format", inspection.format),
    ]
    if inspection.sha256 is not None:
        facts.append(("SHA-256", inspection.sha256))
    if inspection.onnx is not None:
        yield from table(("", ""), [*facts, *_onnx_facts(inspection.onnx)])[1:]
        yield from values_text("Inputs", inspection.onnx.inputs)
        yield from values_text("Outputs", inspection.onnx.outputs)
        kinds = sorted(inspection.onnx.op_types.items(), key=lambda kind: (-kind[1], kind[0]))
        yield from ("", "Operators")
        yield from table(("", " "), [(name, f"{count:,}") for name, count in kinds])[1:]
    if inspection.checkpoint is not None:
        yield from table(("", ""), [*facts, *_checkpoint_facts(inspection.checkpoint)])[1:]
        yield from _checkpoint_text(inspection.checkpoint)
    yield from findings_text(inspection.findings)


def _onnx_facts(facts: OnnxFacts) -> list[tuple[str, str]]:
    opsets = ", ".join(f"{domain} {version}" for domain, version in facts.opset_imports.items())
    nodes = f"{facts.nodes:,}"
    lower = 0 < facts.lowest_opset < facts.opset_imports.get("ai.onnx", 0)
    if facts.nodes != facts.top_level_nodes:
        nodes += f", {facts.top_level_nodes:,} of them at the top level"
    rows = [
        ("IR version", str(facts.ir_version)),
        ("Producer", f"{facts.producer_name} {facts.producer_version}".strip() or "not recorded"),
        ("Opset imports", opsets or "none"),
        *([("Lowest opset", f"{facts.lowest_opset} would mean the same")] if lower else []),
        ("Nodes", nodes),
        ("Subgraphs", f"{facts.subgraphs:,}"),
        ("Functions", f"{facts.functions:,}"),
    ]
    for title, totals in (("Initializers", facts.initializers), ("Constants", facts.constants)):
        text = f"{totals.count:,} with {totals.parameters:,} elements, {totals.bytes:,} bytes"
        rows.append((title, text))
    for file in facts.external_data:
        state = "" if file.exists else ", not there"
        rows.append(("External data", f"{file.location}, {file.bytes:,} bytes{state}"))
    if facts.training_graphs:
        rows.append(("Training graphs", f"{facts.training_graphs:,}, not used for inference"))
    if facts.quantization_annotations:
        rows.append(("Quantisation", f"{facts.quantization_annotations:,} tensors annotated"))
    for name, number in facts.devices.items():
        rows.append(("Devices", f"{name}, {number:,} of them"))
    rows.extend(("Metadata", f"{key} = {text}") for key, text in facts.metadata.items())
    return rows


def _checkpoint_facts(facts: CheckpointFacts) -> list[tuple[str, str]]:
    training = {None: "not recorded", True: "on", False: "off"}[facts.training]
    rows = [
        ("Container", facts.container),
        (
            "Tensors",
            f"{len(facts.tensors):,} with {facts.parameters:,} elements, {facts.bytes:,} bytes",
        ),
        ("Training mode", training),
    ]
    if facts.state_dict_key:
        rows.append(("State dict under", facts.state_dict_key))
    if facts.prefix:
        rows.append(("Names begin with", facts.prefix))
    if facts.states:
        rows.append(("Choose with --state", ", ".join(one.path for one in facts.states)[:_WIDE]))
    if facts.hyper_parameters:
        rows.append(("Settings", ", ".join(facts.hyper_parameters)[:_WIDE]))
    rows += [(label, text[:_WIDE].replace("\n", " ")) for label, text in facts.facts[:_MOST_FACTS]]
    return rows


_WIDE = 100
_MOST_FACTS = 20


def _checkpoint_text(facts: CheckpointFacts) -> Iterator[str]:
    if facts.inputs or facts.outputs:
        yield from values_text("Inputs", facts.inputs)
        yield from values_text("Outputs", facts.outputs)
    if facts.modules:
        yield from ("", "Modules")
        rows = [(m.path or "(root)", m.class_name) for m in facts.modules[:_MOST_TENSORS]]
        yield from table(("", ""), rows)[1:]
        yield from _rest(len(facts.modules))
    if facts.tensors:
        yield from ("", "Tensors")
        shown = facts.tensors[:_MOST_TENSORS]
        yield from table(("", "", ""), [(t.name, t.dtype, str(list(t.shape))) for t in shown])[1:]
        yield from _rest(len(facts.tensors))
    if facts.imports:
        yield from ("", "Loading it would import")
        yield from table(("", "", ""), [(i.name, i.judgement, i.what) for i in facts.imports])[1:]
    if facts.runs:
        yield from ("", "Opening it can run")
        yield from (f"  {text}" for text in facts.runs[:_MOST_FACTS])
    if facts.next_step:
        yield from ("", facts.next_step)


def _rest(number: int) -> Iterator[str]:
    if number > _MOST_TENSORS:
        yield f"  and {number - _MOST_TENSORS:,} more; --json lists them all"


def values_text(title: str, values: Sequence[Value]) -> Iterator[str]:
    """Lines that name inputs or outputs with their dtypes and shapes."""
    yield from ("", title)
    rows = [(value.name, value.dtype or "unknown", shape_text(value)) for value in values]
    yield from table(("", "", ""), rows)[1:] if rows else ("  none",)


def shape_text(value: Value) -> str:
    """Sizes as people read them; `?` is a size without a name."""
    if value.shape is None:
        return "unknown shape"
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in value.shape) + "]"


def findings_text(findings: Sequence[Finding]) -> Iterator[str]:
    """Lines that list findings, each with its remedy."""
    if not findings:
        return
    yield from ("", "Findings")
    for finding in findings:
        yield f"  {finding.severity:<6}  {finding.sentence}"
        if finding.mend:
            yield f"          {finding.mend}"
