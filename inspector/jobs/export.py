"""The job that writes a PyTorch model as an ONNX file, and does not believe it unseen."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.findings import MUST, NOTE, SHOULD, Finding
from inspector.core.input_spec import InputSpec
from inspector.core.progress import Report
from inspector.core.words import are, counted
from inspector.jobs.export_call import Plan, call_dynamo, call_torchscript
from inspector.jobs.export_check import Checked, check
from inspector.jobs.export_probe import probe
from inspector.jobs.export_target import Target, refuse_own_files, save, strip, writing
from inspector.jobs.requests import Exported, ExportRequest
from inspector.runtimes.pytorch import load_cached
from inspector.runtimes.pytorch_call import bind_call, try_call
from inspector.runtimes.pytorch_inputs import guess_inputs
from inspector.runtimes.pytorch_load import Loaded
from inspector.runtimes.pytorch_values import example, output_names, tensors_of

DYNAMO, TORCHSCRIPT = "dynamo", "torchscript"
LOWEST_DYNAMO = 18
"""Below this opset the dynamo exporter only tries, and keeps 18 without saying so."""

_SEVERITIES = (MUST, SHOULD, NOTE)


def run(request: ExportRequest, job_dir: Path, report: Report) -> Exported:
    """Export, read back, check, load; the client puts the file in its place (`export_place.py`).

    Raises:
        TrustNeededError: The model's code may not be executed yet.
        InspectorError: It cannot be loaded, run, exported or written.
    """
    with writing(request.output, job_dir) as target:
        refuse_own_files(request.output, [request.source.path])
        loaded = load_cached(request.source, report)
        refuse_own_files(request.output, loaded.files)
        plan, findings = _plan(request, loaded, report)
        exporter, switched = _choose(request, loaded)
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


def _plan(request: ExportRequest, loaded: Loaded, report: Report) -> tuple[Plan, list[Finding]]:
    """Run the model once as it will be exported, and note how."""
    findings: list[Finding] = []
    specs = request.source.inputs
    if not specs:
        specs = _guessed(loaded, report)
        findings.append(_guess_finding(specs))
    report.stage("Trying it once in PyTorch", " ".join(str(spec) for spec in specs))
    module = loaded.module
    if request.training_mode:
        module = _in_training_mode(loaded)
        findings.append(_training_finding())
    names = [spec.name for spec in specs]
    call = bind_call(loaded.signature, names, [example(spec) for spec in specs])
    # A run in training mode changes what batch normalisation has learned, so a copy takes it.
    tried = copy.deepcopy(module) if request.training_mode else module
    places = [place for place, _ in tensors_of(try_call(tried, call, specs))]
    outputs = output_names(places, request.source.output_names)
    _require_apart(names, outputs)
    plan = Plan(
        module,
        call,
        loaded.signature,
        specs,
        outputs,
        request.opset,
        request.constant_folding,
        request.training_mode,
    )
    return plan, [*findings, *_frozen(loaded, plan)]


def _require_apart(inputs: Sequence[str], outputs: Sequence[str]) -> None:
    both = [name for name in outputs if name in inputs]
    if both:
        raise InspectorError(
            f"'{both[0]}' would be the name of an input and of an output.",
            "Give the output another name (--output-name).",
        )


def _guessed(loaded: Loaded, report: Report) -> tuple[InputSpec, ...]:
    report.stage("Trying example inputs")
    specs = guess_inputs(loaded.module, loaded.signature)
    if specs or not loaded.signature.required:
        return specs
    needed = ", ".join(loaded.signature.required)
    raise InspectorError(
        f"What the model takes is not known: forward() needs {needed}.",
        "Say it with --input 'NAME=DTYPE[DIMS]', once for each, for example "
        "'x=float32[batch=2,3,224,224]'.",
    )


def _in_training_mode(loaded: Loaded) -> Any:
    """A copy in the mode it was saved in, all in training mode where the file has no record.

    A copy, since running in this mode changes what batch normalisation has learned.
    """
    module = copy.deepcopy(loaded.module)
    if not loaded.training_recorded:
        return module.train()
    for name, child in module.named_modules():
        child.training = name in loaded.training
    return module


def _choose(request: ExportRequest, loaded: Loaded) -> tuple[str, list[Finding]]:
    """The exporter that can do what is asked; a finding if it is not the one asked for."""
    if request.exporter == TORCHSCRIPT:
        return TORCHSCRIPT, []
    why = ""
    if loaded.scripted:
        why = "The dynamo exporter does not take TorchScript modules."
    elif request.opset < LOWEST_DYNAMO:
        why = f"The dynamo exporter does not write opsets below {LOWEST_DYNAMO} reliably."
    if not why:
        return DYNAMO, []
    sentence = "The TorchScript exporter was used instead of the dynamo exporter."
    mend = "Choose the TorchScript exporter to have it this way without this remark."
    return TORCHSCRIPT, [Finding("exporter-switched", NOTE, sentence, why, mend)]


def _call(exporter: str, plan: Plan, target: Target, report: Report) -> tuple[Any, list[str]]:
    if exporter == DYNAMO:
        return call_dynamo(plan, report)
    folder = target.folder / "torchscript"
    folder.mkdir()
    return call_torchscript(plan, folder / target.path.name, report)


def _guess_finding(specs: Sequence[InputSpec]) -> Finding:
    return Finding(
        "guessed-input",
        SHOULD,
        "The example input was guessed from the first weights.",
        "The model was seen to run with it, but another size may be what is meant.",
        "Give it with --input.",
        tuple(str(spec) for spec in specs),
    )


def _training_finding() -> Finding:
    return Finding(
        "training-mode-export",
        MUST,
        "The file was exported in training mode, as was asked.",
        "Dropout is active in it, so two runs give different outputs.",
        "Export again in evaluation mode before the file is used.",
    )


def _frozen(loaded: Loaded, plan: Plan) -> list[Finding]:
    """Arguments that are not inputs of the graph: their values are written into it."""
    if loaded.scripted:
        where = [f"{n}={v}" for n, v in zip(plan.taken, plan.call.args, strict=False)]
        where = [text for text in where if text.split("=")[0] in loaded.signature.numbers]
    else:
        parameters = inspect.signature(loaded.module.forward).parameters.values()
        where = [
            f"{p.name}={p.default!r}"
            for p in parameters
            if p.name not in plan.taken and isinstance(p.default, (bool, int, float, str))
        ]
    if not where:
        return []
    return [
        Finding(
            "frozen-arguments",
            NOTE,
            f"{counted(len(where), 'argument')} of forward() {are(len(where))} fixed to a value in "
            "the file.",
            "An ONNX graph takes tensors; Python values decide while it is made.",
            "Export once for each value that is needed.",
            tuple(where),
        )
    ]


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
