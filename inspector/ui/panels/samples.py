"""The tab "Samples": which data goes into which input, how much of it, and made-up data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.model import Tensor
from inspector.core.words import counted
from inspector.jobs.requests import Binding, DataSource
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.models.tree_text import size_text
from inspector.ui.panels.samples_binding import BindingCard, array_text
from inspector.ui.panels.samples_kinds import KindFields
from inspector.ui.panels.samples_made import ImagesCard
from inspector.ui.panels.samples_preview import PreviewCard
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label, Tag
from inspector.ui.widgets.lines import Line
from inspector.ui.widgets.number_field import number_field
from inspector.ui.widgets.record_view import RecordView

MOST = 2**31 - 1
_DEFAULT_COUNT, _DEFAULT_SEED = 16, 0
_RIGHT_WIDTH = 320
_PREVIEW_WIDTH = 272


class SamplesView(QWidget):
    """Edits the document's `data`; the fit comes back in its `binding`.

    Args:
        document: What is shown.
        parent: What it lies in.
        in_steps: Leave it to `making` to make the parts.
    """

    files_wanted = Signal()
    """The person wants to choose files."""

    def __init__(
        self, document: Document, parent: QWidget | None = None, *, in_steps: bool = False
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._shown: DataSource | None = None
        self._chosen = ""
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        document = self._document
        self.binding_card = BindingCard(document)
        self.arrays = RecordTable(_array_columns(self._goes_into), self)
        self.run_card = RunCard(document)
        self.preview_card = PreviewCard(document)
        yield "samples: left"
        self.images_card = ImagesCard(document)
        self.made_up_card = MadeUpCard(document)
        choose = button("Choose files\u2026", "primary")
        choose.clicked.connect(self.files_wanted)
        generate = button("Generate inputs")
        generate.clicked.connect(self.made_up_card.generate)
        self.empty = EmptyState(
            "grid",
            "No sample data yet",
            "Drop arrays, tables, pictures or sounds on the window, or let the program make "
            "inputs up.",
            choose,
            generate,
        )
        yield "samples: right"
        self._lay_out()
        yield "samples: layout"
        turn = Turn(self, self.refresh)
        document.data_changed.connect(turn.ask)
        document.files_changed.connect(turn.ask)
        self.refresh()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self._left = QStackedWidget()
        row.addWidget(self._left, 1)
        empty, filled, side = Card(), QWidget(), QWidget()
        self._left.addWidget(empty)
        empty.body.addWidget(self.empty, 1)
        self._left.addWidget(scrolling(filled))
        left = _column_in(filled)
        left.addWidget(self.binding_card)
        self._arrays_card = Card("What is in the files", " ")
        beside = QHBoxLayout()
        beside.setSpacing(12)
        beside.addWidget(self._arrays_card, 1)
        self.preview_card.setFixedWidth(_PREVIEW_WIDTH)
        beside.addWidget(self.preview_card)
        left.addLayout(beside, 1)
        self.arrays_view = RecordView(self.arrays, "Arrays in the files", stretch=0)
        self.arrays_view.record_chosen.connect(self._show_array)
        self._arrays_card.body.addWidget(self.arrays_view, 1)
        side.setFixedWidth(_RIGHT_WIDTH)
        row.addWidget(scrolling_side(side))
        right = _column_in(side)
        right.addWidget(self.run_card)
        right.addWidget(self.images_card)
        right.addWidget(self.made_up_card)
        right.addStretch(1)

    def refresh(self) -> None:
        """Show the document's data."""
        document = self._document
        self._left.setCurrentIndex(0 if document.data is None else 1)
        self.run_card.refresh()
        self.images_card.refresh()
        self.made_up_card.refresh()
        if self._is_being_matched_again():
            return
        self._shown = document.data if document.binding is not None else None
        self.binding_card.refresh()
        arrays = document.binding.arrays if document.binding is not None else ()
        self._arrays_card.setVisible(bool(arrays))
        made_up = document.data is not None and document.data.random > 0
        self._arrays_card.title.setText("What is made up" if made_up else "What is in the files")
        self._arrays_card.hint.setText(counted(len(arrays), "array"))
        self._show_arrays(arrays)

    def _show_arrays(self, arrays: tuple[Tensor, ...]) -> None:
        """List them; the chosen one stays chosen, else the first that an input takes is."""
        self.arrays_view.show_records(arrays)
        used = [array for array in arrays if self._goes_into(array) != "-"]
        same = [array for array in arrays if array.name == self._chosen]
        shown = (*same, *used, *arrays)
        self.arrays_view.mark(shown[0] if shown else None)
        self.preview_card.setVisible(bool(shown))
        if shown:
            self._show_array(shown[0])

    def _show_array(self, array: Tensor) -> None:
        self._chosen = array.name
        self.preview_card.show_array(array.name, next(iter(self._inputs_of(array)), ""))

    def _is_being_matched_again(self) -> bool:
        """Whether the same files are matched under another option.

        The answer comes at once; until then the old one stays, and so does the keyboard's place.
        """
        data, shown = self._document.data, self._shown
        if self._document.binding is not None or data is None or shown is None:
            return False
        return bool(data.paths) and data.paths == shown.paths

    def _goes_into(self, array: Tensor) -> str:
        return ", ".join(self._inputs_of(array)) or "-"

    def _inputs_of(self, array: Tensor) -> list[str]:
        binding = self._document.binding
        bound = binding.bound if binding is not None else ()
        return [fit.input.name for fit in bound if fit.array == array.name]


