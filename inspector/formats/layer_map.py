"""Which module and line each node of an ONNX file comes from, as far as its exporter tells.

The dynamo exporter writes it into the metadata of every node. The TorchScript exporter, and many
others, put the scope into the node's name: `/layer1/layer1.0/conv1/Conv`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from inspector.core.layer_graph import Wiring
from inspector.core.model import Node

_SCOPES = "pkg.torch.onnx.name_scopes"
_CLASSES = "pkg.torch.onnx.class_hierarchy"
_FX = "pkg.torch.onnx.fx_node"
_STACK = "pkg.torch.onnx.stack_trace"
_RULE = "pkg.onnxscript.rewriter.rule_name"
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in \S+\s*\n\s*([^\n]*)')
_TARGET = re.compile(r"target=([\w.:]+)")
_CALL = re.compile(r"^(.*?)(?:_(\d+)|@(\d+))$")
_INSTALLED = ("site-packages", "dist-packages")
_LINE = 120


class Scope(NamedTuple):
    """One module around a node: its path, and what tells one call of it from another."""

    path: str
    key: str


class Origin(NamedTuple):
    """Where a node comes from.

    Attributes:
        scopes: The modules around it, outermost first, without the root; None: not known.
        step: Its own name inside them, without the scope.
        target: What PyTorch calls there, such as `torch.ops.aten.relu.default`.
        class_name: Class of the innermost module.
        rule: Rewrite rule that made it.
        source: Line of the user's source.
    """

    scopes: tuple[Scope, ...] | None
    step: str
    target: str = ""
    class_name: str = ""
    rule: str = ""
    source: str = ""

    @property
    def path(self) -> str:
        """Path of the innermost module; empty for the root, and where it is not known."""
        return self.scopes[-1].path if self.scopes else ""


def origins(nodes: Sequence[Node], modules: Collection[str] = ()) -> list[Origin]:
    """Where every node comes from.

    Args:
        nodes: Of the main graph.
        modules: Paths of the modules of the PyTorch model, where it is at hand: scopes in names
            are read with them.
    """
    known = frozenset(modules)
    return [_origin(node, known) for node in nodes]


def _origin(node: Node, modules: frozenset[str]) -> Origin:
    metadata = dict(node.metadata)
    if _SCOPES not in metadata:
        return _from_name(node, modules)
    names, classes = _listed(metadata[_SCOPES]), _listed(metadata.get(_CLASSES, "[]"))
    scopes = tuple(Scope(_CALL_AT.sub("", name), name) for name in names[:-1] if name)
    target = _TARGET.search(metadata.get(_FX, ""))
    return Origin(
        scopes,
        names[-1] if names else node.name,
        target[1] if target else "",
        classes[-2].rpartition(".")[2] if len(classes) > 1 else "",
        metadata.get(_RULE, ""),
        source_line(metadata.get(_STACK, "")),
    )


_CALL_AT = re.compile(r"@\d+(?=\.|$)")


@lru_cache(maxsize=4096)
def _listed(text: str) -> tuple[str, ...]:
    """Items of a Python list of strings, as the exporter writes it; nothing where it is none."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    return tuple(str(item) for item in found) if isinstance(found, (list, tuple)) else ()


def _from_name(node: Node, modules: frozenset[str]) -> Origin:
    if not node.name.startswith("/"):
        return Origin(None, node.name or node.op_type)
    *pieces, step = [part for part in node.name.split("/") if part] or [node.op_type]
    return Origin(_resolved(tuple(pieces), modules), step)


@lru_cache(maxsize=4096)
def _resolved(pieces: tuple[str, ...], modules: frozenset[str]) -> tuple[Scope, ...]:
    """Module paths for scopes as they stand in names.

    A child of a list or sequence repeats its parent's name (`layer1/layer1.0`), and a further
    call of a module adds a number (`act_1`).
    """
    scopes: list[Scope] = []
    path = key = above = ""
    for piece in pieces:
        key = f"{key}/{piece}"
        own = piece.removeprefix(f"{above}.") if above else piece
        path = _path(path, own, modules)
        above = piece
        scopes.append(Scope(path, key))
    return tuple(scopes)


def _path(parent: str, own: str, modules: frozenset[str]) -> str:
    joined = f"{parent}.{own}" if parent else own
    match = _CALL.match(joined)
    if joined not in modules and match is not None and match[1] in modules:
        return match[1]
    return joined


def source_line(stack: str) -> str:
    """The innermost line of a stack trace that is the user's own: `models.py, line 12: ...`.

    Names of folders are left out: they may tell who made the file.
    """
    frames = _FRAME.findall(stack)
    own = [frame for frame in frames if not any(part in frame[0] for part in _INSTALLED)]
    if not frames:
        return ""
    file, line, text = (own or frames)[-1]
    name = re.split(r"[\\/]", file)[-1]
    return f"{name}, line {line}: {text.strip()[:_LINE]}".rstrip(": ")


class Group(NamedTuple):
    """The nodes of one call of a module.

    Attributes:
        nodes: Their indices.
        exits: Values that they make and that are used outside, or are outputs of the graph.
        entries: Values that they take and that are made outside.
    """

    nodes: tuple[int, ...]
    exits: tuple[str, ...]
    entries: tuple[str, ...]


def groups(
    wiring: Wiring, found: Sequence[Origin], outputs: Collection[str]
) -> Mapping[str, list[Group]]:
    """By module path, the nodes of each of its calls in the order of running.

    The dynamo exporter does not tell calls of one module apart: there all of them are one group.
    It tells the scope of every node, so one without was put in later, by a quantiser for instance,
    and is outside of all modules. The TorchScript exporter leaves the scope of some nodes away:
    there such a node is neither inside nor outside of any.
    """
    told = any(origin.target for origin in found)
    strangers = frozenset(i for i, one in enumerate(found) if one.scopes is None and not told)
    members: dict[Scope, list[int]] = {}
    for index, origin in enumerate(found):
        for scope in dict.fromkeys(origin.scopes or ()):
            members.setdefault(scope, []).append(index)
    by_path: dict[str, list[Group]] = {}
    for scope, nodes in members.items():
        by_path.setdefault(scope.path, []).append(_group(wiring, strangers, outputs, nodes))
    return by_path


def _group(
    wiring: Wiring, strangers: frozenset[int], outputs: Collection[str], nodes: Sequence[int]
) -> Group:
    own = set(nodes)
    inside = strangers | own

    def leaves(name: str) -> bool:
        takers = wiring.takers.get(name, ())
        return name in outputs or any(i not in inside for i in takers)

    exits = [name for i in nodes for name in wiring.nodes[i].outputs if name and leaves(name)]
    taken = (name for i in nodes for name in wiring.takes[i])
    entries = (n for n in taken if n in wiring.maker and wiring.maker[n] not in own)
    return Group(tuple(nodes), tuple(exits), tuple(dict.fromkeys(entries)))
