"""The rows of a checkpoint's tree: what the form tells beside its tensors comes first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from inspector.core.model import Checkpoint, Graph, Import, Tensor, Value
from inspector.formats import columns as rows
from inspector.formats.inside import state_of
from inspector.formats.scopes import Step

_SHOWN = 200
"""Characters of a text that a row shows."""


class Rows(Protocol):
    """What takes the rows: the builder of `outline.py`."""

    def add(
        self, kind: int, parent: int, name: str, types: str, shape: str, size: int, item: Any
    ) -> int:
        """Append a row and give its number."""

    def section(self, name: str, count: int) -> int:
        """Append the heading of a list."""

    def values(self, kind: int, parent: int, found: Iterable[Value]) -> None:
        """Append a row for each input or output."""

    def tensors(self, kind: int, parent: int, found: Iterable[Tensor]) -> None:
        """Append a row for each tensor."""

    def graph_nodes(self, section: int, graph: Graph) -> None:
        """Append the nodes of a graph in their scopes."""


def checkpoint_rows(out: Rows, checkpoint: Checkpoint) -> None:
    """Every row of a checkpoint, in the order in which it is shown."""
    if checkpoint.inputs or checkpoint.graph:
        out.values(rows.INPUT, out.section("Inputs", len(checkpoint.inputs)), checkpoint.inputs)
        out.values(rows.OUTPUT, out.section("Outputs", len(checkpoint.outputs)), checkpoint.outputs)
    _facts(out, checkpoint)
    if checkpoint.graph is not None:
        out.graph_nodes(out.section("Nodes", 0), checkpoint.graph)
    _tensors(out, checkpoint)
    _modules(out, checkpoint)
    _settings(out, checkpoint)
    _imports(out, checkpoint.imports)
    _runs(out, checkpoint)
    _files(out, checkpoint)
    _source(out, checkpoint)


def _facts(out: Rows, checkpoint: Checkpoint) -> None:
    if not checkpoint.facts:
        return
    section = out.section("Metadata", len(checkpoint.facts))
    for key, text in checkpoint.facts:
        out.add(rows.METADATA, section, key, "", text[:_SHOWN], 0, (key, text))


def _tensors(out: Rows, checkpoint: Checkpoint) -> None:
    # Those of a program are linked with its nodes, as an ONNX model's initializers are.
    kind = rows.INITIALIZER if checkpoint.graph is not None else rows.TENSOR
    out.tensors(kind, out.section("Tensors", len(checkpoint.tensors)), checkpoint.tensors)


def _modules(out: Rows, checkpoint: Checkpoint) -> None:
    if not checkpoint.modules:
        return
    section = out.section("Modules", len(checkpoint.modules))
    placed: dict[str, int] = {}
    for module in checkpoint.modules:
        above, _, label = module.path.rpartition(".")
        parent = placed.get(above, section) if module.path else section
        state = {True: "training", False: "eval", None: ""}[module.training]
        name, kind = label or "(root)", module.class_name.rpartition(".")[2]
        placed[module.path] = out.add(rows.MODULE, parent, name, kind, state, 0, module)


def _settings(out: Rows, checkpoint: Checkpoint) -> None:
    """What the file stores for whoever builds the module."""
    if not checkpoint.hyper_parameters:
        return
    section = out.section("Settings", len(checkpoint.hyper_parameters))
    for key, value in checkpoint.hyper_parameters.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        kind = _KINDS.get(type(value), "")
        whole = text if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        out.add(rows.METADATA, section, key, kind, text[:_SHOWN], 0, (key, whole))


_KINDS = {
    bool: "yes or no", int: "number", float: "number", str: "text", list: "list", dict: "group",
}  # fmt: skip


def _imports(out: Rows, imports: tuple[Import, ...]) -> None:
    section = out.section("Imports", len(imports))
    for item in imports:
        out.add(rows.IMPORT, section, item.name, item.judgement, item.what, 0, item)


def _runs(out: Rows, checkpoint: Checkpoint) -> None:
    if not checkpoint.runs:
        return
    section = out.section("What opening it can run", len(checkpoint.runs))
    for text in checkpoint.runs:
        out.add(rows.METADATA, section, text, "", "", 0, ("Opening the file can run this", text))


def _files(out: Rows, checkpoint: Checkpoint) -> None:
    if not checkpoint.files:
        return
    section = out.section("Files of weights", len(checkpoint.files))
    for file in checkpoint.files:
        state = state_of(file)
        count = f"{file.tensors:,} tensors" if file.tensors != 1 else "1 tensor"
        out.add(rows.EXTERNAL, section, file.location, count, state, file.bytes, file)


def _source(out: Rows, checkpoint: Checkpoint) -> None:
    """Code that the file brings, by folder."""
    if not checkpoint.source:
        return
    section = out.section("Source", len(checkpoint.source))
    folders: dict[str, int] = {}
    for name, text in sorted(checkpoint.source, key=lambda item: item[0].split("/")):
        parent, at = section, ""
        *above, label = name.split("/")
        for step in above:
            at = f"{at}/{step}"
            if at not in folders:
                item = Step(step, "folder")
                folders[at] = out.add(rows.SCOPE, parent, step, "folder", "", 0, item)
            parent = folders[at]
        count = len(text.splitlines())
        lines = f"{count:,} line" if count == 1 else f"{count:,} lines"
        out.add(rows.SOURCE, parent, label, lines, "", 0, (name, text))
