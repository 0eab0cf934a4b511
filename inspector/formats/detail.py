"""All about one row of the outline: what the detail pane shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from inspector.core.inspection import Detail, Link, Port
from inspector.core.model import (
    Checkpoint,
    ExternalFile,
    Function,
    Graph,
    Import,
    Model,
    Module,
    OpsetImport,
    Tensor,
    Value,
    shape_text,
)
from inspector.formats import columns as rows
from inspector.formats.columns import Outline
from inspector.formats.detail_node import (
    SHOWN_VALUES,
    describe_node,
    input_port,
    output_port,
    values_text,
)
from inspector.formats.detail_program import describe_call, links_of
from inspector.formats.inside import state_of
from inspector.formats.links import Links
from inspector.formats.onnx_types import elements
from inspector.formats.outline import build_outline, domain_sentence


def describe(what: Model | Checkpoint, outline: Outline, row: int) -> Detail:
    """All about one row.

    Args:
        what: The file, as `open_file` gave it.
        outline: Its outline, built or loaded.
        row: Which row; a link in the answer names others.

    Raises:
        IndexError: There is no such row.
    """
    if not 0 <= row < len(outline):
        raise IndexError(row)
    if not outline.items:
        outline = _built(what, outline)
    kind = int(outline.kind[row])
    if kind in _SIMPLE:
        return _SIMPLE[kind](outline, row, outline.items[row])
    if kind == rows.MODULE and isinstance(what, Checkpoint):
        return _module(what, outline.items[row])
    if kind == rows.TENSOR:
        return replace(_tensor(what, outline.items[row]), tensor_row=row)
    links = _links(what, outline)
    if kind == rows.NODE:
        if isinstance(what, Checkpoint):
            return describe_call(what, outline, row, outline.items[row])
        return describe_node(what, links, row, outline.items[row])
    if kind == rows.INITIALIZER:
        made = _tensor(what, outline.items[row])
        port = output_port(links, links.body(row), "", outline.items[row].name)
        return replace(made, outputs=(port,), tensor_row=row)
    return _value(links, row, kind, outline.items[row])


def _links(what: Model | Checkpoint, outline: Outline) -> Links:
    if isinstance(what, Checkpoint):
        return links_of(what, outline)
    if "links" not in outline.cache:
        outline.cache["links"] = Links(what, outline)
    links: Links = outline.cache["links"]
    return links


def _built(what: Model | Checkpoint, loaded: Outline) -> Outline:
    """A loaded outline has columns only: build it again, once, to know what each row is."""
    if "built" not in loaded.cache:
        loaded.cache["built"] = build_outline(what)
    built: Outline = loaded.cache["built"]
    return built


def _tensor(what: Model | Checkpoint, tensor: Tensor) -> Detail:
    count = elements(tensor.shape)
    facts = [
        ("Type", tensor.dtype),
        ("Shape", shape_text(tensor.shape)),
        ("Values", f"{count:,}"),
        ("Stored values", f"{tensor.sparse:,} (sparse)" if tensor.sparse is not None else ""),
        ("Bytes", f"{tensor.bytes:,}"),
        ("Place", _place(what.path, tensor)),
        ("Shared", "its bytes belong to a tensor listed before" if tensor.shared else ""),
    ]
    if tensor.values is not None and len(tensor.values) <= SHOWN_VALUES:
        facts.append(("Value" if count == 1 else "Values are", values_text(tensor)))
    name = "weight" if isinstance(what, Model) else "tensor"
    return Detail(
        title=tensor.name or "(no name)",
        tag=tensor.dtype,
        sentence=f"A stored {name} of {count:,} {'value' if count == 1 else 'values'}.",
        facts=tuple((label, fact) for label, fact in facts if fact),
    )


def _place(path: str, tensor: Tensor) -> str:
    payload = tensor.payload
    if payload is None:
        return "in the model file"
    file = payload.file or Path(path).name
    return f"{file}, bytes {payload.offset:,} to {payload.offset + payload.length:,}"


def _value(links: Links, row: int, kind: int, value: Value) -> Detail:
    body = links.body(row)
    facts = (("Type", value.dtype or "not stated"), ("Shape", shape_text(value.shape)))
    if kind == rows.OUTPUT:
        port = input_port(links, body, "", value.name)
        text = "An output: what whoever runs the model gets."
        return Detail(value.name, "output", text, facts, inputs=(port,))
    port = output_port(links, body, "", value.name)
    text = "An input: what whoever runs the model must give."
    return Detail(value.name, "input", text, facts, outputs=(port,))


def _module(checkpoint: Checkpoint, module: Module) -> Detail:
    prefix = f"{module.path}." if module.path else ""
    if checkpoint.state_dict_key:
        prefix = f"{checkpoint.state_dict_key}.{prefix}"
    own = [tensor for tensor in checkpoint.tensors if tensor.name.startswith(prefix)]
    state = {True: "training", False: "evaluation", None: "not recorded"}[module.training]
    facts = (
        ("Class", module.class_name),
        ("Mode", state),
        ("Tensors", f"{len(own):,}"),
        ("Values", f"{sum(elements(tensor.shape) for tensor in own):,}"),
        ("Bytes", f"{sum(tensor.bytes for tensor in own if not tensor.shared):,}"),
    )
    tag = module.class_name.rpartition(".")[2]
    return Detail(module.path or "(root)", tag, "A module, with everything inside it.", facts)


def _section(outline: Outline, row: int, _: Any) -> Detail:
    name = outline.name[row]
    return Detail(name, "section", _SECTIONS.get(name, ""), (("Number", outline.type[row]),))


_SECTIONS = {
    "Inputs": "What whoever runs the model must give.",
    "Outputs": "What whoever runs the model gets.",
    "Opset imports": "Which version of which operators the file is written for.",
    "Metadata": "What the maker wrote beside the model.",
    "Nodes": "The operators, in running order inside each module.",
    "Initializers": "The weights that are stored with the model.",
    "Functions": "Operators that the model itself defines.",
    "External data": "Files beside the model that hold its weights.",
    "Tensors": "Every stored tensor with its full name.",
    "Modules": "The modules as they are nested; their code is not in the file.",
    "Imports": "What loading the file the usual way would import.",
    "Settings": "What the file stores for whoever builds the module.",
    "What opening it can run": "Nothing of it has been run; opening asks for your consent first.",
    "Files of weights": "Files in the same folder that hold the weights.",
    "Source": "Code text that the file carries. It has not been run.",
}


def _scope(outline: Outline, row: int, _: Any) -> Detail:
    if outline.type[row] == "folder":
        return Detail(outline.name[row], "folder", "A folder of source text inside the file.")
    outside = np.flatnonzero(outline.parent[row + 1 :] < row)
    below = outline.kind[row + 1 :][: outside[0] if len(outside) else None]
    nodes = int(np.count_nonzero(below == rows.NODE))
    facts = (("Nodes", f"{nodes:,}"),)
    tag = outline.type[row] or "scope"
    return Detail(outline.name[row], tag, "The nodes that one PyTorch module became.", facts)


def _opset(_: Outline, __: int, item: OpsetImport) -> Detail:
    facts = (("Version", str(item.version)),)
    return Detail(item.domain, "opset import", domain_sentence(item.domain), facts)


def _metadata(_: Outline, __: int, item: tuple[str, str]) -> Detail:
    return Detail(item[0], "metadata", "Written by the maker of the file.", text=item[1])


def _external(_: Outline, __: int, item: ExternalFile) -> Detail:
    state = f"{item.size:,} bytes" if item.exists else state_of(item)
    facts = (
        ("Tensors", f"{item.tensors:,}"),
        ("Bytes needed", f"{item.bytes:,}"),
        ("On disk", state),
    )
    return Detail(item.location, "external data", "A file of weights beside the model.", facts)


def _import(_: Outline, __: int, item: Import) -> Detail:
    facts = (("Judgement", item.judgement), ("Uses", f"{item.uses:,}"))
    return Detail(item.name, item.judgement, item.what[:1].upper() + item.what[1:] + ".", facts)


def _code(_: Outline, __: int, item: tuple[str, str]) -> Detail:
    return Detail(item[0], "source", "Code text in the file. It has not been run.", text=item[1])


def _function(outline: Outline, row: int, item: Function) -> Detail:
    facts = (
        ("Inputs", ", ".join(item.inputs)),
        ("Outputs", ", ".join(item.outputs)),
        ("Nodes", f"{len(item.nodes):,}"),
    )
    title = outline.name[row]
    return Detail(
        title, "function", "An operator that the model itself defines.", facts, text=item.doc
    )


def _subgraph(outline: Outline, row: int, item: Graph) -> Detail:
    parent = int(outline.parent[row])
    facts = (("Graph", item.name), ("Nodes", f"{len(item.nodes):,}"))
    port = Port("", Value("", "", None), "node", (Link(outline.name[parent], parent),))
    text = "A graph inside a node, which may use values from outside."
    return Detail(outline.name[row], "subgraph", text, facts, inputs=(port,))


_SIMPLE: dict[int, Callable[[Outline, int, Any], Detail]] = {
    rows.SECTION: _section,
    rows.SCOPE: _scope,
    rows.OPSET: _opset,
    rows.METADATA: _metadata,
    rows.EXTERNAL: _external,
    rows.IMPORT: _import,
    rows.SOURCE: _code,
    rows.FUNCTION: _function,
    rows.SUBGRAPH: _subgraph,
}
"""Kinds of row that explain themselves."""
