"""Memory that is freed and asked for again."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
from inspector.core.memory import keep_freed_memory
if sys.argv[1] == 'kept':
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    held = [np.ones(1 << 17) for _ in range(8)]
    del held
work()
before = faults()
for _ in range(50):
    work()
print(faults() - before)
"""


def _faults(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about the GNU C library")
def test_memory_that_was_freed_is_used_again_without_the_system() -> None:
    # 50 times 8 arrays of 1 MB are 102,400 pages.
    assert _faults("kept") < 5_000
    assert _faults("kept") < _faults("given back") / 4
