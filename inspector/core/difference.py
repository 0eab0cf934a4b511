"""What differs between two ONNX files in structure: nothing is run, weights are told by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from inspector.core.model import (
    Attribute,
    AttributeValue,
    Function,
    Graph,
    Model,
    Node,
    Tensor,
    Value,
    shape_text,
)
from inspector.core.pairing import pair_nodes

PARTS = {
    "file": "File",
    "opset": "Opset imports",
    "metadata": "Metadata",
    "input": "Inputs",
    "output": "Outputs",
    "node": "Nodes",
    "weight": "Weights",
    "function": "Functions",
}
"""Parts of a file, in the order in which changes are listed."""

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

Digest: TypeAlias = Callable[[Tensor], str]
Words: TypeAlias = Callable[[Tensor, Tensor], str]

_DEPTH = 30
_SHOWN = 80


class Change(NamedTuple):
    """One thing that differs.

    `kind` is `added`, `removed` or `changed`; `name` says what it is (a node with the graphs
    around it, parted by `/`), `what` which side of it (an attribute, `op type`, `inputs`, `values`,
    `shape`). `before` and `after` are texts, empty where there is none; of `values` they are
    digests, and `note` says in words what changed.
    """

    part: str
    kind: str
    name: str
    what: str = ""
    before: str = ""
    after: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two ONNX files held against each other.

    Attributes:
        paths: The earlier file, the later one.
        changes: What differs, by part.
        counts: Number of changes: part, then kind.
        same_nodes: Nodes that are in both and equal.
        same_weights: Weights that are in both and equal.
        unread: Weights whose values could not be read, and why.
        seconds: Time that it took.
        left_out: Changes that are counted and not listed.
    """

    paths: tuple[str, str]
    changes: tuple[Change, ...]
    counts: dict[str, dict[str, int]]
    same_nodes: int
    same_weights: int
    unread: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    left_out: int = 0


def compare_models(
    first: Model, second: Model, digests: tuple[Digest, Digest], words: Words
) -> tuple[tuple[Change, ...], int, int]:
    """What differs between two models.

    Args:
        first: The earlier one.
        second: The later one.
        digests: For each side what tells the values of a tensor; "" where they cannot be read,
            which counts as equal.
        words: Says what changed between the values of two tensors of one type and shape.

    Returns:
        The changes, the number of nodes that are equal, and that of weights.
    """
    work = _Work(digests, words)
    changes = [*_file(first, second)]
    changes += _pairs("opset", dict(first.opset_imports), dict(second.opset_imports))
    changes += _pairs("metadata", dict(first.metadata), dict(second.metadata))
    changes += work.graphs(first.graph, second.graph, "", 0)
    changes += work.functions(first.functions, second.functions)
    order = list(PARTS)
    changes.sort(key=lambda change: order.index(change.part))
    return tuple(changes), work.same_nodes, work.same_weights


def counts_of(changes: Sequence[Change]) -> dict[str, dict[str, int]]:
    """Number of things that were added, removed and changed, by part; equal parts left out.

    A node that changed in two ways counts once.
    """
    found: dict[str, dict[str, int]] = {}
    for part, kind, _ in dict.fromkeys((one.part, one.kind, one.name) for one in changes):
        kinds = found.setdefault(part, {})
        kinds[kind] = kinds.get(kind, 0) + 1
    return found


def _file(first: Model, second: Model) -> Iterator[Change]:
    for what, field in (
        ("IR version", "ir_version"),
        ("producer", "producer_name"),
        ("producer version", "producer_version"),
        ("domain", "domain"),
        ("model version", "model_version"),
        ("documentation", "doc"),
    ):
        before, after = str(getattr(first, field)), str(getattr(second, field))
        if before != after:
            yield Change("file", CHANGED, what, "", _short(before), _short(after))


def _pairs(
    part: str, first: Mapping[str, object], second: Mapping[str, object]
) -> Iterator[Change]:
    for name in dict.fromkeys((*first, *second)):
        before, after = str(first.get(name, "")), str(second.get(name, ""))
        if name not in first or name not in second or before != after:
            kind = ADDED if name not in first else REMOVED if name not in second else CHANGED
            yield Change(part, kind, name, "", _short(before), _short(after))


