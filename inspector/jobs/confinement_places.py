"""What the interpreter and the libraries themselves must be able to read, on Linux and macOS."""

from __future__ import annotations

import glob
import os
import sys
import sysconfig
from collections.abc import Iterator

import inspector
from inspector.jobs.places import reachable

_SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/System/Library", "/Library/Apple",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version",
    "/proc/filesystems", "/proc/sys/vm", "/proc/sys/kernel/osrelease",
    "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
"""Libraries, and what they ask about the machine. No users, no hosts, no other process."""

_ALWAYS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PROCESSORS = ("/dev/nvidia*", "/dev/dri", "/dev/kfd")


def needed_to_read() -> tuple[str, ...]:
    """Files and folders: the interpreter, installed packages, this program, system libraries."""
    found = (*_SYSTEM, *_interpreter(), *_editable(), *_own(), *_library_paths())
    return tuple(dict.fromkeys(found))


def needed_devices(processors: bool) -> tuple[str, ...]:
    """Devices that give zeros and random numbers, and graphics processors where asked for."""
    if not processors:
        return _ALWAYS
    return (*_ALWAYS, *(path for pattern in _PROCESSORS for path in glob.glob(pattern)))


def _interpreter() -> Iterator[str]:
    """Where Python looks for modules, but for the folder that this program was checked out to.

    A home that is on the search path gives the files in it, not its folders.
    """
    root = _root()
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    yield from sysconfig.get_paths().values()
    for entry in sys.path:
        path = os.path.abspath(entry)
        if path != root and os.path.exists(path):
            yield from reachable(path) if os.path.isdir(path) else (path,)


def _editable() -> Iterator[str]:
    """Packages that are installed as links to where they are worked on.

    setuptools keeps their places in modules of this name, which `site` imports.
    """
    for name, module in tuple(sys.modules.items()):
        if name.startswith("__editable__"):
            yield from (str(place) for place in getattr(module, "MAPPING", {}).values())


def _own() -> Iterator[str]:
    """The program and what it brings, and no more of the folder that they lie in."""
    yield os.path.dirname(os.path.abspath(inspector.__file__))
    yield os.path.join(_root(), "resources")


def _library_paths() -> Iterator[str]:
    paths = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    yield from (path for path in paths if os.path.isabs(path))


def _root() -> str:
    return os.path.dirname(os.path.dirname(os.path.abspath(inspector.__file__)))
