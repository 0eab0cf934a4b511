"""The keys, in one place."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from inspector.ui.dialogs.frame import Dialog
from inspector.ui.widgets.labels import Label

KEYS: tuple[tuple[str, str], ...] = (
    ("Ctrl+O", "open files"),
    ("Ctrl+Shift+O", "open a folder that is a model"),
    ("Ctrl+W", "close files"),
    ("Ctrl+1 to Ctrl+5", "steps of the rail"),
    ("Ctrl+E", "export page, then start"),
    ("F5", "compare, compare again"),
    ("Ctrl+.", "cancel the running job"),
    ("Escape", "clear the selection; go to Cancel"),
    ("Ctrl+F", "filter of this page"),
    ("F3, Shift+F3", "next or previous match"),
    ("F6, Shift+F6", "next or previous pane"),
    ("Tab, Shift+Tab", "next or previous control"),
    ("Arrows, Home, End", "in rail, trees and tables"),
    ("Enter", "follow a link, open the node"),
    ("Alt+1 to Alt+3", "tabs of Compare"),
    ("Ctrl+C", "copy text or rows"),
    ("Ctrl+Shift+C", "copy the name"),
    ("Ctrl+S", "save the report"),
    ("Ctrl+,", "settings"),
    ("F1", "this list"),
    ("Ctrl+Q", "quit"),
)


class KeyboardDialog(Dialog):
    """Two columns of keys and what they do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "Keyboard", 760)
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(8)
        half = (len(KEYS) + 1) // 2
        for number, (keys, words) in enumerate(KEYS):
            row, column = number % half, 2 * (number // half)
            grid.addWidget(Label(keys, 12, 400, mono=True), row, column)
            grid.addWidget(Label(words, 13, 400, "text2"), row, column + 1)
        self.body.addLayout(grid)
        self.add_buttons()
