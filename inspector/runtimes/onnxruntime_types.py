"""Types of the values of a graph in ONNX Runtime's spelling, as far as they can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.core.model import Graph, Node, Tensor
from inspector.core.walk import constant_of

_SPELLED = {"float32": "float", "float64": "double"}
_PLAIN = {"float": "float32", "double": "float64"}

_BY_ATTRIBUTE = ("to", "dtype", "output_dtype")
"""Attributes that hold the number of an element type which the node makes."""

_MAKES_FLOAT = ("ConstantOfShape", "RandomNormal", "RandomUniform")
"""Operators that make float32 where nothing says otherwise."""


@dataclass(frozen=True, slots=True)
class Types:
    """Type of each value by its name, such as `tensor(float)`."""

    by_name: dict[str, str]

    def declare(self, graph: Graph) -> None:
        """Take in what a graph states about its values."""
        for value in (*graph.value_info, *graph.outputs, *graph.inputs):
            spelled = spelling(value.dtype)
            if spelled:
                self.by_name[value.name] = spelled
        for tensor in graph.initializers:
            self.by_name[tensor.name] = spelling(tensor.dtype)

    def learn(self, node: Node, outputs: Sequence[tuple[str, str]], bound: dict[str, str]) -> None:
        """Work out what a node makes, where the file does not say it."""
        for name, (_, formal) in _paired(node.outputs, outputs, repeats=bool(outputs)):
            if name in self.by_name:
                continue
            made = bound.get(formal) or (formal if "(" in formal else "") or _stated(node)
            if made:
                self.by_name[name] = made

    def made(self, node: Node, outputs: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Types of a node's outputs by the names that its definition gives to them."""
        found: dict[str, str] = {}
        for name, (formal, letter) in _paired(node.outputs, outputs, repeats=bool(outputs)):
            if name in self.by_name:
                found.setdefault(formal, self.by_name[name])
                found.setdefault(letter, self.by_name[name])
        return found


def bound_types(
    node: Node, inputs: Sequence[tuple[str, str]], repeats: bool, types: Types
) -> dict[str, str]:
    """Types of a node's inputs, by the letter and by the name that its definition gives to them."""
    found: dict[str, str] = {}
    for name, (formal, letter) in _paired(node.inputs, inputs, repeats):
        if name in types.by_name:
            found.setdefault(formal, types.by_name[name])
            found.setdefault(letter, types.by_name[name])
    return found


def _paired(
    names: Sequence[str], formals: Sequence[tuple[str, str]], repeats: bool
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each value with its formal one; the last formal may stand for any number."""
    for place, name in enumerate(names):
        if place < len(formals):
            yield name, formals[place]
        elif repeats and formals:
            yield name, formals[-1]


def _stated(node: Node) -> str:
    """The type that a node's attributes state for what it makes; empty where they do not."""
    tensor = constant_of(node)
    if tensor is not None:
        return spelling(tensor.dtype)
    for attribute in node.attributes:
        if attribute.name in _BY_ATTRIBUTE and isinstance(attribute.value, int):
            made = _by_number(attribute.value)
            return f"seq({made})" if node.op_type == "SequenceEmpty" else made
        if attribute.name == "value" and isinstance(attribute.value, Tensor):
            return spelling(attribute.value.dtype)
    if node.op_type == "SequenceEmpty":
        return "seq(tensor(float))"
    return "tensor(float)" if node.op_type in _MAKES_FLOAT else ""


def _by_number(number: int) -> str:
    from inspector.formats.onnx_types import dtype_name

    return spelling(dtype_name(number))


def spelling(dtype: str) -> str:
    """ONNX Runtime's spelling: `float32` is `tensor(float)`; empty for types it does not list."""
    if not dtype or dtype.startswith(("map(", "sparse(", "type ", "opaque")):
        return ""
    for word, short in (("sequence(", "seq("), ("optional(", "optional(")):
        if dtype.startswith(word):
            inner = spelling(dtype[len(word) : -1])
            return f"{short}{inner})" if inner else ""
    plain = dtype.partition("[")[0]
    return f"tensor({_SPELLED.get(plain, plain)})"


def plain_name(spelled: str) -> str:
    """The name that people know: `tensor(float)` is `float32`."""
    inner = spelled.replace("seq(", "sequence(").replace("tensor(", "", 1)
    if inner != spelled and inner.endswith(")"):
        inner = inner[:-1]
    return _PLAIN.get(inner, inner)


def element_number(spelled: str) -> int:
    """Number of a tensor's element type; 0 for what is no tensor or not known."""
    from inspector.formats.onnx_types import DTYPES

    if not spelled.startswith("tensor("):
        return 0
    wanted = plain_name(spelled)
    return next((number for number, (name, _) in DTYPES.items() if name == wanted), 0)
