"""The card "Error of each value": the histogram with its metric switch."""

from __future__ import annotations

from inspector.core.comparison import OutputComparison
from inspector.core.looser import least_allowed
from inspector.core.words import counted
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.plots.histogram import HistogramView
from inspector.ui.plots.histogram_bars import (
    METRICS,
    Band,
    axis_label,
    band_of,
    bars_of,
    beyond_count,
    histogram_of,
)
from inspector.ui.plots.legend import SQUARE, Entry, Legend
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import Segmented

_LABELS = ("Absolute", "Relative", "ULP")


def allowed_band(output: OutputComparison, metric: str) -> Band | None:
    """What is allowed, from the smallest element of the strictest slice to the largest of all."""
    band = band_of(output.allowed, metric)
    if band is None or output.slices is None:
        return band
    least = least_allowed(output.allowed, output.slices)
    strictest = band_of(output.allowed._replace(absolute=least), metric)
    return band if strictest is None else Band(strictest.smallest, band.largest)


class ErrorsCard(Card):
    """Shows the histogram of the selection's output and metric."""

    def __init__(self, selection: Selection) -> None:
        super().__init__("Error of each value", " ")
        self._selection = selection
        self.histogram = HistogramView()
        self.switch = Segmented(_LABELS, "How the error is measured")
        self._legend = Legend()
        self._shown = ("", "")
        self.add_control(self.switch)
        self.body.setSpacing(4)
        self.body.addWidget(self._legend)
        self.body.addWidget(self.histogram, 1)
        self.switch.changed.connect(lambda index: selection.choose_metric(METRICS[index]))
        self.histogram.bars_chosen.connect(selection.choose_bar)
        self.histogram.cleared.connect(selection.clear_bar)
        selection.output_changed.connect(Turn(self, self.refresh).ask)
        selection.bar_changed.connect(self._on_selection_bar_changed)
        selection.marked_changed.connect(self._show_mark)

    def refresh(self) -> None:
        """Show the selection's output."""
        output = self._selection.output
        if output is None:
            self.histogram.show_bars((), None, "")
            return
        self.hint.setText(counted(output.elements, "value"))
        beyond = beyond_count(output)
        self._legend.show_entries(
            Entry(SQUARE, "bar", f"within what is allowed  {output.elements - beyond:,}"),
            Entry(SQUARE, "bar_fail", f"beyond  {beyond:,}"),
        )
        self._shown = (output.name, self._selection.metric)
        metric = self._selection.metric
        histogram = histogram_of(output, metric)
        label = axis_label(metric, self._selection.names, histogram.floored)
        bars = bars_of(histogram) if output.elements else ()
        self.histogram.show_bars(bars, allowed_band(output, metric), label)
        self._show_mark()

    def _on_selection_bar_changed(self) -> None:
        output, bar = self._selection.output, self._selection.bar
        if output is None:
            return
        if self._shown != (output.name, self._selection.metric):
            self.refresh()
        if bar is None:
            self.histogram.clear_choice()
        else:
            self.histogram.choose(*bar)

    def _show_mark(self) -> None:
        marked = self._selection.marked
        absolute = self._selection.metric == METRICS[0]
        self.histogram.mark(marked.absolute_error if marked is not None and absolute else None)
