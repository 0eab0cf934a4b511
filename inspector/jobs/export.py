"""The job that writes a PyTorch model as an ONNX file, and does not believe it unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.findings import MUST, NOTE, SHOULD, Finding
from inspector.core.progress import Report
from inspector.jobs.export_call import Plan, call_dynamo, call_torchscript
from inspector.jobs.export_check import Checked, check
from inspector.jobs.export_plan import (
    DYNAMO,
    TORCHSCRIPT,
    choose_exporter,
    explained_for,
    make_plan,
    refuse_compiled,
)
from inspector.jobs.export_probe import probe
from inspector.jobs.export_target import Target, refuse_own_files, save, strip, writing
from inspector.jobs.requests import Exported, ExportRequest
from inspector.runtimes.pytorch import load_cached

_SEVERITIES = (MUST, SHOULD, NOTE)


def run(request: ExportRequest, job_dir: Path, report: Report) -> Exported:
    """Export, read back, check, load; the client puts the file in its place (`export_place.py`).

    Raises:
        TrustNeededError: The model's code may not be executed yet.
        InspectorError: It cannot be loaded, run, exported or written.
    """
    with writing(request.output, job_dir) as target:
        refuse_own_files(request.output, [request.source.path])
        refuse_compiled(request.source.path)
        loaded = load_cached(request.source, report)
        refuse_own_files(request.output, loaded.files)
        plan, findings = make_plan(request, loaded, report)
        exporter, switched = choose_exporter(request, loaded)
        with explained_for(loaded):
            model, said = _call(exporter, plan, target, report)
        if not request.keep_paths:
            strip(model)
        report.stage("Saving", target.path.name)
        save(model, target.draft)
        report.stage("Checking")
        checked = check(target.draft, request.opset, plan.specs)
        probed = _probed(plan, exporter, checked)
        checked = replace(checked, session=None)  # it holds the file open
        size = target.size
    remarks = (*checked.findings, *probed, *switched, *findings, *_said(said), *loaded.findings)
    return _exported(request, exporter, target, size, checked, remarks, plan, report)


def _probed(plan: Plan, exporter: str, checked: Checked) -> tuple[Finding, ...]:
    """Try another size, where the file repeats itself and a size may be written into it."""
    if checked.session is None or checked.random:
        return ()
    shown = {dim for value in checked.outputs for dim in value.shape or ()}
    asked = {dim.symbol for spec in plan.specs for dim in spec.dims if dim.symbol}
    return probe(plan, checked.session) if exporter == TORCHSCRIPT or asked - shown else ()


def _exported(
    request: ExportRequest,
    exporter: str,
    target: Target,
    size: int,
    checked: Checked,
    remarks: Sequence[Finding],
    plan: Plan,
    report: Report,
) -> Exported:
    return Exported(
        str(target.path),
        size,
        exporter,
        request.opset,
        checked.opset_imports,
        checked.checked,
        checked.inputs,
        checked.outputs,
        tuple(sorted(remarks, key=lambda finding: _SEVERITIES.index(finding.severity))),
        report.seconds,
        plan.specs,
    )


def _call(exporter: str, plan: Plan, target: Target, report: Report) -> tuple[Any, list[str]]:
    if exporter == DYNAMO:
        return call_dynamo(plan, report)
    folder = target.folder / "torchscript"
    folder.mkdir()
    return call_torchscript(plan, folder / target.path.name, report)


def _said(said: Sequence[str]) -> list[Finding]:
    """Remarks from the exporters' warnings that mean the file may compute something else."""
    traced = tuple(text.partition(": ")[2] for text in said if text.startswith("TracerWarning"))
    if not traced:
        return []
    return [
        Finding(
            "tracer-warning",
            SHOULD,
            "The TorchScript exporter fixed what the model decides by its inputs.",
            "For other inputs the file may take the wrong way without any error.",
            "Use the dynamo exporter, or torch.where in place of the Python 'if'.",
            traced[:10],
        )
    ]
