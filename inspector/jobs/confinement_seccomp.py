"""seccomp: the system calls that a Linux process has no use for, refused for good.

A small program in the kernel's packet-filter language looks at the number of every call and, for
a few, at an argument. It binds all threads at once, those that libraries started included.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst, include/uapi/linux/{filter,seccomp,
audit,sched}.h; the numbers are those of asm/unistd_64.h (x86-64) and asm-generic/unistd.h (arm64).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Any, NamedTuple

from inspector.jobs.confinement_calls import LAST_KNOWN, REFUSED, SPECIAL

_ARCHITECTURES = {"x86_64": (0xC000003E, 0, 317), "aarch64": (0xC00000B7, 1, 277)}
"""Machine to the kernel's name for it, its column in the table of calls, and the number of
`seccomp` itself."""

_SET_FILTER, _ALL_THREADS = 1, 1
_NO_NEW_PRIVILEGES, _GET_SECCOMP = 38, 21
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Offsets in what a filter sees; of an argument, its lower half (both machines: little end)."""

_CLONE_THREAD = 0x00010000
_CLONE_SPACES = 0x7E020000
"""New namespaces of any kind."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""Commands that put keys into the terminal's input: TIOCSTI, TIOCLINUX."""
_FILE_FLAGS = (0x40086602, 0x40046602, 0x40087602, 0x401C5820, 0x40806685)
"""Commands that change a file which is open for reading alone: FS_IOC_SETFLAGS, its 32-bit form,
FS_IOC_SETVERSION, FS_IOC_FSSETXATTR, FS_IOC_ENABLE_VERITY."""
_OWNERS = (8, 10, 15)
"""Ways to have any process signalled when a file is ready: F_SETOWN, F_SETSIG, F_SETOWN_EX."""


class _Step(NamedTuple):
    """One instruction; `yes` and `no` are labels to go on at, empty for the next one."""

    code: int
    value: int
    yes: str = ""
    no: str = ""


def available() -> bool:
    """Whether a filter is written for this machine and its kernel takes one."""
    library: Any = ctypes.CDLL(None, use_errno=True)
    known = platform.machine() in _ARCHITECTURES and struct.calcsize("P") == 8
    # Asking for the mode without a filter to set changes nothing.
    return known and library.prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0


def restrict() -> None:
    """Refuse the calls of `confinement_calls` to every thread of this process.

    Raises:
        OSError: The kernel or the machine has no such filters.
    """
    if platform.machine() not in _ARCHITECTURES or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"no filter is written for {platform.machine()}")
    call = _ARCHITECTURES[platform.machine()][2]
    code = program(platform.machine(), os.getpid())
    library: Any = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    kept = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(code) // 8, ctypes.addressof(kept))
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "privileges cannot be given up")
    result = library.syscall(call, _SET_FILTER, _ALL_THREADS, filter_)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if result > 0:
        raise OSError(errno.EAGAIN, f"thread {result} could not be bound")


def program(machine: str, process: int) -> bytes:
    """The filter for a machine and a process, 8 bytes per instruction.

    Calls that are newer than the table are "not implemented", so that libraries fall back to
    those that are in it; so is `clone3`, whose flags a filter cannot see.
    """
    architecture, column, _ = _ARCHITECTURES[machine]
    special = {name: numbers[column] for name, numbers in SPECIAL.items()}
    refused = sorted(n for numbers in REFUSED.values() if (n := numbers[column]) is not None)
    steps = [
        _Step(_LOAD, _ARCHITECTURE),
        _Step(_EQUAL, architecture, no="refuse"),
        _Step(_LOAD, _NUMBER),
        _Step(_GREATER, LAST_KNOWN, yes="unknown"),
        _Step(_EQUAL, special["clone3"], yes="unknown"),
        *(
            _Step(_EQUAL, special[name], yes=name)
            for name in ("clone", "kill", "tgkill", "prlimit64", "ioctl", "fcntl")
        ),
        *(_Step(_EQUAL, number, yes="refuse") for number in refused),
    ]
    labels: dict[str, int] = {}
    for label, part in _endings(process):
        labels.setdefault(label, len(steps))
        steps.append(part)
    return b"".join(_encode(step, at, labels) for at, step in enumerate(steps))


def _endings(process: int) -> list[tuple[str, _Step]]:
    """What is looked at more closely, and how every way ends; each step under its label."""
    own = _Step(_LOAD, _FIRST)
    return [
        ("allow", _Step(_RETURN, _ALLOW)),
        ("clone", own),
        ("clone", _Step(_ANY_BIT, _CLONE_SPACES, yes="refuse")),
        ("clone", _Step(_ANY_BIT, _CLONE_THREAD, yes="allowed", no="refuse")),
        ("prlimit64", own),
        ("prlimit64", _Step(_EQUAL, 0, yes="allowed", no="own")),
        ("kill", own),
        ("own", _Step(_EQUAL, process, yes="allowed", no="refuse")),
        ("ioctl", _Step(_LOAD, _SECOND)),
        *(
            ("ioctl", _Step(_EQUAL, command, yes="refuse"))
            for command in (*_TERMINAL_INPUT, *_FILE_FLAGS)
        ),
        ("ioctl", _Step(_RETURN, _ALLOW)),
        ("fcntl", _Step(_LOAD, _SECOND)),
        *(("fcntl", _Step(_EQUAL, command, yes="refuse")) for command in _OWNERS),
        ("allowed", _Step(_RETURN, _ALLOW)),
        ("refuse", _Step(_RETURN, _ERROR | errno.EPERM)),
        ("unknown", _Step(_RETURN, _ERROR | errno.ENOSYS)),
    ]


def _encode(step: _Step, at: int, labels: dict[str, int]) -> bytes:
    known = {**labels, "tgkill": labels["kill"]}
    yes, no = (known[name] - at - 1 if name else 0 for name in (step.yes, step.no))
    return struct.pack("=HBBI", step.code, yes, no, step.value)
