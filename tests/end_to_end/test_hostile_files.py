"""Files that ask for too much, lead elsewhere, or have misleading names, in the real program."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.formats.protobuf_wire import encode_field
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import (
    CompareRequest,
    DataSource,
    InspectRequest,
    ModelSource,
    TensorRequest,
)

Program = Callable[..., Any]


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def bomb_of_zeros(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(100 << 20))
        archive.writestr("a/version", b"3\n")


def bomb_of_overlaps(path: Path) -> None:
    """Every entry of the list of contents stands for the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/data/0000", bytes(10 << 20))
    data = path.read_bytes()
    start, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entry, listed = data[start:end], b""
    for number in range(2000):
        listed += entry.replace(b"a/data/0000", f"a/data/{number:04}".encode())
    close = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 2000, 2000, len(listed), start, 0)
    path.write_bytes(data[:start] + listed + close)


def bomb_of_archives(path: Path) -> None:
    inner = b"\x80\x02}."
    for _ in range(6):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"a/data/sample_inputs/{number}.pt", inner)
            archive.writestr("a/archive_format", b"pt2")
            archive.writestr("a/models/model.json", b"{}")
        inner = held.getvalue()
    path.write_bytes(inner)


def bomb_of_members(path: Path) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *([0] * 6), 0, 0, 0, 4, *([0] * 4), 0, 0)
    listed = (entry + b"a/bb") * 60_000
    head = b"PK\x03\x04" + bytes(26)
    close = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, 60_000, 60_000, len(listed), len(head), 0
    )
    path.write_bytes(head + listed + close)


def endless_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 1 << 63) + b'{"w": {}}' + bytes(100))


def deep_json(path: Path) -> None:
    header = b'{"a":' + b"[" * 500_000
    path.write_bytes(struct.pack("<Q", len(header)) + header)


def deep_subgraphs(path: Path) -> None:
    graph = b""
    for _ in range(5000):
        node = encode_field(1, encode_field(4, b"If") + encode_field(5, encode_field(6, graph)))
        graph = node if len(node) < 1 << 20 else graph
    path.write_bytes(b"\x08\x08" + encode_field(8, b"\x10\x12") + encode_field(7, graph))


def deep_types(path: Path) -> None:
    kind = b""
    for _ in range(2000):
        kind = encode_field(4, encode_field(1, kind))
    value = encode_field(1, b"x") + encode_field(2, kind)
    graph = encode_field(11, value) + encode_field(1, encode_field(4, b"Relu"))
    path.write_bytes(b"\x08\x08" + encode_field(8, b"\x10\x12") + encode_field(7, graph))


HEAVY: dict[str, tuple[str, Callable[[Path], None]]] = {
    "zeros": ("a.pt", bomb_of_zeros), "overlaps": ("a.pt", bomb_of_overlaps),
    "archives": ("a.pt2", bomb_of_archives), "members": ("a.pt", bomb_of_members),
    "endless header": ("a.safetensors", endless_header), "JSON": ("a.safetensors", deep_json),
    "subgraphs": ("a.onnx", deep_subgraphs), "types": ("a.onnx", deep_types),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEAVY)
def test_files_that_would_fill_the_memory_are_refused_at_once(
    folder: Path, worker: WorkerClient, kind: str
) -> None:
    name, make = HEAVY[kind]
    path = folder / name
    make(path)
    before = worker_memory(worker, folder)
    began = time.monotonic()
    with pytest.raises(InspectorError) as caught:
        worker.run("inspect", InspectRequest(str(path), outline=True))
    assert time.monotonic() - began < 5
    assert "stopped" not in caught.value.failure.sentence
    assert not caught.value.failure.sentence.startswith("Something went wrong")
    assert caught.value.failure.hint
    assert worker_memory(worker, folder) - before < 200 << 20


def worker_memory(worker: WorkerClient, folder: Path) -> int:
    """Bytes that the worker has held at most so far; it is started if there is none."""
    with pytest.raises(InspectorError):
        worker.run("inspect", InspectRequest(str(folder / "nowhere.onnx")))
    assert worker._process is not None
    status = Path(f"/proc/{worker._process.pid}/status")
    if not status.exists():
        return 0
    (peak,) = [line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line]
    return int(peak) * 1024


