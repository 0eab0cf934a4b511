"""Libraries of operators that the person agreed to load: the files as they were then, no others."""

from __future__ import annotations

import os
from collections.abc import Iterable

State = tuple[str, int, int, int, int]
"""A file's path, number, size, and the times of its last change (of its content, of its entry)."""


def states_of(libraries: Iterable[str]) -> tuple[State, ...]:
    """What tells later whether a library has changed; one that is not there has a state too."""
    return tuple(_state(path) for path in libraries)


def _state(path: str) -> State:
    try:
        found = os.stat(path)
    except OSError:
        return path, 0, -1, 0, 0
    return path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
