"""All about one row of a program that PyTorch exported: its operators are PyTorch's own."""

from __future__ import annotations

from dataclasses import replace

from inspector.core.inspection import Detail
from inspector.core.model import Checkpoint, Graph, Model, Node
from inspector.formats.columns import Outline
from inspector.formats.detail_node import describe_node
from inspector.formats.links import Links

_DOMAINS = {
    "aten": "An operator of PyTorch.",
    "prim": "An operation of PyTorch's own programs.",
    "prims": "One of PyTorch's basic operators.",
    "higher_order": "A PyTorch operator that runs graphs of its own.",
    "operator": "Python's own arithmetic, on sizes.",
    "math": "Python's own arithmetic, on sizes.",
}


def links_of(checkpoint: Checkpoint, outline: Outline) -> Links:
    """Who makes and who uses each value of the program in a checkpoint; made once."""
    found = outline.cache.get("links")
    if found is None:
        found = outline.cache["links"] = Links(as_model(checkpoint), outline)
    made: Links = found
    return made


def as_model(checkpoint: Checkpoint) -> Model:
    """The graph of a checkpoint in the record of an ONNX file, for what looks at graphs only."""
    graph = checkpoint.graph or Graph("", checkpoint.inputs, checkpoint.outputs, (), ())
    return Model(checkpoint.path, checkpoint.bytes, 0, "", "", "", 0, "", (), (), graph, (), ())


def describe_call(checkpoint: Checkpoint, outline: Outline, row: int, node: Node) -> Detail:
    """All about one node: what it calls, from which line, on what."""
    made = describe_node(as_model(checkpoint), links_of(checkpoint, outline), row, node)
    facts = tuple(fact for fact in made.facts if fact[0] != "Domain")
    target = ".".join(part for part in (node.domain, node.op_type, node.overload) if part)
    what = _DOMAINS.get(node.domain, f"An operator of the library '{node.domain}'.")
    return replace(made, sentence=what, facts=(("Calls", target), *facts))
