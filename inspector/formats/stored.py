"""Every tensor that a file stores, wherever it stands: what can be asked for by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Model, Tensor
from inspector.core.walk import bodies, constant_of


def stored_tensors(what: Model | Checkpoint) -> Iterator[Tensor]:
    """Initializers of all graphs and constants of all nodes, or a checkpoint's tensors.

    A constant without a name of its own has that of the value it makes.
    """
    if isinstance(what, Checkpoint):
        yield from what.tensors
        return
    for body in bodies(what):
        if body.graph is not None:
            yield from body.graph.initializers
        for node in body.nodes:
            constant = constant_of(node) if node.op_type == "Constant" else None
            if constant is not None:
                name = node.outputs[0] if node.outputs else constant.name
                yield constant._replace(name=name)


def tensor_named(what: Model | Checkpoint, name: str) -> Tensor:
    """The tensor of this name; the one in the outermost graph where there are several.

    Raises:
        InspectorError: There is none; the hint names the nearest ones.
    """
    names = []
    for tensor in stored_tensors(what):
        if tensor.name == name:
            return tensor
        names.append(tensor.name)
    near = difflib.get_close_matches(name, names[:20_000], 3, 0.5)
    listed = ", ".join(f"'{one}'" for one in near)
    raise InspectorError(
        f"The file stores no tensor of the name '{name}'.",
        f"The nearest names are {listed}." if near else "'inspect FILE --csv tensors' lists them.",
    )
