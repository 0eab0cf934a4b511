"""The program with its window: from the command line's files to the end of the workers.

The window is painted as soon as it can be, empty; its parts come in short steps after that, then
the files, then the workers, then what the other pages need.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from inspector.ui import theme
from inspector.ui.ahead import TURN_SECONDS, Imports, take_steps
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

PAUSE_MS = 5
"""Time for the event loop between two steps of what is made ahead of need."""

TO_OPEN = ("inspector.jobs.protocol", "inspector.formats.sniff")
AT_USE = (
    "numpy",
    "inspector.formats.columns",
    "inspector.formats.registry",
    "inspector.samples.registry",
    "inspector.report.html",
)
"""Modules that the window itself imports when it first uses them, see `later.py`: those that
opening a file takes, and others."""


def main(files: list[str]) -> int:
    """Open the window with these files and return the exit code when it is closed."""
    gc.disable()  # until all is made: going through everything takes 40 ms
    app = QApplication(sys.argv[:1])
    app.setApplicationName("onnx-inspector")
    app.setApplicationDisplayName("ONNX Inspector")
    app.setDesktopFileName("onnx-inspector")
    settings = Settings()
    choice = settings.theme
    theme.use(theme.of_system(app.palette()) if choice == "system" else choice)
    theme.load_fonts(FIRST_FONTS)
    window = MainWindow(settings, question=not files)
    window.when_painted(lambda: take_steps(start(app, window, files)))
    if sys.platform == "darwin":
        from inspector.ui.asked_files import AskedFiles

        AskedFiles(app, lambda path: open_when_filled(window, files, path))
    window.show()
    try:
        return app.exec()
    finally:
        gc.enable()
        if window.filled:
            window.document.close()
        sys.excepthook = sys.__excepthook__


def open_when_filled(window: MainWindow, files: list[str], path: str) -> None:
    """Open one more file: now, or with those that the window opens when its parts are there."""
    if window.filled:
        window.open_paths([path])
    else:
        files.append(path)


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
    """Open files, start the workers, and make ready what the other pages need."""
    sys.setswitchinterval(TURN_SECONDS)
    document = window.document
    document.runner.interpreter = window.settings.worker_interpreter

    def go_on(name: str) -> None:
        if name == TO_OPEN[-1] and files:
            window.open_paths([os.path.abspath(path) for path in files])
        window.refresh()  # it may be a page that is waited for

    def make_ready() -> Iterator[object]:
        yield from window.making_pages()
        # Workers import for seconds: on a small machine the pages would wait for a core.
        document.reader.start()
        yield "reader"
        document.runner.start()
        yield "runner"
        # What is there by now stays: the collector, off until now, need not look through it.
        gc.freeze()
        gc.enable()

    window.imports = Imports(needed_later())
    window.imports.start(go_on, lambda: take_steps(make_ready(), PAUSE_MS))


def needed_later() -> tuple[str, ...]:
    """What opening files and the pages need, so that none of them waits for it."""
    return (*TO_OPEN, *(entry.module for entry in PANELS), *AT_USE)


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
