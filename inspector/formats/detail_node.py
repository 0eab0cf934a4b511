"""All about one node: its operator, attributes, source line, and the values it takes and makes."""

from __future__ import annotations

import re

from inspector.core.inspection import Detail, Port
from inspector.core.model import AttributeValue, Graph, Model, Node, Tensor, Value, shape_text
from inspector.core.walk import constant_of
from inspector.formats.links import Links
from inspector.formats.operator_docs import documentation, plain_text
from inspector.formats.operators import Definition, definition, formal_name, sentence
from inspector.formats.scopes import scope_of

SHOWN_VALUES = 16
"""Values of a small tensor that are written out."""

_SHOWN_ITEMS = 64

_TRACE = "pkg.torch.onnx.stack_trace"
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_OLD_FRAME = re.compile(r"^(\S.*\.py)\((\d+)\): (\S+)", re.MULTILINE)
_LIBRARY = re.compile(r"[/\\]torch[/\\](nn|jit|onnx|_dynamo|export|fx)[/\\]|^torch[/\\]")


def describe_node(model: Model, links: Links, row: int, node: Node) -> Detail:
    """All about the node in a row of the outline."""
    body = links.body(row)
    domain = node.domain or "ai.onnx"
    known = _definition(model, links, body, node)
    formal_inputs, formal_outputs = known[:2] if known else ((), ())
    text = sentence(node, known)
    source, trace = source_of(node)
    maker_rows = [
        found.row for name in node.inputs
        if name and (found := links.maker(name, body)) and found.kind == "initializer"
    ]  # fmt: skip
    facts = (
        ("Domain", domain),
        ("Defined since", f"opset {known.since}" if known and known.since else ""),
        ("Scope", "/".join(step.label for step in scope_of(node))),
        ("PyTorch source", source),
    )
    return Detail(
        title=node.name or f"{node.op_type} (no name)",
        tag=node.op_type,
        sentence=text or f"An operator of the domain '{domain}', which is not explained here.",
        facts=tuple((label, fact) for label, fact in facts if fact),
        attributes=_attributes(node),
        inputs=tuple(
            input_port(links, body, formal_name(formal_inputs, index), name)
            for index, name in enumerate(node.inputs)
        ),
        outputs=tuple(
            output_port(links, body, formal_name(formal_outputs, index), name)
            for index, name in enumerate(node.outputs)
        ),
        text=trace,
        documentation=_documentation(model, links, body, node, known),
        source=source,
        code=code_of(node),
        tensor_row=row if constant_of(node) is not None else links.largest(maker_rows),
    )


def _opset(model: Model, links: Links, body: int, node: Node) -> int:
    function = links.function(body)
    imports = function.opset_imports if function else model.opset_imports
    domain = node.domain or "ai.onnx"
    return next((entry.version for entry in imports if entry.domain == domain), 1)


def _documentation(
    model: Model, links: Links, body: int, node: Node, known: Definition | None
) -> str:
    if known is not None and known.since == 0:
        return plain_text(known.doc)
    return documentation(node.op_type, node.domain, _opset(model, links, body, node))


def _definition(model: Model, links: Links, body: int, node: Node) -> Definition | None:
    """What defines the node's operator: a function of the model itself, else the standard."""
    for local in model.functions:
        if (local.domain, local.name, local.overload) == (node.domain, node.op_type, node.overload):
            doc = "A function that the model itself defines."
            return Definition(local.inputs, local.outputs, 0, local.doc or doc)
    return definition(node.op_type, node.domain, _opset(model, links, body, node))


def _attributes(node: Node) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (
            item.name,
            item.type.lower(),
            f"as the function's '{item.reference}'" if item.reference else value_text(item.value),
        )
        for item in node.attributes
    )


def input_port(links: Links, body: int, formal: str, name: str) -> Port:
    """A value that is used, with a link to what makes it."""
    if not name:
        return Port(formal, Value("", "", None), "omitted", ())
    maker, value = links.maker(name, body), links.value(name, body)
    if maker is None:
        return Port(formal, value, "unknown", ())
    return Port(formal, value, maker.kind, (links.link(maker.row),))


def output_port(links: Links, body: int, formal: str, name: str) -> Port:
    """A value that is made, with links to what uses it."""
    return Port(formal, links.value(name, body), "value", links.users(name, body))


def source_of(node: Node) -> tuple[str, str]:
    """The line of PyTorch source that a node comes from, and the whole trace."""
    trace = dict(node.metadata).get(_TRACE, "") or node.doc
    frames = _FRAME.findall(trace)
    # Dynamo writes the innermost call last, the TorchScript exporter first.
    innermost = -1 if frames else 0
    frames = frames or _OLD_FRAME.findall(trace)
    own = [frame for frame in frames if not _LIBRARY.search(frame[0])]
    if not own:
        return "", trace
    file, line, name = own[innermost]
    short = "/".join(file.replace("\\", "/").split("/")[-2:])
    return f"{short}, line {line}, in {name}", trace


def code_of(node: Node) -> str:
    """The line of the user's own source that a node comes from; empty where none is recorded."""
    trace = dict(node.metadata).get(_TRACE, "")
    lines = trace.splitlines()
    own = [
        index for index, line in enumerate(lines)
        if (found := _FRAME.search(line)) and not _LIBRARY.search(found.group(1))
    ]  # fmt: skip
    after = lines[own[-1] + 1].strip() if own and own[-1] + 1 < len(lines) else ""
    return "" if _FRAME.search(after) else after


def value_text(value: AttributeValue) -> str:
    """An attribute's value as people read it."""
    if isinstance(value, Tensor):
        shown = f"{value.dtype} {shape_text(value.shape)}"
        few = value.values is not None and len(value.values) <= SHOWN_VALUES
        return f"{shown} {values_text(value)}" if few else shown
    if isinstance(value, Graph):
        return f"graph '{value.name}', {len(value.nodes):,} nodes"
    if isinstance(value, tuple):
        shown = ", ".join(value_text(item) for item in value[:_SHOWN_ITEMS])
        return f"[{shown}{', ...' if len(value) > _SHOWN_ITEMS else ''}]"
    if isinstance(value, float):
        return f"{value:.7g}"
    return "" if value is None else str(value)


def values_text(tensor: Tensor) -> str:
    """The values of a small tensor; empty where they were left in the file."""
    values = tensor.values or ()
    if not tensor.shape:
        return value_text(values[0]) if values else ""
    return value_text(tuple(values))
