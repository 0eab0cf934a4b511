"""Hostile files: nothing in them runs, and each is listed or explained."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.formats.inspect import describe_file
from inspector.formats.outline import build_outline
from inspector.formats.registry import open_file

Build = Callable[[Path, bytes], Path]


def _codes(marker: Path) -> dict[str, bytes]:
    """One pickle for each way in which a pickle can call something."""
    command = f"touch {marker}".encode()
    text = b"X" + struct.pack("<I", len(command)) + command
    short = b"\x8c" + bytes([len(command)]) + command
    system = b"\x8c\x05posix\x8c\x06system\x93"
    source = f"open({str(marker)!r}, 'w')".encode()
    code = b"X" + struct.pack("<I", len(source)) + source
    opened = b"X" + struct.pack("<I", len(str(marker))) + str(marker).encode()
    # Making a tuple of a map calls what the map was given.
    lazy = b"cbuiltins\ntuple\ncbuiltins\nmap\ncposix\nsystem\n]" + text + b"a"
    return {
        "REDUCE": b"\x80\x02cposix\nsystem\n" + text + b"\x85R.",
        "STACK_GLOBAL": b"\x80\x04" + system + short + b"\x85R.",
        "INST": b"\x80\x02(" + text + b"iposix\nsystem\n.",
        "OBJ": b"\x80\x02(cposix\nsystem\n" + text + b"o.",
        "exec": b"\x80\x02cbuiltins\nexec\n" + code + b"\x85R.",
        "open": b"\x80\x02cbuiltins\nopen\n" + opened + b"X\x01\0\0\0w\x86R.",
        "NEWOBJ": b"\x80\x02" + lazy + b"\x86\x81\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04" + lazy + b"\x86}\x92\x85}\x92.",
        "BUILD": b"\x80\x02cposix\nsystem\n" + text + b"\x85R}b.",
        "persistent": b"\x80\x02cposix\nsystem\n" + text + b"\x85RQ.",
        "memo": b"\x80\x02cposix\nsystem\nq\x00" + text + b"q\x01\x850h\x00h\x01\x85R.",
    }


OPCODES = tuple(_codes(Path("marker")))


def _plain(folder: Path, data: bytes) -> Path:
    path = folder / "trap.pkl"
    path.write_bytes(data)
    return path


def _zip(folder: Path, members: dict[str, bytes], name: str = "trap.pt") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def _torch_zip(folder: Path, data: bytes) -> Path:
    return _zip(folder, {"trap/data.pkl": data, "trap/version": b"3\n"})


def _legacy(folder: Path, data: bytes) -> Path:
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    return _plain(folder, head + data + pickle.dumps([], 2))


def _tar(folder: Path, data: bytes) -> Path:
    path = folder / "trap.tar"
    none = pickle.dumps(0, 2)
    members = {"storages": none + pickle.dumps([], 2), "tensors": none, "pickle": data}
    with tarfile.open(path, "w") as archive:
        for name, held in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(held)
            archive.addfile(info, io.BytesIO(held))
    return path


def _script(folder: Path, data: bytes) -> Path:
    net = {"trap/data.pkl": data, "trap/constants.pkl": data, "trap/traced_inputs.pkl": data}
    return _zip(
        folder, {**net, "trap/code/__torch__.py": b"class A(Module):\n", "trap/version": b"3"}
    )


def _package(folder: Path, data: bytes) -> Path:
    parts = {"trap/.data/extern_modules": b"", "trap/.data/version": b"6", "trap/m/m.pkl": data}
    return _zip(folder, parts)


def _program(folder: Path, data: bytes) -> Path:
    graph: dict[str, Any] = {"inputs": [], "outputs": [], "nodes": [], "tensor_values": {}}
    signature: dict[str, Any] = {"input_specs": [], "output_specs": []}
    document = {"graph_module": {"graph": graph, "signature": signature}}
    inner = _torch_zip(folder, data).read_bytes()
    parts = {
        "trap/archive_format": b"pt2", "trap/models/model.json": json.dumps(document).encode(),
        "trap/data/sample_inputs/model.pt": inner, "trap/data/constants/custom_obj_0": data,
    }  # fmt: skip
    return _zip(folder, parts, "trap.pt2")


def _distributed(folder: Path, data: bytes) -> Path:
    (folder / "step").mkdir()
    (folder / "step" / ".metadata").write_bytes(data)
    return folder / "step"


def _array(folder: Path, data: bytes) -> Path:
    head = b"\x93NUMPY\x01\0" + struct.pack("<H", 54)
    described = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
    return _plain(folder, head + described + data)


def _arrays(folder: Path, data: bytes) -> Path:
    return _zip(folder, {"x.npy": _array(folder, data).read_bytes()}, "trap.npz")


def _nested(folder: Path, data: bytes) -> Path:
    """A tensor in a plain pickle brings a pickle of its own."""
    held = _legacy(folder, data).read_bytes()
    call = b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(held)) + held + b"\x85R."
    return _plain(folder, b"\x80\x03" + call)


CONTAINERS: dict[str, Build] = {
    "plain": _plain, "zip": _torch_zip, "legacy": _legacy, "tar": _tar, "TorchScript": _script,
    "package": _package, "program": _program, "distributed": _distributed, "npy": _array,
    "npz": _arrays, "nested": _nested,
}  # fmt: skip


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("opcode", OPCODES)
def test_nothing_in_a_file_runs(tmp_path: Path, container: str, opcode: str) -> None:
    marker = tmp_path / "marker"
    path = CONTAINERS[container](tmp_path, _codes(marker)[opcode])
    found = _listed(path)
    assert not marker.exists()
    if isinstance(found, Checkpoint):
        assert "dangerous" in {item.judgement for item in found.imports}


def _listed(path: Path) -> object:
    """What the file is, with everything that the window asks of it; None if that is refused."""
    with contextlib.suppress(InspectorError):
        found = open_file(path)
        describe_file(found)
        build_outline(found)
        return found
    return None


@pytest.mark.skipif(os.name == "nt", reason="the traps call a shell of Unix")
@pytest.mark.parametrize("opcode", [code for code in OPCODES if code != "persistent"])
def test_the_traps_themselves_work(tmp_path: Path, opcode: str) -> None:
    marker = tmp_path / "marker"
    data = _codes(marker)[opcode]
    script = f"import pickle\ntry:\n    pickle.loads({data!r})\nexcept Exception: pass\n"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert marker.exists(), "a trap that cannot spring would prove nothing"


NAMES = ("../out/data/0", "/etc/data/0", "C:\\data\\0", "a/../../data/0", "..\\data\\0")


@pytest.mark.parametrize("name", NAMES)
def test_members_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path, {"m/data.pkl": b"\x80\x02}.", "m/version": b"3", name: b"x"})
    with pytest.raises(InspectorError, match="outside its folder"):
        open_file(path)


def test_a_name_with_a_zero_in_it_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"m/data.pkl": b"\x80\x02}.", "m/version": b"3", "m/data/Q": b"x"})
    path.write_bytes(path.read_bytes().replace(b"m/data/Q", b"m/data/\0"))
    with pytest.raises(InspectorError, match="outside its folder"):
        open_file(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for data in (b"\x80\x02}.", b"\x80\x02]."):
            archive.writestr("m/data.pkl", data)
    with pytest.raises(InspectorError, match="two members of the name"):
        open_file(path)


def test_tensors_that_are_compressed_are_refused_with_the_way_on(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1000)}, tmp_path / "net.pt")
    with zipfile.ZipFile(tmp_path / "net.pt") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "small.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(InspectorError, match="compressed") as raised:
        open_file(tmp_path / "small.pt")
    assert "zip -0" in raised.value.failure.hint


def test_members_over_each_other_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"m/data.pkl": b"\x80\x02}.", "m/version": b"3", "m/data/0": b"x" * 99})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        first, last = (archive.getinfo(name).header_offset for name in ("m/data.pkl", "m/data/0"))
    at = data.rindex(struct.pack("<I", last))
    data[at : at + 4] = struct.pack("<I", first + 1)
    path.write_bytes(bytes(data))
    with pytest.raises(InspectorError, match="over each other"):
        open_file(path)


def test_a_member_that_claims_more_than_the_file_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"m/data.pkl": b"\x80\x02}.", "m/version": b"3", "m/data/0": b"x" * 99})
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    for size in (2**31, 2**32 - 2):
        wrong = struct.pack("<II", size, size)
        path.write_bytes(data[: entry + 20] + wrong + data[entry + 28 :])
        with pytest.raises(InspectorError, match="claims to hold"):
            open_file(path)


def test_a_locked_archive_is_explained(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"m/data.pkl": b"\x80\x02}.", "m/version": b"3"})
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InspectorError, match="password"):
        open_file(path)


def test_deeply_nested_pickles_come_to_an_end(tmp_path: Path) -> None:
    deep = b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b"."
    calls = b"\x80\x02ca\nb\n" + b"\x85" * 50_000 + b"."
    dicts = b"\x80\x02" + b"}X\x01\0\0\0a" * 20_000 + b"N" + b"s" * 20_000 + b"."
    for data in (deep, calls, dicts):
        for build in (_plain, _torch_zip, _legacy):
            found = open_file(build(tmp_path, data))
            assert isinstance(found, Checkpoint)
            build_outline(found)


def test_deeply_nested_json_is_explained(tmp_path: Path) -> None:
    head = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    with pytest.raises(InspectorError, match="damaged"):
        open_file(tmp_path / "w.safetensors")


def test_a_pickle_that_grows_by_naming_itself_takes_no_time(tmp_path: Path) -> None:
    """Each dictionary holds the one before it a hundred times."""
    data, index = b"\x80\x02]q\x00", 0
    for index in range(1, 60):
        inside = b"h" + bytes([index - 1])
        data += b"](" + inside * 100 + b"eq" + bytes([index])
    started = time.process_time()
    found = open_file(_plain(tmp_path, data + b"h" + bytes([index]) + b"."))
    build_outline(found)
    assert time.process_time() - started < 2


def test_names_of_any_kind_are_shown_and_do_no_harm(tmp_path: Path) -> None:
    names = ["<b>bold</b>", "x" * 300_000, "a\nb\0c\x1b[2J", "\ud800", "", "\u202eevil"]
    torch.save({name: torch.zeros(1) for name in names if name != "\ud800"}, tmp_path / "n.pt")
    found = open_file(tmp_path / "n.pt")
    assert isinstance(found, Checkpoint)
    assert len(build_outline(found).name) >= len(found.tensors)


def test_safetensors_that_lie_about_their_tensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"

    def entry(shape: list[int], places: list[int]) -> dict[str, Any]:
        return {"dtype": "F32", "shape": shape, "data_offsets": places}

    lies: list[str] = [
        json.dumps({"a": entry([2**62, 2**62], [0, 8])}),
        json.dumps({"a": entry([3], [0, 8])}),
        json.dumps({"a": entry([2], [0, 8]), "b": entry([2], [4, 12])}),
        '{"a": %s, "a": %s}' % ((json.dumps(entry([2], [0, 8])),) * 2),
        json.dumps({"a": entry([-2], [0, 8])}),
    ]
    for text in lies:
        path.write_bytes(struct.pack("<Q", len(text)) + text.encode() + bytes(16))
        with pytest.raises(InspectorError, match="damaged"):
            open_file(path)


def test_listing_any_form_imports_neither_torch_nor_onnx(tmp_path: Path) -> None:
    net = nn.Linear(3, 2).eval()
    torch.save({"model": net.state_dict(), "x": np.ones(3)}, tmp_path / "a.pt")
    torch.save(net, tmp_path / "b.pt", _use_new_zipfile_serialization=False)
    torch.export.save(torch.export.export(net, (torch.ones(1, 3),)), tmp_path / "c.pt2")
    paths = [str(path) for path in tmp_path.iterdir()]
    script = (
        "import sys\n"
        "from inspector.formats.registry import open_file\n"
        f"for path in {paths!r}: assert open_file(path).tensors\n"
        "assert not {'torch', 'onnx', 'numpy'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
