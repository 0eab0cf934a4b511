"""Files that the system asks a running program to open, as macOS does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class AskedFiles(QObject):
    """Passes the path of every file that the application is asked to open.

    Args:
        app: The application. Its every event comes by here: not for systems that never ask.
        take: Called with the path.
    """

    def __init__(self, app: QApplication, take: Callable[[str], object]) -> None:
        super().__init__(app)
        self._take = take
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            self._take(event.file())
            return True
        return False
