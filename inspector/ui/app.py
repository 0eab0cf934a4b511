"""The program with its window: from the command line's files to the end of the workers.

The window is painted as soon as it can be, empty; its parts come in short steps after that, then
the files, then the workers, then what the other pages need.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from inspector.ui import theme
from inspector.ui.frame import FIRST_FONTS
from inspector.ui.later import later
from inspector.ui.main_window import PANELS, MainWindow
from inspector.ui.settings import Settings

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.ui import look
else:
    failures = later("inspector.core.failures")
    look = later("inspector.ui.look")

log = logging.getLogger(__name__)

IDLE_MS = 300
"""Quiet time after the first paint before the worker that imports torch is started."""


AT_USE = (
    "numpy",
    "inspector.jobs.protocol",
    "inspector.formats.registry",
    "inspector.samples.registry",
    "inspector.report.html",
)
"""Modules that the window itself imports when it first uses them, see `later.py`."""


def main(files: list[str]) -> int:
    """Open the window with these files and return the exit code when it is closed."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("onnx-inspector")
    app.setApplicationDisplayName("ONNX Inspector")
    app.setDesktopFileName("onnx-inspector")
    settings = Settings()
    choice = settings.theme
    theme.use(theme.of_system(app.palette()) if choice == "system" else choice)
    theme.load_fonts(FIRST_FONTS)
    window = MainWindow(settings, question=not files)
    window.after_first_paint = lambda: take_steps(start(app, window, files))
    if sys.platform == "darwin":
        from inspector.ui.asked_files import AskedFiles

        AskedFiles(app, lambda path: open_when_filled(window, files, path))
    window.show()
    try:
        return app.exec()
    finally:
        if window.filled:
            window.document.close()
        sys.excepthook = sys.__excepthook__


def open_when_filled(window: MainWindow, files: list[str], path: str) -> None:
    """Open one more file: now, or with those that the window opens when its parts are there."""
    if window.filled:
        window.open_paths([path])
    else:
        files.append(path)


def take_steps(steps: Iterator[object]) -> None:
    """Take one step after the other; between two of them the event loop runs."""

    def go_on() -> None:
        for _ in steps:
            QTimer.singleShot(0, go_on)
            return

    go_on()


def start(app: QApplication, window: MainWindow, files: list[str]) -> Iterator[str]:
    """What follows the first paint, in steps that are short."""
    yield from look.dressing(app, window.settings.theme)
    from inspector.ui.document import Document

    document = Document()
    yield "document"
    yield from window.filling(document)
    sys.excepthook = explain_in(window)
    app.styleHints().colorSchemeChanged.connect(lambda: look.apply(app, window.settings.theme))
    yield "filled"
    start_after_first_paint(window, files)


def start_after_first_paint(window: MainWindow, files: list[str]) -> None:
    """Open files, then start the workers and import what the pages need, in that order."""

    def begin() -> None:
        document = window.document
        document.runner.interpreter = window.settings.worker_interpreter
        document.reader.start()
        if files:
            window.open_paths([os.path.abspath(path) for path in files])
        QTimer.singleShot(IDLE_MS, go_on)

    def go_on() -> None:
        window.document.runner.start()
        # In a thread: the imports take a good part of a second, and the window must not.
        threading.Thread(target=import_pages, name="import pages").start()

    QTimer.singleShot(0, begin)


def import_pages() -> None:
    """Import what the pages need, so that none of them waits for it when it is first shown."""
    for entry in PANELS:
        importlib.import_module(entry.path.partition(":")[0])
    for name in AT_USE:
        importlib.import_module(name)


def explain_in(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An excepthook: a fault of the window itself is shown and logged; the window lives on."""

    def explain(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error in the window\n%s", text)
        sentence = "Something in the window itself went wrong."
        hint = "What is open is untouched. If it happens again, save the details and report them."
        window.failures.show(failures.Failure(sentence, hint, text))

    return explain
