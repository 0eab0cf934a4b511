"""What the window itself can do about a failure: a converted copy, a library of operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.core.failures import NEEDS_OPERATORS, TOO_NEW, Failure
from inspector.ui.document import CANDIDATE, REFERENCE, Document

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow


def convert(window: MainWindow) -> None:
    """Ask for which runtime, and where, a copy of the ONNX file is to be written."""
    from inspector.ui.dialogs.convert import ask_conversion

    ask_conversion(window, window.document)


def can_convert(document: Document) -> bool:
    """Whether an ONNX file is open that could be read, and nothing is running."""
    files = [document.file(side) for side in (REFERENCE, CANDIDATE)]
    some = any(one and one.inspection and one.inspection.onnx for one in files)
    return some and document.job is None


def show_custom_ops(window: MainWindow) -> None:
    """Choose the libraries that bring operators of their own."""
    from inspector.ui.dialogs.custom_ops import CustomOpsDialog

    CustomOpsDialog(window, window.document).open()


REMEDIES: dict[str, tuple[str, Callable[[MainWindow], object]]] = {
    TOO_NEW: ("Convert a copy…", convert),
    NEEDS_OPERATORS: ("Custom operators…", show_custom_ops),
}
"""Kind of a failure to what the button of its dialog says and does."""


def remedy(window: MainWindow, failure: Failure) -> tuple[str, Callable[[], object]] | None:
    """What the window can do about a failure, or None."""
    if failure.kind not in REMEDIES or not can_convert(window.document):
        return None
    words, act = REMEDIES[failure.kind]
    return words, lambda: act(window)
