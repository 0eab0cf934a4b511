"""Every kind of tensor that PyTorch can write is listed with its type, shape and bytes."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Tensor
from inspector.formats.inspect import checkpoint_facts
from inspector.formats.pickle_values import Call, Global
from inspector.formats.registry import open_file
from inspector.formats.torch_views import view_of


class Sub(torch.Tensor):
    """A tensor of a class of its own."""


def _marked() -> nn.Parameter:
    made = nn.Parameter(torch.ones(4))
    made.mark = 3  # type: ignore[attr-defined]
    return made


def _channels() -> torch.Tensor:
    scales, zeros = torch.tensor([0.1, 0.2]), torch.tensor([0, 0])
    return torch.quantize_per_channel(torch.ones(2, 4), scales, zeros, 0, torch.quint8)


KINDS: dict[str, tuple[Callable[[], Any], str, tuple[int, ...], int]] = {
    "float8": (lambda: torch.ones(4).to(torch.float8_e4m3fn), "float8_e4m3fn", (4,), 4),
    "float8 e5m2": (lambda: torch.ones(4).to(torch.float8_e5m2), "float8_e5m2", (4,), 4),
    "bits": (lambda: torch.zeros(4, dtype=torch.uint8).view(torch.bits8), "bits8", (4,), 4),
    "unsigned": (lambda: torch.zeros(4, dtype=torch.uint64), "uint64", (4,), 32),
    "complex": (lambda: torch.ones(2, dtype=torch.complex128), "complex128", (2,), 32),
    "half complex": (lambda: torch.zeros(2, dtype=torch.complex32), "complex32", (2,), 8),
    "meta": (lambda: torch.empty(3, 4, device="meta"), "float32", (3, 4), 0),
    "coordinates": (lambda: torch.eye(3).to_sparse(), "float32", (3, 3), 12 + 48),
    "rows": (lambda: torch.eye(3).to_sparse_csr(), "float32", (3, 3), 12 + 24 + 32),
    "columns": (lambda: torch.eye(3).to_sparse_csc(), "float32", (3, 3), 12 + 24 + 32),
    "blocks": (lambda: torch.eye(4).to_sparse_bsr((2, 2)), "float32", (4, 4), 32 + 16 + 24),
    "quantised": (
        lambda: torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8), "qint8", (4,), 4,
    ),
    "channels": (_channels, "quint8", (2, 4), 8),
    "raw bytes": (lambda: torch.ones(4).untyped_storage(), "uint8", (16,), 16),
    "storage": (lambda: torch.ones(4).storage(), "float32", (4,), 16),
    "parameter": (lambda: nn.Parameter(torch.ones(4)), "float32", (4,), 16),
    "marked": (_marked, "float32", (4,), 16),
    "buffer": (lambda: nn.Buffer(torch.ones(4)), "float32", (4,), 16),
    "subclass": (lambda: torch.ones(3).as_subclass(Sub), "float32", (3,), 12),
    "nested": (
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "float32", (5,), 20,
    ),
    "array": (lambda: np.arange(6, dtype=np.int16).reshape(2, 3), "int16", (2, 3), 12),
    "scalar tensor": (lambda: torch.tensor(1.5), "float32", (), 4),
}  # fmt: skip


def _only(path: Path) -> Tensor:
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    (tensor,) = found.tensors
    return tensor


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_tensor_is_listed(tmp_path: Path, kind: str, legacy: bool) -> None:
    make, dtype, shape, size = KINDS[kind]
    path = tmp_path / "odd.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save({"it": make()}, path, _use_new_zipfile_serialization=not legacy)
    found = _only(path)
    assert (found.name, found.dtype, found.shape, found.bytes) == ("it", dtype, shape, size)


def test_a_wrapper_of_other_tensors_holds_what_they_hold(tmp_path: Path) -> None:
    from torch.testing._internal.two_tensor import TwoTensor

    torch.save({"two": TwoTensor(torch.ones(2), torch.ones(2))}, tmp_path / "two.pt")
    found = _only(tmp_path / "two.pt")
    assert (found.shape, found.bytes, found.payload) == ((2,), 16, None)


def test_a_view_that_is_conjugated_is_not_read_as_it_lies(tmp_path: Path) -> None:
    torch.save({"z": torch.ones(2, dtype=torch.complex64).conj()}, tmp_path / "z.pt")
    assert _only(tmp_path / "z.pt").payload is None


def test_a_tensor_of_another_device_is_told_by_its_array() -> None:
    kind = Call(Global("numpy", "dtype"), ("f4", False, True))
    array = Call(Global("numpy.core.multiarray", "_reconstruct"), ())
    array.state = (1, (2, 3), kind, False, bytes(24))
    args = (array, Global("torch", "bfloat16"), "xla:0", False)
    view = view_of(Call(Global("torch._utils", "_rebuild_device_tensor_from_numpy"), args))
    assert view is not None
    assert (view.dtype, view.shape, view.bytes) == ("bfloat16", (2, 3), 24)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_every_protocol_is_read(tmp_path: Path, protocol: int, legacy: bool) -> None:
    path = tmp_path / "net.pt"
    state = nn.Linear(3, 2).state_dict()
    torch.save(state, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert (found.form, [tensor.name for tensor in found.tensors]) == (
        "state-dict", ["weight", "bias"],
    )  # fmt: skip


def _python_2(path: Path) -> None:
    """A file as Python 2 wrote it: texts as bytes, sizes as long, classes under old names."""

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def number(value: int) -> bytes:
        return b"\x8a\x01" + bytes([value]) if value else b"\x8a\x00"

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("7") + text("cpu")
    storage += number(6) + b"NtQ"
    shape = b"(" + number(2) + number(3) + b"t" + b"(" + number(3) + number(1) + b"t"
    call = b"ctorch._utils\n_rebuild_tensor\n(" + storage + number(0) + shape + b"tR"
    items = b"]]" + b"(" + text("w") + call + b"ea"
    root = b"\x80\x02ccollections\nOrderedDict\n" + items + b"\x85R."
    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    keys = b"\x80\x02]" + text("7") + b"a."
    values = np.arange(6, dtype="<f4").tobytes()
    path.write_bytes(head + root + keys + (6).to_bytes(8, "little") + values)


def test_a_file_of_python_2_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    _python_2(path)
    loaded = torch.load(path, weights_only=False)
    assert loaded["w"].tolist() == [[0, 1, 2], [3, 4, 5]], "the file itself must be right"
    found = _only(path)
    assert (found.name, found.dtype, found.shape, found.bytes) == ("w", "float32", (2, 3), 24)


def test_bytes_and_values_count_once_however_often_they_are_named(tmp_path: Path) -> None:
    base = torch.zeros(1000)
    tied = {"a": base, "b": base.view(10, 100), "c": base[10:20], "d": nn.Parameter(base)}
    torch.save(tied, tmp_path / "tied.pt")
    found = open_file(tmp_path / "tied.pt")
    assert isinstance(found, Checkpoint)
    facts = checkpoint_facts(found)
    assert (facts.parameters, facts.bytes, facts.tensor_count) == (1000, 4000, 4)


def _renumbered(path: Path, old: bytes, new: bytes) -> None:
    """Change the list of contents, and write the archive again around it."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            if name.endswith("data.pkl"):
                assert data.count(old) == 1
                data = data.replace(old, new)
            archive.writestr(name, data)


