"""The lowest opset whose operators mean the same as those that a file uses."""

from __future__ import annotations

from inspector.core.model import Model
from inspector.core.survey import STANDARD
from inspector.core.walk import bodies
from inspector.formats.operators import definition


def lowest_opset(model: Model) -> int:
    """The lowest opset of the default domain at which no operator of the file means another thing.

    Each operator keeps its definition from the opset that changed it last (`since`) to the next
    that does; the largest of those is what the file could state instead of its own opset. An
    operator with fewer needs may run with less still, which this does not look into.

    Returns:
        The opset; 0 where the file states none, or uses a standard operator that its opset lacks.

    Source: ONNX's own operator definitions, `onnx.defs.get_schema`.
    """
    opset = max((e.version for e in model.opset_imports if e.domain == "ai.onnx"), default=0)
    lowest = 1
    for op_type in sorted(_op_types(model)):
        known = definition(op_type, "", opset) if opset else None
        if known is None:
            return 0
        lowest = max(lowest, known.since)
    return min(lowest, opset)


def _op_types(model: Model) -> set[str]:
    """Standard operators of the graphs; functions state versions of their own."""
    return {
        node.op_type
        for body in bodies(model)
        if body.function is None
        for node in body.nodes
        if node.domain in STANDARD
    }