class _Work:
    def __init__(self, digests: tuple[Digest, Digest], words: Words) -> None:
        self._digests, self._words = digests, words
        self.same_nodes = self.same_weights = 0

    def graphs(self, first: Graph, second: Graph, prefix: str, depth: int) -> Iterator[Change]:
        yield from _values("input", first.inputs, second.inputs, prefix)
        yield from _values("output", first.outputs, second.outputs, prefix)
        pairs = pair_nodes(first.nodes, second.nodes)
        same = _same_values(first, second, pairs)
        yield from self._weights(first.initializers, second.initializers, prefix, same)
        yield from self._nodes(first.nodes, second.nodes, pairs, same, prefix, depth)

    def functions(self, first: Sequence[Function], second: Sequence[Function]) -> Iterator[Change]:
        sides = [{_function_name(one): one for one in side} for side in (first, second)]
        for name in dict.fromkeys((*sides[0], *sides[1])):
            one, other = sides[0].get(name), sides[1].get(name)
            if one is None or other is None:
                yield Change("function", REMOVED if other is None else ADDED, name)
                continue
            before, after = (", ".join((*f.inputs, "->", *f.outputs)) for f in (one, other))
            if before != after:
                yield Change("function", CHANGED, name, "inputs and outputs", before, after)
            pairs = pair_nodes(one.nodes, other.nodes)
            same = dict(zip(one.inputs, other.inputs, strict=False))
            same |= _made(one.nodes, other.nodes, pairs)
            yield from self._nodes(one.nodes, other.nodes, pairs, same, f"{name}/", 0)

    def _weights(
        self, first: Sequence[Tensor], second: Sequence[Tensor], prefix: str, same: dict[str, str]
    ) -> Iterator[Change]:
        later = {tensor.name: tensor for tensor in second}
        for tensor in first:
            other = later.pop(same.get(tensor.name, tensor.name), None)
            name = prefix + tensor.name
            if other is None:
                yield Change("weight", REMOVED, name, "", _tensor(tensor))
                continue
            changes = list(self._tensors("weight", name, tensor, other))
            if tensor.name != other.name:
                yield Change("weight", CHANGED, name, "name", tensor.name, other.name)
            elif not changes:
                self.same_weights += 1
            yield from changes
        for tensor in later.values():
            yield Change("weight", ADDED, prefix + tensor.name, "", "", _tensor(tensor))

    def _tensors(
        self, part: str, name: str, first: Tensor, second: Tensor, what: str = ""
    ) -> Iterator[Change]:
        if (first.dtype, first.shape) != (second.dtype, second.shape):
            yield Change(part, CHANGED, name, what or "type", _tensor(first), _tensor(second))
            return
        before, after = self._digests[0](first), self._digests[1](second)
        if before and after and before != after:
            told = self._words(first, second)
            yield Change(part, CHANGED, name, what or "values", before[:12], after[:12], told)

    def _nodes(
        self, first: Sequence[Node], second: Sequence[Node], pairs: dict[int, int],
        same: dict[str, str], prefix: str, depth: int,
    ) -> Iterator[Change]:  # fmt: skip
        later = set(pairs.values())
        for index, node in enumerate(first):
            name = prefix + _label(node, index)
            if index not in pairs:
                yield Change("node", REMOVED, name, "", node.op_type)
                continue
            changes = list(self._node(node, second[pairs[index]], name, same, depth))
            yield from changes
            self.same_nodes += not changes
        for index, node in enumerate(second):
            if index not in later:
                yield Change("node", ADDED, prefix + _label(node, index), "", "", node.op_type)

    def _node(
        self, first: Node, second: Node, name: str, same: dict[str, str], depth: int
    ) -> Iterator[Change]:
        before, after = (f"{node.domain or 'ai.onnx'}::{node.op_type}" for node in (first, second))
        if before != after:
            yield Change("node", CHANGED, name, "op type", before, after)
        wired = tuple(same.get(value, value) for value in first.inputs)
        if wired != second.inputs:
            texts = (", ".join(node.inputs) for node in (first, second))
            yield Change("node", CHANGED, name, "inputs", *map(_short, texts))
        if len(first.outputs) != len(second.outputs):
            texts = (", ".join(node.outputs) for node in (first, second))
            yield Change("node", CHANGED, name, "outputs", *map(_short, texts))
        sides = [{item.name: item for item in node.attributes} for node in (first, second)]
        for key in dict.fromkeys((*sides[0], *sides[1])):
            yield from self._attribute(name, key, sides[0].get(key), sides[1].get(key), depth)

    def _attribute(
        self, node: str, key: str, first: Attribute | None, second: Attribute | None, depth: int
    ) -> Iterator[Change]:
        if first is None or second is None:
            before, after = (attribute_text(one) if one else "" for one in (first, second))
            yield Change("node", CHANGED, node, key, before, after)
            return
        one, other = first.value, second.value
        if isinstance(one, Graph) and isinstance(other, Graph) and depth < _DEPTH:
            yield from self.graphs(one, other, f"{node}/{key}/", depth + 1)
        elif isinstance(one, Tensor) and isinstance(other, Tensor):
            yield from self._tensors("node", node, one, other, key)
        elif (one, first.reference) != (other, second.reference) and repr(one) != repr(other):
            texts = attribute_text(first), attribute_text(second)
            yield Change("node", CHANGED, node, key, *texts)
        elif first.reference != second.reference:
            yield Change("node", CHANGED, node, key, first.reference, second.reference)


