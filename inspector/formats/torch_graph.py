"""The graph of an exported program, from its JSON: inputs, outputs, nodes with their sources.

Source: `torch/_export/serde/schema.py`; a value is a dictionary of one entry whose key says what
it is: `{"as_tensor": {"name": "linear"}}`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from inspector.core.model import (
    Attribute,
    AttributeValue,
    Dim,
    Graph,
    Node,
    Payload,
    Tensor,
    Value,
)
from inspector.formats.torch_views import ITEM_BYTES

DTYPES = (
    "", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex32",
    "complex64", "complex128", "bool", "bfloat16", "uint16",
)  # fmt: skip
"""`ScalarType` by number, those of 8-bit floats and unsigned types follow with gaps."""

_MORE_DTYPES = {
    28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz", 33: "uint32", 34: "uint64", 35: "float8_e8m0fnu",
}  # fmt: skip

_STACK, _NAMES, _CLASSES = (
    "pkg.torch.onnx.stack_trace",
    "pkg.torch.onnx.name_scopes",
    "pkg.torch.onnx.class_hierarchy",
)
"""Keys under which the ONNX exporter writes the same: the tree and the detail know them."""

_DEEP = 20


@dataclass(frozen=True, slots=True)
class Program:
    """What the JSON of an exported program says."""

    graph: Graph | None = None
    tensors: tuple[Tensor, ...] = ()
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    expressions: int = 0
    guards: str = ""


@dataclass(slots=True)
class _Reader:
    """Names of the graph that stand for weights, and how many sizes are expressions."""

    renamed: dict[str, str] = field(default_factory=dict)
    expressions: set[str] = field(default_factory=set)

    def values(self, graph: dict[str, Any]) -> dict[str, Value]:
        """Every tensor of a graph with its type, by the name that the graph gives it."""
        return {
            name: Value(self._name(name), dtype_name(meta.get("dtype")), self._shape(meta))
            for name, meta in _items(graph, "tensor_values")
        }

    def _name(self, name: str) -> str:
        return self.renamed.get(name, name)

    def _shape(self, meta: dict[str, Any]) -> tuple[Dim, ...]:
        return tuple(self._size(size) for size in meta.get("sizes", ()))

    def _size(self, size: dict[str, Any]) -> Dim:
        if "as_int" in size:
            return int(size["as_int"])
        found = str((size.get("as_expr") or {}).get("expr_str", "?"))
        self.expressions.add(found)
        return size_text(found)

    def graph(
        self,
        found: dict[str, Any],
        name: str,
        inputs: tuple[Value, ...],
        outputs: tuple[Value, ...],
        tensors: tuple[Tensor, ...] = (),
        depth: int = 0,
    ) -> Graph:
        """A graph with everything in it."""
        if depth > _DEEP:
            raise ValueError(f"graphs inside graphs, more than {_DEEP} deep")
        nodes = tuple(self._node(node, depth) for node in found["nodes"])
        values = tuple(self.values(found).values())
        return Graph(name, inputs, outputs, nodes, tensors, values)

    def _inner(self, held: dict[str, Any], depth: int) -> Graph:
        graph = held["graph"]
        values = self.values(graph)
        inputs = [_typed(name, values) for arg in graph["inputs"] for name in _names(arg)]
        outputs = [_typed(name, values) for arg in graph["outputs"] for name in _names(arg)]
        return self.graph(graph, str(held["name"]), tuple(inputs), tuple(outputs), (), depth + 1)

    def _node(self, node: dict[str, Any], depth: int) -> Node:
        inputs: list[str] = []
        attributes = []
        for entry in node["inputs"]:
            name, arg = str(entry["name"]), entry["arg"]
            names = [self._name(given) for given in _names(arg)]
            inputs += names
            if "as_graph" in arg:
                graph = self._inner(arg["as_graph"], depth)
                attributes.append(Attribute(name or graph.name, "GRAPH", graph))
            elif not names:
                kind = next(iter(arg), "").removeprefix("as_").upper()
                attributes.append(Attribute(name, kind, _plain(arg)))
        outputs = tuple(name for arg in node["outputs"] for name in _names(arg))
        domain, kind, overload = _target(str(node["target"]))
        label = str(node.get("name") or (outputs[0] if outputs else ""))
        metadata = _metadata(node.get("metadata") or {}, label, kind)
        return Node(
            label, kind, domain, tuple(inputs), outputs, tuple(attributes), metadata, overload
        )


def program(document: dict[str, Any], tensors: tuple[Tensor, ...]) -> Program:
    """The program in a document, with the weights that its archive lists."""
    module = document["graph_module"]
    signature, reader = module["signature"], _Reader()
    for spec in signature["input_specs"]:
        ((kind, entry),) = spec.items()
        key = {"parameter": "parameter_name", "buffer": "buffer_name"}.get(kind, f"{kind}_name")
        if kind != "user_input" and key in entry:
            reader.renamed[str(entry["arg"]["name"])] = str(entry[key])
    values = reader.values(module["graph"])
    inputs = tuple(_typed(name, values) for name in _user(signature["input_specs"], "user_input"))
    outputs = tuple(
        _typed(name, values) for name in _user(signature["output_specs"], "user_output")
    )
    graph = reader.graph(module["graph"], "main", inputs, outputs, tensors)
    return Program(
        graph,
        tensors,
        inputs,
        outputs,
        _facts(document),
        len(reader.expressions),
        "\n".join(str(guard) for guard in document.get("guards_code") or ()),
    )


def size_text(expression: str) -> str:
    """An expression of sizes as people write it.

    The file has sympy's own form: `Mul(Integer(2), Symbol('s0', integer=True))` is `2*s0`.
    """
    text = _SYMBOL.sub(r"\1", _INTEGER.sub(r"\1", expression[:_LONGEST]))
    for _ in range(_DEEP):
        made = _OPERATION.sub(lambda found: _SIGNS[found[1]].join(found[2].split(", ")), text)
        if made == text:
            break
        text = made
    return text


_LONGEST = 1000
_INTEGER = re.compile(r"Integer\((-?\d+)\)")
_SYMBOL = re.compile(r"Symbol\('(\w+)'[^()]*\)")
_OPERATION = re.compile(r"\b(Mul|Add)\(([^()]*)\)")
_SIGNS = {"Mul": "*", "Add": " + "}


def _user(specs: list[dict[str, Any]], kind: str) -> Iterator[str]:
    for spec in specs:
        if kind in spec:
            yield from _names(spec[kind]["arg"])


def _typed(name: str, values: dict[str, Value]) -> Value:
    return values.get(name, Value(name, "", None))


def _facts(document: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    schema = document.get("schema_version", {})
    facts = [
        ("PyTorch", str(document.get("torch_version", ""))),
        ("Schema", f"{schema.get('major', '')}.{schema.get('minor', '')}".strip(".")),
        ("Dialect", ", ".join(map(str, document.get("verifiers") or ())) or _dialect(document)),
    ]
    facts += [(f"Operators '{k}'", f"version {v}") for k, v in _items(document, "opset_version")]
    for symbol, limits in _items(document, "range_constraints"):
        low, high = limits.get("min_val"), limits.get("max_val")
        above = "any number" if high is None or high > 1 << 40 else f"{high:,}"
        facts.append((f"Size '{symbol}'", f"{low} to {above}"))
    return tuple((label, text) for label, text in facts if text)


def _dialect(document: dict[str, Any]) -> str:
    return str(document.get("dialect", ""))


def _items(document: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    return list((document.get(key) or {}).items())


def _target(target: str) -> tuple[str, str, str]:
    """Domain, operator and overload of what a node calls: `torch.ops.aten.add.Tensor`."""
    parts = target.removeprefix("torch.ops.").split(".")
    if target.startswith("torch.ops.") and len(parts) > 2:
        return parts[0], ".".join(parts[1:-1]), parts[-1]
    return ".".join(parts[:-1]).lstrip("_") or "python", parts[-1], ""


def _metadata(found: dict[str, Any], label: str, kind: str) -> tuple[tuple[str, str], ...]:
    """The modules around a node and its line of source, as the ONNX exporter writes them.

    `nn_module_stack` is `key,path,class` of each module from the outside, with `;` between.
    """
    levels = [level.split(",") for level in str(found.get("nn_module_stack", "")).split(";")]
    levels = [level for level in levels if not level[0].startswith("_empty_nn_module_stack")]
    paths = [level[1] for level in levels if len(level) > 2]
    classes = [level[2] for level in levels if len(level) > 2]
    made = [(_NAMES, str([*paths, label])), (_CLASSES, str([*classes, kind]))] if paths else []
    trace = str(found.get("stack_trace", ""))
    return (*made, (_STACK, trace)) if trace else tuple(made)


def _names(arg: dict[str, Any]) -> Iterator[str]:
    """Names of the values that an argument refers to."""
    for kind, held in arg.items():
        if kind in ("as_tensor", "as_optional_tensor", "as_custom_obj") and isinstance(held, dict):
            yield from [str(held["name"])] if "name" in held else _names(held)
        elif kind.startswith("as_sym_") and isinstance(held, dict) and "as_name" in held:
            yield str(held["as_name"])
        elif kind == "as_tensors" and isinstance(held, list):
            yield from (str(item["name"]) for item in held)
        elif kind == "as_nested_tensors" and isinstance(held, list):
            yield from (str(item["name"]) for row in held for item in row)
        elif isinstance(held, list) and (kind.startswith("as_sym") or "optional" in kind):
            for item in held:
                yield from _names(item if "name" not in item else {"as_tensor": item})


def _plain(arg: dict[str, Any]) -> AttributeValue:
    """An argument that is no value of the graph, as an attribute holds it."""
    ((kind, held),) = arg.items()
    if kind == "as_none":
        return "None"
    if kind == "as_scalar_type":
        return dtype_name(held)
    if kind == "as_device" and isinstance(held, dict):
        index = held.get("index")
        return f"{held.get('type')}" + ("" if index is None else f":{index}")
    if isinstance(held, list):
        return tuple(_item(item) for item in held[:_LISTED])
    return _item(held)


_LISTED = 1000


def _item(held: Any) -> AttributeValue:
    if isinstance(held, (bool, int, float, str)):
        return held
    if isinstance(held, dict) and len(held) == 1:
        return _item(next(iter(held.values())))
    return str(held)[:200]


def dtype_name(number: Any) -> str:
    """Name of an element type by its number; empty for one that is not known here."""
    if not isinstance(number, int):
        return ""
    return _MORE_DTYPES.get(number, DTYPES[number] if 0 <= number < len(DTYPES) else "")


def tensor_of(
    name: str, meta: dict[str, Any], place: Payload | None, *, pickled: bool, shared: bool
) -> Tensor:
    """A weight by the description of it, and where its bytes lie."""
    shape = tuple(int(size["as_int"]) for size in meta.get("sizes", ()))
    steps = tuple(int(size["as_int"]) for size in meta.get("strides", ()))
    dtype = dtype_name(meta.get("dtype", 0))
    size = math.prod(shape) * ITEM_BYTES.get(dtype, 1)
    dense = steps == _dense(shape) and not meta.get("storage_offset", {}).get("as_int")
    fits = place is not None and place.length == size
    payload = place if fits and dense and not pickled else None
    held = min(size, place.length) if place is not None else 0
    return Tensor(name, dtype, shape, held, payload, shared=shared)


def _dense(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
