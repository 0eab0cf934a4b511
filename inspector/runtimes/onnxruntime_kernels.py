"""Which nodes the installed ONNX Runtime has no code for, told from its own list of kernels.

A kernel is the code for one operator, in a range of its versions, for some types. What the file
declares and what operators make of it gives the types; where they stay unknown, a node counts as
one that runs.

Source: `KernelRegistry::VerifyKernelDef` in
https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/framework/kernel_registry.cc
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from inspector.core.model import Model, Node
from inspector.core.walk import Body, bodies
from inspector.runtimes.onnxruntime_functions import written_out
from inspector.runtimes.onnxruntime_types import Types, bound_types, plain_name

_STANDARD = ("", "ai.onnx")
_HALF, _SINGLE = "tensor(float16)", "tensor(float)"
_OPEN_END = 2**31 - 1
_DEPTH = 8


class Missing(NamedTuple):
    """A node that ONNX Runtime cannot run.

    Attributes:
        node: Its name; its op type and first output where it has none.
        op_type: Its operator.
        domain: The operator's domain, empty for the standard.
        version: Version of the operator that the file's opset means; 0 where it is not known.
        types: What goes in, as far as it is known: `float64`.
        instead: Types that there is a kernel for; empty where there is none at all.
    """

    node: str
    op_type: str
    domain: str
    version: int
    types: tuple[str, ...]
    instead: tuple[str, ...]


class Operator(NamedTuple):
    """One version of an operator, as ONNX Runtime knows it."""

    since: int
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    repeats: bool


class Kernel(NamedTuple):
    """The versions and types that one kernel is for."""

    provider: str
    first: int
    last: int
    types: Mapping[str, frozenset[str]]


class Library(NamedTuple):
    """What the installed ONNX Runtime knows, by domain and op type."""

    operators: Mapping[tuple[str, str], tuple[Operator, ...]]
    kernels: Mapping[tuple[str, str], tuple[Kernel, ...]]


def missing_kernels(model: Model, provider: str = "CPUExecutionProvider") -> tuple[Missing, ...]:
    """The nodes that no kernel is for, in the order of the file, those of subgraphs included.

    Args:
        model: The file.
        provider: Execution provider; what it has no kernel for, the CPU computes.
    """
    found: list[Missing] = []
    known: dict[int, Types] = {}
    own = {(function.domain, function.name) for function in model.functions}
    providers = (provider, "CPUExecutionProvider")
    for body in bodies(model):
        types = _outer_types(body, known)
        if body.graph is not None:
            types.declare(body.graph)
            known[id(body.graph)] = types
        versions = _versions(model, body)
        for node in body.nodes:
            if (node.domain, node.op_type) not in own:
                found.extend(_check(node, types, versions, providers))
    return tuple(found)


def _outer_types(body: Body, known: Mapping[int, Types]) -> Types:
    """Types of the values around a subgraph, which its nodes may use."""
    for graph in body.outer:
        if id(graph) in known:
            return Types(dict(known[id(graph)].by_name))
    return Types({})


def _versions(model: Model, body: Body) -> dict[str, int]:
    imports = body.function.opset_imports if body.function else model.opset_imports
    return {_plain(entry.domain): entry.version for entry in imports}


def _plain(domain: str) -> str:
    return "" if domain in _STANDARD else domain


def _check(
    node: Node,
    types: Types,
    versions: Mapping[str, int],
    providers: tuple[str, ...],
    depth: int = 0,
) -> Iterator[Missing]:
    domain = _plain(node.domain)
    opset = versions.get(domain, 0)
    operator = _operator(domain, node.op_type, opset)
    if operator is None:
        yield Missing(_label(node), node.op_type, domain, 0, (), ())
        return
    bound = bound_types(node, operator.inputs, operator.repeats, types)
    types.learn(node, operator.outputs, bound)
    if node.op_type == "Constant" and not domain:
        return  # becomes an initializer
    kernels = _kernels(domain, node.op_type, operator.since, providers)
    bound |= types.made(node, operator.outputs)
    if any(_takes(kernel, bound) for kernel in kernels):
        return
    # Half precision without a kernel of its own is computed in single precision.
    single = {name: _SINGLE if one == _HALF else one for name, one in bound.items()}
    if any(_takes(kernel, single) for kernel in kernels):
        return
    inside = _inside(node, domain, opset, types, depth)
    if inside is not None:
        for place in inside:
            yield from _check(*place, providers, depth + 1)
        return
    given = tuple(dict.fromkeys(plain_name(one) for one in bound.values()))
    yield Missing(
        _label(node), node.op_type, domain, operator.since, given, _instead(kernels, bound)
    )


def _inside(
    node: Node, domain: str, opset: int, types: Types, depth: int
) -> list[tuple[Node, Types, dict[str, int]]] | None:
    """The nodes that run in a node's place, with what is known in there; None: there are none."""
    given = [types.by_name.get(name, "") for name in node.inputs]
    function = written_out(node, domain, opset, given) if depth < _DEPTH else None
    if function is None:
        return None
    within = Types(dict(zip(function.inputs, given, strict=False)))
    within = Types({name: one for name, one in within.by_name.items() if one})
    versions = {_plain(entry.domain): entry.version for entry in function.opset_imports}
    return [(one._replace(name=_label(node)), within, versions) for one in function.nodes]


