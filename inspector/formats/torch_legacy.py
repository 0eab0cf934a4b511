"""What `torch.save` wrote before its zip format, listed without running it.

Source: `torch/serialization.py`, `_legacy_save`: three small pickles (magic number, protocol,
system), the object, the list of storage keys, and then every storage with its length before it.
"""

from __future__ import annotations

import mmap
import struct
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
    with (
        explained(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        stream = Stream(path, data)
        found = contents(stream.load(), stream.places.get)
    pickles = Pickles(tuple(stream.machine.globals.values()), tuple(stream.machine.calls))
    return checkpoint(path, "legacy", found, pickles, source=tuple(stream.source.items()))


class Stream:
    """The five pickles and the storages behind them, in a file or in a part of one.

    Args:
        path: The file, for its name.
        data: Its bytes.
        start: Where the first pickle begins.
        end: Where the storages end; None: with the data.

    Attributes:
        machine: What read them: names and calls.
        source: Text of classes that the file carries, by name.
        places: Where each storage lies, by its key; known once `load` is through.
    """

    def __init__(self, path: Path, data: Buffer, start: int = 0, end: int | None = None) -> None:
        self._path = path
        self._data = data
        self._end = len(data) if end is None else end
        self.machine = Machine(data, self._persistent, start)
        self.source: dict[str, str] = {}
        self._items: dict[str, int] = {}
        self.places: dict[str, Payload] = {}

    def load(self) -> Any:
        """The object that was saved."""
        for _ in range(3):
            self.machine.load()
        root = self.machine.load()
        keys = self.machine.load()
        self._find_storages(keys if isinstance(keys, list) else [])
        return root

    def _persistent(self, identifier: Any) -> Any:
        if isinstance(identifier, tuple) and len(identifier) >= 4 and identifier[0] == "module":
            # The class of a container, with the text of its source for comparison on loading.
            _, found, file, text = identifier[:4]
            if isinstance(found, Global) and isinstance(text, str):
                self.source[f"{found.path} ({Path(str(file)).name})"] = text
            return found
        if isinstance(identifier, tuple) and len(identifier) >= 5 and identifier[0] == "storage":
            kind, key = identifier[1], identifier[2]
            if isinstance(kind, Global):
                self._items[str(key)] = ITEM_BYTES.get(storage_dtype(kind.path), 1)
        return Persistent(identifier)

    def _find_storages(self, keys: list[Any]) -> None:
        """Step from storage to storage: eight bytes say how many elements follow."""
        at, end = self.machine.at, self._end
        for key in map(str, keys):
            if at + 8 > end:
                raise PickleCutShortError(f"storage {key} is missing")
            count: int = struct.unpack("<q", self._data[at : at + 8])[0]
            size = count * self._items.get(key, 1)
            if count < 0 or at + 8 + size > end:
                raise PickleCutShortError(f"storage {key} needs {size:,} bytes")
            self.places[key] = Payload("", at + 8, size)
            at += 8 + size
