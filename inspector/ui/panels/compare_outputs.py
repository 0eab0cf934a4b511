"""The tab "Outputs": three cards and the column of plain words around one selection."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.comparison import Comparison, OutputComparison
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.panels.compare_chips import worst_first
from inspector.ui.panels.compare_errors import ErrorsCard
from inspector.ui.panels.compare_pictures import PicturesCard
from inspector.ui.panels.compare_points import ScatterPart
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.panels.compare_words import PlainWords
from inspector.ui.panels.compare_worst import WorstCard
from inspector.ui.plots.numbers import side_names
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import scrolling

WIDE = 1280
"""From this width of the page on the column of plain words has room beside the cards."""


class OutputsView(QWidget):
    """Everything about the outputs of the document's comparison.

    Args:
        document: What is shown.
        parent: What it lies in.
        in_steps: Leave it to `making` to make the parts.
    """

    errors: ErrorsCard
    worst: WorstCard
    pictures: PicturesCard
    words: PlainWords

    words_available = Signal(bool)
    """Whether a button must offer the plain words, because the column is folded."""

    def __init__(
        self, document: Document, parent: QWidget | None = None, *, in_steps: bool = False
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.comparison: Comparison | None = None
        self.selection = Selection(self)
        self._folded_by_hand = False
        self._over = False
        self.words_beside = True
        self._asked: tuple[float, float] | None = None
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self.errors = ErrorsCard(self.selection)
        self.worst = WorstCard(self.selection)
        yield "outputs: numbers"
        self.pictures = PicturesCard(self.selection)
        yield "outputs: pictures"
        self.words = PlainWords()
        self._words_turn = Turn(self.words, self._show_words)
        yield "outputs: words"
        self._lay_out()
        self._connect()

    def _connect(self) -> None:
        self.words.folded.connect(self._on_words_folded)
        self.selection.bar_changed.connect(self._on_selection_bar_changed)
        self._document.elements_ready.connect(self.selection.take_elements)
        scatter = self.pictures.parts["scatter"]
        assert isinstance(scatter, ScatterPart)
        scatter.stepped.connect(self.worst.step)

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        cards = QWidget()
        self._row.addWidget(scrolling(cards), 1)
        column = QVBoxLayout(cards)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        top = QHBoxLayout()
        column.addLayout(top, 1)
        top.setSpacing(16)
        top.addWidget(self.errors, 1)
        top.addWidget(self.worst, 1)
        column.addWidget(self.pictures, 1)
        self._row.addWidget(self.words)
        self.errors.setMinimumHeight(210)
        self.worst.setMinimumSize(400, 210)

    def show_comparison(self, comparison: Comparison) -> None:
        """Show a comparison; the output that was shown before stays where it still exists."""
        if comparison is self.comparison:
            return
        self.comparison = comparison
        before = self.selection.output
        ranked = worst_first(comparison.outputs)
        same = [o for o in ranked if before is not None and o.name == before.name]
        self.show_output(next(iter((*same, *ranked)), None))

    def _show_words(self) -> None:
        assert self.comparison is not None
        self.words.show_comparison(self.comparison)
        self.words.show_distance(self.comparison, self.selection.output)

    def show_output(self, output: OutputComparison | None) -> None:
        """Show one output of the comparison."""
        assert self.comparison is not None
        self.selection.show_output(output, side_names(self.comparison))
        self._words_turn.ask()

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the charts at 40 % while another result is being made."""
        self.errors.histogram.set_dimmed(dimmed)
        self.pictures.set_dimmed(dimmed)
        self.worst.view.setEnabled(not dimmed)

    def open_words(self) -> None:
        """Show the plain words: beside the cards, or over their right edge where room is short."""
        self._folded_by_hand = False
        self._over = self.width() < WIDE
        self._place_words()
        if self._over:
            self.words.raise_()
            self.words.keep_focus_inside()

    def _on_words_folded(self) -> None:
        self._folded_by_hand = self.width() >= WIDE
        self._over = False
        self._place_words()

    def _place_words(self) -> None:
        beside = self.width() >= WIDE and not self._folded_by_hand
        held = self._row.indexOf(self.words) >= 0
        if beside and not held:
            self._row.addWidget(self.words)
        elif not beside and held:
            self._row.removeWidget(self.words)
        self.words.setVisible(beside or self._over)
        if self._over and not beside:
            self.words.setGeometry(
                self.width() - self.words.width(), 0, self.words.width(), self.height()
            )
        if beside != self.words_beside:
            self.words_beside = beside
            self.words_available.emit(not beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() >= WIDE:
            self._over = False
        self._place_words()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._over:
            self._on_words_folded()
        elif event.key() == Qt.Key.Key_Escape and self.selection.bar is not None:
            self.selection.clear_bar()
        else:
            super().keyPressEvent(event)

    def _on_selection_bar_changed(self) -> None:
        selection = self.selection
        output = selection.output
        if selection.bar is None or output is None:
            self._asked = None
            return
        # The signal also tells that the elements came: only another bar is another question.
        if selection.total < 0 and self._asked != selection.bar and output.reference_file:
            self._asked = selection.bar
            self._document.ask_elements(output, selection.metric, *selection.bar)
