"""How long work says where it is: named stages, and fractions only where they are known."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple


class Step(NamedTuple):
    """What is known at one moment: the stage, what is being done in it, and the share done."""

    stage: str = ""
    text: str = ""
    fraction: float | None = None


def _nobody(kind: str, step: Step) -> None:
    """Listen to nothing."""


class Report:
    """Tells a listener which stage runs, and remembers how long each one took.

    Args:
        listener: Called with `stage`, `progress` or the kind of a part, and the step, in the
            thread that does the work.
    """

    def __init__(self, listener: Callable[[str, Step], None] = _nobody) -> None:
        self._listener = listener
        self._began = time.perf_counter()
        self._stage_began = self._began
        self._seconds: dict[str, float] = {}
        self.step = Step()

    def stage(self, name: str, text: str = "") -> None:
        """A stage begins, and the one before it is over; the same name again changes nothing."""
        if name == self.step.stage:
            return
        self._close()
        self.step = Step(name, text)
        self._listener("stage", self.step)

    def progress(self, fraction: float | None, text: str = "") -> None:
        """Say how far the stage is, 0 to 1; None where only `text` is known."""
        self.step = Step(self.step.stage, text, fraction)
        self._listener("progress", self.step)

    def part(self, kind: str, text: str) -> None:
        """Say that a part of the result is there; the stage goes on.

        Args:
            kind: What the listener is called with in place of `stage` or `progress`.
            text: Where the part is.
        """
        self._listener(kind, self.step._replace(text=text))

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return time.perf_counter() - self._began

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds per stage, in order, the running one up to now."""
        self._close()
        return dict(self._seconds)

    def _close(self) -> None:
        now = time.perf_counter()
        if self.step.stage:
            taken = self._seconds.get(self.step.stage, 0.0)
            self._seconds[self.step.stage] = taken + now - self._stage_began
        self._stage_began = now