def _column_in(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    return column


def scrolling_side(side: QWidget) -> QWidget:
    """A column at the right that scrolls where the window is low."""
    area = scrolling(side)
    area.setFixedWidth(side.maximumWidth() + 12)
    return area


def _array_columns(goes_into: object) -> tuple[Column, ...]:
    assert callable(goes_into)
    return (
        Column("Array", lambda array: array.name, mono=True),
        Column("Type and shape", array_text, mono=True),
        Column("Size", lambda array: size_text(array.bytes), lambda a: a.bytes, numeric=True),
        Column("Goes into", goes_into, mono=True, token=lambda array: "text2"),
    )


def _spin(name: str, low: int, high: int, value: int) -> QSpinBox:
    spin = number_field(name, low, high, value)
    spin.setGroupSeparatorShown(True)
    return spin


def _field(card: Card, text: str, control: QWidget) -> None:
    row = QHBoxLayout()
    label = Label(text)
    label.setBuddy(control)
    row.addWidget(label, 1)
    row.addWidget(control)
    card.body.addLayout(row)


class RunCard(Card):
    """How many samples are used, and how many at a time."""

    def __init__(self, document: Document) -> None:
        super().__init__("How to run it")
        self._document = document
        self.limit = _spin("Samples", 0, MOST, 0)
        self.limit.setSpecialValueText("all")
        self.batch = _spin("Batch size", 0, 1_000_000, 0)
        self.batch.setSpecialValueText("automatic")
        self._note = Label("", 12, 400, "text2", wrap=True)
        _field(self, "Samples", self.limit)
        _field(self, "Batch size", self.batch)
        self.body.addWidget(self._note)
        self.body.addWidget(Line())
        text = (
            "Both sides run twice on the first sample, ONNX Runtime also without its "
            "optimisations, to see whether they repeat themselves."
        )
        self.body.addWidget(Label(text, 12, 400, "text2", wrap=True))
        self.limit.valueChanged.connect(lambda value: self._change(limit=value))
        self.batch.valueChanged.connect(lambda value: self._change(batch_size=value))

    def refresh(self) -> None:
        """Show the document's data."""
        data, binding = self._document.data, self._document.binding
        made_up = data is not None and data.random > 0
        self.setVisible(data is not None)
        _set_quietly(self.limit, data.limit if data is not None else 0)
        _set_quietly(self.batch, data.batch_size if data is not None else 0)
        self.limit.setEnabled(data is not None and not made_up)
        self.batch.setEnabled(data is not None and not _fixed_batch(self._document))
        self._note.setText(_amount(binding, _fixed_batch(self._document)))
        self._note.setVisible(bool(self._note.text()))

    def _change(self, **changes: int) -> None:
        data = self._document.data
        if data is not None:
            self._document.set_data(replace(data, **changes))  # type: ignore[arg-type]


def _fixed_batch(document: Document) -> int:
    """Batch size that the candidate's first input fixes; 0 where it is open."""
    opened = document.candidate
    onnx = opened.inspection.onnx if opened is not None and opened.inspection else None
    if onnx is None or not onnx.inputs or not onnx.inputs[0].shape:
        return 0
    first = onnx.inputs[0].shape[0]
    return first if isinstance(first, int) else 0


def _amount(binding: Binding | None, fixed: int) -> str:
    if binding is None or not binding.samples:
        return ""
    if fixed:
        return f"{counted(binding.samples, 'sample')}; the model takes {fixed:,} at a time."
    size = f", {binding.batch_size:,} at a time" if binding.batch_size else ""
    return f"{counted(binding.samples, 'sample')}{size}."


class MadeUpCard(Card):
    """Random inputs, clearly called so."""

    def __init__(self, document: Document) -> None:
        super().__init__("No real data at hand?")
        self._document = document
        text = (
            "Inputs can be made up. The answer is then REVIEW at best, and every page of the "
            "report says so."
        )
        self.body.addWidget(Label(text, 13, 400, "text2", wrap=True))
        self.body.addWidget(Tag("random, not real", "review", mono=False))
        self.body.addWidget(Line())
        self._shown: DataSource | None = None
        self.count = _spin("Number of random samples", 1, 1_000_000, _DEFAULT_COUNT)
        self.seed = _spin("Seed", 0, MOST, _DEFAULT_SEED)
        self.seed.setGroupSeparatorShown(False)
        self.kind = KindFields()
        self.button = button("Generate inputs")
        _field(self, "Random, by type and shape", self.count)
        self.body.addWidget(self.kind)
        _field(self, "Seed", self.seed)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.button)
        self.body.addLayout(row)
        self.button.clicked.connect(self.generate)

    def generate(self) -> None:
        """Use random data from now on."""
        data, kinds = self._document.data, self.kind.kinds()
        if kinds is None:
            return
        batch = data.batch_size if data is not None else 0
        self._document.set_data(
            DataSource(
                random=self.count.value(),
                seed=self.seed.value(),
                batch_size=batch,
                kinds=kinds,
            )
        )

    def refresh(self) -> None:
        """Show the numbers of the random data in use."""
        self.kind.set_inputs(_input_names(self._document))
        data = self._document.data
        if data is not None and data.random > 0:
            _set_quietly(self.count, data.random)
            _set_quietly(self.seed, data.seed)
            if data is not self._shown:
                self._shown = data
                self.kind.show_kinds(data.kinds)


def _input_names(document: Document) -> tuple[str, ...]:
    opened = document.candidate
    onnx = opened.inspection.onnx if opened is not None and opened.inspection else None
    return tuple(value.name for value in onnx.inputs) if onnx is not None else ()


def _set_quietly(spin: QSpinBox, value: int) -> None:
    spin.blockSignals(True)
    spin.setValue(value)
    spin.blockSignals(False)
