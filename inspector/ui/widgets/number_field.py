"""A field for a whole number: no arrows, the number at the right with room beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox

from inspector.ui import look

HIGH, SMALL = 32, 26


def number_field(
    name: str, low: int, high: int, value: int, *, width: int = 104, small: bool = False
) -> QSpinBox:
    """A field; `name` is its accessible name. Its signal comes when the number is complete."""
    made = QSpinBox()
    made.setAccessibleName(name)
    made.setProperty("small", "true" if small else "false")
    made.setRange(low, high)
    made.setValue(value)
    made.setFixedSize(width, SMALL if small else HIGH)
    made.setFont(look.font(12, mono=True))
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    made.lineEdit().setTextMargins(0, 0, 6 if small else 8, 0)
    made.setKeyboardTracking(False)
    return made
