"""How fast structure is read: huge weights, many nodes, large checkpoints.

Each measurement runs in an interpreter of its own, so that memory and imports are its own.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.table import Row

_MB = 1 << 20
_TENSORS, _TENSOR_BYTES = 230, 8 << 20

_PRIVATE = """
import time
def private():
    text = open('/proc/self/status').read()
    return int(text.split('RssAnon:')[1].split()[0]) * 1024
"""

_OURS = (
    _PRIVATE
    + """
from pathlib import Path
import json, sys
from inspector.formats.onnx import read_onnx
path = Path(sys.argv[1])
before = private()
times = []
for _ in range(5):
    start = time.perf_counter()
    model = read_onnx(path)
    times.append(time.perf_counter() - start)
assert len(model.graph.initializers) == int(sys.argv[2])
print(json.dumps({'seconds': min(times), 'first': times[0], 'bytes': private() - before}))
"""
)

_ONNX_LOAD = (
    _PRIVATE
    + """
import json, sys
import onnx
before = private()
start = time.perf_counter()
model = onnx.load(sys.argv[1])
seconds = time.perf_counter() - start
assert len(model.graph.initializer) == int(sys.argv[2])
print(json.dumps({'seconds': seconds, 'bytes': private() - before}))
"""
)

_NODES = """
import json, sys, tempfile, time
from pathlib import Path
from inspector.formats.onnx import read_onnx
from inspector.formats.outline import build_outline, load, save
best = {}
for _ in range(3):
    marks = [time.perf_counter()]
    model = read_onnx(Path(sys.argv[1]))
    marks.append(time.perf_counter())
    outline = build_outline(model)
    marks.append(time.perf_counter())
    with tempfile.TemporaryDirectory() as folder:
        save(outline, Path(folder))
        marks.append(time.perf_counter())
        loaded = load(Path(folder))
        marks.append(time.perf_counter())
    assert len(loaded) > 100_000
    steps = dict(zip(('read', 'outline', 'save', 'load'),
                     (b - a for a, b in zip(marks, marks[1:]))))
    steps['total'] = marks[-1] - marks[0]
    best = min((best, steps), key=lambda s: s.get('total', 1e9))
print(json.dumps(best))
"""

_CHECKPOINT = """
import json, sys, time
from inspector.formats.registry import open_file
times = []
for _ in range(5):
    start = time.perf_counter()
    found = open_file(sys.argv[1])
    times.append(time.perf_counter() - start)
assert len(found.tensors) == 32, len(found.tensors)
assert 'torch' not in sys.modules
print(json.dumps({'seconds': times[0], 'best': min(times)}))
"""

_TORCH_LOAD = """
import json, sys, time
start = time.perf_counter()
import torch
found = torch.load(sys.argv[1], weights_only=True, mmap=True)
print(json.dumps({'seconds': time.perf_counter() - start}))
"""


def _run(script: str, *arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def make_heavy_model(path: Path) -> None:
    """Write a model of 1.8 GB: 230 matrices of 8 MB, one product for each."""
    from onnx import helper

    from inspector.formats.protobuf_wire import encode_field, encode_varint

    side = _TENSOR_BYTES // 4 // 1024
    nodes = [helper.make_node("MatMul", [f"v{i}", f"w{i}"], [f"v{i + 1}"]) for i in range(_TENSORS)]
    inputs = [helper.make_tensor_value_info("v0", 1, ["n", 1024])]
    outputs = [helper.make_tensor_value_info(f"v{_TENSORS}", 1, ["n", side])]
    small = helper.make_graph(nodes, "heavy", inputs, outputs).SerializeToString()
    heads = []
    for index in range(_TENSORS):
        dims = b"\x08" + encode_varint(1024) + b"\x08" + encode_varint(side)
        inside = dims + b"\x10\x01" + encode_field(8, f"w{index}".encode())
        inside += b"\x4a" + encode_varint(_TENSOR_BYTES)
        heads.append(b"\x2a" + encode_varint(len(inside) + _TENSOR_BYTES) + inside)
    size = len(small) + sum(map(len, heads)) + _TENSORS * _TENSOR_BYTES
    block = struct.pack("<f", 0.5) * (_TENSOR_BYTES // 4)
    with path.open("wb") as file:
        file.write(b"\x08\x08" + encode_field(8, b"\x10\x12"))
        file.write(b"\x3a" + encode_varint(size) + small)
        for head in heads:
            file.write(head)
            file.write(block)


def make_long_model(path: Path, count: int = 100_000) -> None:
    """Write a model of many small nodes in a thousand scopes."""
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
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def make_checkpoint(path: Path) -> None:
    """Write a state dict of 2 GB: 32 tensors of 64 MB."""
    script = (
        "import sys, torch\n"
        "state = {f'layer{i}.weight': torch.zeros(4096, 4096) for i in range(32)}\n"
        "torch.save(state, sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


def rows() -> Iterator[Row]:
    """Measure, one row after the other; large files are made in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _heavy(Path(folder) / "heavy.onnx")
        yield from _long(Path(folder) / "long.onnx")
        yield from _listing(Path(folder) / "state.pt")


def _heavy(path: Path) -> Iterator[Row]:
    make_heavy_model(path)
    ours, theirs = _run(_OURS, str(path), str(_TENSORS)), _run(_ONNX_LOAD, str(path), str(_TENSORS))
    ratio = theirs["seconds"] / ours["first"]
    yield Row(
        "structure of a 1.8 GB .onnx",
        f"{ours['first'] * 1e3:.1f} ms",
        f"onnx.load {theirs['seconds']:.1f} s",
        f"{ratio:,.0f} times faster",
        "at least 200 times",
        ratio >= 200,
    )
    yield Row(
        "private memory of that, beyond the imports",
        f"{ours['bytes'] / _MB:.1f} MB",
        f"onnx.load {theirs['bytes'] / _MB:,.0f} MB",
        f"{theirs['bytes'] / max(ours['bytes'], _MB):,.0f} times less",
        "under 60 MB",
        ours["bytes"] < 60 * _MB,
    )
    path.unlink()


def _long(path: Path) -> Iterator[Row]:
    make_long_model(path)
    found = _run(_NODES, str(path))
    parts = ", ".join(f"{name} {found[name]:.2f}" for name in ("read", "outline", "save", "load"))
    yield Row(
        "100,000 nodes: file to the columns of the tree",
        f"{found['total']:.2f} s",
        parts,
        "",
        "under 1 s, with the screen",
        found["total"] < 1,
    )
    yield Row(
        "columns of 100,000 rows loaded by the window",
        f"{found['load'] * 1e3:.0f} ms",
        "",
        "",
        "under 50 ms",
        found["load"] < 0.05,
    )


def _listing(path: Path) -> Iterator[Row]:
    make_checkpoint(path)
    ours, theirs = _run(_CHECKPOINT, str(path)), _run(_TORCH_LOAD, str(path))
    yield Row(
        "listing a 2 GB checkpoint",
        f"{ours['seconds'] * 1e3:.1f} ms, {ours['best'] * 1e3:.1f} ms when warm",
        f"torch.load(mmap) {theirs['seconds'] * 1e3:.1f} ms, with import torch",
        f"{theirs['seconds'] / ours['seconds']:.1f} times faster",
        "under 50 ms, torch not imported",
        ours["seconds"] < 0.05,
    )


if __name__ == "__main__":
    from tests.benchmarks.table import markdown

    print(markdown(list(rows())))
