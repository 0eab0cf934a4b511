"""What keeps a worker from harming the rest of the system, and honest words about it."""

from __future__ import annotations

import sys

MEMORY_SHARE = 0.75
"""Share of the physical memory that a worker may take beyond what its libraries already map."""


def confine() -> None:
    """Limit this process: no core dumps, and a bound on memory where the platform has one.

    To be called after the heavy imports: the libraries map several GiB that they never touch,
    and only what is asked for beyond that is bounded.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = memory_limit()
    if limit is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


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

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = mapped * resource.getpagesize() + int(total * MEMORY_SHARE)
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)


def resident_memory() -> int:
    """Bytes of physical memory that this process holds; 0 where the platform does not tell."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, ImportError):
        return 0


def active_protection() -> str:
    """What protects this system from a file that is opened in a worker, in words."""
    if sys.platform.startswith("linux"):
        return (
            "Files are opened in a process of its own with bounded memory. "
            "It is not confined beyond that on this system."
        )
    return (
        "Files are opened in a process of its own. It is not confined beyond that on this system."
    )
