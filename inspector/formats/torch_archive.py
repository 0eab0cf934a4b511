"""A zip archive of PyTorch's, checked before anything in it is read.

Source: `caffe2/serialize/inline_container.cc` in https://github.com/pytorch/pytorch
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from inspector.core.failures import InspectorError
from inspector.core.model import Payload
from inspector.formats.pickle_values import ClaimError
from inspector.formats.window import Window
from inspector.formats.zip_guard import check_members, stored_at

TEXT = 4 << 20
"""Bytes of source text that are kept of one file."""

PICKLE = 256 << 20
"""Bytes of the longest list of contents that is read."""

_MARKS = ("data.pkl", "constants.pkl", "archive_format", ".data/version", "version")
_ROOTLESS = {"serialized_exported_program.json", "data.pkl", "archive_format"}
_STORAGES = (("data/", ""), ("tensors/", ""), (".data/", ".storage"))


class Archive:
    """The members of an archive, by their names below its root.

    Args:
        path: The file.
        archive: The archive, open.
        start: Where it begins in the file, for one that lies inside another.
        size: Its bytes, for one that lies inside another.
    """

    def __init__(
        self, path: Path, archive: zipfile.ZipFile, start: int = 0, size: int | None = None
    ) -> None:
        self.path = path
        self._archive = archive
        self._start = start
        members = check_members(path, archive, size)
        self._root = _find_root(path, list(members))
        self._members = {
            name[len(self._root) :]: member
            for name, member in members.items()
            if name.startswith(self._root)
        }

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def below(self, folder: str, end: str = "") -> list[str]:
        """Members in a folder (`code/`) whose names have this end."""
        return [name for name in self._members if name.startswith(folder) and name.endswith(end)]

    def size(self, name: str) -> int:
        """Bytes of a member once it is unpacked."""
        return self._members[name].file_size

    def read(self, name: str, largest: int = PICKLE) -> bytes:
        """The bytes of a member.

        Raises:
            ClaimError: It is missing.
            InspectorError: It is longer than `largest`.
        """
        if name not in self._members:
            raise ClaimError(f"Its member '{name}' is missing: saving it was not finished.")
        with self._archive.open(self._members[name]) as member:
            found = member.read(largest + 1)
        if len(found) > largest:
            raise InspectorError(
                f"{self.path.name} holds a list of contents of more than {largest:,} bytes.",
                "Save the state dict alone, without the other data, and open that.",
                name,
            )
        return found

    def start_of(self, name: str) -> bytes:
        """The first bytes of a member."""
        with self._archive.open(self._members[name]) as member:
            return member.read(16)

    @contextmanager
    def opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """A member as a file of its own, where it lies if it is not compressed, and its bytes."""
        place = stored_at(self._archive, self._members[name], self._start)
        if place is None:
            with io.BytesIO(self.read(name)) as held:
                yield held, self.size(name)
        else:
            with Window(self.path, place.offset, place.length) as window:
                yield cast("IO[bytes]", window), place.length

    def text(self, name: str) -> str:
        """A short member as text; empty where it is missing."""
        return self.read(name, TEXT).decode("utf-8", "replace").strip() if name in self else ""

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        return json.loads(self.read(name))

    def place(self, key: str) -> Payload:
        """Where the storage of this key lies.

        Raises:
            ClaimError: It is missing.
            InspectorError: It is compressed.
        """
        for folder, end in _STORAGES:
            if f"{folder}{key}{end}" in self._members:
                return self.stored(f"{folder}{key}{end}")
        raise ClaimError(f"Its member 'data/{key}' with values of tensors is missing.")

    def stored(self, name: str) -> Payload:
        """Where a member with values of tensors lies.

        Raises:
            InspectorError: It is compressed.
        """
        found = stored_at(self._archive, self._members[name], self._start)
        if found is None:
            raise InspectorError(
                f"{self.path.name} keeps the values of its tensors compressed, which PyTorch "
                "never does.",
                "Unpack it, and pack it again without compression (zip -0), or save it again "
                "with torch.save.",
                name,
            )
        return found

    def source(self, folder: str, end: str = ".py") -> tuple[tuple[str, str], ...]:
        """Text of the files in a folder, by name, up to 4 MB in all."""
        found, left = [], TEXT
        for name in self.below(folder, end):
            if self.size(name) <= left:
                text = self.read(name, TEXT).decode("utf-8", "replace")
                left -= len(text)
                found.append((name, text))
        return tuple(found)


def _find_root(path: Path, names: list[str]) -> str:
    """The folder inside the archive that holds everything; usually the file's first name."""
    for name in names:
        for mark in _MARKS:
            if name.endswith(f"/{mark}") and name.count("/") == 1 + mark.count("/"):
                return name.removesuffix(mark)
    if _ROOTLESS & set(names):
        return ""
    if any(name.endswith("model.json") for name in names):
        raise InspectorError(
            f"{path.name} is a TorchScript program of PyTorch 1.3 or older.",
            "Load it with the PyTorch of its time and save it again.",
        )
    raise InspectorError(
        f"{path.name} is a zip archive, but PyTorch did not write it.",
        "Unpack it if it holds a model, and open that.",
        ", ".join(names[:20]),
    )
