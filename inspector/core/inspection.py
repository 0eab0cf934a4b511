"""What reading a file told: the records behind `inspect`, the tree and the detail pane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inspector.core.findings import Finding
from inspector.core.model import ExternalFile, Import, Module, Tensor, Value


@dataclass(frozen=True, slots=True)
class Totals:
    """Number of tensors, of their elements, and of their bytes; shared tensors count once."""

    count: int
    parameters: int
    bytes: int


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    """An ONNX file in numbers. `nodes` counts subgraphs and function bodies too.

    `inputs` leaves out those that have an initializer. The graphs of training information, which
    inference does not use, are counted apart. `devices` are the sets that the model may be spread
    over, with the number of devices in each. `lowest_opset` is the lowest one that gives every
    operator of the default domain the same meaning; 0 where it is not known.
    """

    ir_version: int
    producer_name: str
    producer_version: str
    opset_imports: dict[str, int]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: int
    top_level_nodes: int
    op_types: dict[str, int]
    subgraphs: int
    functions: int
    initializers: Totals
    constants: Totals
    external_data: tuple[ExternalFile, ...]
    metadata: dict[str, str]
    training_graphs: int = 0
    quantization_annotations: int = 0
    devices: dict[str, int] = field(default_factory=dict)
    lowest_opset: int = 0


class StateSet(NamedTuple):
    """One of several sets of weights in a checkpoint: where it lies, and how much it is."""

    path: str
    tensors: int
    parameters: int


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """A PyTorch file, listed. See `core.model.Checkpoint` for the meaning of the fields.

    `tensor_count` holds also where `tensors` and `modules` are left to the outline; `bytes`
    counts those of the tensors, shared ones once.
    """

    form: str
    container: str
    tensors: tuple[Tensor, ...]
    parameters: int
    modules: tuple[Module, ...]
    imports: tuple[Import, ...]
    training: bool | None
    state_dict_key: str
    executes: bool
    next_step: str
    tensor_count: int = 0
    bytes: int = 0
    prefix: str = ""
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    architecture: str = ""
    model_type: str = ""
    files: tuple[ExternalFile, ...] = ()
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    runs: tuple[str, ...] = ()
    traced: bool | None = None
    states: tuple[StateSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """The answer of `inspect`: exactly one of `onnx` and `checkpoint` is set.

    Attributes:
        path: The file.
        bytes: Its size on disk.
        format: `onnx`, or the checkpoint's form.
        what: One sentence that names what the file is.
        sha256: Only where asked for: it reads the whole file.
        findings: What the rules remark, worst first.
        onnx: Set for an ONNX file.
        checkpoint: Set for a PyTorch file.
        outline: Path of the tree's columns (see `formats/outline.py`), where asked for.
        seconds: Time that reading took.
    """

    path: str
    bytes: int
    format: str
    what: str
    findings: tuple[Finding, ...] = ()
    onnx: OnnxFacts | None = None
    checkpoint: CheckpointFacts | None = None
    sha256: str | None = None
    outline: str | None = None
    seconds: float = 0.0


class Link(NamedTuple):
    """A named thing and the row of the outline that shows it (-1: none)."""

    text: str
    row: int


class Port(NamedTuple):
    """One input or output of a node: its formal name, its value, and who makes or uses it."""

    formal: str
    value: Value
    kind: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """All about one row of the outline.

    Attributes:
        title: Name of the thing.
        tag: Op type or kind.
        sentence: One plain sentence on what it is or does.
        facts: (label, text) pairs: domain, scope, dtype, shape, bytes, place in the file, ...
        attributes: (name, type, text) of a node's attributes.
        inputs: A node's inputs with their producers.
        outputs: A node's outputs with their consumers.
        text: Longer text: documentation string, source lines, metadata value.
        documentation: What the standard says about the operator, plain text with line ends.
        source: Where the PyTorch source of a node stands: `blocks.py, line 41, in forward`.
        code: The line of source itself, where the file records it.
        tensor_row: Row whose stored values can be looked at: the row itself, or that of a node's
            largest weight; -1: none.
    """

    title: str
    tag: str
    sentence: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str, str], ...] = ()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    text: str = ""
    documentation: str = ""
    source: str = ""
    code: str = ""
    tensor_row: int = -1
