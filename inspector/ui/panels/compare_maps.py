"""The pictures that are maps: error / allowed, and reference, candidate and difference."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from inspector.core.beside import are_classes
from inspector.ui.panels.compare_part import Part, Place, column_of, head_row
from inspector.ui.plots.colour_maps import DIFFERENCE, ERROR, VALUES, ScaleView
from inspector.ui.plots.fields import (
    ErrorMap,
    Trio,
    difference_ends,
    enlarged_text,
    error_map,
    trio,
)
from inspector.ui.plots.heat_map import HeatMapView
from inspector.ui.plots.kept import Kept
from inspector.ui.plots.numbers import (
    decade_text,
    is_whole,
    short_text,
    signed_text,
    value_pair,
)
from inspector.ui.plots.plot_view import Zoom
from inspector.ui.widgets.labels import Elided, Label


class MapPart(Part):
    """Error / allowed: samples down, elements across."""

    def __init__(self) -> None:
        super().__init__()
        self.view = HeatMapView("Error as a multiple of what is allowed", ERROR)
        self._scale = ScaleView("Scale of the error map", ERROR)
        self._hint = Elided("", 12, 400, "text3")
        self._map: ErrorMap | None = None
        column = column_of(self, head_row("Error \u00f7 allowed", self._hint))
        column.addWidget(self.view, 1)
        column.addWidget(self._scale)
        self.view.picked.connect(self._on_view_picked)
        self.view.zoomed.connect(self.view.set_zoom)
        self.view.stepped.connect(lambda down, across: self._step(down, across))
        self.view.sample_stepped.connect(lambda samples: self._step(samples, 0))
        self.view.cleared.connect(self.cleared)
        self.view.probe = self.probe

    def work(self, kept: Kept) -> Callable[[], object]:
        return lambda: error_map(kept)

    def receive(self, answer: object) -> None:
        if not isinstance(answer, ErrorMap) or self._kept is None:
            return
        self._map = answer
        layout = self._kept.layout
        across = "classes" if are_classes(self._kept.output.name, layout.size) else "values"
        text = f"{layout.samples:,} samples down, {layout.size:,} {across} across"
        if answer.step > 1:
            text += f", every {answer.step}. sample"
        self._hint.setText(text)
        field = answer.field
        low = decade_text(round(field.lower))
        top = 10.0**field.upper
        high = f"{top:.2g}" if top < 1000 else f"{top:.0e}"
        self._scale.show_ends(f"\u2264 {low}", "times what is allowed", high)
        self.view.show_field(field)
        self.view.describe(f"{text}; the largest error is {answer.largest:.3g} times the allowed.")
        self.mark()

    def mark(self) -> None:
        self.view.mark(self.place, self.dots)

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.set_dimmed(dimmed)

    def _on_view_picked(self, row: int, column: int) -> None:
        self.picked.emit(row, column)

    def _step(self, down: int, across: int) -> None:
        assert self._kept is not None
        row, column = self.place[0] + down, self.place[1] + across
        layout = self._kept.layout
        if 0 <= row < layout.samples and 0 <= column < layout.size:
            self.picked.emit(row, column)


class TrioPart(Part):
    """Reference, candidate and difference side by side, with the same crosshair."""

    sample_stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._trio: Trio | None = None
        self._heads = tuple(Label("", 12, 600) for _ in range(3))
        self._values = tuple(Label("", 12, 400, mono=True) for _ in range(3))
        maps = (VALUES, VALUES, DIFFERENCE)
        titles = ("Reference", "Candidate", "Difference")
        pairs = list(zip(titles, maps, strict=True))
        self.views = tuple(HeatMapView(title, colours) for title, colours in pairs)
        self._scales = tuple(ScaleView(f"Scale of {title}", colours) for title, colours in pairs)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        grid.setRowStretch(1, 1)
        for number, view in enumerate(self.views):
            head = QHBoxLayout()
            head.addWidget(self._heads[number], 1)
            head.addWidget(self._values[number])
            grid.addLayout(head, 0, number)
            grid.addWidget(view, 1, number)
            grid.addWidget(self._scales[number], 2, number)
            grid.setColumnStretch(number, 1)
            view.picked.connect(self._on_view_picked)
            view.stepped.connect(self._on_view_stepped)
            view.sample_stepped.connect(self.sample_stepped)
            view.zoomed.connect(self._on_view_zoomed)
            view.cleared.connect(self.cleared)
            view.probe = self._probe_cell

    def show_kept(self, kept: Kept | None, names: tuple[str, str]) -> None:
        super().show_kept(kept, names)
        self._trio = None
        for head, text in zip(self._heads, (*names, "Difference"), strict=True):
            head.setText(text)
        for view in self.views:
            view.show_field(None)
            view.set_zoom(Zoom())

    def key(self) -> object:
        assert self._kept is not None
        layout = self._kept.layout
        plane, _, _ = layout.cell(*self.place)
        return (self.place[0], plane) if layout.is_image else "all samples"

    def work(self, kept: Kept) -> Callable[[], object]:
        sample = self.place[0]
        plane, _, _ = kept.layout.cell(*self.place)
        return lambda: trio(kept, sample, plane)

    def receive(self, answer: object) -> None:
        if not isinstance(answer, Trio):
            return
        self._trio = answer
        fields = (answer.reference, answer.candidate, answer.difference)
        self._heads[2].setText(enlarged_text(answer))
        for view, field in zip(self.views, fields, strict=True):
            view.show_field(field)
        ends = short_text(answer.reference.lower), "", short_text(answer.reference.upper)
        self._scales[0].show_ends(*ends)
        self._scales[1].show_ends(*ends)
        self._scales[2].show_ends(*difference_ends(answer))
        lost = answer.reference.not_finite + answer.candidate.not_finite
        for view, head in zip(self.views, self._heads, strict=True):
            extra = f"; {lost:,} cells are NaN or infinite" if lost else ""
            view.setAccessibleName(head.text())
            view.describe(f"from {ends[0]} to {ends[2]}{extra}")
        self.mark()

    def mark(self) -> None:
        if self._kept is None:
            return
        layout = self._kept.layout
        plane, row, column = layout.cell(*self.place)
        cells = [(sample, *layout.cell(sample, flat)) for sample, flat in self.dots]
        here = [
            (r, c)
            for sample, p, r, c in cells
            if not layout.is_image or (sample == self.place[0] and p == plane)
        ]
        for view in self.views:
            view.mark((row, column), here)
        worst = self._kept.element(*self.place)
        pair = value_pair(worst.reference, worst.candidate, whole=is_whole(self._kept.output.dtype))
        texts = (*pair, signed_text(worst.candidate - worst.reference))
        for label, text in zip(self._values, texts, strict=True):
            label.setText(text)

    def set_dimmed(self, dimmed: bool) -> None:
        for view in self.views:
            view.set_dimmed(dimmed)

    def _element(self, row: int, column: int) -> Place:
        assert self._kept is not None
        layout = self._kept.layout
        plane, _, _ = layout.cell(*self.place)
        return layout.element(self.place[0], plane, row, column)

    def _probe_cell(self, row: int, column: int) -> str:
        return self.probe(*self._element(row, column))

    def _on_view_picked(self, row: int, column: int) -> None:
        self.picked.emit(*self._element(row, column))

    def _on_view_stepped(self, down: int, across: int) -> None:
        assert self._kept is not None
        _, row, column = self._kept.layout.cell(*self.place)
        rows, columns = self._kept.layout.grid
        if 0 <= row + down < rows and 0 <= column + across < columns:
            self._on_view_picked(row + down, column + across)

    def _on_view_zoomed(self, zoom: Zoom) -> None:
        for view in self.views:
            view.set_zoom(zoom)
