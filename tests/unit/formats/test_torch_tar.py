"""The tar archives of the first PyTorch versions are listed."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.formats.registry import open_file
from inspector.formats.sniff import classify
from inspector.formats.weights import read_tensor

VALUES = torch.arange(12.0).reshape(3, 4)
KEYS = {"w": 11, "row": 12}


class _Pickler(pickle.Pickler):
    """Writes the number of a tensor in place of the tensor."""

    def persistent_id(self, obj: Any) -> Any:
        return obj.key if isinstance(obj, _Named) else None


class _Named:
    def __init__(self, key: int) -> None:
        self.key = key


def _described(key: int, storage: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> bytes:
    head = pickle.dumps((key, storage, torch.FloatTensor), 2)
    numbers = struct.pack(f"<{len(shape) * 2 + 1}q", *shape, *steps, 0)
    return head + struct.pack("<ii", len(shape), 0) + numbers


def _members() -> dict[str, bytes]:
    storage = pickle.dumps((1, "cpu", torch.FloatStorage), 2) + struct.pack("<q", 12)
    storage += VALUES.numpy().tobytes()
    storages = pickle.dumps(1, 2) + storage + pickle.dumps([(2, 1, 4, 8)], 2)
    tensors = pickle.dumps(2, 2) + _described(11, 1, (3, 4), (4, 1)) + _described(12, 2, (4,), (1,))
    out = io.BytesIO()
    _Pickler(out, 2).dump({name: _Named(key) for name, key in KEYS.items()})
    info = pickle.dumps({"protocol_version": 1000, "little_endian": True}, 2)
    return {"sys_info": info, "storages": storages, "tensors": tensors, "pickle": out.getvalue()}


def _written(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_its_tensors_are_listed_where_they_lie(tmp_path: Path) -> None:
    path = _written(tmp_path / "old.pt", _members())
    loaded = torch.load(path, weights_only=False)
    assert loaded["row"].tolist() == [4, 5, 6, 7], "the file itself must be right"
    assert classify(path) == "checkpoint"
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert (found.form, found.container) == ("state-dict", "tar")
    assert [(t.name, t.shape, t.bytes, t.shared) for t in found.tensors] == [
        ("w", (3, 4), 48, False), ("row", (4,), 16, True),
    ]  # fmt: skip
    for tensor in found.tensors:
        np.testing.assert_array_equal(read_tensor(path, tensor), loaded[tensor.name].numpy())


def test_a_damaged_one_is_explained(tmp_path: Path) -> None:
    for name in ("storages", "tensors", "pickle"):
        members = _members()
        for end in range(0, len(members[name]) - 1, 5):
            cut = {**members, name: members[name][:end]}
            with pytest.raises(InspectorError, match=r"cut short|damaged|more than it holds"):
                open_file(_written(tmp_path / "cut.pt", cut))


def test_a_tar_archive_of_other_things_is_to_be_unpacked(tmp_path: Path) -> None:
    path = _written(tmp_path / "files.tar", {"model.onnx": b"x" * 100})
    with pytest.raises(InspectorError, match="none that PyTorch wrote"):
        open_file(path)
