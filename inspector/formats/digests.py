"""What a file or a folder holds, as one SHA-256: consent is about that, byte for byte."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError

MOST_FILES = 10_000
MOST_BYTES = 16 << 30
"""Of a folder; more would be read for minutes, each time that it is opened."""

_CHUNK = 1 << 20
_INDEX = ".index.json"


class Member(NamedTuple):
    """A file of a folder: its path in the folder with `/`, where it lies, its size."""

    name: str
    path: Path
    bytes: int


def size_of(path: str) -> int:
    """Bytes of a file, or of all files in a folder; of an index, those of its folder.

    Raises:
        OSError: Something cannot be looked at.
        InspectorError: As `members`.
    """
    folder = _folder(path)
    return sum(one.bytes for one in members(folder)) if folder else os.path.getsize(path)


def digest_of(path: str) -> str:
    """SHA-256 of a whole file; of a folder over the sorted names and digests of all its files.

    An index of weights stands for its folder, whose files are loaded with it. The interpreter is
    free for other threads meanwhile.

    Raises:
        OSError: Something cannot be read.
        InspectorError: As `members`.
    """
    folder = _folder(path)
    if folder is None:
        return _of_file(Path(path))
    digest = hashlib.sha256()
    for one in members(folder):
        digest.update(f"{one.name!r} {_of_file(one.path)}\n".encode())
    return digest.hexdigest()


def members(folder: Path) -> list[Member]:
    """All files in a folder and its folders, sorted by name; files behind links are those.

    Raises:
        OSError: Something cannot be looked at.
        InspectorError: There is too much to be read, or something that is no plain file.
    """
    found = []
    total = 0
    for path in _walk(folder):
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # a pipe, or a link to a folder, which may be any
            raise _unread(folder, f"'{path.name}' in it is no plain file")
        total += state.st_size
        found.append(Member(path.relative_to(folder).as_posix(), path, state.st_size))
        if total > MOST_BYTES or len(found) > MOST_FILES:
            most = f"{MOST_BYTES / 2**30:.0f} GiB or {MOST_FILES:,} files"
            raise _unread(folder, f"it holds more than {most}")
    return sorted(found)


def _folder(path: str) -> Path | None:
    """The folder that a path stands for; None for a file by itself."""
    given = Path(path)
    if given.is_dir():
        return given
    return given.parent if given.name.endswith(_INDEX) else None


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_raise):
        yield from (Path(place, name) for name in files)
        inner = (Path(place, name) for name in folders)
        yield from (one for one in inner if one.is_symlink())


def _raise(error: OSError) -> None:
    raise error


def _of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _unread(folder: Path, why: str) -> InspectorError:
    return InspectorError(
        f"Consent for {folder.name} is not remembered: {why}.", "It is asked for each time."
    )
