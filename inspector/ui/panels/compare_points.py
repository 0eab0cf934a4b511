"""The pictures that are not maps: the scatter plot and the pairs of bars."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Signal

from inspector.core.beside import are_classes
from inspector.ui.panels.compare_part import Part, column_of, head_row
from inspector.ui.plots.clouds import Cloud, Pairs, all_values, cloud, neighbours, top_values
from inspector.ui.plots.kept import Kept
from inspector.ui.plots.layout import FEW
from inspector.ui.plots.legend import LINE, RING, SQUARE, Entry, Legend
from inspector.ui.plots.numbers import is_whole
from inspector.ui.plots.pair_bars import PairBarsView
from inspector.ui.plots.scatter import ScatterView
from inspector.ui.widgets.labels import Elided, Label


class ScatterPart(Part):
    """All elements: reference across, candidate up."""

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.view = ScatterView()
        self._hint = Elided("", 12, 400, "text3")
        self._title = Label("", 12, 600)
        column = column_of(self, head_row(self._title, self._hint))
        column.addWidget(self.view, 1)
        column.addWidget(Legend(Entry(LINE, "text3", "equal"), Entry(RING, "text", "selected")))
        self.view.picked.connect(self.picked)
        self.view.stepped.connect(self.stepped)
        self.view.cleared.connect(self.cleared)
        self.view.probe = self.probe

    def show_kept(self, kept: Kept | None, names: tuple[str, str]) -> None:
        super().show_kept(kept, names)
        self._title.setText(f"{names[0]} across, {names[1]} up")
        self._hint.setText("")
        self.view.show_cloud(None, names)

    def work(self, kept: Kept) -> Callable[[], object]:
        wanted = kept.output.worst
        return lambda: cloud(kept, wanted)

    def receive(self, answer: object) -> None:
        if not isinstance(answer, Cloud):
            return
        notes = []
        if not answer.all_drawn:
            drawn = len(answer.reference)
            notes.append(f"{drawn:,} of {answer.elements:,}")
        if answer.not_finite:
            notes.append(f"{answer.not_finite:,} NaN or Inf left out")
        self._hint.setText(", ".join(notes))
        self.view.show_cloud(answer, self._names)
        self.mark()

    def mark(self) -> None:
        if self._kept is None:
            return
        pairs = []
        for place in self.dots:
            worst = self._kept.element(*place)
            if math.isfinite(worst.reference) and math.isfinite(worst.candidate):
                pairs.append((worst.reference, worst.candidate))
        marked = self._kept.element(*self.place)
        self.view.mark((marked.reference, marked.candidate), pairs)

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.set_dimmed(dimmed)


class BarsPart(Part):
    """A few values as pairs of bars: the largest of a sample, all of it, or its neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Label("", 12, 600)
        self._hint = Elided("", 12, 400, "text3")
        self._legend = Legend()
        self.view = PairBarsView("Values of both sides")
        column = column_of(self, head_row(self._title, self._hint))
        column.addWidget(self.view, 1)
        column.addWidget(self._legend)
        self.view.picked.connect(self.picked)
        self.view.cleared.connect(self.cleared)

    def show_kept(self, kept: Kept | None, names: tuple[str, str]) -> None:
        super().show_kept(kept, names)
        entries = (Entry(SQUARE, "ref", names[0]), Entry(SQUARE, "cand", names[1]))
        self._legend.show_entries(*entries)
        self.view.show_pairs(None, ())

    def key(self) -> object:
        return self.place[0]

    def work(self, kept: Kept) -> Callable[[], object]:
        sample, size = self.place[0], kept.layout.size
        if size == 1:
            return lambda: neighbours(kept, sample)
        if size <= FEW:
            return lambda: all_values(kept, sample)
        return lambda: top_values(kept, sample, 10)

    def receive(self, answer: object) -> None:
        if not isinstance(answer, Pairs) or self._kept is None:
            return
        layout = self._kept.layout
        classes = are_classes(self._kept.output.name, layout.size)
        word = "class" if classes else "value"
        if layout.size == 1:
            self._title.setText("Values by sample")
            labels = tuple(f"sample {sample}" for sample in answer.samples)
        else:
            what = "Top classes" if classes else "Largest values"
            what = "All values" if layout.size <= FEW else what
            self._title.setText(f"{what} of sample {answer.sample}")
            labels = tuple(f"{word} {flat}" for flat in answer.flats)
        self._hint.setText("how sure each side is" if answer.probability else "")
        self.view.show_pairs(answer, labels, whole=is_whole(self._kept.output.dtype))
        self.mark()

    def mark(self) -> None:
        self.view.mark(*self.place)

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.set_dimmed(dimmed)
