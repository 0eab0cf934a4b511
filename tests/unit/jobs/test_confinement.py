"""The worker's limits are set, and no more is claimed than holds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inspector.jobs import confinement

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


@ON_LINUX
def test_a_confined_process_has_no_core_dumps_and_bounded_memory() -> None:
    code = (
        "import resource\n"
        "from inspector.jobs import confinement\n"
        "confinement.confine()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0\n"
        "limit = resource.getrlimit(resource.RLIMIT_AS)[0]\n"
        "assert limit > 100_000_000\n"
        "try:\n"
        "    bytearray(limit + 1)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused"


@ON_LINUX
def test_the_limit_leaves_room_beyond_what_is_mapped_already() -> None:
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        total = int(meminfo.readline().split()[1]) * 1024
    limit = confinement.memory_limit()
    assert limit is not None
    assert limit > confinement.MEMORY_SHARE * total
    assert confinement.resident_memory() > 1_000_000


def test_the_protection_is_named_without_more_than_holds() -> None:
    said = confinement.active_protection()
    assert "a process of its own" in said
    assert "not confined" in said
