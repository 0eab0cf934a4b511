"""What is done to an ONNX file or to weights: each function makes one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import helper, numpy_helper

Array = npt.NDArray[Any]
Edit = Callable[[onnx.ModelProto], None]


class Spoilt(torch.nn.Module):
    """A module whose output is changed: `change` gets it and the inputs."""

    def __init__(self, module: torch.nn.Module, change: Callable[..., Any]) -> None:
        super().__init__()
        self.module, self.change = module, change

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The changed output."""
        return cast("torch.Tensor", self.change(self.module(*inputs), *inputs))


def spoilt(change: Callable[..., Any]) -> Callable[[torch.nn.Module], torch.nn.Module]:
    """An alteration of the output, in PyTorch's terms."""
    return lambda module: Spoilt(module, change).eval()


def every_weight(change: Callable[[Array], Array]) -> Edit:
    """`change` on every float tensor that the file holds."""

    def edit(proto: onnx.ModelProto) -> None:
        for tensor in _tensors(proto):
            if tensor.data_type == onnx.TensorProto.FLOAT:
                array = numpy_helper.to_array(tensor)
                _put(tensor, change(array.copy()).astype(np.float32))

    return edit


def weight(ending: str, change: Callable[[Array], Array]) -> Edit:
    """`change` on the one tensor whose name ends so."""

    def edit(proto: onnx.ModelProto) -> None:
        (found,) = [tensor for tensor in _tensors(proto) if tensor.name.endswith(ending)]
        array = numpy_helper.to_array(found)
        _put(found, change(array.copy()).astype(array.dtype))

    return edit


def attribute(op_type: str, name: str, value: object, place: int = 0) -> Edit:
    """Another value for an attribute of one node."""

    def edit(proto: onnx.ModelProto) -> None:
        node = [node for node in proto.graph.node if node.op_type == op_type][place]
        kept = [entry for entry in node.attribute if entry.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return edit


def after(output: int, *nodes: tuple[str, dict[str, Any], list[Array]]) -> Edit:
    """Nodes of (op type, attributes, further inputs) between the graph and one of its outputs."""

    def edit(proto: onnx.ModelProto) -> None:
        name = proto.graph.output[output].name
        for node in proto.graph.node:
            for place, made in enumerate(node.output):
                if made == name:
                    node.output[place] = f"{name}_0"
        for step, (op_type, attributes, more) in enumerate(nodes):
            inputs = [f"{name}_{step}"]
            for place, array in enumerate(more):
                inputs.append(f"{name}_{step}_{place}")
                proto.graph.initializer.append(numpy_helper.from_array(array, inputs[-1]))
            to = name if step == len(nodes) - 1 else f"{name}_{step + 1}"
            proto.graph.node.append(helper.make_node(op_type, inputs, [to], **attributes))

    return edit


def added(output: int, array: Array) -> Edit:
    """`array` is added to an output; it broadcasts."""
    return after(output, ("Add", {}, [array]))


def as_half(array: Array) -> Array:
    """Rounded to float16; what is too large for it, such as a mask, stays."""
    fits = np.abs(array) < 65504
    return np.where(fits, np.where(fits, array, 0).astype(np.float16), array)


def as_bfloat(array: Array) -> Array:
    """Rounded to bfloat16."""
    return torch.from_numpy(array).bfloat16().float().numpy()


def as_int8(array: Array) -> Array:
    """On 255 steps of one size."""
    step = float(np.abs(array).max()) / 127 if array.ndim > 1 else 0.0
    return np.round(array / step) * step if step else array


def swapped(one: int, other: int) -> Callable[[Array], Array]:
    """Two rows exchanged."""

    def change(array: Array) -> Array:
        array[[one, other]] = array[[other, one]]
        return array

    return change


def _tensors(proto: onnx.ModelProto) -> list[onnx.TensorProto]:
    constants = [
        entry.t
        for node in proto.graph.node
        if node.op_type == "Constant"
        for entry in node.attribute
        if entry.name == "value"
    ]
    return [*proto.graph.initializer, *constants]


def _put(tensor: onnx.TensorProto, array: Array) -> None:
    name = tensor.name
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), name))
