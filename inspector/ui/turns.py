"""Refreshing in turns: what one change asks of many parts is done part by part.

A file that was opened, or a comparison that is over, is news to every page. Were all of them
drawn anew in one event, the window would stand still for as long as they take together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from inspector.ui.ahead import soon

_waiting: deque[Turn] = deque()


class Turn(QObject):
    """Something that is done soon, in an event of its own, and once however often it is asked for.

    Where no event loop runs there are no events to wait for: it is done at once.

    Args:
        owner: Widgets that are seen have their turn before those that are not; with the owner
            goes the turn.
        run: What is to be done.
    """

    def __init__(self, owner: QObject, run: Callable[[], object]) -> None:
        super().__init__(owner)
        self._owner, self._run = owner, run

    def ask(self, *_: object) -> None:
        """Have it done; whatever a signal carries is not needed."""
        if not QThread.currentThread().loopLevel():
            self._run()
        elif self not in _waiting:
            if not _waiting:
                soon(_take_turn)
            _waiting.append(self)

    @property
    def seen(self) -> bool:
        """Whether somebody looks at what it changes."""
        return not isinstance(self._owner, QWidget) or self._owner.isVisible()

    def take(self) -> None:
        """Do it now; nothing is left to be done later."""
        if self in _waiting:
            _waiting.remove(self)
        self._run()


def _take_turn() -> None:
    alive = [turn for turn in _waiting if isValid(turn)]
    _waiting.clear()
    _waiting.extend(alive)
    if len(alive) > 1:
        soon(_take_turn)
    if alive:
        next((turn for turn in alive if turn.seen), alive[0]).take()
