"""The window before its parts are there: its place, its grounds and the question.

This is all that the first paint waits for. What is painted lies where the parts will lie, so that
nothing jumps when they come.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget

from inspector.ui import theme
from inspector.ui.settings import Settings

QUESTION = "Does the ONNX file compute what the PyTorch model computes?"
PROMISE = "Nothing inside a file is run until you agree. Files stay on this computer."

BAR, RAIL, PAGE = 28, 88, 1056
"""Height of menu bar and status bar, width of the rail, greatest width of the first page."""
PAGE_HEIGHT = 694
"""Height of what the first page shows, in a window that is wide enough for it."""
FIRST_FONTS = ("Inter-Regular", "Inter-SemiBold")
"""The fonts of the two sentences."""
FIRST_MODULES = (
    "inspector.ui.widgets.labels",
    "inspector.ui.widgets.file_card",
    "inspector.ui.choose",
    "inspector.ui.dialogs.failure",
    "inspector.ui.drop",
    "inspector.ui.rail",
    "inspector.ui.actions",
    "inspector.ui.banner",
    "inspector.ui.status",
    "inspector.ui.panels.welcome",
)
"""What the first page is made of, in pieces that are quickly imported."""


class Frame(QMainWindow):
    """An empty window where the last one was.

    Args:
        settings: Holds place and size.
        question: Whether the first page comes, and not a file.
    """

    def __init__(self, settings: Settings, *, question: bool = True) -> None:
        super().__init__()
        self.settings: Settings = settings
        self._opening: Opening | None = Opening(self, question=question)
        self.setWindowTitle("ONNX Inspector")
        self.setMinimumSize(800, 560)
        self._restore()

    def _restore(self) -> None:
        if not self.restoreGeometry(self.settings.restore_geometry()):
            room = self.screen().availableGeometry().size()
            self.resize(min(1440, room.width()), min(900, room.height()))

    @property
    def filled(self) -> bool:
        """Whether the parts of the window have taken the place of the opening."""
        return self._opening is None

    def when_painted(self, run: Callable[[], object]) -> None:
        """Have something run from the event loop once the opening has been painted."""
        assert self._opening is not None
        self._opening.after_first_paint = run

    def cover(self) -> None:
        """Keep the opening over the parts until they have found their places."""
        if self._opening is not None:
            self._opening.raise_()

    def end_opening(self) -> None:
        """Take away what was shown until the parts were there."""
        if self._opening is not None:
            self._opening.hide()
            self._opening.deleteLater()
            self._opening = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._opening is not None:
            self._opening.place(self.width(), self.height())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.keep_geometry(self.saveGeometry())
        self.settings.store.sync()
        super().closeEvent(event)


class Opening(QWidget):
    """Lies over the whole window until its parts are there.

    Made of widgets without a line of painting: a `QPainter` makes Python load all of `Qt` first,
    which takes 25 ms.

    Args:
        window: What it covers.
        question: Whether the two sentences of the first page are shown.
    """

    def __init__(self, window: QWidget, *, question: bool) -> None:
        super().__init__(window)
        self.after_first_paint: Callable[[], object] | None = None
        _ground(self, "app")
        # Each ground with the line at its edge: menu bar, status bar, rail.
        self._grounds = [_ground(QWidget(self), "surface") for _ in range(3)]
        self._lines = [_ground(QWidget(self), "line") for _ in range(3)]
        self._labels = []
        if question:
            self._labels = [
                _label(self, QUESTION, 24, 600, "text"),
                _label(self, PROMISE, 15, 400, "text2"),
            ]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.after_first_paint is not None:
            QTimer.singleShot(0, self.after_first_paint)
            self.after_first_paint = None

    def place(self, width: int, height: int) -> None:
        """Lay everything out for a window of this size."""
        self.setGeometry(0, 0, width, height)
        top, bottom, side = self._grounds
        top.setGeometry(0, 0, width, BAR)
        bottom.setGeometry(0, height - BAR, width, BAR)
        side.setGeometry(0, BAR, RAIL, height - 2 * BAR)
        top, bottom, side = self._lines
        top.setGeometry(0, BAR - 1, width, 1)
        bottom.setGeometry(0, height - BAR, width, 1)
        side.setGeometry(RAIL - 1, BAR, 1, height - 2 * BAR)
        left, upper = page_corner(width, height)
        for label, drop, high in zip(self._labels, (0, 34), (30, 19), strict=False):
            label.setGeometry(left, upper + drop, PAGE, high)


def _ground(widget: QWidget, token: str) -> QWidget:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, theme.color(token))
    widget.setPalette(palette)
    widget.setAutoFillBackground(True)
    return widget


def _label(parent: QWidget, text: str, size: int, weight: int, token: str) -> QLabel:
    label = QLabel(text, parent)
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.WindowText, theme.color(token))
    label.setPalette(palette)
    label.setFont(theme.font(size, weight))
    return label


def page_corner(width: int, height: int) -> tuple[int, int]:
    """Where the question stands in a window of this size: left edge and top, in pixels."""
    room = width - RAIL - 32
    spare = height - 2 * BAR - PAGE_HEIGHT
    left = RAIL + 16 + max((room - PAGE) // 2, room // 102)
    return left, BAR + 16 + max(0, round(spare * 0.4))
