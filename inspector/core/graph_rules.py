"""Remarks about how a graph hangs together: what nobody uses, and what fixes a size in secret."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core.finding import NOTE, SHOULD, Remark, count, some
from inspector.core.model import Node, Tensor, is_compound
from inspector.core.survey import Place, Survey
from inspector.core.walk import Body, constant_of, subgraphs

_HUGE = 64 << 20
"""Bytes of a constant that is no weight, from which on it is worth a remark."""
_COMPUTES = ("Conv", "ConvTranspose", "Gemm", "MatMul", "Gather", "LSTM", "GRU", "RNN")
"""Operators whose constants are weights."""


def unused_inputs(survey: Survey) -> Iterator[Remark]:
    """An input that no node reads has no influence on any output.

    Either the model was exported without the part that needs it, or callers prepare it in vain.
    """
    graph = survey.model.graph
    read = _read_names(survey) | {value.name for value in graph.outputs}
    stored = {tensor.name for tensor in graph.initializers}
    names = [v.name for v in graph.inputs if v.name not in read and v.name not in stored]
    if names:
        yield Remark(
            SHOULD,
            f"{count(len(names), 'input is', 'inputs are')} read by no node: {some(names)}.",
            "Check that forward() uses it, and that no branch was lost in the export; else leave "
            "it out.",
            tuple(names),
        )


def dead_nodes(survey: Survey) -> Iterator[Remark]:
    """Nodes that no output depends on are computed for nothing by some runtimes."""
    dead = [place for body in survey.bodies for place in _dead_in(body)]
    if dead:
        kinds = sorted({place.node.op_type for place in dead})
        yield Remark(
            NOTE,
            f"{count(len(dead), 'node leads', 'nodes lead')} to no output: {some(kinds)}.",
            "Export again with the optimiser of the exporter switched on, which removes them.",
            tuple(place.label for place in dead),
        )


def _dead_in(body: Body) -> Iterator[Place]:
    """Nodes of a body whose results reach none of its outputs; `Constant` is no computation."""
    used = {value.name for value in body.graph.outputs} if body.graph else set()
    used |= set(body.function.outputs) if body.function and not body.graph else set()
    for node in reversed(body.nodes):
        # Bodies are in the order of computing, so a reader stands behind what it reads.
        if not used.isdisjoint(node.outputs):
            used.update(node.inputs, _outer_names(node))
        elif node.outputs and node.op_type != "Constant":
            yield Place(node, body)


def _outer_names(node: Node) -> Iterator[str]:
    """Everything that graphs inside a node read, from around it or from within."""
    for _, graph in subgraphs(node):
        yield from (value.name for value in graph.outputs)
        for inner in graph.nodes:
            yield from inner.inputs
            yield from _outer_names(inner)


def _read_names(survey: Survey) -> set[str]:
    read: set[str] = set()
    for body in survey.bodies:
        for node in body.nodes:
            read.update(node.inputs)
        if body.outer and body.graph:
            read.update(value.name for value in body.graph.outputs)
    return read


def duplicate_constants(survey: Survey) -> Iterator[Remark]:
    """The same constant stored twice takes its room twice.

    Only constants whose values were read are held against each other; large ones were not.
    """
    seen: dict[tuple[object, ...], list[str]] = {}
    sizes = 0
    for tensor in _constants(survey):
        if tensor.values is None or len(tensor.values) < 16 or tensor.shared:
            continue
        # By text, as NaN equals nothing and 0.0 equals -0.0.
        alike = seen.setdefault((tensor.dtype, tensor.shape, repr(tensor.values)), [])
        sizes += tensor.bytes if alike else 0
        alike.append(tensor.name)
    names = tuple(name for alike in seen.values() for name in alike[1:])
    if names and sizes >= 1024:
        yield Remark(
            NOTE,
            f"{count(len(names), 'constant is', 'constants are')} stored more than once, "
            f"{sizes:,} bytes too many: {some(names)}.",
            "Export again with the optimiser of the exporter switched on, which shares them.",
            names,
        )


def huge_constants(survey: Survey) -> Iterator[Remark]:
    """Tables that the exporter worked out beforehand can be larger than the weights.

    A mask or a table of positions for the longest input is stored whole, value by value.
    """
    weights = {
        name
        for body in survey.bodies
        for node in body.nodes
        if node.op_type in _COMPUTES
        for name in node.inputs
    }
    made_only = [t for t in _constants(survey) if t.bytes >= _HUGE and not t.shared]
    found = [t for t in made_only if t.name not in weights and _is_table(survey, t.name)]
    if found:
        total = sum(tensor.bytes for tensor in found)
        yield Remark(
            NOTE,
            f"{count(len(found), 'constant that is', 'constants that are')} no weight of a layer "
            f"take {total:,} bytes: {some([t.name for t in found])}.",
            "Compute it in the model from the size of the input, or export without constant "
            "folding.",
            tuple(tensor.name for tensor in found),
        )


_SHAPES_TABLES = ("Add", "Where", "Slice", "Mul", "Concat", "And", "Or", "Expand", "ScatterND")


def _is_table(survey: Survey, name: str) -> bool:
    """Whether a constant is only read by operators that take masks and tables."""
    readers = [n for body in survey.bodies for n in body.nodes if name in n.inputs]
    return bool(readers) and all(node.op_type in _SHAPES_TABLES for node in readers)


def _constants(survey: Survey) -> Iterator[Tensor]:
    for body in survey.bodies:
        if body.graph:
            yield from body.graph.initializers
    for place in survey.places("Constant"):
        tensor = constant_of(place.node)
        if tensor is not None:
            yield tensor._replace(name=place.node.outputs[0] if place.node.outputs else "")


def baked_sizes(survey: Survey) -> Iterator[Remark]:
    """A fixed target shape behind an open dimension holds for the exported size alone.

    The header says that any size will do, and runtimes stop at this node, or compute nonsense,
    as soon as another one comes.
    """
    found = []
    for place in survey.places("Reshape", "Expand"):
        target = survey.values(place, 1)
        data = survey.shape(place, 0)
        if target and data and _is_baked(place.node.op_type, data, target):
            found.append((place, target))
    if found:
        place, target = found[0]
        sizes = ", ".join(str(size) for size in target)
        yield Remark(
            SHOULD,
            f"{count(len(found), 'node gives', 'nodes give')} an open dimension a fixed size: "
            f"'{place.label}' always makes [{sizes}].",
            "Take the size from the input, such as x.shape[0] without int(), or use -1 in the "
            "reshape; then export again.",
            tuple(place.label for place, _ in found),
        )


def _is_baked(op_type: str, data: tuple[object, ...], target: tuple[object, ...]) -> bool:
    """Whether a shape with open dimensions can fit a fixed target at one size only."""
    open_axes = {axis for axis, dim in enumerate(data) if not isinstance(dim, int)}
    sizes = [size for size in target if isinstance(size, int)]
    if op_type == "Expand":
        # Numpy's broadcasting: counted from the last axis, 1 leaves the size as it is.
        before = len(data) - len(sizes)
        return any(axis >= before and sizes[axis - before] > 1 for axis in open_axes)
    kept = {axis for axis, size in enumerate(sizes) if size == 0}
    return bool(open_axes - kept) and -1 not in sizes


def missing_shapes(survey: Survey) -> Iterator[Remark]:
    """Converters and quantisers need to know how many dimensions an output has.

    ONNX Runtime works shapes out by itself.
    """
    graph = survey.model.graph
    tensors = (value for value in graph.outputs if not is_compound(value.dtype))
    unknown = tuple(value.name for value in tensors if value.shape is None)
    if unknown:
        yield Remark(
            NOTE,
            f"The file does not say the shape of {count(len(unknown), 'output')}: {some(unknown)}.",
            "Run onnx.shape_inference.infer_shapes on it, or export it again.",
            unknown,
        )
