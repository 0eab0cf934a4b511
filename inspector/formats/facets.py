"""What the filter looks in: columns of an outline, and what only the records behind it tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.model import Checkpoint, Graph, Model, Node
from inspector.core.query import KEYS, WORD, Column, plain_shape
from inspector.formats import columns as rows
from inspector.formats.columns import Outline

_SEPARATOR = "\0"
_TYPED = (rows.INITIALIZER, rows.TENSOR, rows.INPUT, rows.OUTPUT)
_SHAPED = (*_TYPED, rows.NODE)


class Facet(NamedTuple):
    """One text per row: `vocabulary[codes[row]]`; -1 where a row has none."""

    codes: npt.NDArray[np.int32]
    vocabulary: list[str]


class Facets(NamedTuple):
    """What the outline's own columns leave out.

    `dtype` is that of the first output of a node, `attributes` one line `name=value` each.
    """

    dtype: Facet
    attributes: Facet


def query_columns(outline: Any, facets: Facets | None = None) -> dict[str, Column]:
    """Every column that `core.query.evaluate` looks in; see `query_column`."""
    found = {key: query_column(outline, key, facets) for key in (WORD, *KEYS)}
    return {key: column for key, column in found.items() if column is not None}


def query_column(outline: Any, key: str, facets: Facets | None = None) -> Column | None:
    """The column that a key of a query looks in.

    Args:
        outline: The rows; needs their columns only.
        key: One of `core.query.KEYS`, or `WORD`.
        facets: From `find_facets`; without them no attribute is found and nodes have no dtype.
    """
    kind = np.asarray(outline.kind)
    if key == "name":
        return Column(outline.name)
    if key == "op":
        return Column(outline.type, kind == rows.NODE)
    if key == "dtype":
        if facets is not None:
            return Column.coded(*facets.dtype)
        return Column(outline.type, np.isin(kind, _TYPED))
    if key == "shape":
        return Column(_shapes(outline), np.isin(kind, _SHAPED))
    if key == "attr":
        return Column.coded(*facets.attributes) if facets else None
    pairs = zip(outline.name, outline.type, strict=True)
    return Column([f"{name}\n{text}" for name, text in pairs])


def _shapes(outline: Any) -> list[str]:
    known: dict[str, str] = {}
    return [known.get(text) or known.setdefault(text, plain_shape(text)) for text in outline.shape]


def find_facets(outline: Outline, what: Model | Checkpoint) -> Facets:
    """Read the records behind a built outline; 100,000 nodes take about 0.1 s."""
    dtypes, attributes = _Coder(len(outline)), _Coder(len(outline))
    types: dict[str, str] = {}
    for row in np.flatnonzero(np.isin(outline.kind, (*_TYPED, rows.SUBGRAPH))).tolist():
        item = outline.items[row]
        if isinstance(item, Graph):
            types.update((value.name, value.dtype) for value in item.value_info)
        else:
            types[outline.name[row]] = outline.type[row]
            dtypes.set(row, outline.type[row])
    if isinstance(what, Model):
        types.update((value.name, value.dtype) for value in what.graph.value_info)
    texts: dict[tuple[int, ...], str] = {}
    for row in np.flatnonzero(outline.kind == rows.NODE).tolist():
        node = outline.items[row]
        if not isinstance(node, Node):
            continue
        if node.outputs and node.outputs[0] in types:
            dtypes.set(row, types[node.outputs[0]])
        if node.attributes:
            key = tuple(map(id, node.attributes))
            if key not in texts:
                texts[key] = _attributes(node)
            attributes.set(row, texts[key])
    return Facets(dtypes.facet(), attributes.facet())


class _Coder:
    def __init__(self, size: int) -> None:
        self._codes = np.full(size, -1, np.int32)
        self._known: dict[str, int] = {}

    def set(self, row: int, text: str) -> None:
        self._codes[row] = self._known.setdefault(text, len(self._known))

    def facet(self) -> Facet:
        return Facet(self._codes, list(self._known))


def _attributes(node: Node) -> str:
    from inspector.formats.detail_node import value_text

    lines = []
    for item in node.attributes:
        text = item.reference or value_text(item.value)
        lines.append(f"{item.name}={text}".replace(" ", "").replace("\n", ""))
    return "\n".join(lines)


def save_facets(facets: Facets, directory: Path) -> None:
    """Write them for `load_facets`."""
    for name, facet in facets._asdict().items():
        np.save(directory / f"{name}.npy", facet.codes, allow_pickle=False)
        text = _SEPARATOR.join(one.replace(_SEPARATOR, "") for one in facet.vocabulary)
        (directory / f"{name}.txt").write_bytes(text.encode("utf-8", "replace"))


def load_facets(directory: Path) -> Facets:
    """Read what `save_facets` wrote; needs neither the file nor the onnx package."""
    return Facets(*(_load(directory, name) for name in Facets._fields))


def _load(directory: Path, name: str) -> Facet:
    text = (directory / f"{name}.txt").read_bytes().decode("utf-8")
    codes = np.load(directory / f"{name}.npy", allow_pickle=False)
    return Facet(codes, text.split(_SEPARATOR))
