"""What Windows gives without extra rights: a job object, and low integrity.

Untried: written by the documentation. The job object bounds memory, ends the process with its
client, and lets it start no other; low integrity keeps it from writing to what the user owns.
Reading and the network stay open: an app container would close them, but not for a process that
is running already.

Source: Microsoft, "Job Objects" and "Mandatory Integrity Control" (winnt.h, jobapi2.h, sddl.h).
"""

from __future__ import annotations

import ctypes
import subprocess
from ctypes import wintypes
from typing import Any

_BASIC_UI, _EXTENDED = 4, 9
_ACTIVE_PROCESS, _PROCESS_MEMORY, _DIE_ON_FAULT, _KILL_ON_CLOSE = 0x8, 0x100, 0x400, 0x2000
_UI_ALL = 0xFF
"""No other program's windows, clipboard, desktops, settings, or switching off."""

_TOKEN_ADJUST_DEFAULT, _TOKEN_QUERY = 0x80, 0x8
_TOKEN_INTEGRITY = 25
_INTEGRITY = 0x20
_LOW = "S-1-16-4096"

MEMORY_SHARE = 0.75
"""Share of the physical memory that the process may take."""

_kept: list[Any] = []
"""The handle of the job: when it is closed, its processes end."""


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION with its basic part written out."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", wintypes.DWORD),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority", wintypes.DWORD),
        ("scheduling", wintypes.DWORD),
        ("counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class _Memory(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("length", wintypes.DWORD),
        ("load", wintypes.DWORD),
        ("sizes", ctypes.c_uint64 * 7),
    )


class _Label(ctypes.Structure):
    """TOKEN_MANDATORY_LABEL."""

    _fields_ = (("sid", ctypes.c_void_p), ("attributes", wintypes.DWORD))


def restrict_job() -> None:
    """Put this process into a job of its own: no second process, bounded memory, no desktop.

    Raises:
        OSError: Windows refuses it.
    """
    kernel = _library("kernel32")
    kernel.CreateJobObjectW.restype = wintypes.HANDLE
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    job = wintypes.HANDLE(_checked(kernel.CreateJobObjectW(None, None)))
    _kept.append(job)
    memory = _Memory(length=ctypes.sizeof(_Memory))
    _checked(kernel.GlobalMemoryStatusEx(ctypes.byref(memory)))
    limits = _Limits(
        flags=_ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_FAULT | _KILL_ON_CLOSE,
        active_processes=1,
        process_memory=int(memory.sizes[0] * MEMORY_SHARE),
    )
    surface = wintypes.DWORD(_UI_ALL)
    for kind, value in ((_EXTENDED, limits), (_BASIC_UI, surface)):
        size = ctypes.sizeof(value)
        _checked(kernel.SetInformationJobObject(job, kind, ctypes.byref(value), size))
    process = wintypes.HANDLE(kernel.GetCurrentProcess())
    _checked(kernel.AssignProcessToJobObject(job, process))


def allow_low_integrity(folder: str) -> None:
    """Let a process of low integrity write into a folder; to be done before it becomes one.

    Raises:
        OSError: Windows refuses it.
    """
    command = ["icacls", folder, "/setintegritylevel", "(OI)(CI)low"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise OSError(f"the folder cannot be given: {done.stderr!r}")


def lower_integrity() -> None:
    """Take the right to write to anything of the user's that is not marked as low.

    Raises:
        OSError: Windows refuses it.
    """
    kernel, rights = _library("kernel32"), _library("advapi32")
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    token, sid = wintypes.HANDLE(), ctypes.c_void_p()
    process = wintypes.HANDLE(kernel.GetCurrentProcess())
    access = _TOKEN_ADJUST_DEFAULT | _TOKEN_QUERY
    _checked(rights.OpenProcessToken(process, access, ctypes.byref(token)))
    _checked(rights.ConvertStringSidToSidW(_LOW, ctypes.byref(sid)))
    label = _Label(sid, _INTEGRITY)
    size = ctypes.sizeof(label) + rights.GetLengthSid(sid)
    _checked(rights.SetTokenInformation(token, _TOKEN_INTEGRITY, ctypes.byref(label), size))


def _library(name: str) -> Any:
    loader: Any = getattr(ctypes, "WinDLL")  # noqa: B009 (it is there on Windows alone)
    return loader(name, use_last_error=True)


def _checked(result: int) -> int:
    if not result:
        last: Any = getattr(ctypes, "get_last_error")  # noqa: B009
        raise OSError(f"Windows refuses it, error {last()}")
    return result
