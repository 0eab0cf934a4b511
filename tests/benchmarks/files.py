"""The files that are measured: heavy, long, in two parts, and a checkpoint."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import ValueInfoProto

HEAVY_TENSORS = 230
_TENSOR_BYTES = 8 << 20

EXTERNAL_TENSORS = 48
_EXTERNAL_BYTES = 64 << 20


def make_heavy_model(path: Path) -> None:
    """Write a model of 1.8 GB: 230 matrices of 8 MB, one product for each."""
    from onnx import helper

    from inspector.formats.protobuf_wire import encode_field, encode_varint

    side = _TENSOR_BYTES // 4 // 1024
    nodes = [
        helper.make_node("MatMul", [f"v{i}", f"w{i}"], [f"v{i + 1}"]) for i in range(HEAVY_TENSORS)
    ]
    inputs = [helper.make_tensor_value_info("v0", 1, ["n", 1024])]
    outputs = [helper.make_tensor_value_info(f"v{HEAVY_TENSORS}", 1, ["n", side])]
    small = helper.make_graph(nodes, "heavy", inputs, outputs).SerializeToString()
    heads = []
    for index in range(HEAVY_TENSORS):
        dims = b"\x08" + encode_varint(1024) + b"\x08" + encode_varint(side)
        inside = dims + b"\x10\x01" + encode_field(8, f"w{index}".encode())
        inside += b"\x4a" + encode_varint(_TENSOR_BYTES)
        heads.append(b"\x2a" + encode_varint(len(inside) + _TENSOR_BYTES) + inside)
    size = len(small) + sum(map(len, heads)) + HEAVY_TENSORS * _TENSOR_BYTES
    block = struct.pack("<f", 0.5) * (_TENSOR_BYTES // 4)
    with path.open("wb") as file:
        file.write(b"\x08\x08" + encode_field(8, b"\x10\x12"))
        file.write(b"\x3a" + encode_varint(size) + small)
        for head in heads:
            file.write(head)
            file.write(block)


def make_long_model(path: Path, count: int = 100_000, *, shaped: bool = False) -> None:
    """Write a model of many small nodes in a thousand scopes.

    Args:
        path: Where to.
        count: Nodes.
        shaped: With the types and the shapes of all values, as shape inference leaves them.
    """
    from onnx import helper, numpy_helper

    nodes = []
    for index in range(count):
        op_type = ("Add", "Relu", "Mul", "Conv")[index % 4]
        inputs = [f"v{index}"] if op_type == "Relu" else [f"v{index}", "w"]
        name = f"/layer{index // 1000}/block{index // 100}/{op_type}_{index}"
        more: dict[str, Any] = {}
        if op_type == "Conv":
            more = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1], "group": 1}
        nodes.append(helper.make_node(op_type, inputs, [f"v{index + 1}"], name=name, **more))
    import numpy as np

    graph = helper.make_graph(
        nodes,
        "long",
        [helper.make_tensor_value_info("v0", 1, ["n", 4])],
        [helper.make_tensor_value_info(f"v{count}", 1, ["n", 4])],
        [numpy_helper.from_array(np.ones(4, np.float32), "w")],
        value_info=[_value(index) for index in range(1, count)] if shaped else [],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def _value(index: int) -> ValueInfoProto:
    """Type and shape of a value: three types, some thousand shapes."""
    from onnx import helper

    side = (1, 3, 7, 14, 28, 56, 112)[index % 7]
    return helper.make_tensor_value_info(
        f"v{index}", (1, 10, 7)[index % 3], ["n", 8 * (1 + index % 509), side, side]
    )


def make_checkpoint(path: Path, tensors: int = 32, side: int = 4096) -> None:
    """Write a state dict; as it stands 2 GB, 32 tensors of 64 MB."""
    script = (
        "import sys, torch\n"
        f"state = {{f'layer{{i}}.weight': torch.zeros({side}, {side}) for i in range({tensors})}}\n"
        "torch.save(state, sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


def make_external_model(path: Path) -> None:
    """Write a model whose 3 GB of weights lie in a file beside it: 48 matrices of 64 MB.

    That file is sparse: its zeros take no room on the disk and are read from memory, which flatters
    whoever reads them.
    """
    from onnx import TensorProto, helper

    data = path.with_suffix(".data")
    with data.open("wb") as file:
        file.truncate(EXTERNAL_TENSORS * _EXTERNAL_BYTES)
    weights = []
    for index in range(EXTERNAL_TENSORS):
        weight = TensorProto(name=f"w{index}", dims=(4096, 4096), data_type=TensorProto.FLOAT)
        weight.data_location = TensorProto.EXTERNAL
        place = {
            "location": data.name,
            "offset": index * _EXTERNAL_BYTES,
            "length": _EXTERNAL_BYTES,
        }
        for key, value in place.items():
            weight.external_data.add(key=key, value=str(value))
        weights.append(weight)
    last = EXTERNAL_TENSORS
    nodes = [helper.make_node("MatMul", [f"v{i}", f"w{i}"], [f"v{i + 1}"]) for i in range(last)]
    inputs = [helper.make_tensor_value_info("v0", 1, ["n", 4096])]
    outputs = [helper.make_tensor_value_info(f"v{last}", 1, ["n", 4096])]
    graph = helper.make_graph(nodes, "external", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path.write_bytes(model.SerializeToString())