def _same_values(first: Graph, second: Graph, pairs: dict[int, int]) -> dict[str, str]:
    """Values of the first graph to those of the second that stand for the same thing."""
    names = {value.name for value in second.inputs} | {one.name for one in second.initializers}
    same = _made(first.nodes, second.nodes, pairs)
    if len(first.inputs) == len(second.inputs):
        for one, other in zip(first.inputs, second.inputs, strict=True):
            same.setdefault(one.name, one.name if one.name in names else other.name)
    stored = {tensor.name: tensor for tensor in second.initializers}
    taken = {tensor.name for tensor in first.initializers} & set(stored)
    own = {tensor.name: tensor for tensor in first.initializers if tensor.name not in taken}
    for index, other_index in pairs.items():
        inputs = first.nodes[index].inputs, second.nodes[other_index].inputs
        for name, target in zip(*inputs, strict=False):
            renamed = name in own and target in stored and target not in taken
            if renamed and name not in same and own[name].shape == stored[target].shape:
                same[name] = target
                taken.add(target)
    return same


def _made(first: Sequence[Node], second: Sequence[Node], pairs: dict[int, int]) -> dict[str, str]:
    return {
        one: other
        for index, other_index in pairs.items()
        for one, other in zip(first[index].outputs, second[other_index].outputs, strict=False)
    }


def _values(
    part: str, first: Sequence[Value], second: Sequence[Value], prefix: str
) -> Iterator[Change]:
    sides = [
        {prefix + one.name: f"{one.dtype} {shape_text(one.shape)}" for one in side}
        for side in (first, second)
    ]
    yield from _pairs(part, sides[0], sides[1])
    common = [list(filter(sides[1 - i].__contains__, sides[i])) for i in (0, 1)]
    if common[0] != common[1]:
        yield Change(part, CHANGED, f"{prefix}order", "", *(_short(", ".join(c)) for c in common))


def _function_name(function: Function) -> str:
    overload = f":{function.overload}" if function.overload else ""
    return f"{function.domain}::{function.name}{overload}"


def _label(node: Node, index: int) -> str:
    return node.name or f"{node.op_type} {index}"


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.dtype} {shape_text(tensor.shape)}"


def attribute_text(attribute: Attribute) -> str:
    """The value of an attribute in one short line."""
    if attribute.reference:
        return f"as the function's '{attribute.reference}'"
    return _short(_plain(attribute.value))


def _plain(value: AttributeValue) -> str:
    if isinstance(value, Tensor):
        return _tensor(value)
    if isinstance(value, Graph):
        return f"graph of {len(value.nodes):,} nodes"
    if isinstance(value, tuple):
        return f"[{', '.join(_plain(one) for one in value[:_SHOWN])}]"
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN * 2 else f"{text[: _SHOWN * 2]}..."


def summary(difference: Difference) -> str:
    """One sentence: what differs, or that nothing does."""
    if not difference.changes:
        nodes, weights = difference.same_nodes, difference.same_weights
        return f"Both files are the same in structure: {nodes:,} nodes and {weights:,} weights."
    parts = []
    for part, kinds in difference.counts.items():
        numbers = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        parts.append(f"{PARTS[part].lower()}: {numbers}")
    return f"The files differ. {'; '.join(parts).capitalize()}."
