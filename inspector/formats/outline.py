"""Lay a model or checkpoint out as the rows of a tree.

The rows themselves, and how they are saved and loaded, are in `columns.py`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from inspector.core.model import (
    Checkpoint,
    Function,
    Graph,
    Model,
    Node,
    Tensor,
    Value,
    shape_text,
)
from inspector.core.walk import constant_of, subgraphs
from inspector.formats import columns as rows
from inspector.formats.columns import KINDS, Outline, load, save
from inspector.formats.inside import state_of
from inspector.formats.outline_checkpoint import checkpoint_rows
from inspector.formats.quiet import no_garbage_collection
from inspector.formats.scopes import Scope, node_label, scope_tree

__all__ = ["KINDS", "Outline", "build_outline", "domain_sentence", "load", "save"]

_LARGEST = np.iinfo(np.int64).max

_DOMAINS = {
    "ai.onnx": "the standard operators",
    "ai.onnx.ml": "the standard operators for classical machine learning",
    "ai.onnx.training": "the standard operators for training",
    "ai.onnx.preview.training": "standard operators for training, in preview",
    "com.microsoft": "operators of ONNX Runtime",
    "com.microsoft.nchwc": "operators that ONNX Runtime's optimiser writes",
    "com.microsoft.experimental": "experimental operators of ONNX Runtime",
    "com.ms.internal.nhwc": "operators that ONNX Runtime's optimiser writes",
    "org.pytorch.aten": "PyTorch's own operators",
    "pkg.onnxscript.torch_lib": "functions written by the PyTorch exporter",
    "pkg.onnxscript.torch_lib.common": "functions written by the PyTorch exporter",
}


def domain_sentence(domain: str) -> str:
    """What the operators of a domain are."""
    what = _DOMAINS.get(domain, "custom operators")
    return f"{what[0].upper()}{what[1:]}."


def build_outline(what: Model | Checkpoint) -> Outline:
    """Every row of the tree, in the order in which it is shown."""
    builder = _Builder()
    with no_garbage_collection():
        if isinstance(what, Model):
            _model(builder, what)
        else:
            checkpoint_rows(builder, what)
        return builder.outline()


class _Names(NamedTuple):
    """What the nodes of one body can see: types of values, and bytes of initializers."""

    values: MutableMapping[str, Value]
    weights: MutableMapping[str, int]


class _Builder:
    def __init__(self) -> None:
        self._rows: list[tuple[int, int, str, str, str, int, Any]] = []
        self._nodes = 0

    def add(
        self, kind: int, parent: int, name: str, types: str, shape: str, size: int, item: Any
    ) -> int:
        # One tuple for a row, and columns at the end: seven lists would take longer to fill.
        self._rows.append((kind, parent, name, types, shape, size, item))
        return len(self._rows) - 1

    def section(self, name: str, count: int) -> int:
        return self.add(rows.SECTION, -1, name, f"{count:,}", "", 0, None)

    def values(self, kind: int, parent: int, found: Iterable[Value]) -> None:
        for value in found:
            self.add(kind, parent, value.name, value.dtype, shape_text(value.shape), 0, value)

    def tensors(self, kind: int, parent: int, found: Iterable[Tensor]) -> None:
        for tensor in found:
            shape = shape_text(tensor.shape)
            self.add(kind, parent, tensor.name, tensor.dtype, shape, tensor.bytes, tensor)

    def nodes(self, parent: int, nodes: Sequence[Node], names: _Names) -> None:
        self._scope(parent, scope_tree(nodes), nodes, names)

    def all_nodes(self, section: int, nodes: Sequence[Node], names: _Names) -> None:
        """The nodes of a section, whose count takes in the nested ones."""
        before = self._nodes
        self.nodes(section, nodes, names)
        kind, parent, name, _, shape, size, item = self._rows[section]
        count = f"{self._nodes - before:,}"
        self._rows[section] = (kind, parent, name, count, shape, size, item)

    def graph_nodes(self, section: int, graph: Graph) -> None:
        """The nodes of a graph that stands alone."""
        self.all_nodes(section, graph.nodes, _names(graph))

    def _scope(self, parent: int, scope: Scope, nodes: Sequence[Node], names: _Names) -> None:
        for child in scope.children:
            if isinstance(child, int):
                self._node(parent, nodes[child], node_label(nodes[child], child), names)
                continue
            only = child.children[0]
            if len(child.children) == 1 and isinstance(only, int):
                # A module that became one node is one row: `conv1`, not `conv1` with `Conv`.
                self._node(parent, nodes[only], child.step.label, names)
                continue
            kind = child.step.class_name
            row = self.add(rows.SCOPE, parent, child.step.label, kind, "", 0, child.step)
            self._scope(row, child, nodes, names)

    def _node(self, parent: int, node: Node, label: str, names: _Names) -> None:
        self._nodes += 1
        values, weights = names
        op_type, attributes, outputs = node.op_type, node.attributes, node.outputs
        first = values.get(outputs[0]) if outputs else None
        shape = shape_text(first.shape) if first is not None and first.shape is not None else ""
        size = 0
        for name in node.inputs:
            if name in weights:
                size += weights[name]
        constant = constant_of(node) if op_type == "Constant" else None
        if constant is not None:
            size, shape = constant.bytes, shape or shape_text(constant.shape)
        row = len(self._rows)
        self._rows.append((rows.NODE, parent, label, op_type, shape, size, node))
        if attributes:
            for name, graph in subgraphs(node):
                self._subgraph(row, name, graph, names)

    def _subgraph(self, parent: int, name: str, graph: Graph, outer: _Names) -> None:
        count = len(graph.nodes)
        text = f"{count:,} node" if count == 1 else f"{count:,} nodes"
        row = self.add(rows.SUBGRAPH, parent, name, text, "", 0, graph)
        self.values(rows.INPUT, row, graph.inputs)
        self.values(rows.OUTPUT, row, graph.outputs)
        self.tensors(rows.INITIALIZER, row, graph.initializers)
        self.nodes(row, graph.nodes, _names(graph, outer))

    def outline(self) -> Outline:
        kind, parent, name, types, shape, size, items = zip(*self._rows, strict=True)
        if min(size) < 0 or max(size) > _LARGEST:
            size = tuple(one if 0 <= one <= _LARGEST else _LARGEST for one in size)
        return Outline(
            np.array(parent, np.int32),
            np.array(kind, np.uint8),
            np.array(size, np.int64),
            list(name),
            list(types),
            list(shape),
            items,
        )


def _names(graph: Graph, outer: _Names | None = None) -> _Names:
    values = {value.name: value for value in (*graph.value_info, *graph.outputs, *graph.inputs)}
    weights = {tensor.name: tensor.bytes for tensor in graph.initializers}
    if outer is None:
        return _Names(values, weights)
    return _Names(ChainMap(values, outer.values), ChainMap(weights, outer.weights))


def _model(out: _Builder, model: Model) -> None:
    graph = model.graph
    names = _names(graph)
    out.values(rows.INPUT, out.section("Inputs", len(graph.inputs)), graph.inputs)
    out.values(rows.OUTPUT, out.section("Outputs", len(graph.outputs)), graph.outputs)
    section = out.section("Opset imports", len(model.opset_imports))
    for entry in model.opset_imports:
        what = _DOMAINS.get(entry.domain, "custom operators")
        out.add(rows.OPSET, section, entry.domain, str(entry.version), what, 0, entry)
    section = out.section("Metadata", len(model.metadata))
    for key, text in model.metadata:
        out.add(rows.METADATA, section, key, "", text[:200], 0, (key, text))
    out.all_nodes(out.section("Nodes", 0), graph.nodes, names)
    section = out.section("Initializers", len(graph.initializers))
    out.tensors(rows.INITIALIZER, section, graph.initializers)
    if model.functions:
        section = out.section("Functions", len(model.functions))
        for function in model.functions:
            _function(out, section, function)
    if model.external_files:
        section = out.section("External data", len(model.external_files))
        for file in model.external_files:
            state = state_of(file)
            tensors = f"{file.tensors:,} tensors" if file.tensors != 1 else "1 tensor"
            out.add(rows.EXTERNAL, section, file.location, tensors, state, file.bytes, file)


def _function(out: _Builder, section: int, function: Function) -> None:
    count = len(function.nodes)
    text = f"{count:,} node" if count == 1 else f"{count:,} nodes"
    name = f"{function.domain}::{function.name}"
    row = out.add(rows.FUNCTION, section, name, text, function.overload, 0, function)
    out.nodes(row, function.nodes, _Names({value.name: value for value in function.value_info}, {}))
