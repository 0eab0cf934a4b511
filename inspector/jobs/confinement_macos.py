"""The sandbox of macOS: a profile that the process gives itself, for good.

Untried: written by the documentation of `sandbox_init`, which is deprecated and still there. Where
it is missing or refuses the profile, the worker goes on and says so.

Source: sandbox_init(3) and sandbox-exec(1) of macOS; the profiles in /usr/share/sandbox.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from collections.abc import Iterable
from typing import Any

_RULES = """(version 1)
(allow default)
(deny network*)
(deny process-exec*)
(deny process-fork)
(deny signal (target others))
(deny file-write*)
(deny file-read-data)
(allow file-read-data (literal "/"))
"""

_SYSTEM = ("/System", "/Library", "/usr", "/bin", "/private/var/db/dyld", "/private/etc/localtime")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def restrict(read: Iterable[str], write: Iterable[str]) -> None:
    """Bind this process to what it may read and write, without network and other programs.

    Raises:
        OSError: There is no sandbox, or it does not take the profile.
    """
    found = ctypes.util.find_library("sandbox") or "/usr/lib/libsandbox.dylib"
    library: Any = ctypes.CDLL(found)
    problem = ctypes.c_char_p()
    text = profile(read, write).encode()
    if library.sandbox_init(text, ctypes.c_uint64(0), ctypes.byref(problem)):
        said = (problem.value or b"unknown").decode("utf-8", "replace")
        raise OSError(f"the profile is not taken: {said}")


def profile(read: Iterable[str], write: Iterable[str]) -> str:
    """The rules as text; the last one that fits a file decides."""
    lines = [_RULES]
    for path in dict.fromkeys((*_SYSTEM, *(_real(one) for one in read))):
        lines.append(f"(allow file-read-data (subpath {_quoted(path)}))\n")
    for path in _DEVICES:
        lines.append(f"(allow file-read-data file-write-data (literal {_quoted(path)}))\n")
    for path in dict.fromkeys(_real(one) for one in write):
        lines.append(f"(allow file-read-data file-write* (subpath {_quoted(path)}))\n")
    return "".join(lines)


def _real(path: str) -> str:
    """The sandbox looks at paths without links, and /tmp and /var are links there."""
    return os.path.realpath(path)


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
