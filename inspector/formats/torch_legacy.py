"""What `torch.save` wrote before its zip format, and pickles that it did not write.

Source: `torch/serialization.py`, `_legacy_save`: three small pickles (magic number, protocol,
system), the object, the list of storage keys, and then every storage with its length before it.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.model import Checkpoint, Payload
from inspector.formats.explained import explained
from inspector.formats.imports import storage_dtype
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_values import Global, Persistent, PickleCutShortError
from inspector.formats.protobuf_wire import Buffer
from inspector.formats.torch_forms import Pickles, checkpoint, contents
from inspector.formats.torch_views import ITEM_BYTES


def read_torch_legacy(path: Path) -> Checkpoint:
    """List a file of the form before zip; nothing in it is executed.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    return _guarded(path, _Legacy)


def read_plain_pickle(path: Path) -> Checkpoint:
    """List a pickle that `torch.save` did not write; nothing in it is executed.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    return _guarded(path, _Plain)


def _guarded(path: Path, reader: type[_Legacy] | type[_Plain]) -> Checkpoint:
    with (
        explained(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return reader(path, data).checkpoint()


class _Legacy:
    def __init__(self, path: Path, data: Buffer) -> None:
        self._path = path
        self._data = data
        self._machine = Machine(data, self._persistent)
        self._source: dict[str, str] = {}
        self._items: dict[str, int] = {}
        self._places: dict[str, Payload] = {}

    def checkpoint(self) -> Checkpoint:
        machine = self._machine
        for _ in range(3):
            machine.load()
        root, calls = machine.load(), machine.calls
        keys = machine.load()
        self._find_storages(keys if isinstance(keys, list) else [])
        found = contents(root, self._places.get)
        pickles = Pickles(tuple(machine.globals.values()), tuple(calls))
        source = tuple(self._source.items())
        return checkpoint(self._path, "legacy", found, pickles, source=source)

    def _persistent(self, identifier: Any) -> Any:
        if isinstance(identifier, tuple) and len(identifier) >= 4 and identifier[0] == "module":
            # The class of a container, with the text of its source for comparison on loading.
            _, found, file, text = identifier[:4]
            if isinstance(found, Global) and isinstance(text, str):
                self._source[f"{found.path} ({Path(str(file)).name})"] = text
            return found
        if isinstance(identifier, tuple) and len(identifier) >= 5 and identifier[0] == "storage":
            kind, key = identifier[1], identifier[2]
            if isinstance(kind, Global):
                self._items[str(key)] = ITEM_BYTES.get(storage_dtype(kind.path), 1)
        return Persistent(identifier)

    def _find_storages(self, keys: list[Any]) -> None:
        """Step from storage to storage: eight bytes say how many elements follow."""
        at, end = self._machine.at, len(self._data)
        for key in map(str, keys):
            if at + 8 > end:
                raise PickleCutShortError(f"storage {key} is missing")
            count: int = struct.unpack("<q", self._data[at : at + 8])[0]
            size = count * self._items.get(key, 1)
            if count < 0 or at + 8 + size > end:
                raise PickleCutShortError(f"storage {key} needs {size:,} bytes")
            self._places[key] = Payload("", at + 8, size)
            at += 8 + size


class _Plain:
    def __init__(self, path: Path, data: Buffer) -> None:
        self._path = path
        self._machine = Machine(data)

    def checkpoint(self) -> Checkpoint:
        machine = self._machine
        found = replace(contents(machine.load(), lambda _: None), form="pickle")
        pickles = Pickles(tuple(machine.globals.values()), tuple(machine.calls))
        return checkpoint(self._path, "pickle", found, pickles)
