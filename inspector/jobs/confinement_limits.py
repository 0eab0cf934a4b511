"""Bounds on what a worker may use up: memory, processor time, the size of a file, open files.

Each has a value that no honest job comes near, and an environment variable that sets another.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys

MEMORY_SHARE = 0.75
"""Share of the physical memory that a worker may take beyond what its libraries already map."""
DISK_SHARE = 0.5
"""Share of the free disk space that one file may take."""
PROCESSOR_HOURS = 24.0
"""Time that a worker may compute in all its jobs, per core."""
OPEN_FILES = 4096

MEMORY_GB = "ONNX_INSPECTOR_MEMORY_GB"
PROCESSOR_SECONDS = "ONNX_INSPECTOR_PROCESSOR_SECONDS"
FILE_GB = "ONNX_INSPECTOR_FILE_GB"

_GB = 10**9
_LEAST_FILE = _GB
"""A full disk is better said by the disk than by a bound."""


def restrict(folder: str) -> None:
    """Bound this process; to be called after the heavy imports.

    The libraries map several GiB that they never touch, and only what is asked for beyond that is
    bounded. The number of processes is not: the system counts threads too, and those of the user's
    other programs with them; seccomp refuses processes.

    Args:
        folder: Where files will be written.

    Raises:
        OSError: The platform has no such bounds.
    """
    try:
        import resource
    except ImportError as error:
        raise OSError("this platform has no such bounds") from error
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, file_limit(folder))
    # The lower one ends the process by a signal that tells why, the upper one in any case.
    _bound(resource.RLIMIT_CPU, processor_limit(), 5)
    _bound(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit = memory_limit()
    if limit is not None:
        _bound(resource.RLIMIT_AS, limit)


def _bound(kind: int, limit: int, beyond: int = 0) -> None:
    """Set both limits, so that code in this process cannot raise them again."""
    import resource

    _, hard = resource.getrlimit(kind)
    upper = limit + beyond if hard == resource.RLIM_INFINITY else min(limit + beyond, hard)
    with contextlib.suppress(ValueError):  # macOS refuses some values of some limits
        resource.setrlimit(kind, (min(limit, upper), upper))


def memory_limit() -> int | None:
    """Bytes of address space that this process gets; None where that is not bounded."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            mapped = int(statm.read().split()[0])
        with open("/proc/meminfo", encoding="ascii") as meminfo:
            total = int(meminfo.readline().split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    import resource

    return mapped * resource.getpagesize() + int(_asked(MEMORY_GB, _GB, total * MEMORY_SHARE))


def file_limit(folder: str) -> int:
    """Bytes that one file may have: a share of what is free on the disk of `folder` now."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        free = 0
    return int(_asked(FILE_GB, _GB, max(free * DISK_SHARE, _LEAST_FILE)))


def processor_limit() -> int:
    """Seconds of processor time, over all cores and with what is used up already."""
    times = os.times()
    allowance = _asked(PROCESSOR_SECONDS, 1, PROCESSOR_HOURS * 3600 * (os.cpu_count() or 1))
    return int(times.user + times.system + allowance) + 1


def _asked(name: str, unit: float, default: float) -> float:
    """What an environment variable asks for, in its unit; nonsense and nothing: the default."""
    try:
        asked = float(os.environ.get(name, "")) * unit
    except ValueError:
        return default
    return asked if 0 < asked < float(2**62) else default


def resident_memory() -> int:
    """Bytes of physical memory that this process holds; 0 where the platform does not tell."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, ImportError):
        return 0
