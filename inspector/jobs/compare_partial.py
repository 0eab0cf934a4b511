"""What is judged so far: written while a comparison runs, and kept when it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from inspector.core import wire
from inspector.core.comparison import Comparison, OutputComparison
from inspector.core.progress import Report
from inspector.jobs.compare_run import Counting
from inspector.jobs.requests import PARTIAL_COMPARISON

_SECONDS = 0.5
"""At least this long between two records ..."""
_SHARE = 0.03
"""... and so long that making them takes no larger share of the time."""


class Partial:
    """Writes a comparison of the samples so far into the job's folder, now and then.

    Args:
        judge: From the outputs so far, what differs in structure, and the number of samples to
            the comparison.
        labels: What sentences call the two sides.
        job_dir: Folder of the job.
        report: Told each time, as an event `judged`.
    """

    def __init__(
        self,
        judge: Callable[[tuple[OutputComparison, ...], Sequence[str], int], Comparison],
        labels: tuple[str, str],
        job_dir: Path,
        report: Report,
    ) -> None:
        self._judge, self._labels = judge, labels
        self._path, self._report = job_dir / PARTIAL_COMPARISON, report
        self._next = 0.0

    def __call__(self, counting: Counting, stop: int) -> None:
        """Write what is known, unless that was done a moment ago.

        Args:
            counting: The outputs while they are counted.
            stop: Number of samples so far.
        """
        began = time.monotonic()
        if began < self._next:
            return
        outputs = tuple(one.finish(self._labels, more=True) for one in counting.outputs)
        wire.save(self._judge(outputs, counting.pairing.problems, stop), self._path)
        self._report.part("judged", f"{stop:,} samples")
        now = time.monotonic()
        self._next = now + max(_SECONDS, (now - began) / _SHARE)