def _label(node: Node) -> str:
    return node.name or f"{node.op_type} -> {node.outputs[0] if node.outputs else ''}"


@lru_cache(maxsize=4096)
def _kernels(
    domain: str, op_type: str, version: int, providers: tuple[str, ...]
) -> tuple[Kernel, ...]:
    """The kernels for one version of an operator, whatever their types."""
    return tuple(
        kernel
        for kernel in library().kernels.get((domain, op_type), ())
        if kernel.provider in providers and _is_for(kernel, version)
    )


@lru_cache(maxsize=4096)
def _operator(domain: str, op_type: str, opset: int) -> Operator | None:
    """The version of an operator that an opset means."""
    known = library().operators.get((domain, op_type), ())
    return max((one for one in known if one.since <= opset), default=None)


def _is_for(kernel: Kernel, version: int) -> bool:
    """Whether a kernel is for this version; one without an end is for its first version only."""
    if kernel.first == version:
        return True
    return kernel.first < version <= kernel.last and kernel.last != _OPEN_END


def _takes(kernel: Kernel, bound: Mapping[str, str]) -> bool:
    return all(bound[name] in types for name, types in kernel.types.items() if name in bound)


def _instead(kernels: tuple[Kernel, ...], bound: Mapping[str, str]) -> tuple[str, ...]:
    """Types that would do for what stands in the way."""
    blocked = [
        name for name, one in bound.items()
        if kernels and all(one not in kernel.types.get(name, (one,)) for kernel in kernels)
    ]  # fmt: skip
    wanted = {one for name in blocked[:1] for kernel in kernels for one in kernel.types[name]}
    return tuple(sorted(plain_name(one) for one in wanted))


@lru_cache(maxsize=1)
def library() -> Library:
    """What the installed ONNX Runtime knows; read once per process."""
    from inspector.runtimes.onnxruntime import import_onnxruntime

    import_onnxruntime()
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    operators: dict[tuple[str, str], list[Operator]] = {}
    for schema in state.get_all_operator_schema():
        key = (_plain(schema.domain), schema.name)
        operators.setdefault(key, []).append(_read_operator(schema))
    kernels: dict[tuple[str, str], list[Kernel]] = {}
    for one in state.get_all_opkernel_def():
        types = {name: frozenset(found) for name, found in one.type_constraints.items()}
        first, last = one.version_range
        kernel = Kernel(one.provider, first, last, types)
        kernels.setdefault((_plain(one.domain), one.op_name), []).append(kernel)
    return Library(
        {key: tuple(found) for key, found in operators.items()},
        {key: tuple(kernel) for key, kernel in kernels.items()},
    )


def _read_operator(schema: Any) -> Operator:
    inputs = tuple((one.name, one.typeStr) for one in schema.inputs)
    outputs = tuple((one.name, one.typeStr) for one in schema.outputs)
    last = schema.inputs[-1] if schema.inputs else None
    return Operator(schema.since_version, inputs, outputs, last is not None and _repeats(last))


def _repeats(formal: Any) -> bool:
    return str(formal.option).endswith("Variadic")
