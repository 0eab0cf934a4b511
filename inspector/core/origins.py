"""Where an output of a graph comes from, as far as that decides how it is judged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from inspector.core.fills import LEAST_FILL
from inspector.core.model import Model, Node, Tensor
from inspector.core.walk import bodies, constant_of

_SAME_ORDER = ("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
"""Operators that leave every element where it is in row-major order."""
_SAME_VALUES = (*_SAME_ORDER, "Transpose", "Slice", "Gather", "Concat", "MaxPool", "Split")
"""Operators that give out nothing but what they were given; a cast between floats rounds."""
_QUANTISERS = ("QuantizeLinear", "DynamicQuantizeLinear", "QLinear", "QGemm")
_WHOLE = (2, 3, 4, 5, 6, 7, 12, 13, 21, 22)
"""The codes of the integer types. Source: TensorProto.DataType in onnx.proto."""
_STEPS = 20
_NATURAL = (
    "Sigmoid", "HardSigmoid", "Softmax", "Tanh", "Erf", "Sin", "Cos", "LSTM", "GRU", "RNN", "If",
    "Loop", "Scan",
)  # fmt: skip
"""Operators whose results are no larger than 1, and those whose inside is not looked at."""
_ELEMENTWISE = (*_SAME_VALUES, "Add", "Sub", "Mul", "Div", "Pow", "Where", "Clip")
_BOUNDED = ("Sigmoid", "HardSigmoid")
"""Operators whose rounding is that of 1/2, however small their values are."""


class Kind(NamedTuple):
    """What an output is made of, as far as that decides what may differ.

    Attributes:
        quantum: One step of the quantiser that it leaves, see `Origins.quantum`.
        bounded: Whether it leaves a sigmoid, see `Origins.bounded`.
        fills: Large single constants that the file holds, and that may stand in it.
        natural: Whether functions of range 1 may be in it, see `Origins.natural`.
    """

    quantum: float = 0.0
    bounded: bool = False
    fills: tuple[float, ...] = ()
    natural: bool = True

    def joined(self, other: Kind) -> Kind:
        """What is known of either."""
        fills = tuple(dict.fromkeys((*self.fills, *other.fills)))
        return Kind(
            self.quantum or other.quantum,
            self.bounded or other.bounded,
            fills,
            self.natural or other.natural,
        )


class IndexSource(NamedTuple):
    """The node that makes the indices of an output.

    Attributes:
        op_type: `ArgMax`, `ArgMin`, `TopK` or `NonMaxSuppression`.
        scores: Name of the value that holds the scores.
        values: Name of the scores that were chosen, which a TopK gives out beside the indices.
        axis: Axis of `scores` that the indices count along.
    """

    op_type: str
    scores: str
    values: str = ""
    axis: int = -1


class Origins:
    """The main graph of a model, read backwards from its outputs."""

    def __init__(self, model: Model) -> None:
        graph = model.graph
        self._makers = {name: node for node in graph.nodes for name in node.outputs if name}
        values = (*graph.value_info, *graph.inputs, *graph.outputs)
        self._dtypes = {value.name: value.dtype for value in values}
        self._tensors: dict[str, Tensor] = {one.name: one for one in graph.initializers}
        self._fills = tuple(dict.fromkeys(_fills(model)))

    def kind(self, output: str) -> Kind:
        """All that is known of an output."""
        return Kind(self.quantum(output), self.bounded(output), self._fills, self.natural(output))

    def natural(self, output: str) -> bool:
        """Whether some of what an output holds leaves a function of range 1, element by element."""
        waiting, seen = [output], set[str]()
        while waiting:
            name = waiting.pop()
            node = self._makers.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            if node.op_type in _NATURAL:
                return True
            if node.op_type in _ELEMENTWISE:
                waiting.extend(node.inputs)
        return False

    def bounded(self, output: str, steps: int = _STEPS) -> bool:
        """Whether an output holds nothing but what leaves a sigmoid, or products of that.

        ONNX Runtime computes it as 1/2 plus an odd function: what is near 0 has the rounding of
        1/2, not of its own size.
        """
        node = self._makers.get(output)
        if node is None or steps == 0 or not node.inputs:
            return False
        if node.op_type in _BOUNDED:
            return True
        if node.op_type in ("Mul", "Concat"):
            return all(self.bounded(name, steps - 1) for name in node.inputs)
        return node.op_type in _SAME_VALUES and self.bounded(node.inputs[0], steps - 1)

    def quantum(self, output: str) -> float:
        """One step of the quantiser that an output leaves; 0 where it leaves none.

        1 for the quantiser's codes, and for floating numbers cast to whole ones; behind a
        DequantizeLinear its scale, the largest one where each channel has its own, if the file
        holds it as a constant.
        """
        if self._cast_to_whole(output):
            return 1.0
        node = self._made_by(output, _SAME_VALUES)
        if node is None:
            return 0.0
        if node.op_type.startswith(_QUANTISERS):
            return 1.0
        if node.op_type == "DequantizeLinear" and len(node.inputs) > 1:
            return self._largest(node.inputs[1])
        return 0.0

    def indices(self, output: str) -> IndexSource | None:
        """The node whose indices an output holds; None where it holds none."""
        node = self._made_by(output, _SAME_ORDER)
        if node is None or node.domain not in ("", "ai.onnx") or not node.inputs:
            return None
        if node.op_type in ("ArgMax", "ArgMin"):
            return IndexSource(node.op_type, self.source(node.inputs[0]), "", _axis(node, 0))
        if node.op_type == "NonMaxSuppression" and len(node.inputs) > 1:
            return IndexSource(node.op_type, self.source(node.inputs[1]))
        if (
            node.op_type == "TopK"
            and len(node.outputs) > 1
            and self._end(output) != node.outputs[0]
        ):
            values = self.source(node.outputs[0])
            return IndexSource("TopK", self.source(node.inputs[0]), values, _axis(node, -1))
        return None

    def source(self, name: str) -> str:
        """The value that a name stands for: what an Identity was given."""
        for _ in range(_STEPS):
            node = self._makers.get(name)
            if node is None or node.op_type != "Identity" or not node.inputs:
                break
            name = node.inputs[0]
        return name

    def _cast_to_whole(self, name: str) -> bool:
        """Whether an output is made of floating numbers by a cast."""
        node = self._made_by(name, tuple(op for op in _SAME_VALUES if op != "Cast"))
        if node is None or node.op_type != "Cast" or not node.inputs:
            return False
        to = [one.value for one in node.attributes if one.name == "to"]
        given = node.inputs[0]
        maker = self._makers.get(given)
        rounds = maker is not None and maker.op_type in ("Round", "Floor", "Ceil")
        return bool(to) and to[0] in _WHOLE and (rounds or "float" in self._dtypes.get(given, ""))

    def _end(self, name: str, through: tuple[str, ...] = _SAME_ORDER) -> str:
        for _ in range(_STEPS):
            node = self._makers.get(name)
            if node is None or node.op_type not in through or not node.inputs:
                break
            name = node.inputs[0]
        return name

    def _made_by(self, name: str, through: tuple[str, ...]) -> Node | None:
        return self._makers.get(self._end(name, through))

    def _largest(self, name: str) -> float:
        """The largest value of a constant; 0 where the file does not tell."""
        tensor = self._tensors.get(name)
        if tensor is None and name in self._makers:
            tensor = constant_of(self._makers[name])
        numbers = [abs(v) for v in (tensor.values or ()) if isinstance(v, float)] if tensor else []
        return max(numbers, default=0.0)


def _fills(model: Model) -> Iterator[float]:
    """Sizes of the large single numbers that a file holds, as masks are made of."""
    for body in bodies(model):
        stored = body.graph.initializers if body.graph is not None else ()
        constants = (constant_of(node) for node in body.nodes)
        for tensor in (*stored, *(one for one in constants if one is not None)):
            for value in tensor.values or () if math.prod(tensor.shape) == 1 else ():
                if isinstance(value, float) and LEAST_FILL <= abs(value) < math.inf:
                    yield abs(value)


def _axis(node: Node, default: int) -> int:
    found = [one.value for one in node.attributes if one.name == "axis"]
    return found[0] if found and isinstance(found[0], int) else default
