"""The program with its window: from the command line's files to the end of the workers."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

from inspector.core.failures import Failure
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.main_window import PANELS, MainWindow
from inspector.ui.settings import Settings

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


class Application(QApplication):
    """The application; hears of files that the system wants opened (macOS)."""

    file_asked = Signal(str)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            self.file_asked.emit(event.file())
            return True
        return super().event(event)


def main(files: list[str]) -> int:
    """Open the window with these files and return the exit code when it is closed."""
    app = Application(sys.argv[:1])
    app.setApplicationName("onnx-inspector")
    app.setApplicationDisplayName("ONNX Inspector")
    app.setDesktopFileName("onnx-inspector")
    app.setWindowIcon(QIcon(str(look.resource("icons", "onnx-inspector.png"))))
    settings = Settings()
    look.load_fonts()
    look.apply(app, settings.theme)
    document = Document()
    window = MainWindow(document, settings)
    sys.excepthook = explain_in(window)
    app.file_asked.connect(lambda path: window.open_paths([path]))
    app.styleHints().colorSchemeChanged.connect(lambda: look.apply(app, settings.theme))
    window.show()
    start_after_first_paint(window, files)
    try:
        return app.exec()
    finally:
        document.close()
        sys.excepthook = sys.__excepthook__


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
        window.failures.show(Failure(sentence, hint, text))

    return explain
