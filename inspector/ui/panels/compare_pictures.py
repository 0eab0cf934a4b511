"""The card "Where the outputs differ": which pictures an output has, and where one looks."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QWidget

from inspector.ui.panels.compare_maps import MapPart, TrioPart
from inspector.ui.panels.compare_part import Part, Place
from inspector.ui.panels.compare_points import BarsPart, ScatterPart
from inspector.ui.panels.compare_selection import Selection
from inspector.ui.plots.background import Background
from inspector.ui.plots.kept import Kept, open_kept
from inspector.ui.plots.layout import FEW, Layout
from inspector.ui.plots.numbers import index_text
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState
from inspector.ui.widgets.controls import Segmented, button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.lines import Line
from inspector.ui.widgets.number_field import number_field

_MOST_DOTS = 500


class View(NamedTuple):
    """One choice of the switch: its label and the parts it shows, left to right."""

    label: str
    parts: tuple[str, ...]


HEAT = View("Heat maps", ("trio",))
SCATTER = View("Scatter", ("scatter",))
IMAGE_VIEWS = (HEAT, SCATTER)
LIST_VIEWS = (View("Overview", ("map", "scatter", "bars")), HEAT, SCATTER)
NUMBER_VIEWS = (View("Overview", ("scatter", "bars")), SCATTER)


def views_for(layout: Layout) -> tuple[View, ...]:
    """The views that make sense for outputs of this layout, the most telling one first."""
    if layout.is_image:
        return IMAGE_VIEWS
    if layout.is_list:
        label = "All values" if layout.size <= FEW else "Top classes"
        return (*LIST_VIEWS, View(label, ("bars",)))
    return (*NUMBER_VIEWS, View("Bars", ("bars",)))


class PicturesCard(Card):
    """Pictures of the kept values around the marked element."""

    def __init__(self, selection: Selection) -> None:
        super().__init__("Where the outputs differ", " ")
        self._selection = selection
        self._background = Background(self)
        self._kept: Kept | None = None
        self._views: tuple[View, ...] = ()
        self._switches: dict[tuple[str, ...], Segmented] = {}
        self.parts: dict[str, Part] = {
            "map": MapPart(),
            "trio": TrioPart(),
            "scatter": ScatterPart(),
            "bars": BarsPart(),
        }
        self._make_controls()
        self._make_body()
        selection.output_changed.connect(Turn(self, self.refresh).ask)
        selection.bar_changed.connect(self._show_place)
        selection.marked_changed.connect(self._show_place)

    def _make_controls(self) -> None:
        self.previous = button("Previous", small=True)
        self.next = button("Next", small=True)
        self.sample_label = Label("", 13, 600)
        self.plane_label = Label("Channel", 12, 400, "text2")
        self.plane = number_field("Channel", 0, 99, 0, width=56, small=True)
        controls = (self.plane_label, self.plane, self.previous, self.sample_label, self.next)
        for control in controls:
            self.add_control(control)
        self.previous.clicked.connect(lambda: self.step_sample(-1))
        self.next.clicked.connect(lambda: self.step_sample(1))
        self.plane.valueChanged.connect(self._on_plane_changed)

    def _make_body(self) -> None:
        self._pictures = QWidget()
        self._columns = QHBoxLayout(self._pictures)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(15)
        self._lines: dict[str, QWidget] = {}
        for name, part in self.parts.items():
            self._lines[name] = Line(upright=True)
            self._columns.addWidget(self._lines[name])
            self._columns.addWidget(part, 4 if name == "map" else 3)
            part.picked.connect(self.mark)
            part.cleared.connect(self._selection.clear_bar)
        trio = self.parts["trio"]
        assert isinstance(trio, TrioPart)
        trio.sample_stepped.connect(self.step_sample)
        self._empty = EmptyState("grid", "", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._pictures)
        self._stack.addWidget(self._empty)
        self.body.addWidget(self._stack, 1)
        self.setMinimumHeight(240)

    @property
    def view(self) -> View | None:
        """The view that is chosen."""
        switch = self._switch()
        return self._views[switch.current] if switch is not None else None

    def refresh(self) -> None:
        """Open the values of the selection's output."""
        output, names = self._selection.output, self._selection.names
        self._kept, self._views = None, ()
        for part in self.parts.values():
            part.show_kept(None, names)
        self._show_view()
        if output is not None:
            self._background.ask(lambda: open_kept(output), self._on_opened)

    def mark(self, sample: int, flat: int) -> None:
        """Move the marked element."""
        if self._kept is not None:
            self._selection.mark(self._kept.element(sample, flat))

    def step_sample(self, samples: int) -> None:
        """Mark the same element of another sample."""
        if self._kept is not None:
            sample, flat = self._place()
            if 0 <= sample + samples < self._kept.layout.samples:
                self.mark(sample + samples, flat)

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw everything at 40 %, or in full."""
        for part in self.parts.values():
            part.set_dimmed(dimmed)

    # Parts

    def _on_opened(self, kept: Kept | None) -> None:
        self._kept = kept
        if kept is not None:
            self._views = views_for(kept.layout)
            for part in self.parts.values():
                part.show_kept(kept, self._selection.names)
            if self._selection.marked is None and kept.layout.size:
                self.mark(0, 0)
        self._show_view()

    def _switch(self) -> Segmented | None:
        key = tuple(view.label for view in self._views)
        if not key:
            return None
        if key not in self._switches:
            made = Segmented(key, "View of the outputs")
            made.changed.connect(lambda _: self._show_view())
            self._switches[key] = made
            self.add_control(made)
            before: QWidget = self.next
            for part in made.findChildren(QPushButton):
                QWidget.setTabOrder(before, part)
                before = part
        return self._switches[key]

    def _show_view(self) -> None:
        current = self._switch()
        for switch in self._switches.values():
            switch.setVisible(switch is current)
        view = self.view
        shown = view.parts if view is not None else ()
        for name, part in self.parts.items():
            part.setVisible(name in shown)
            self._lines[name].setVisible(name in shown[1:])
        self._stack.setCurrentIndex(0 if self._kept is not None or self._background.busy else 1)
        if self._kept is None and not self._background.busy:
            self._explain()
        self._show_place()

    def _explain(self) -> None:
        output = self._selection.output
        self._empty.sentence.setText("There are no pictures of this output.")
        why = "Its values were not kept: the outputs are larger than what is stored on disk."
        if output is not None and not output.elements:
            why = output.reason or "It has no values that could be compared."
        elif output is not None and output.reference_file:
            why = "Its values cannot be drawn."
        self._empty.hint.setText(why)

    # Place

    def _place(self) -> Place:
        marked, kept = self._selection.marked, self._kept
        if marked is None or kept is None or marked.sample >= kept.layout.samples:
            return 0, 0
        return marked.sample, kept.layout.flat(marked.index)

    def _show_place(self) -> None:
        kept = self._kept
        self._show_controls(kept)
        if kept is None or not kept.layout.size:
            return
        layout = kept.layout
        dots = [
            (worst.sample, layout.flat(worst.index))
            for worst in self._selection.elements[:_MOST_DOTS]
            if worst.sample < layout.samples
        ]
        place = self._place()
        for name, part in self.parts.items():
            if self.view is not None and name in self.view.parts:
                part.show_place(place, dots)

    def _show_controls(self, kept: Kept | None) -> None:
        layout = kept.layout if kept is not None else Layout(0, ())
        sample, flat = self._place()
        pages = layout.is_image or (self.view is not None and self.view.parts == ("bars",))
        for control in (self.previous, self.sample_label, self.next):
            control.setVisible(pages and kept is not None)
        self.previous.setEnabled(sample > 0)
        self.next.setEnabled(sample + 1 < layout.samples)
        self.sample_label.setText(f"Sample {sample:,} of {layout.samples:,}")
        planes = layout.planes if self.view == HEAT else 1
        self.plane.setVisible(planes > 1)
        self.plane_label.setVisible(planes > 1)
        self.plane_label.setText("Channel" if len(layout.long_axes) == 3 else "Slice")
        self.plane.blockSignals(True)
        self.plane.setRange(0, max(0, planes - 1))
        self.plane.setValue(layout.cell(sample, flat)[0] if layout.is_image else 0)
        self.plane.blockSignals(False)
        self.hint.setText(self._hint(kept))

    def _hint(self, kept: Kept | None) -> str:
        output, marked = self._selection.output, self._selection.marked
        if kept is None or output is None or marked is None:
            return ""
        if marked.sample >= kept.layout.samples:
            return f"sample {marked.sample:,} was not kept; the first {kept.layout.samples:,} were"
        text = f"Sample {marked.sample:,} {index_text(marked.index)}".strip() + " is marked"
        if 0 < output.kept_samples < output.samples:
            text += f"; {output.kept_samples:,} of {output.samples:,} samples were kept"
        return text

    def _on_plane_changed(self, plane: int) -> None:
        assert self._kept is not None
        layout = self._kept.layout
        sample, flat = self._place()
        _, row, column = layout.cell(sample, flat)
        self.mark(*layout.element(sample, plane, row, column))
