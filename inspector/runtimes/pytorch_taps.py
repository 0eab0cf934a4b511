"""Values inside a PyTorch model: at the borders of its modules, or of every step of a program.

A module hands its values to forward hooks. An exported program is run node by node; its names
are those that the dynamo exporter gives to values in the ONNX file.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inspector.runtimes.base import Array
from inspector.runtimes.pytorch_call import Call, plain_attention
from inspector.runtimes.pytorch_values import to_array

Keep = Callable[[str, Array], None]
"""Told the key of a value, and the value."""

_REPR = 160


class Form(NamedTuple):
    """Shape and dtype of a tensor, and a number that equal tensors share in one run."""

    shape: tuple[int, ...]
    dtype: str
    identity: int


@dataclass(slots=True)
class Called:
    """One call of a module.

    Attributes:
        path: Dotted path of the module.
        call: 0 for the first call of that module in a run.
        class_name: Its class.
        text: How it prints itself, one line.
        inputs: Tensors among what it was given.
        outputs: Tensors among what it gave.
        leaf: Whether no other module was called inside.
        normalises: Whether it is a batch normalisation, which exporters put into the layer before.
        idle: Whether it gave back just what it was given, such as a dropout in evaluation mode.
    """

    path: str
    call: int
    class_name: str
    text: str
    inputs: tuple[Form, ...] = ()
    outputs: tuple[Form, ...] = ()
    leaf: bool = True
    normalises: bool = False
    idle: bool = False

    def key(self, side: str, place: int) -> str:
        """Key of one of its values; `side` is `in` or `out`."""
        return key_of(self.path, self.call, side, place)


def key_of(path: str, call: int, side: str, place: int) -> str:
    """Key of a value at the border of a module, by which it is kept."""
    return f"{path}#{call}.{side}.{place}"


@dataclass(slots=True)
class _Watch:
    """What the hooks of one run share."""

    wanted: frozenset[str]
    keep: Keep
    calls: list[Called] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    stack: list[Called] = field(default_factory=list)
    known: dict[tuple[int, int], tuple[Any, int]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def enter(self, path: str, module: Any, values: Any) -> None:
        for above in self.stack[-1:]:
            above.leaf = False
        number = self.counts.get(path, 0)
        self.counts[path] = number + 1
        called = Called(path, number, type(module).__name__, _printed(module))
        called.normalises = "BatchNorm" in called.class_name
        self.stack.append(called)
        called.inputs = self._forms(called, "in", values)

    def leave(self, module: Any, result: Any) -> None:
        called = self.stack.pop()
        called.outputs = self._forms(called, "out", result)
        given = {one.identity for one in called.inputs}
        called.idle = bool(called.outputs) and all(o.identity in given for o in called.outputs)
        self.calls.append(called)

    def _forms(self, called: Called, side: str, values: Any) -> tuple[Form, ...]:
        forms = []
        for place, tensor in enumerate(_tensors(values)):
            forms.append(Form(tuple(tensor.shape), _dtype(tensor), self._identity(tensor)))
            key = called.key(side, place)
            if key in self.wanted:
                self.keep(key, to_array(tensor))
        return tuple(forms)

    def _identity(self, tensor: Any) -> int:
        """A number of its own for every tensor, and another one once it was written over."""
        place = id(tensor), tensor._version  # noqa: SLF001
        found = self.known.get(place)
        if found is None or found[0]() is not tensor:
            found = weakref.ref(tensor), next(self.numbers)
            self.known[place] = found
        return found[1]


def _tensors(values: Any) -> list[Any]:
    import torch
    from torch.utils import _pytree

    return [leaf for leaf in _pytree.tree_leaves(values) if isinstance(leaf, torch.Tensor)]


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _printed(module: Any) -> str:
    """How a module prints itself, without the modules inside it."""
    try:
        inside = str(module.extra_repr())
    except Exception:  # a user's own code, which may fail on what it was not made for
        inside = ""
    return f"{type(module).__name__}({' '.join(inside.split())})"[:_REPR]


def _nothing(key: str, array: Array) -> None:
    """Keep nothing."""


def watch(
    module: Any, call: Call, wanted: frozenset[str] = frozenset(), keep: Keep = _nothing
) -> tuple[list[Called], Any]:
    """Run a module and look at what goes into and comes out of every module inside it.

    Args:
        module: In evaluation mode.
        call: Its inputs.
        wanted: Keys of the values to keep (see `key_of`).
        keep: Told each of them as soon as it is there: a module may write over it later.

    Returns:
        The calls in the order in which they ended, and what the module gave.
    """
    import torch

    seen = _Watch(wanted, keep)
    with torch.no_grad(), plain_attention(), _hooked(module, seen):
        result = module(*call.args, **call.kwargs)
    return seen.calls, result


@contextlib.contextmanager
def _hooked(module: Any, seen: _Watch) -> Iterator[None]:
    import torch

    handles: list[Any] = []
    if not isinstance(module, torch.jit.ScriptModule):
        for path, child in module.named_modules():
            if path and not isinstance(child, torch.jit.ScriptModule):
                handles.append(
                    child.register_forward_pre_hook(_entering(seen, path), with_kwargs=True)
                )
                handles.append(child.register_forward_hook(_leaving(seen)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _entering(seen: _Watch, path: str) -> Any:
    def enter(module: Any, args: Any, kwargs: Any) -> None:
        seen.enter(path, module, (args, kwargs))

    return enter


def _leaving(seen: _Watch) -> Any:
    def leave(module: Any, args: Any, result: Any) -> None:
        seen.leave(module, result)

    return leave


class Step(NamedTuple):
    """One node of an exported program: what it calls, the module it lies in, the stack trace."""

    target: str
    path: str
    stack: str


def steps_of(program: Any) -> dict[str, Step]:
    """The nodes of an exported program that give one tensor, by name."""
    found: dict[str, Step] = {}
    for node in program.graph.nodes:
        value = node.meta.get("val")
        if node.op != "call_function" or not hasattr(value, "shape"):
            continue
        inside = list((node.meta.get("nn_module_stack") or {}).values())
        path = inside[-1][0].partition("@")[0] if inside else ""
        found[node.name] = Step(_target(node), path, node.meta.get("stack_trace") or "")
    return found


def _target(node: Any) -> str:
    """What a node calls, as the exporter writes it into metadata: that of `getitem` its source."""
    if getattr(node.target, "__name__", "") == "getitem":
        node = node.args[0]
    text = str(node.target)
    return text if text.startswith("torch.ops.") else f"torch.ops.{text}"


def run_program(program: Any, call: Call, wanted: frozenset[str], keep: Keep) -> list[Array]:
    """Run an exported program node by node.

    Args:
        program: The `ExportedProgram`.
        call: The inputs, as for the module that it was captured from.
        wanted: Names of the nodes whose values to keep.
        keep: Told each of them.

    Returns:
        All outputs.
    """
    import torch
    from torch.utils import _pytree

    class Interpreter(torch.fx.Interpreter):
        def run_node(self, n: Any) -> Any:
            result = super().run_node(n)
            if n.name in wanted and isinstance(result, torch.Tensor):
                keep(n.name, to_array(result))
            return result

    with warnings.catch_warnings(), torch.no_grad(), plain_attention():
        warnings.simplefilter("ignore")
        graph_module = program.module()
        flat = _pytree.tree_leaves((call.args, call.kwargs))
        result = Interpreter(graph_module).run(*flat, enable_io_processing=False)
    return [to_array(tensor) for tensor in _tensors(result)]
