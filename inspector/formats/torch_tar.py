"""What `torch.save` wrote before PyTorch 0.1.10: a tar archive of storages, tensors and a pickle.

Source: `torch/serialization.py`, `legacy_load`.
"""

from __future__ import annotations

import mmap
import struct
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.model import Checkpoint, Payload
from inspector.formats.explained import explained
from inspector.formats.imports import storage_dtype
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_values import Call, Global, Persistent, PickleError
from inspector.formats.torch_forms import Pickles, checkpoint, contents
from inspector.formats.torch_views import ITEM_BYTES

_REBUILD = Global("torch._utils", "_rebuild_tensor")
_MOST = 1_000_000
_DIMS = 64


class _Block(NamedTuple):
    """A storage: its class, elements, and which one it is part of."""

    kind: Global
    elements: int
    root: str
    shift: int = 0


def read_torch_tar(path: Path) -> Checkpoint:
    """List a tar archive that PyTorch wrote; nothing in it is executed or unpacked.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    with (
        explained(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return _Tar(path, data).checkpoint()


class _Tar:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path, self._data = path, data
        self._blocks: dict[str, _Block] = {}
        self._places: dict[str, Payload] = {}
        self._tensors: dict[str, Call] = {}
        self._source: dict[str, str] = {}
        try:
            with tarfile.open(path, "r:") as archive:
                self._members = {
                    item.name: (item.offset_data, item.offset_data + item.size)
                    for item in archive.getmembers()
                }
        except tarfile.TarError as error:
            raise PickleError(str(error)) from error

    def checkpoint(self) -> Checkpoint:
        self._read_storages()
        self._read_tensors()
        machine = self._machine("pickle")
        found = contents(machine.load(), self._places.get)
        self._check_end("pickle", machine)
        kinds = [block.kind for block in self._blocks.values()]
        names = (*machine.globals.values(), *{kind.path: kind for kind in kinds}.values())
        pickles = Pickles(names, tuple(machine.calls))
        return checkpoint(self._path, "tar", found, pickles, source=tuple(self._source.items()))

    def _machine(self, name: str) -> Machine:
        if name not in self._members:
            raise PickleError(f"its member '{name}' is missing")
        return Machine(self._data, self._persistent, self._members[name][0])

    def _check_end(self, name: str, machine: Machine) -> None:
        """Refuse a member that was read into the next one."""
        if machine.at > self._members[name][1]:
            raise EOFError(f"its member '{name}' is cut short")

    def _read_storages(self) -> None:
        machine = self._machine("storages")
        for _ in range(_limited(machine.load())):
            key, _, kind = machine.load()
            (count,) = struct.unpack_from("<q", self._data, machine.at)
            item = ITEM_BYTES.get(storage_dtype(kind.path), 1)
            if count < 0 or machine.at + 8 + count * item > len(self._data):
                raise EOFError(f"storage {key} has {count:,} elements")
            self._places[str(key)] = Payload("", machine.at + 8, count * item)
            self._blocks[str(key)] = _Block(kind, count, str(key))
            machine.at += 8 + count * item
        for target, root, offset, count in machine.load():
            block = self._blocks[str(root)]
            shift = block.shift + offset
            self._blocks[str(target)] = _Block(block.kind, count, block.root, shift)
        self._check_end("storages", machine)

    def _read_tensors(self) -> None:
        machine = self._machine("tensors")
        for _ in range(_limited(machine.load())):
            key, storage, _ = machine.load()
            dims, _ = struct.unpack_from("<ii", self._data, machine.at)
            if not 0 <= dims <= _DIMS:
                raise PickleError(f"a tensor of {dims:,} dimensions")
            numbers = struct.unpack_from(f"<{2 * dims + 1}q", self._data, machine.at + 8)
            machine.at += 8 + 8 * len(numbers)
            block = self._blocks[str(storage)]
            whole = self._blocks[block.root]
            identifier = ("storage", whole.kind, block.root, "cpu", whole.elements)
            args = (
                Persistent(identifier), block.shift + numbers[-1],
                numbers[:dims], numbers[dims : 2 * dims],
            )  # fmt: skip
            self._tensors[str(key)] = Call(_REBUILD, args)
        self._check_end("tensors", machine)

    def _persistent(self, identifier: Any) -> Any:
        if isinstance(identifier, tuple) and identifier:
            # A class, with the text of its source for comparison on loading.
            if len(identifier) > 2 and isinstance(identifier[0], Global):
                text = identifier[2]
                if isinstance(text, str):
                    self._source[identifier[0].path] = text
            return identifier[0]
        return self._tensors.get(str(identifier), Persistent(identifier))


def _limited(count: Any) -> int:
    if not isinstance(count, int) or not 0 <= count <= _MOST:
        raise PickleError(f"a list of {count!r:.40} entries")
    return count
