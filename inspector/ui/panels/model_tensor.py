"""The values of a stored tensor in the detail pane: numbers, histogram, picture, first values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.core.tensor_facts import Scalar, TensorFacts
from inspector.ui.models.tree_text import size_text
from inspector.ui.plots.background import Background
from inspector.ui.plots.colour_maps import DIFFERENCE, VALUES, ScaleView
from inspector.ui.plots.heat_map import HeatMapView
from inspector.ui.plots.numbers import short_text
from inspector.ui.plots.plot_view import Zoom
from inspector.ui.plots.value_bars import ValueBarsView
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.folded import code_view
from inspector.ui.widgets.labels import Elided, Label
from inspector.ui.widgets.rules import Rule

if TYPE_CHECKING:
    from inspector.jobs.requests import Event
    from inspector.ui.plots.fields import Field

AT_ONCE = 64 << 20
"""Bytes of a tensor that is read without being asked for."""

_SHOWN = 32
_PICTURE = 220
_FRAME = 24
"""Room around the lines of a box of text, in pixels."""

_NUMBERS = ("Values", "Smallest", "Largest", "Mean", "Std. deviation", "Zeros", "NaN / infinite")


class TensorSection(QWidget):
    """Hidden where a row has no tensor; asks for the values where they are few."""

    wanted = Signal()
    """The values are to be read."""
    stopped = Signal()
    """The person does not want to wait for them."""
    save_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self._title = Label("Weights", 12, 600, "text2")
        self._about = Elided("", 12, token="text3")
        self.save = button("Save as .npy...", "quiet", small=True)
        self.read = button("Read the values", small=True)
        self.stop = button("Cancel", "danger", small=True)
        self._message = Label("", 12, 400, "text2", wrap=True)
        self._values = [Label("", 12, mono=True) for _ in _NUMBERS]
        self.bars = ValueBarsView()
        self.maps = {
            name: HeatMapView("Picture of the tensor", name) for name in (DIFFERENCE, VALUES)
        }
        self.scales = {name: ScaleView("Scale of the picture", name) for name in self.maps}
        self._picture_text = Label("", 12, 400, "text3", wrap=True)
        self._first = code_view("First values")
        self._drawing = Background(self)
        self._body = QWidget()
        self._pictures = QWidget()
        self._lay_out()
        self.read.clicked.connect(self.wanted)
        self.stop.clicked.connect(self.stopped)
        self.save.clicked.connect(self.save_asked)
        self.clear()

    def clear(self) -> None:
        """There is no tensor to look at."""
        self._drawing.forget()
        self.name = ""
        self.hide()

    def offer(self, size: int) -> None:
        """A row has a tensor of so many bytes; it is read at once where that is quick."""
        self._drawing.forget()
        self._body.hide()
        self.save.hide()
        self._about.setText(size_text(size) if size > 0 else "")
        self.stop.hide()
        quick = size <= AT_ONCE
        self.read.setVisible(not quick)
        self._say("Reading the values" if quick else f"They take {size_text(size)} of the file.")
        self.show()
        if quick:
            self.wanted.emit()

    def show_progress(self, event: Event) -> None:
        """Say how far reading is."""
        share = "" if event.fraction is None else f", {event.fraction:.0%}"
        self._say(f"{event.stage}{share}" if event.stage else "Reading the values")
        self.read.hide()
        self.stop.show()

    def show_failure(self, failure: Failure) -> None:
        """Say why the values cannot be shown."""
        self._say(f"{failure.sentence} {failure.hint}".strip())
        self.stop.hide()
        self.read.hide()

    def show_stopped(self) -> None:
        """Reading was cancelled; it can be begun again."""
        self._say("Not read.")
        self.stop.hide()
        self.read.show()

    def show_facts(self, facts: TensorFacts) -> None:
        """Show what was read."""
        self.name = facts.name
        self._message.hide()
        self.read.hide()
        self.stop.hide()
        self.save.show()
        self._about.setText(f"{facts.name}, {facts.dtype}, {size_text(facts.bytes)}")
        for label, text in zip(self._values, numbers(facts), strict=True):
            label.setText(text)
        self.bars.show_bars(facts.bars)
        self.bars.setVisible(bool(facts.bars.counts))
        shown = ", ".join(scalar_text(one) for one in facts.first[:_SHOWN])
        more = ", ..." if facts.values > _SHOWN else ""
        self._first.setPlainText(shown + more)
        self._first.setFixedHeight(3 * self._first.fontMetrics().lineSpacing() + _FRAME)
        self._first.setVisible(bool(facts.first))
        self._show_picture(facts)
        self._body.show()

    def _show_picture(self, facts: TensorFacts) -> None:
        picture = facts.picture
        self._pictures.setVisible(picture is not None)
        if picture is None:
            return
        self._picture_text.setText(picture.text)
        name = VALUES if facts.minimum is None or facts.minimum >= 0 else DIFFERENCE
        for key in self.maps:
            for part in (self.maps[key], self.scales[key]):
                part.setVisible(key == name)
        heat = self.maps[name]
        heat.show_field(None)
        heat.set_zoom(Zoom())
        rows, columns = picture.shape
        heat.setFixedHeight(max(24, min(_PICTURE, round(rows / columns * 480) + 6)))
        limits = facts.minimum or 0.0, facts.maximum or 0.0
        self._drawing.ask(_drawn(picture.file), lambda field: self._on_drawn(name, field, limits))

    def _on_drawn(self, name: str, field: Field | None, limits: tuple[float, float]) -> None:
        self.maps[name].show_field(field)
        if field is not None:
            lower, upper = short_text(field.lower), short_text(field.upper)
            lower += " or less" if limits[0] < field.lower else ""
            upper += " or more" if limits[1] > field.upper else ""
            middle = "0" if field.lower == -field.upper else ""
            self.scales[name].show_ends(lower, middle, upper)

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.show()

    def _numbers_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        for number, (name, value) in enumerate(zip(_NUMBERS, self._values, strict=True)):
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(Label(name, 12, 400, "text2"), number, 0)
            grid.addWidget(value, number, 1)
        return grid

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._about, 1)
        for control in (self.save, self.read, self.stop):
            head.addWidget(control)
        numbers_and_bars = QHBoxLayout()
        numbers_and_bars.setSpacing(16)
        numbers_and_bars.addLayout(self._numbers_grid())
        numbers_and_bars.addWidget(self.bars, 1, Qt.AlignmentFlag.AlignTop)
        pictures = QVBoxLayout(self._pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(4)
        for name, heat in self.maps.items():
            heat.zoomed.connect(heat.set_zoom)
            pictures.addWidget(heat)
            pictures.addWidget(self.scales[name])
        pictures.addWidget(self._picture_text)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        body.addLayout(numbers_and_bars)
        body.addWidget(self._pictures)
        body.addWidget(Label("First values", 12, 600, "text2"))
        body.addWidget(self._first)
        self._first.setLineWrapMode(self._first.LineWrapMode.WidgetWidth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Rule())
        column.addLayout(head)
        column.addWidget(self._message)
        column.addWidget(self._body)


def _drawn(file: str) -> Callable[[], Field]:
    def draw() -> Field:
        import numpy as np

        from inspector.ui.plots.fields import picture_of

        return picture_of(np.load(file, allow_pickle=False).astype(np.float64))

    return draw


def numbers(facts: TensorFacts) -> tuple[str, ...]:
    """The texts beside the names of the numbers."""
    share = f" ({facts.zeros / facts.values:.1%})" if facts.zeros else ""
    endless = facts.positive_infinity + facts.negative_infinity
    limits = (facts.minimum, facts.maximum, facts.mean, facts.deviation)
    return (
        f"{facts.values:,}",
        *("none" if one is None else number_text(one) for one in limits),
        f"{facts.zeros:,}{share}",
        f"{facts.nan:,} / {endless:,}",
    )


def number_text(value: float) -> str:
    """A value with four digits; whole numbers as they are."""
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0.0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.1f}"
    return f"{value:.3e}"


def scalar_text(value: Scalar) -> str:
    """One of the first values."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
