"""Landlock: the folders a Linux process may read and write, settled once and for good.

Rights that are handled and granted nowhere are refused everywhere: running a program, making
links, sockets, pipes and device files. Only the calling thread is bound, and those it starts.

Source: Linux, Documentation/userspace-api/landlock.rst, and include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from typing import Any

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_ONLY = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_WRITE_FILE, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_FILE, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _REFER | _TRUNCATE
)
_DEVICE = _READ_FILE | _WRITE_FILE
_OF_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE
"""Rights that a rule about something other than a folder may name."""

_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
"""Rights about files by version; from 5 on also commands to devices."""
_HANDLED_NEWEST = (1 << 16) - 1

_TCP = 0b11
"""Binding and connecting, from version 4 on."""
_SCOPES = 0b11
"""Abstract sockets and signals of others, from version 6 on."""
_ALL_THREADS = 1 << 3

BINDS_ALL_THREADS = 8
"""First version that can bind the threads that exist already."""


def version() -> int:
    """Version of Landlock in this kernel; 0 where it has none, or it is switched off."""
    return max(int(_library().syscall(_CREATE, None, 0, _VERSION_ONLY)), 0)


def restrict(
    read: Iterable[str], write: Iterable[str], devices: Iterable[str] = ()
) -> tuple[str, ...]:
    """Bind this process to what it may read and write; what does not exist is passed over.

    Args:
        read: Files and folders with all that is in them.
        write: Folders where files may also be made, changed and removed.
        devices: Device files that may be read and written.

    Returns:
        What this kernel cannot refuse although a newer one could, in words.

    Raises:
        OSError: The kernel has no Landlock, or refuses the rules.
    """
    library, found = _library(), version()
    if not found:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")
    handled = _HANDLED.get(found, _HANDLED_NEWEST)
    rules = _new_ruleset(library, found, handled)
    try:
        for paths, rights in ((read, _READ), (devices, _DEVICE), (write, _WRITE)):
            for path in paths:
                _allow(library, rules, path, rights & handled)
        _checked(library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(
            library.syscall(_RESTRICT, rules, _ALL_THREADS if found >= BINDS_ALL_THREADS else 0)
        )
    finally:
        os.close(rules)
    return _gaps(found)


def _gaps(found: int) -> tuple[str, ...]:
    # What seccomp refuses in any case (TCP, signals, cutting files short) is not missing.
    return () if found >= 5 else ("commands to devices are not refused",)


def _new_ruleset(library: Any, found: int, handled: int) -> int:
    attributes = struct.pack("=Q", handled)
    if found >= 4:
        attributes += struct.pack("=Q", _TCP)
    if found >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    return _checked(library.syscall(_CREATE, attributes, len(attributes), 0))


def _allow(library: Any, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        _checked(library.syscall(_ADD, rules, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _library() -> Any:
    library: Any = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
