"""50 million float32 elements: time and memory against numpy.allclose and VerificationInfo.

Each measurement has a process of its own, so that nobody profits from memory that another one
has already touched. The arrays are there before the clock starts. The best of three calls counts,
and the peak of the resident memory is that of the calls, beyond the arrays.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.table import Row

ELEMENTS = 50_000_000
BUDGET_MB = 100.0
CALLS = 3


def rows() -> list[Row]:
    """The measurements, each against its budget."""
    ours, close, torch = (_measured(name) for name in ("ours", "allclose", "verification"))
    what = "statistics and three histograms of 50 million float32 elements"
    table = [
        _time_row(f"{what}, first call", ours["first"], close["first"], "numpy.allclose, first"),
        _time_row(f"{what}, first call", ours["first"], torch["first"], "VerificationInfo, first"),
    ]
    # Once numpy's 600 MB of temporaries are in memory, allclose is several times faster.
    again = f"{what}, best of {CALLS} calls", ours["best"], close["best"], "numpy.allclose, best"
    table.append(_time_row(*again))
    megabytes = f"{ours['memory']:.0f} MB"
    others = f"numpy.allclose {close['memory']:.0f} MB, VerificationInfo {torch['memory']:.0f} MB"
    ratio = f"{ours['memory'] / max(close['memory'], 1e-9):.2f}"
    fits = ours["memory"] < BUDGET_MB
    limit = f"under {BUDGET_MB:.0f} MB"
    table.append(Row("their memory beyond the arrays", megabytes, others, ratio, limit, fits))
    return table


def _time_row(what: str, ours: float, other: float, name: str) -> Row:
    figures = f"{ours:.2f} s", f"{name}: {other:.2f} s", f"{ours / other:.2f}"
    return Row(what, *figures, "under 1", ours < other)


def _measured(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_statistics", name]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _task(name: str) -> Callable[[Any, Any], object]:
    if name == "ours":
        from inspector.core.statistics import OutputStatistics

        def ours(reference: Any, candidate: Any) -> object:
            counted = OutputStatistics("output", "float32")
            counted.update(reference, candidate)
            return counted.finish()

        return ours
    if name == "allclose":
        return np.allclose
    import torch
    from torch.onnx.verification import VerificationInfo

    def verification(reference: Any, candidate: Any) -> object:
        sides = torch.from_numpy(reference), torch.from_numpy(candidate)
        return VerificationInfo.from_tensors("output", *sides)

    return verification


def _arrays() -> tuple[Any, Any]:
    """[1000, 50000] outputs that differ by about two rounding steps of the largest value."""
    random = np.random.default_rng(0)
    reference = random.standard_normal((1000, ELEMENTS // 1000), dtype=np.float32)
    candidate = random.standard_normal(reference.shape, dtype=np.float32)
    candidate *= np.float32(1e-6)
    candidate += reference
    return reference, candidate


class _Peak:
    """The largest resident memory while a block runs, in MB above that at its start."""

    def __enter__(self) -> _Peak:
        self.start = self.highest = _resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.highest = max(self.highest, _resident())

    @property
    def megabytes(self) -> float:
        """Growth."""
        return (self.highest - self.start) / 1e6


def _resident() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return float(status.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def main(name: str) -> None:
    """Measure one of them and print the figures as JSON."""
    task, arrays = _task(name), _arrays()
    task(*(side[:2] for side in arrays))
    seconds = []
    with _Peak() as peak:
        for _ in range(CALLS):
            started = time.perf_counter()
            task(*arrays)
            seconds.append(time.perf_counter() - started)
    figures = {"first": seconds[0], "best": min(seconds), "memory": peak.megabytes}
    figures["median"] = statistics.median(seconds)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
