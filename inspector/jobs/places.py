"""Where a worker may read and write for a request: the folders of the files it names.

The clients work this out before a job is sent, since a worker that is confined to some folders
stays so for the rest of its life.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_ENTRIES = 10_000
_MOST_KEPT = 12
"""Paths that a place takes over from the one before."""

_PROCESSOR = "CPUExecutionProvider"

_PATHS = ("path", "paths", "reference_file", "candidate_file", "custom_ops")
_CODE = "code"
"""Fields of requests, and of the records in them, that name files to be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a worker may reach beyond the libraries.

    Attributes:
        read: Files, and folders with all that is in them; absolute.
        write: The one folder it may write into, with its jobs and its temporary files.
        devices: Whether the files of graphics processors are needed.
        files: What the request itself names.
        since: When this was worked out, in seconds since the epoch.
    """

    read: tuple[str, ...]
    write: str
    devices: bool = False
    files: tuple[str, ...] = ()
    since: float = 0.0

    def holds(self, other: Place) -> bool:
        """Whether a worker that is confined to this can do what the other needs."""
        if self.write != other.write or self.devices < other.devices:
            return False
        if any(path in self.read and _is_newer(path, self.since) for path in other.files):
            return False  # a file that was let in by itself has been replaced by another
        return all(self.may_read(path) for path in other.read)

    def and_read(self, paths: tuple[str, ...]) -> Place:
        """This place with more to read; the newest first, and not without end."""
        read = tuple(dict.fromkeys((*self.read, *paths)))
        return dataclasses.replace(self, read=read[: max(len(self.read), _MOST_KEPT)])

    def may_read(self, path: str) -> bool:
        """Whether an absolute path is one of those named, or lies in one of them."""
        return any(_within(path, known) for known in (*self.read, self.write))


def place_of(request: object, workspace: Path, also: Iterable[str] = ()) -> Place:
    """The place that a request needs.

    Args:
        request: Any request of `requests.py`.
        workspace: The worker's own folder.
        also: Files that later requests are likely to name, so that one worker does for all.
    """
    read: dict[str, None] = {}
    files = tuple(os.path.abspath(os.path.expanduser(one)) for one in _named(request, _PATHS))
    for path in (*files, *also):
        read.update(dict.fromkeys(_around(path)))
    for code in _named(request, (_CODE,)):
        read.update(dict.fromkeys(_around_code(code)))
    asked = (getattr(request, name, _PROCESSOR) for name in ("provider", "providers"))
    devices = any(one != _PROCESSOR for one in asked)
    return Place(tuple(read), os.path.abspath(workspace), devices, files, time.time())


def place_for(paths: Iterable[str], workspace: Path) -> Place:
    """The place of a request about these files."""
    read = dict.fromkeys(one for path in paths for one in _around(path))
    return Place(tuple(read), os.path.abspath(workspace), since=time.time())


def _is_newer(path: str, since: float) -> bool:
    """Whether a file was put there or changed after a time; a folder never was."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return not stat.S_ISDIR(found.st_mode) and found.st_ctime > since


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _named(record: object, fields: tuple[str, ...]) -> Iterator[str]:
    """The texts in the named fields of a record, and of the records in it."""
    assert dataclasses.is_dataclass(record)
    for field in dataclasses.fields(record):
        held = getattr(record, field.name)
        if dataclasses.is_dataclass(held):
            yield from _named(held, fields)
        elif field.name in fields:
            yield from (one for one in ((held,) if isinstance(held, str) else held) if one)


def _around(path: str) -> Iterator[str]:
    """A file with its folder, and where links lead to; a folder is its own place."""
    given = os.path.abspath(os.path.expanduser(path))
    yield from reachable(given if os.path.isdir(given) else os.path.dirname(given))
    with contextlib.suppress(OSError, ValueError):
        real = os.path.realpath(given)
        if real != given:
            yield real
    # A cache of models, as Hugging Face lays it out: names of a revision, links into one store.
    parts = Path(given).parts
    if "snapshots" in parts:
        store = Path(*parts[: parts.index("snapshots")], "blobs")
        if store.is_dir():
            yield str(store)


def reachable(folder: str) -> Iterator[str]:
    """A folder; of one that holds a whole home, only its visible files."""
    if not _is_wide(folder):
        yield folder
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False):
            if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                yield entry.path


def _is_wide(folder: str) -> bool:
    """Whether a folder is a home, what all temporary files lie in, or above one of them."""
    wide = (os.path.expanduser("~"), tempfile.gettempdir())
    real = os.path.realpath(folder)
    return any(_within(os.path.realpath(place), real) for place in wide)


def _around_code(code: str) -> Iterator[str]:
    """The folders that a user's source is imported from, see `runtimes.user_code`."""
    from inspector.core.failures import InspectorError
    from inspector.runtimes.user_code import roots_of

    try:
        roots, names = roots_of(code)
    except (InspectorError, OSError, RecursionError, MemoryError):
        return  # the worker says what is wrong with it
    for root in roots:
        yield from reachable(str(root))
        if _is_wide(str(root)):
            found = (root / name for name in names)
            yield from (str(path) for path in found if path.is_dir())
