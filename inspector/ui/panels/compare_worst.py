"""The card "Worst values": the ten worst elements, or those of the chosen bars."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.core.beside_words import judged_words
from inspector.core.comparison import OutputComparison, Verdict, Worst
from inspector.ui import look
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.panels.compare_figures import FiguresView, FoldedFigures
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.plots.histogram_bars import Bar, beyond_count
from inspector.ui.plots.numbers import error_text, index_text, is_whole, short_text, value_pair
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import icon_button
from inspector.ui.widgets.labels import Clamped, Tag
from inspector.ui.widgets.record_view import RecordView


def worst_columns(names: tuple[str, str], dtype: str) -> Iterable[Column]:
    """Columns of a table of `Worst` records."""
    whole = is_whole(dtype)

    def values(worst: Worst) -> tuple[str, str]:
        return value_pair(worst.reference, worst.candidate, whole=whole)

    return (
        Column("Sample", lambda w: str(w.sample), lambda w: w.sample, numeric=True),
        Column("Index", lambda w: index_text(w.index), lambda w: w.index, mono=True),
        Column(names[0], lambda w: values(w)[0], lambda w: w.reference, numeric=True),
        Column(names[1], lambda w: values(w)[1], lambda w: w.candidate, numeric=True),
        Column(
            "Error",
            lambda w: error_text(w.absolute_error),
            lambda w: w.absolute_error,
            numeric=True,
            token=lambda w: "text" if w.absolute_error <= w.allowed else "fail",
            weight=500,
        ),
        Column(
            "Allowed",
            lambda w: short_text(w.allowed),
            lambda w: w.allowed,
            numeric=True,
            token=lambda w: "text3",
        ),
    )


class WorstCard(Card):
    """A table; the row that is current is the marked element. A line below folds out figures."""

    def __init__(self, selection: Selection) -> None:
        super().__init__("Worst values", " ")
        self._selection = selection
        table = RecordTable(worst_columns(selection.names, "float32"), self)
        self.view = RecordView(table, "Worst values")
        self._pill = Tag("", mono=True)
        self.close_button = icon_button("close", "Show the worst values of the whole output again")
        self._empty = Clamped(lines=3)
        self._empty.setFont(look.font(12))
        self._empty.set_token("text3")
        self.add_control(self._pill)
        self.add_control(self.close_button)
        self.folded = FoldedFigures()
        self.figures: FiguresView | None = None
        self.body.addWidget(self._empty)
        self.body.addWidget(self.view, 1)
        self.body.addStretch()
        self.body.addWidget(self.folded)
        self.folded.toggled.connect(lambda _: self._show())
        self.close_button.clicked.connect(selection.clear_bar)
        self.view.cleared.connect(selection.clear_bar)
        self.view.record_chosen.connect(selection.mark)
        selection.output_changed.connect(Turn(self, self.refresh).ask)
        selection.bar_changed.connect(self._show)
        selection.marked_changed.connect(lambda: self.view.mark(selection.marked))
        self._show()

    def refresh(self) -> None:
        """Show the selection's output, in its own order."""
        output = self._selection.output
        self.view.forget_sorting()
        self.view.table.set_columns(
            worst_columns(self._selection.names, output.dtype if output else "float32")
        )
        self._show()

    def step(self, rows: int) -> None:
        """Mark the element a few rows further down."""
        table = self.view.table
        row = self.view.currentIndex().row() + rows
        if 0 <= row < table.rowCount():
            self._selection.mark(table.record(row))

    def _show(self) -> None:
        output, bar = self._selection.output, self._selection.bar
        self._pill.setVisible(bar is not None)
        self.close_button.setVisible(bar is not None)
        if bar is not None:
            self._pill.set_text(_bar_title(*bar))
        records = self._selection.elements if bar is not None else output.worst if output else ()
        self.view.show_records(records)
        self.view.mark(self._selection.marked)
        self.hint.setText(self._hint(output))
        empty = _why_empty(output) if bar is None and not records else ""
        self._empty.setText(empty)
        self._empty.fit()
        self._show_figures(output)
        opened = self.folded.head.isChecked()
        self._empty.setVisible(bool(empty) and not opened)
        self.view.setVisible(not empty and not opened)

    def _show_figures(self, output: OutputComparison | None) -> None:
        self.folded.show_output(output)
        opened = self.folded.head.isChecked() and output is not None
        self.title.setText("Beside the verdict" if opened else "Worst values")
        if opened:
            judged = "how it was judged, and " if output and judged_words(output) else ""
            self.hint.setText(f"{judged}figures that decide nothing")
        if opened and self.figures is None:
            self.figures = FiguresView()
            self.body.insertWidget(0, self.figures, 1)
        if self.figures is not None:
            self.figures.setVisible(opened)
            if opened and output is not None:
                self.figures.show_output(output)

    def _hint(self, output: OutputComparison | None) -> str:
        if output is None:
            return ""
        selection = self._selection
        shown = len(selection.elements)
        if selection.bar is not None:
            if selection.total < 0:
                return "looking for them" if output.reference_file else "values were not kept"
            if shown < selection.total:
                return f"{shown:,} of {selection.total:,} in the selected bar"
            return f"{selection.total:,} in the selected bar"
        shown = len(output.worst)
        if not shown:
            return ""
        judged = output.verdict is not Verdict.CANNOT_JUDGE
        return _order_hint(shown, beyond_count(output)) + ("" if judged else "; not judged")


def _order_hint(shown: int, beyond: int) -> str:
    """What the listed elements are. The list is ordered by how much of its allowance each uses."""
    if beyond > shown:
        return f"the {f'{shown} ' if shown > 1 else ''}worst of {beyond:,} beyond"
    if beyond:
        return f"{beyond:,} beyond what is allowed"
    return f"the {f'{shown} that come' if shown > 1 else 'one that comes'} nearest to the limit"


def _bar_title(lower: float, upper: float) -> str:
    title = Bar(lower, upper, 0, 0).title
    return f"Bar {title}" if 0.0 < upper < float("inf") else title


def _why_empty(output: OutputComparison | None) -> str:
    if output is None:
        return ""
    if not output.elements:
        return output.reason or "This output has no values that could be compared."
    if output.nonfinite_mismatch:
        apart = f"{output.nonfinite_mismatch:,} are NaN or infinite on one side only"
        return f"No finite values differ; {apart}: choose their bar to list them."
    return "Every value is exactly equal on both sides."
