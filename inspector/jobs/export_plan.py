"""What an export is made from: the module, its example inputs, names, and the exporter to use."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.core.failures import InspectorError, explain
from inspector.core.findings import MUST, NOTE, SHOULD, Finding
from inspector.core.input_spec import InputSpec
from inspector.core.progress import Report
from inspector.core.words import are, counted
from inspector.jobs.export_call import Plan
from inspector.jobs.requests import ExportRequest
from inspector.runtimes.pytorch_call import bind_call, try_call
from inspector.runtimes.pytorch_inputs import GUESSED, propose_inputs
from inspector.runtimes.pytorch_load import Loaded
from inspector.runtimes.pytorch_programs import PROGRAM, SCRIPT
from inspector.runtimes.pytorch_values import example, output_names, tensors_of
from inspector.runtimes.pytorch_weights import read_listing

DYNAMO, TORCHSCRIPT = "dynamo", "torchscript"
LOWEST_DYNAMO = 18
"""Below this opset the dynamo exporter only tries, and keeps 18 without saying so."""


def make_plan(request: ExportRequest, loaded: Loaded, report: Report) -> tuple[Plan, list[Finding]]:
    """Run the model once as it will be exported, and note how.

    Raises:
        InspectorError: Its inputs are not known, or it does not run with them.
    """
    specs, findings = _inputs(request, loaded, report)
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
        loaded.program,
    )
    return plan, [*findings, *_frozen(loaded, plan)]


def refuse_compiled(path: str) -> None:
    """Native code cannot be exported, wherever it was made.

    Raises:
        InspectorError: The file is an AOTInductor package, or cannot be read.
    """
    if read_listing(path).form == "aotinductor":
        raise InspectorError(
            "An AOTInductor package holds native code and no graph, so nothing can be exported "
            "from it.",
            "Export the module or the exported program that it was compiled from.",
        )


def _inputs(
    request: ExportRequest, loaded: Loaded, report: Report
) -> tuple[tuple[InputSpec, ...], list[Finding]]:
    if not request.source.inputs:
        report.stage("Trying example inputs")
    specs, origin = propose_inputs(loaded, request.source.inputs)
    if not specs and loaded.signature.required:
        needed = ", ".join(loaded.signature.required)
        raise InspectorError(
            f"What the model takes is not known: forward() needs {needed}.",
            "Say it with --input 'NAME=DTYPE[DIMS]', once for each, for example "
            "'x=float32[batch=2,3,224,224]'.",
        )
    return specs, [_guess_finding(specs)] if origin == GUESSED else []


def _require_apart(inputs: Sequence[str], outputs: Sequence[str]) -> None:
    both = [name for name in outputs if name in inputs]
    if both:
        raise InspectorError(
            f"'{both[0]}' would be the name of an input and of an output.",
            "Give the output another name (--output-name).",
        )


def _in_training_mode(loaded: Loaded) -> Any:
    """A copy in the mode it was saved in, all in training mode where the file has no record.

    A copy, since running in this mode changes what batch normalisation has learned.
    """
    if loaded.program is not None:
        raise InspectorError(
            "An exported program runs in the mode that it was exported in.",
            "Leave --training-mode out.",
        )
    module = copy.deepcopy(loaded.module)
    if not loaded.training_recorded:
        return module.train()
    for name, child in module.named_modules():
        child.training = name in loaded.training
    return module


def choose_exporter(request: ExportRequest, loaded: Loaded) -> tuple[str, list[Finding]]:
    """The exporter that can do what is asked; a finding if it is not the one asked for."""
    chosen, why = request.exporter, ""
    if loaded.kind == PROGRAM:
        chosen, why = DYNAMO, "The TorchScript exporter does not take exported programs."
    elif loaded.kind == SCRIPT:
        chosen, why = TORCHSCRIPT, "The dynamo exporter does not take TorchScript modules."
    elif loaded.checkpoint.form == "quantised":
        chosen, why = TORCHSCRIPT, "The dynamo exporter does not take quantised modules."
    elif request.opset < LOWEST_DYNAMO:
        why = f"The dynamo exporter does not write opsets below {LOWEST_DYNAMO} reliably."
        chosen = TORCHSCRIPT
    if chosen == request.exporter:
        return chosen, []
    names = {DYNAMO: "dynamo", TORCHSCRIPT: "TorchScript"}
    sentence = (
        f"The {names[chosen]} exporter was used instead of the {names[request.exporter]} exporter."
    )
    mend = f"Choose the {names[chosen]} exporter to have it this way without this remark."
    return chosen, [Finding("exporter-switched", NOTE, sentence, why, mend)]


@contextlib.contextmanager
def explained_for(loaded: Loaded) -> Iterator[None]:
    """Send nobody to another exporter with a TorchScript program, which only one takes.

    PyTorch's TS2EPConverter is no way round: it stops at loops and at branches whose sides do not
    match, those of its own LSTM among them, and takes no dynamic sizes (PyTorch 2.13).
    """
    try:
        yield
    except Exception as error:
        known = explain(error, "Translating to ONNX")
        if loaded.kind != SCRIPT or "exporter" not in known.hint:
            raise
        raise InspectorError(
            known.sentence,
            "No other exporter takes TorchScript programs, and PyTorch's converter to exported "
            "programs (TS2EPConverter) stops at loops and at many branches: export the module that "
            "it was made from.",
            known.detail,
        ) from error


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
    if loaded.kind == SCRIPT:
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
