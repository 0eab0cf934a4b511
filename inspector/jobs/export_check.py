"""An exported file is believed only after it was read back, checked and loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.failures import InspectorError, explain
from inspector.core.findings import MUST, NOTE, SHOULD, Finding
from inspector.core.input_spec import InputSpec
from inspector.core.model import Attribute, Graph, Model, Node, Value
from inspector.core.words import are, counted
from inspector.formats.onnx_external import require_safe

if TYPE_CHECKING:
    from inspector.runtimes.onnxruntime import OnnxRuntime

RANDOM = (
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
    "Multinomial",
)  # fmt: skip
"""Operators whose outputs differ from run to run."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in the written file.

    `session` is None if ONNX Runtime refused; `random`: the file does not repeat itself.
    """

    opset_imports: dict[str, int]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    checked: tuple[str, ...]
    findings: tuple[Finding, ...]
    session: OnnxRuntime | None
    random: bool = False


def check(path: Path, asked_opset: int, specs: Sequence[InputSpec]) -> Checked:
    """Read the file back, check it, load it.

    Raises:
        InspectorError: The file breaks a rule of ONNX, so it must not be used.
    """
    model = _reread(path)
    require_safe(model)  # before any library follows what the file names
    _run_checker(path)
    session, unloadable = _load_in_onnxruntime(path)
    opsets = {item.domain: item.version for item in model.opset_imports}
    stored = {tensor.name for tensor in model.graph.initializers}
    inputs = tuple(value for value in model.graph.inputs if value.name not in stored)
    found = (
        *unloadable,
        *_opset_finding(asked_opset, opsets.get("ai.onnx", 0)),
        *_input_findings(inputs, specs),
        *_random_findings(model),
    )
    checked = ("onnx.checker",) if unloadable else ("onnx.checker", "ONNX Runtime")
    random = any(finding.rule == "random-operators" for finding in found)
    return Checked(opsets, inputs, model.graph.outputs, checked, found, session, random)


def _reread(path: Path) -> Model:
    from inspector.formats.onnx import read_onnx

    return read_onnx(path)


def _run_checker(path: Path) -> None:
    import onnx

    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        known = explain(error)
        sentence = known.sentence
        if sentence.startswith("Something went wrong"):
            sentence = "The exported file breaks a rule of ONNX, so it was not kept."
        raise InspectorError(
            sentence, "Try another opset or the other exporter.", known.detail
        ) from error


def _load_in_onnxruntime(path: Path) -> tuple[OnnxRuntime | None, tuple[Finding, ...]]:
    from inspector.runtimes.onnxruntime import open_session

    try:
        session = open_session(path)
    except Exception as error:
        known = explain(error)
        sentence = known.sentence
        if sentence.startswith("Something went wrong"):
            sentence = "ONNX Runtime does not load the file."
        said = known.detail if isinstance(error, InspectorError) else str(error)
        finding = Finding(
            "onnxruntime-cannot-load",
            MUST,
            sentence,
            "The file keeps the rules of ONNX, but this ONNX Runtime cannot run it.",
            known.hint,
            (said.strip().partition("\n")[0][:300],),
        )
        return None, (finding,)
    return session, ()


def _opset_finding(asked: int, written: int) -> tuple[Finding, ...]:
    if asked == written:
        return ()
    return (
        Finding(
            "opset-differs",
            SHOULD,
            f"Opset {asked} was asked for, and the file has opset {written}.",
            "The exporter could not convert all operators, and kept its own opset.",
            f"Ask for opset {written}, or try the other exporter.",
        ),
    )


def _input_findings(inputs: Sequence[Value], specs: Sequence[InputSpec]) -> Iterator[Finding]:
    written = {value.name: value for value in inputs}
    dropped = tuple(spec.name for spec in specs if spec.name not in written)
    if dropped:
        yield Finding(
            "input-dropped",
            SHOULD,
            f"{len(dropped)} of the inputs asked for {are(len(dropped))} not in the file.",
            "The model does not use them, and the exporter leaves out what is not used.",
            "Leave them out, or check that forward() uses them.",
            dropped,
        )
    fixed = tuple(
        f"{spec.name}: {dim.symbol}"
        for spec in specs
        for axis, dim in enumerate(spec.dims)
        if dim.symbol and spec.name in written and isinstance(_dim(written[spec.name], axis), int)
    )
    if fixed:
        were = "was" if len(fixed) == 1 else "were"
        yield Finding(
            "dimension-fixed",
            SHOULD,
            f"{counted(len(fixed), 'dimension')} that {were} to be dynamic "
            f"{are(len(fixed))} fixed in the file.",
            "The model computes with the example's size, so the file takes no other one.",
            "Look for Python numbers made from a shape, or for loops over it, in forward().",
            fixed,
        )


def _dim(value: Value, axis: int) -> object:
    shape = value.shape
    return shape[axis] if shape is not None and axis < len(shape) else None


def _random_findings(model: Model) -> Iterator[Finding]:
    nodes = list(_all_nodes(model))
    found = tuple(f"{node.op_type} '{node.name}'" for node in nodes if node.op_type in RANDOM)
    dropout = tuple(f"Dropout '{node.name}'" for node in nodes if _is_active_dropout(node))
    number = len(found + dropout)
    if number:
        yield Finding(
            "random-operators",
            SHOULD,
            f"The file has {counted(number, 'operator')} that {are(number)} random.",
            "Two runs on the same input give different outputs, so they cannot be compared.",
            "Export in evaluation mode; in forward(), give F.dropout the argument "
            "training=self.training.",
            found + dropout,
        )
    active = tuple(f"'{node.name}'" for node in nodes if _is_training_norm(node))
    if active:
        verb = "uses" if len(active) == 1 else "use"
        yield Finding(
            "batch-statistics",
            NOTE,
            f"{counted(len(active), 'batch normalisation')} {verb} the statistics of the batch at "
            "hand.",
            "The output for one sample depends on the others in its batch.",
            "If that is not meant, export in evaluation mode.",
            active,
        )


def _is_active_dropout(node: Node) -> bool:
    """From opset 12 on, dropout is active only if its third input says so."""
    return node.op_type == "Dropout" and len(node.inputs) > 2 and bool(node.inputs[2])


def _is_training_norm(node: Node) -> bool:
    flags = {a.name: a.value for a in node.attributes}
    return node.op_type == "BatchNormalization" and flags.get("training_mode") == 1


def _all_nodes(model: Model) -> Iterator[Node]:
    yield from _nodes(model.graph.nodes)
    for function in model.functions:
        yield from _nodes(function.nodes)


def _nodes(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for attribute in node.attributes:
            yield from _inner(attribute)


def _inner(attribute: Attribute) -> Iterator[Node]:
    values = attribute.value if isinstance(attribute.value, tuple) else (attribute.value,)
    for value in values:
        if isinstance(value, Graph):
            yield from _nodes(value.nodes)