_SHAPE = b"K\x4dK\x03\x86"


def test_a_view_larger_than_its_storage_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    torch.save({"w": torch.zeros(77, 3)}, path)
    _renumbered(path, _SHAPE, _SHAPE.replace(b"\x4d", b"\xb1"))
    with pytest.raises(RuntimeError, match="storage"):
        torch.load(path)
    with pytest.raises(InspectorError, match="describes more than it holds") as raised:
        open_file(path)
    assert "'w' claims 2,124 bytes of its storage '0', which holds 924" in str(raised.value)


def test_sizes_beyond_any_computer_do_not_overflow(tmp_path: Path) -> None:
    path = tmp_path / "huge.pt"
    torch.save({"w": torch.zeros(77, 3)}, path)
    huge = b"\x8a\x08" + (2**62).to_bytes(8, "little")
    _renumbered(path, _SHAPE, huge + huge + b"\x86")
    with pytest.raises(InspectorError, match="describes more than it holds"):
        open_file(path)


def test_a_storage_shorter_than_the_list_says_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "short.pt"
    torch.save({"w": torch.zeros(77, 3)}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data[:100] if name.endswith("data/0") else data)
    with pytest.raises(InspectorError, match="which holds 100"):
        open_file(path)


def test_a_member_that_was_changed_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "changed.pt"
    torch.save({"w": torch.zeros(77, 3)}, path)
    data = path.read_bytes()
    path.write_bytes(data.replace(_SHAPE, _SHAPE.replace(b"\x4d", b"\x4c")))
    with pytest.raises(InspectorError, match="is not as it was written"):
        open_file(path)
