"""Raw text that is there for who wants it, and out of the way for everybody else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.widgets.controls import button


def code_view(name: str, size: int = 12) -> QPlainTextEdit:
    """A read-only box of plain text in JetBrains Mono; `name` is its accessible name."""
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setProperty("kind", "code")
    view.setFont(look.font(size, mono=True))
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    view.setAccessibleName(name)
    view.setTabChangesFocus(True)
    view.document().setDocumentMargin(10)
    return view


def fit_lines(view: QPlainTextEdit, most: int) -> None:
    """Make a box as high as its text, up to `most` lines; beyond that it scrolls."""
    lines = min(max(view.blockCount(), 1), most)
    margins = 2 * int(view.document().documentMargin()) + 4
    bar = view.horizontalScrollBar().sizeHint().height() if view.blockCount() else 0
    view.setFixedHeight(lines * view.fontMetrics().lineSpacing() + margins + bar // 2)


class FoldedText(QWidget):
    """A heading that opens and closes the text below it; hidden while there is no text."""

    def __init__(self, title: str = "Details", lines: int = 12) -> None:
        super().__init__()
        self._lines = lines
        self.head = button(title, "quiet", "chevron-right", small=True)
        self.head.setCheckable(True)
        self.view = code_view(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.view)
        self.head.toggled.connect(self._on_head_toggled)
        self.set_text("")

    def set_text(self, text: str) -> None:
        """Show another text, folded."""
        self.view.setPlainText(text)
        fit_lines(self.view, self._lines)
        self.head.setChecked(False)
        self.view.setVisible(False)
        self.setVisible(bool(text))

    def _on_head_toggled(self, opened: bool) -> None:
        icon = "chevron-down" if opened else "chevron-right"
        self.head.setIcon(look.icon(icon, "accent_text"))
        self.view.setVisible(opened)
