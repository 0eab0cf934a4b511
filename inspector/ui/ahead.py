"""Work that is done ahead of need, so that nobody waits for it and nothing stands still.

Modules are imported in a thread beside the event loop; widgets, which only the thread of the
window may touch, are made in short steps between its events.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QWidget

TURN_SECONDS = 0.0005
"""How long another thread may keep the interpreter while the window wants it, for
`sys.setswitchinterval`: with Python's own 5 ms, each call into Qt can wait as long as that."""

DRESSED = 50
"""Widgets that are dressed in one step."""

LOOK_MS = 10
"""How often it is looked what has been imported."""


def soon(run: Callable[[], object], pause: int = 0) -> None:
    """Call `run` when the event loop has been through everything else once.

    Not by `QTimer.singleShot`: with 0 ms that posts an event, and two of these run in a row
    before the loop looks at timers, at input and at what is to be painted.

    Args:
        run: What is called.
        pause: Milliseconds that the event loop has for itself before that.
    """
    timer = QTimer(QCoreApplication.instance())
    timer.setSingleShot(True)
    timer.setInterval(pause)
    timer.timeout.connect(run)
    timer.timeout.connect(timer.deleteLater)
    timer.start()


def take_steps(steps: Iterator[object], pause: int = 0) -> None:
    """Take one step after the other; between two of them the event loop runs.

    Args:
        steps: Each step ends with a `yield`.
        pause: Milliseconds that the event loop has for itself after each step.
    """

    def go_on() -> None:
        for _ in steps:
            soon(go_on, pause)
            return

    go_on()


def finish(steps: Iterator[object]) -> None:
    """Take all steps that are left, now: somebody wants to see what they make."""
    for _ in steps:
        pass


class Imports:
    """Imports modules one after the other, beside the event loop.

    Args:
        names: Full names of modules, the one that is needed first first.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._done = 0
        self._thread = threading.Thread(target=self._run, name="imports")

    def start(self, each: Callable[[str], object], after: Callable[[], object]) -> None:
        """Begin. The event loop calls `each` with the name of what is there, `after` at the end.

        A module that cannot be imported ends it; who needs that module hears why.
        """
        self._thread.start()
        seen = 0

        def look() -> None:
            nonlocal seen
            running = self._thread.is_alive()
            if seen < self._done:
                seen += 1
                each(self._names[seen - 1])
            if running or seen < self._done:
                QTimer.singleShot(LOOK_MS, look)
            else:
                after()

        QTimer.singleShot(LOOK_MS, look)

    def pending(self, name: str) -> bool:
        """Whether a module is still to come: who imports it now would wait for the thread."""
        return name in self._names[self._done :] and self._thread.is_alive()

    def _run(self) -> None:
        for name in self._names:
            importlib.import_module(name)
            self._done += 1


def dressing(part: QWidget) -> Iterator[str]:
    """Do what the first showing of a part would do: style sheet, fonts and layout of all below."""
    for number, widget in enumerate(part.findChildren(QWidget)):
        widget.ensurePolished()
        if number % DRESSED == DRESSED - 1:
            yield "dressing"
    layout = part.layout()
    if layout is not None:
        layout.activate()
    yield "layout"
