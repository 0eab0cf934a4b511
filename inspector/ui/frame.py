"""The window before its parts are there: its place, its grounds and the question.

This is all that the first paint waits for. What is painted lies where the parts will lie, so that
nothing jumps when they come.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow

from inspector.ui import theme
from inspector.ui.settings import Settings

QUESTION = "Does the ONNX file compute what the PyTorch model computes?"
PROMISE = "Nothing inside a file is run until you agree. Files stay on this computer."

BAR, RAIL, PAGE = 28, 88, 1056
"""Height of menu bar and status bar, width of the rail, greatest width of the first page."""
PAGE_HEIGHT = 709
"""Height of what the first page shows, in a window that is wide enough for it."""
LEFT_MIDDLE = 0x81
"""`Qt.AlignLeft | Qt.AlignVCenter`, as labels have it; to name `Qt` takes 20 ms."""
FIRST_FONTS = ("Inter-Regular", "Inter-SemiBold")
"""The fonts of the two sentences."""


class Frame(QMainWindow):
    """An empty window where the last one was.

    Args:
        settings: Holds place and size.
        question: Whether the first page comes, and not a file.
    """

    def __init__(self, settings: Settings, *, question: bool = True) -> None:
        super().__init__()
        self.settings: Settings = settings
        self.after_first_paint: Callable[[], object] | None = None
        """Called once, from the event loop, when the window has been painted."""
        self._empty, self._question = True, question
        self.setWindowTitle("ONNX Inspector")
        self.setMinimumSize(800, 560)
        self._restore()

    def _restore(self) -> None:
        if not self.restoreGeometry(self.settings.restore_geometry()):
            room = self.screen().availableGeometry().size()
            self.resize(min(1440, room.width()), min(900, room.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._empty:
            super().paintEvent(event)
            return
        self._paint_grounds()
        if self.after_first_paint is not None:
            QTimer.singleShot(0, self.after_first_paint)
            self.after_first_paint = None

    def _paint_grounds(self) -> None:
        painter = QPainter(self)
        width, height = self.width(), self.height()
        painter.fillRect(0, 0, width, height, theme.color("app"))
        line, ground = theme.color("line"), theme.color("surface")
        painter.fillRect(0, 0, width, BAR, ground)
        painter.fillRect(0, height - BAR, width, BAR, ground)
        painter.fillRect(0, BAR, RAIL, height - 2 * BAR, ground)
        painter.fillRect(0, BAR - 1, width, 1, line)
        painter.fillRect(0, height - BAR, width, 1, line)
        painter.fillRect(RAIL - 1, BAR, 1, height - 2 * BAR, line)
        if self._question:
            left, top = page_corner(width, height)
            for text, size, weight, token, drop, high in (
                (QUESTION, 24, 600, "text", 0, 30),
                (PROMISE, 15, 400, "text2", 34, 19),
            ):
                painter.setFont(theme.font(size, weight))
                painter.setPen(theme.color(token))
                painter.drawText(left, top + drop, PAGE, high, LEFT_MIDDLE, text)
        painter.end()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.keep_geometry(self.saveGeometry())
        self.settings.store.sync()
        super().closeEvent(event)


def page_corner(width: int, height: int) -> tuple[int, int]:
    """Where the question stands in a window of this size: left edge and top, in pixels."""
    room = width - RAIL - 32
    spare = height - 2 * BAR - PAGE_HEIGHT
    left = RAIL + 16 + max((room - PAGE) // 2, room // 102)
    return left, BAR + 16 + max(0, round(spare * 0.4))
