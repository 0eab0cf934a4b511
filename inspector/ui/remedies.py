"""What the window itself can do about a failure or a finding: a copy, a library of operators."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from inspector.core.failures import NEEDS_OPERATORS, TOO_NEW, Failure
from inspector.ui.document import CANDIDATE, REFERENCE, Document

Act = Callable[[QWidget, Document], object]
Remedy = tuple[str, Callable[[], object]]
"""Words of a button, and what it does."""


def convert(window: QWidget, document: Document) -> None:
    """Ask for which runtime, and where, a copy of the ONNX file is to be written."""
    from inspector.ui.dialogs.convert import ask_conversion

    ask_conversion(window, document)


def can_convert(document: Document) -> bool:
    """Whether an ONNX file is open that could be read, and nothing is running."""
    files = [document.file(side) for side in (REFERENCE, CANDIDATE)]
    some = any(one and one.inspection and one.inspection.onnx for one in files)
    return some and document.job is None


def show_custom_ops(window: QWidget, document: Document) -> None:
    """Choose the libraries that bring operators of their own."""
    from inspector.ui.dialogs.custom_ops import CustomOpsDialog

    CustomOpsDialog(window, document).open()


_CONVERT: tuple[str, Act] = ("Convert a copy…", convert)
_LIBRARIES: tuple[str, Act] = ("Custom operators…", show_custom_ops)

FAILURES = {TOO_NEW: _CONVERT, NEEDS_OPERATORS: _LIBRARIES}
"""Kind of a failure to what a button beside it says and does."""

RULES = {"too-new": _CONVERT, "custom-operators": _LIBRARIES}
"""The same for the rule of a finding."""


def of_failure(window: QWidget, document: Document, failure: Failure) -> Remedy | None:
    """What the window can do about a failure, or None."""
    return _bound(FAILURES.get(failure.kind), window, document)


def of_rule(window: QWidget, document: Document, rule: str) -> Remedy | None:
    """What the window can do about a finding, or None."""
    return _bound(RULES.get(rule), window, document)


def _bound(found: tuple[str, Act] | None, window: QWidget, document: Document) -> Remedy | None:
    if found is None or not can_convert(document):
        return None
    words, act = found
    return words, lambda: act(window, document)
