"""What is in a file: a neural network's graphs and weights, as the file states them.

Records that occur a hundred thousand times are named tuples: a frozen dataclass takes four
times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Dim: TypeAlias = int | str | None
"""A size, a symbol, or None for an unknown dimension without a name."""

Shape: TypeAlias = tuple[Dim, ...] | None
"""None where even the rank is unknown."""


class Value(NamedTuple):
    """A named value of a graph: an input, an output, or one in between.

    `dtype` is numpy's name where there is one (`float32`), `bfloat16`, `float8e4m3fn`, `string`,
    or the ONNX form of a compound type (`sequence(float32)`); empty where the file does not say.
    """

    name: str
    dtype: str
    shape: Shape


class Payload(NamedTuple):
    """Where a tensor's bytes lie.

    `file` is empty for the model file itself, else the location as the model writes it.
    `message` is True where the place frames a whole `TensorProto` (typed fields, strings)
    and not the raw little-endian values themselves.
    """

    file: str
    offset: int
    length: int
    message: bool = False


class Tensor(NamedTuple):
    """A stored tensor (initializer, constant, checkpoint tensor), without its values.

    `payload` is None where the values have no place to be read from (sparse, a small tensor
    that is kept whole, nothing stored). `values` holds those of a small tensor in row-major
    order, None where they were left in the file. `sparse` counts the stored elements of a
    sparse tensor. `shared` is True for a tensor whose bytes belong to one listed before it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    payload: Payload | None = None
    values: tuple[int | float | bool | str, ...] | None = None
    sparse: int | None = None
    shared: bool = False


class Attribute(NamedTuple):
    """One attribute of a node; `value` holds plain Python values, Tensors or Graphs.

    `reference` names the function attribute that supplies the value; empty otherwise.
    """

    name: str
    type: str
    value: AttributeValue
    reference: str = ""


class Node(NamedTuple):
    """One operator call. An empty string among `inputs` is an omitted optional input."""

    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    metadata: tuple[tuple[str, str], ...] = ()
    overload: str = ""
    doc: str = ""


class Annotation(NamedTuple):
    """How a tensor is quantised, by the names of other tensors: `SCALE_TENSOR` to `x_scale`."""

    tensor: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph or subgraph. `inputs` are as declared, initializers among them included."""

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    initializers: tuple[Tensor, ...]
    value_info: tuple[Value, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    quantization: tuple[Annotation, ...] = ()


AttributeValue: TypeAlias = "int | float | str | Tensor | Graph | tuple[AttributeValue, ...] | None"


class OpsetImport(NamedTuple):
    """A domain (`ai.onnx` for the empty one) and the version of its operators."""

    domain: str
    version: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the model itself defines."""

    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    opset_imports: tuple[OpsetImport, ...]
    overload: str = ""
    doc: str = ""
    value_info: tuple[Value, ...] = ()


class ExternalFile(NamedTuple):
    """A file of weights beside the model: named by it, not read.

    `bytes` is what it must hold, `size` what it does hold (-1: not there). A location that
    leaves the model's folder, by itself or as a link, is not looked at: `outside` is True and
    `exists` False. `instead` says in words what lies there that is no plain file (`a pipe`,
    `a link out of the folder`); such a thing is never opened, and `exists` is False.
    """

    location: str
    tensors: int
    bytes: int
    exists: bool
    size: int = -1
    outside: bool = False
    instead: str = ""


class Devices(NamedTuple):
    """A set of devices that the model may be spread over."""

    name: str
    devices: int


@dataclass(frozen=True, slots=True)
class Model:
    """An ONNX file, as it is.

    `training` holds the graphs of its training information, which inference does not use.
    """

    path: str
    bytes: int
    ir_version: int
    producer_name: str
    producer_version: str
    domain: str
    model_version: int
    doc: str
    opset_imports: tuple[OpsetImport, ...]
    metadata: tuple[tuple[str, str], ...]
    graph: Graph
    functions: tuple[Function, ...]
    external_files: tuple[ExternalFile, ...]
    training: tuple[Graph, ...] = ()
    devices: tuple[Devices, ...] = ()


class Module(NamedTuple):
    """A module inside a checkpoint; `training` is None where the form does not record it."""

    path: str
    class_name: str
    training: bool | None


class Import(NamedTuple):
    """A name that opening the file would import.

    `judgement` is `harmless`, `unknown` or `dangerous`; `what` says in words what it is.
    """

    name: str
    uses: int
    judgement: str
    what: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A PyTorch file, listed without executing it.

    Attributes:
        path: The file.
        bytes: Its size.
        form: `whole-module`, `state-dict`, `training-checkpoint`, `lightning`, `torchscript`,
            `exported-program`, `torch-package`, `aotinductor`, `safetensors`, `tensors`, ...
        container: `zip`, `legacy`, `safetensors`, `pickle`.
        tensors: Every tensor with its full dotted name.
        modules: The module tree in order, root first (empty where the form records none).
        imports: What loading would import, dangerous first.
        training: The root's training flag; None where not recorded.
        state_dict_key: Dotted path of the state dict inside a training checkpoint, else empty.
        executes: True where loading it would execute code: a program that the file brings, or
            names that are not known to be harmless.
        next_step: One sentence: what can be done with this form here.
        source: Code text the file carries, by name.
        state_path: Keys that lead to the state dict, outermost first; `state_dict_key` is the
            same with dots, which keys may hold themselves.
        prefix: What wrappers put before every name of the state dict (`module._orig_mod.`); the
            module's own names begin behind it. Empty where not all names share it.
        hyper_parameters: Arguments that the file stores for whoever builds the module: JSON
            values only, those of other types are left out.
        architecture: Class that a `config.json` names (`BertModel`), else empty.
        model_type: Family that a `config.json` names (`bert`), else empty.
        files: Files of weights beside this one (shards), missing ones among them.
        graph: What the program in the file computes, where it stores a graph.
        inputs: What the program takes, where the file tells it.
        outputs: What the program gives back, where the file tells it.
        facts: (label, text) pairs that the form states about itself: versions, settings.
        runs: What opening the file could run, one phrase each; the trust prompt lists them.
        traced: For TorchScript: True where it was traced, False where scripted.
        states: Dotted paths of all sets of weights in a training checkpoint, the likeliest first;
            empty where it holds one, or none.
    """

    path: str
    bytes: int
    form: str
    container: str
    tensors: tuple[Tensor, ...]
    modules: tuple[Module, ...]
    imports: tuple[Import, ...]
    training: bool | None
    state_dict_key: str = ""
    executes: bool = False
    next_step: str = ""
    source: tuple[tuple[str, str], ...] = ()
    state_path: tuple[str, ...] = ()
    prefix: str = ""
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    architecture: str = ""
    model_type: str = ""
    files: tuple[ExternalFile, ...] = ()
    graph: Graph | None = None
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    runs: tuple[str, ...] = ()
    traced: bool | None = None
    states: tuple[str, ...] = ()


def is_compound(dtype: str) -> bool:
    """Whether a value's type is something else than one tensor: a list, a map, an optional."""
    return dtype.startswith(("sequence(", "optional(", "map(", "sparse("))


def shape_text(shape: Shape) -> str:
    """A shape as people read it: `['batch', 3, ?]`; `unknown rank` where there is none."""
    if shape is None:
        return "unknown rank"
    sizes = (
        "?" if dim is None else f"'{dim}'" if isinstance(dim, str) else str(dim) for dim in shape
    )
    return f"[{', '.join(sizes)}]"
