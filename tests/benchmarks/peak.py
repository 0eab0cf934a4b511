"""The largest resident memory while something runs."""

from __future__ import annotations

import resource
import threading
from pathlib import Path


class Peak:
    """Watches the resident memory while a block runs, every 5 ms."""

    def __enter__(self) -> Peak:
        self._start = self._highest = _resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._highest = max(self._highest, _resident())

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self._highest = max(self._highest, _resident())

    @property
    def megabytes(self) -> float:
        """The largest, in MB above that at the start."""
        return (self._highest - self._start) / 1e6


def _resident() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return float(status.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0
