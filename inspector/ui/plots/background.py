"""Work in a thread of the window's process: a second at most, and only the last answer counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

_log = logging.getLogger(__name__)


class Background(QObject):
    """Runs one function after another and hands the newest answer to its receiver.

    An answer to a question that was replaced by another is dropped; a question that was
    replaced before its turn is not worked on at all.
    """

    _answered = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = 0
        self._receive: Callable[[Any], None] | None = None
        self._answered.connect(self._on_answered)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._receive is not None

    def ask(self, work: Callable[[], Any], receive: Callable[[Any], None]) -> None:
        """Call `work` in a thread and `receive` with its result in this one.

        A `work` that raises is logged and answers None.
        """
        self._generation += 1
        self._receive = receive
        generation = self._generation

        def run() -> None:
            if generation != self._generation:
                return
            try:
                answer = work()
            except Exception:
                _log.exception("A picture could not be made")
                answer = None
            try:
                self._answered.emit(generation, answer)
            except RuntimeError:
                # The page was closed meanwhile; nobody waits for the answer.
                _log.debug("An answer came after its page was closed")

        QThreadPool.globalInstance().start(run)

    def forget(self) -> None:
        """Drop what is on its way."""
        self._generation += 1
        self._receive = None

    def _on_answered(self, generation: int, answer: Any) -> None:
        if generation != self._generation or self._receive is None:
            return
        receive, self._receive = self._receive, None
        receive(answer)
