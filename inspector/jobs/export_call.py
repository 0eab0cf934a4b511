"""The two exporters of `torch.onnx`, called so that what was asked for is what is written."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.input_spec import InputSpec
from inspector.core.progress import Report
from inspector.jobs.export_stages import CAPTURING, TRANSLATING, StageWriter
from inspector.runtimes.pytorch_call import Call, Signature, argument_order, plain_attention


@dataclass(frozen=True)
class Plan:
    """Everything an exporter is told.

    Attributes:
        module: What is exported.
        call: The example inputs as `forward()` gets them.
        signature: What `forward()` takes.
        specs: The inputs by name, with their dynamic dimensions.
        output_names: One for each output tensor, in order.
        opset: Opset of the default domain.
        constant_folding: Whether the TorchScript exporter computes what is constant.
        training_mode: Whether dropout and the like stay active.
        program: What is exported in place of `module`: it has its own dynamic dimensions.
    """

    module: Any
    call: Call
    signature: Signature
    specs: tuple[InputSpec, ...]
    output_names: tuple[str, ...]
    opset: int
    constant_folding: bool
    training_mode: bool
    program: Any = None

    @property
    def taken(self) -> tuple[str, ...]:
        """The argument of `forward()` that each input goes to."""
        return argument_order(self.signature, [spec.name for spec in self.specs])[0]

    @property
    def ordered(self) -> tuple[InputSpec, ...]:
        """The inputs in the order in which `forward()` declares them."""
        place = {name: index for index, name in enumerate(self.signature.arguments)}
        pairs = zip(self.taken, self.specs, strict=True)
        return tuple(s for _, s in sorted(pairs, key=lambda pair: place.get(pair[0], len(place))))


def call_dynamo(plan: Plan, report: Report) -> tuple[Any, list[str]]:
    """Export through `torch.export`.

    Returns:
        The model as `onnx_ir` has it, and the warnings that came.
    """
    import torch

    captured = plan.program is not None
    report.stage(TRANSLATING if captured else CAPTURING)
    with _listening(report) as said:
        program = torch.onnx.export(
            plan.program if captured else plan.module,
            () if captured else plan.call.args,
            kwargs=None if captured else plan.call.kwargs or None,
            dynamo=True,
            verbose=True,
            opset_version=plan.opset,
            input_names=[spec.name for spec in plan.ordered],
            output_names=list(plan.output_names),
            dynamic_shapes=None if captured else _dynamic_shapes(plan),
        )
    assert program is not None
    return program.model, said


def call_torchscript(plan: Plan, path: Path, report: Report) -> tuple[Any, list[str]]:
    """Export through TorchScript; it writes a file by itself, which is read back.

    Args:
        plan: What to export.
        path: Where the exporter may write; further files may come beside it.
        report: Told the stages.

    Raises:
        InspectorError: An input can only be passed by name, which this exporter cannot do.
    """
    only_named = [name for name in plan.taken if name in plan.signature.by_name]
    if only_named:
        raise InspectorError(
            "The TorchScript exporter passes inputs by their order only, and forward() takes "
            f"'{only_named[0]}' by its name only.",
            "Use the dynamo exporter, or take the * out of forward()'s arguments.",
        )
    import onnx_ir
    import torch

    mode = torch.onnx.TrainingMode
    report.stage(TRANSLATING)
    with _listening(report) as said, plain_attention():
        torch.onnx.export(
            plan.module,
            plan.call.args,
            path,
            kwargs=plan.call.kwargs or None,
            dynamo=False,
            opset_version=plan.opset,
            input_names=[spec.name for spec in plan.ordered],
            output_names=list(plan.output_names),
            dynamic_axes=_dynamic_axes(plan.specs) or None,
            do_constant_folding=plan.constant_folding,
            training=mode.PRESERVE if plan.training_mode else mode.EVAL,
        )
    return onnx_ir.load(path), said


def _dynamic_shapes(plan: Plan) -> Any:
    """Dynamic dimensions by position, or by argument where arguments are passed by name."""
    axes = [{i: d.symbol for i, d in enumerate(s.dims) if d.symbol} or None for s in plan.ordered]
    if not any(axes):
        return None
    if plan.call.kwargs:
        order = [name for name in plan.signature.arguments if name in plan.taken]
        return dict(zip(order, axes, strict=True))
    return tuple(axes)


def _dynamic_axes(specs: Sequence[InputSpec]) -> dict[str, dict[int, str]]:
    axes = {s.name: {i: d.symbol for i, d in enumerate(s.dims) if d.symbol} for s in specs}
    return {name: found for name, found in axes.items() if found}


@contextlib.contextmanager
def _listening(report: Report) -> Iterator[list[str]]:
    """Take stages from what is printed, and collect warnings, which go to the log as well."""
    said: list[str] = []
    log = sys.stdout
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(StageWriter(log, report)):
                yield said
        finally:
            for warning in caught:
                text = f"{warning.category.__name__}: {warning.message}"
                log.write(f"{warning.filename}:{warning.lineno}: {text}\n")
                if not _inside_torch(warning.filename):
                    gist = text.partition(". ")[0]
                    said.append(f"{gist} ({Path(warning.filename).name}:{warning.lineno})")
            log.flush()


def _inside_torch(file: str) -> bool:
    """Whether a warning is about code of PyTorch: its layers decide by shapes, which is fine."""
    import torch

    return Path(file).is_relative_to(Path(torch.__file__).parent)
