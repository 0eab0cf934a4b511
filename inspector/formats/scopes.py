"""Group nodes by the PyTorch module they come from, where the file tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.core.model import Node

_SCOPES = "pkg.torch.onnx.name_scopes"
_CLASSES = "pkg.torch.onnx.class_hierarchy"
_NAMESPACE = "namespace"

DEPTH = 32
"""Scopes inside scopes; deeper ones stay together in one."""


class Step(NamedTuple):
    """One level of a scope: its label, and its class where known."""

    label: str
    class_name: str = ""


class Scope:
    """A module scope while the tree is built: nodes and scopes in order of first appearance."""

    __slots__ = ("children", "scopes", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.children: list[Scope | int] = []
        self.scopes: dict[str, Scope] = {}

    def below(self, step: Step) -> Scope:
        """The scope of this label inside this one, made where there is none."""
        found = self.scopes.get(step.label)
        if found is None:
            found = self.scopes[step.label] = Scope(step)
            self.children.append(found)
        return found


def scope_tree(nodes: Sequence[Node]) -> Scope:
    """All nodes, by their position, in a tree of module scopes."""
    root = Scope(Step(""))
    known: dict[str, Scope] = {}
    for index, node in enumerate(nodes):
        key = _key(node) if node.metadata else node.name.rpartition("/")[0]
        scope = known.get(key)
        if scope is None:
            scope = root
            for step in scope_of(node):
                scope = scope.below(step)
            known[key] = scope
        scope.children.append(index)
    return root


def _key(node: Node) -> str:
    """Equal for nodes of one scope; cheap, for it is made for every node."""
    for key, text in node.metadata:
        if key == _SCOPES:
            return text.rpartition(", ")[0]
    return node.name.rpartition("/")[0]


def scope_of(node: Node) -> tuple[Step, ...]:
    """The module scopes of a node, outermost first.

    From the exporter's metadata (`pkg.torch.onnx.name_scopes`, or `namespace`), else from a
    name such as `/layer1/conv1/Conv`; empty where neither says anything.
    """
    metadata = dict(node.metadata)
    if _SCOPES in metadata:
        names = _listed(metadata[_SCOPES])
        classes = _listed(metadata.get(_CLASSES, ""))
        return _relative(names[:-1], classes)
    if ": " in metadata.get(_NAMESPACE, ""):
        pairs = [part.partition(": ") for part in metadata[_NAMESPACE].split("/")]
        return _relative([name for name, _, _ in pairs[:-1]], [kind for _, _, kind in pairs])
    parts = [part for part in node.name.split("/")[:-1] if part]
    if len(parts) > DEPTH:
        parts[DEPTH - 1 :] = ["/".join(parts[DEPTH - 1 :])]
    return tuple(Step(part) for part in parts)


def _listed(text: str) -> list[str]:
    """Items of a Python list of strings, as the exporter writes it."""
    inside = text.strip()[1:-1]
    return [item.strip("'\"") for item in inside.split(", ")] if inside else []


def _relative(names: Sequence[str], classes: Sequence[str]) -> tuple[Step, ...]:
    return tuple(_steps(names, classes))[:DEPTH]


def _steps(names: Sequence[str], classes: Sequence[str]) -> Iterator[Step]:
    above = ""
    for index, name in enumerate(names):
        if not name:
            continue
        label = name.removeprefix(f"{above}.") if above else name
        kind = classes[index].rpartition(".")[2] if index < len(classes) else ""
        above = name
        yield Step(label, kind)


def node_label(node: Node, index: int) -> str:
    """Name of a node inside its scope; op type and number where it has none."""
    label = node.name.rpartition("/")[2] or node.name
    return label or f"{node.op_type} {index}"
