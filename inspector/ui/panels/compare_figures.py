"""What is told about an output beside its verdict: a line, and what it opens."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.beside_table import brief, figures, slice_noun, slice_rows
from inspector.core.beside_words import judged_words
from inspector.core.comparison import OutputComparison
from inspector.core.words import count, size_of_error
from inspector.ui import look
from inspector.ui.widgets.cards import scrolling
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Elided, Label


class FoldedFigures(QWidget):
    """The line below a table: what can be opened, and the most telling figures."""

    toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.head = button("Beside the verdict", "quiet", "chevron-right", small=True)
        self.head.setCheckable(True)
        self.brief = Elided("", 12, 400, "text2")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.head)
        row.addWidget(self.brief, 1)
        row.addStretch()
        self.head.toggled.connect(self._on_head_toggled)

    def show_output(self, output: OutputComparison | None) -> None:
        """Tell about another output; it stays as open as it is."""
        told = output is not None and bool(figures(output) or judged_words(output))
        self.setVisible(told)
        self.brief.setText(brief(output) if output is not None and told else "")
        if not told:
            self.head.setChecked(False)

    def _on_head_toggled(self, opened: bool) -> None:
        icon = "chevron-down" if opened else "chevron-right"
        self.head.setIcon(look.icon(icon, "accent_text"))
        self.head.setText("Back to the worst values" if opened else "Beside the verdict")
        self.brief.setVisible(not opened)
        self.toggled.emit(opened)


class FiguresView(QWidget):
    """How the output was judged, slice by slice where it was, and the figures beside that."""

    def __init__(self) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._content = QWidget()
        self._rows = QVBoxLayout(self._content)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setSpacing(8)
        self._parts: list[QWidget] = []
        self._shown: OutputComparison | None = None
        outer.addWidget(scrolling(self._content))

    def show_output(self, output: OutputComparison) -> None:
        """Show another output."""
        if output is self._shown:
            return
        self._shown = output
        for part in self._parts:
            self._rows.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = [Label(text, 12, wrap=True) for text in judged_words(output)]
        slices = _slices(output)
        if slices is not None:
            self._parts.append(slices)
        self._parts.append(_figures(output))
        for part in self._parts:
            self._rows.addWidget(part)
        if self._rows.count() == len(self._parts):
            self._rows.addStretch(1)


def _grid(stretch: int) -> tuple[QWidget, QGridLayout]:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(stretch, 1)
    return holder, grid


def _slices(output: OutputComparison) -> QWidget | None:
    """The slices with most beyond, each with its own scale."""
    rows = slice_rows(output)
    if not rows:
        return None
    holder, grid = _grid(4)
    heads = (slice_noun(output).capitalize(), "Largest value", "Allowed at least", "Beyond")
    for column, head in enumerate(heads):
        grid.addWidget(Label(head, 12, 500, "text3"), 0, column)
    for number, row in enumerate(rows, 1):
        token = "fail" if row.beyond else "text"
        texts = (
            (row.name.split()[-1], "text"), (size_of_error(row.largest), "text"),
            (size_of_error(row.allowed), "text"), (count(row.beyond), token),
        )  # fmt: skip
        for column, (text, colour) in enumerate(texts):
            grid.addWidget(Label(text, 12, 400, colour, mono=True), number, column)
    assert output.slices is not None
    left = len(output.slices.scales) - len(rows)
    if left > 0:
        grid.addWidget(Label(f"and {left:,} more", 12, 400, "text3"), len(rows) + 1, 0, 1, 4)
    return holder


def _figures(output: OutputComparison) -> QWidget:
    holder, grid = _grid(2)
    rows = figures(output)
    for number, row in enumerate(rows):
        grid.addWidget(Label(row.name, 12), number, 0)
        grid.addWidget(Label(row.value, 12, mono=True), number, 1)
        grid.addWidget(Elided(row.meaning, 12, 400, "text3"), number, 2)
    return holder
