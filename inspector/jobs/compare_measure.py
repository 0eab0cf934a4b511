"""How long a run takes, and how much memory a model does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from inspector.core.providers import Latency
from inspector.jobs.confinement_limits import resident_memory

WARM_UP = 3
FEWEST, MOST = 5, 50
SECONDS = 3.0
"""About how long the runs that count may take in all."""
_PAUSE = 0.002


def latency_of(call: Callable[[], object]) -> Latency:
    """Median and 90th percentile of the seconds that a call takes.

    Three calls warm up and do not count; then 5 to 50 do, as many as fit into three seconds or so.
    """
    for _ in range(WARM_UP):
        began = time.perf_counter()
        call()
        last = time.perf_counter() - began
    runs = max(FEWEST, min(MOST, int(SECONDS / max(last, 1e-6))))
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    median, p90 = np.percentile(taken, (50, 90))
    return Latency(float(median), float(p90), WARM_UP, runs)


class Watched:
    """Watches the memory of this process while something is loaded and run.

    Attributes:
        growth: Bytes by which the resident memory grew at most; 0 where nobody tells.
        device_growth: The same for a GPU that PyTorch knows too; None without one. Other programs
            on it count as well.
    """

    def __init__(self) -> None:
        self.growth = 0
        self.device_growth: int | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._before, self._device_before = resident_memory(), _device_used()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(_PAUSE):
            self._look()

    def _look(self) -> None:
        self.growth = max(self.growth, resident_memory() - self._before)
        used = _device_used()
        if used is not None and self._device_before is not None:
            grown = used - self._device_before
            self.device_growth = max(self.device_growth or 0, grown)


def _device_used() -> int | None:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return int(total - free)
