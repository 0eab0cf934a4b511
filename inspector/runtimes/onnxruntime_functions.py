"""Operators that the standard writes in simpler ones: what ONNX Runtime runs in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.core.model import Function, Node
from inspector.core.walk import subgraphs
from inspector.runtimes.onnxruntime_types import element_number


def written_out(node: Node, domain: str, opset: int, types: list[str]) -> Function | None:
    """The function that stands for a node; None where the standard has none for it.

    Args:
        node: The node.
        domain: Its domain, empty for the standard.
        opset: The version of the domain that the file states.
        types: Type of each input in ONNX Runtime's spelling; empty where it is not known.
    """
    import onnx

    try:
        # Of any type: what says that a function depends on its place is missing in the types.
        schema: Any = onnx.defs.get_schema(node.op_type, max(opset, 1), domain)
        if schema.has_context_dependent_function and any(subgraphs(node)):
            # Its own graph is put into what stands for it, and is looked at by itself.
            return Function(domain, node.op_type, (), (), (), ())
        content = _body(schema, node, opset, types)
    except (onnx.defs.SchemaError, RuntimeError, ValueError, TypeError):
        return None
    if not content:
        return None
    from inspector.formats.onnx_graph import GraphReader

    return GraphReader(Path(), content).function(0, len(content))


def _body(schema: Any, node: Node, opset: int, types: list[str]) -> bytes:
    if schema.has_function:
        versions = [one for one in schema.function_opset_versions if one <= opset]
        return bytes(schema.get_function_with_opset_version(max(versions))) if versions else b""
    if not schema.has_context_dependent_function:
        return b""
    from onnx import helper

    plain: dict[str, Any] = {
        attribute.name: attribute.value
        for attribute in node.attributes
        if isinstance(attribute.value, (int, float, str))
        or (isinstance(attribute.value, tuple) and attribute.value
            and isinstance(attribute.value[0], (int, float, str)))
    }  # fmt: skip
    proto = helper.make_node(node.op_type, list(node.inputs), list(node.outputs), **plain)
    stated = [
        helper.make_tensor_type_proto(element_number(one) or 1, None).SerializeToString()
        for one in types
    ]
    all_versions = schema.context_dependent_function_opset_versions
    versions = [one for one in all_versions if one <= opset]
    if not versions:
        return b""
    return bytes(
        schema.get_context_dependent_function_with_opset_version(
            max(versions), proto.SerializeToString(), stated
        )
    )
