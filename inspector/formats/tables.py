"""The nodes and the tensors of a file as tables, for whoever counts in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.core.csv_text import csv_lines
from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Model, Node, shape_text
from inspector.core.walk import Body, bodies
from inspector.formats.detail_node import source_of, value_text
from inspector.formats.onnx_types import elements
from inspector.formats.scopes import scope_of
from inspector.formats.stored import stored_tensors

TABLES = ("nodes", "tensors")
"""Names of the tables."""

_NODES = (
    "graph", "name", "op_type", "domain", "scope", "dtype", "shape", "inputs", "outputs",
    "attributes", "source",
)  # fmt: skip
_TENSORS = ("name", "dtype", "shape", "values", "bytes", "file", "offset", "length", "shared")


def node_rows(model: Model) -> Iterator[tuple[object, ...]]:
    """A head and one row per node, nested graphs and functions included."""
    yield _NODES
    for body in bodies(model):
        graph = body.graph.name if body.graph else f"{_owner(body)}"
        values = (body.graph or body.function or model.graph).value_info
        types = {value.name: value for value in values}
        if body.graph is not None:
            types.update((value.name, value) for value in body.graph.outputs)
        for node in body.nodes:
            first = types.get(node.outputs[0]) if node.outputs else None
            yield (
                graph,
                node.name,
                node.op_type,
                node.domain or "ai.onnx",
                "/".join(step.label for step in scope_of(node)),
                first.dtype if first else "",
                shape_text(first.shape) if first and first.shape is not None else "",
                " ".join(node.inputs),
                " ".join(node.outputs),
                _attributes(node),
                source_of(node)[0],
            )


def _owner(body: Body) -> str:
    return f"{body.function.domain}::{body.function.name}" if body.function else ""


def _attributes(node: Node) -> str:
    return "; ".join(f"{item.name}={value_text(item.value)}" for item in node.attributes)


def tensor_rows(what: Model | Checkpoint) -> Iterator[tuple[object, ...]]:
    """A head and one row per stored tensor, constants included."""
    yield _TENSORS
    for tensor in stored_tensors(what):
        place = tensor.payload
        yield (
            tensor.name,
            tensor.dtype,
            shape_text(tensor.shape),
            elements(tensor.shape),
            tensor.bytes,
            (place.file or Path(what.path).name) if place else "",
            place.offset if place else "",
            place.length if place else "",
            "yes" if tensor.shared else "",
        )


def write_table(what: Model | Checkpoint, table: str, path: Path) -> int:
    """Write one of `TABLES` as CSV in UTF-8; returns its number of rows, the head left out.

    Raises:
        InspectorError: A checkpoint has no nodes.
    """
    if table == "nodes" and isinstance(what, Checkpoint):
        raise InspectorError(
            "A checkpoint holds weights and no nodes.", "Ask for the table 'tensors'."
        )
    rows = node_rows(what) if table == "nodes" and isinstance(what, Model) else tensor_rows(what)
    count = -1
    # The mark at the start tells spreadsheets that this is UTF-8.
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        for count, line in enumerate(csv_lines(rows)):  # noqa: B007
            file.write(line)
    return count