def model_of(path: Path, nodes: list[onnx.NodeProto], weights: Any = (), shape: Any = (2,)) -> Path:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [x], [y], list(weights))
    opset = [helper.make_opsetid("", 18)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    )
    return path


ESCAPES = {
    "upwards": "../secret.bin", "far upwards": "a/../../secret.bin", "absolute": "{secret}",
    "link": "link.bin", "linked folder": "linked/secret.bin", "device": "/dev/zero",
    "process": "/proc/self/environ", "pipe": "pipe.bin", "backwards": "..\\secret.bin",
    "share": "\\\\127.0.0.1\\share\\secret.bin", "folder": ".",
}  # fmt: skip


@pytest.mark.parametrize("way", ESCAPES)
def test_weights_outside_the_folder_are_never_read(
    tmp_path: Path, worker: WorkerClient, way: str
) -> None:
    folder, secret = tmp_path / "models", tmp_path / "secret.bin"
    folder.mkdir()
    secret.write_bytes(np.full(2, 42.5, np.float32).tobytes())
    (folder / "link.bin").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.bin")
    weight = TensorProto(name="w", data_type=1, dims=[2], data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value=ESCAPES[way].format(secret=secret))
    add = helper.make_node("Add", ["x", "w"], ["y"])
    path = model_of(folder / "model.onnx", [add], [weight])

    listed = worker.run("inspect", InspectRequest(str(path)))
    assert listed.onnx is not None
    with pytest.raises(InspectorError) as caught:
        worker.run("tensor", TensorRequest(str(path), name="w", npy=True))
    assert "42.5" not in repr(caught.value.failure)
    side = ModelSource(str(path))
    with pytest.raises(InspectorError) as caught:
        worker.run("compare", CompareRequest(side, side, DataSource(random=2)))
    assert not caught.value.failure.sentence.startswith("Something went wrong")


def test_a_small_file_that_asks_for_gigabytes_is_explained(
    program: Program, tmp_path: Path
) -> None:
    size = numpy_helper.from_array(np.array([40_000, 40_000], np.int64), "s")
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["c"]),
        helper.make_node("ReduceSum", ["c"], ["r"], keepdims=0),
        helper.make_node("Add", ["x", "r"], ["y"]),
    ]
    path = model_of(tmp_path / "model.onnx", nodes, [size])
    assert path.stat().st_size < 300
    limit = {"ONNX_INSPECTOR_MEMORY_GB": "2"}
    assert program("inspect", path, env=limit).code == 0
    done = program("compare", path, path, "--random", 2, "--json", env=limit)
    assert done.code == 2
    assert "memory" in done.failure["sentence"] + done.failure["hint"]
    assert "Something went wrong" not in done.failure["sentence"]


NAMES = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>", "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "\u202etxt.exe\u2066", "a\0b", "\r\nonnx-inspector: all is well", "\u200b" * 50,
    "x" * 3_000_000, "%s%n%x{0}{name}{self.__class__}", "\x7f\x80\x9b31m", "../../etc/passwd",
)  # fmt: skip


def test_names_of_every_kind_are_shown_as_plain_text(program: Program, tmp_path: Path) -> None:
    nodes = [
        helper.make_node(name[:200], [before], [after], name=name, domain="d")
        for name, before, after in zip(NAMES, ["x", *NAMES], [*NAMES[1:], "y"], strict=False)
    ]
    path = model_of(tmp_path / "model.onnx", nodes)
    for arguments in (["inspect", path], ["inspect", path, "--csv", "nodes", tmp_path / "n.csv"]):
        done = program(*arguments)
        assert done.code == 0, done.error[:2000]
        steering = [one for one in done.output if one != "\n" and not one.isprintable()]
        assert not steering, steering[:10]
    assert program("inspect", path, "--json").json["onnx"]["nodes"] == len(NAMES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("arguments", [("inspect", "p"), ("compare", "p", "p", "--data", "p")])
def test_a_pipe_that_is_named_is_not_waited_for(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("p")
    outcome = command(*arguments, "--json")
    assert outcome.code == 2
    assert "a device or a pipe" in outcome.failure["sentence"]
