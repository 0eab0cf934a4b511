"""The card "Which data goes into which input"."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from inspector.core.model import Shape, Tensor
from inspector.jobs.requests import Binding, Bound
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.hints import in_window
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Elided, Label, Tag
from inspector.ui.widgets.lines import Line

STATUS_ICONS = {
    "as-is": ("pass", "pass"),
    "widened": ("pass", "pass"),
    "narrowed": ("review", "review"),
    "missing": ("fail", "fail"),
    "unfit": ("fail", "fail"),
}
"""Icon and colour of a status."""

_HEADS = ("Model input", "It wants", "It gets", "Which is", "Conversion")
_MOST_TAGS = 6


def shape_text(shape: Shape) -> str:
    """`['batch', 12]`, `[?, 3]`, or `of any shape`."""
    if shape is None:
        return "of any shape"
    parts = (f"'{d}'" if isinstance(d, str) else "?" if d is None else str(d) for d in shape)
    return f"[{', '.join(parts)}]"


def array_text(array: Tensor) -> str:
    """`float64 [1500, 12]`."""
    return f"{array.dtype} {shape_text(array.shape)}"


def conversion_text(bound: Bound, cast: bool) -> str:
    """What happens to the array on its way into the input."""
    if bound.note:
        return f"As it is. {bound.note}" if bound.status == "as-is" else bound.note
    wanted = bound.input.dtype
    return {
        "as-is": "as it is",
        "widened": f"widened to {wanted}, exact",
        "narrowed": f"rounded to {wanted}" if cast else f"must be rounded to {wanted}",
        "missing": "no array for this input",
        "unfit": "does not fit",
    }[bound.status]


def what_to_do(binding: Binding) -> str:
    """The hint of a problem, in the words of the page that has the means to mend it."""
    statuses = {bound.status for bound in binding.bound}
    if "unfit" not in statuses and "missing" not in statuses and "narrowed" in statuses:
        wanted = " and ".join(sorted(_narrowed(binding)))
        return f"Allow rounding to {wanted} under Samples, or save the array as {wanted}."
    wrong = [bound for bound in binding.bound if bound.status in ("missing", "unfit")]
    if wrong and wrong[0].status == "missing" and binding.arrays:
        # The problem is that of the first input that does not fit.
        name = wrong[0].input.name
        return f"Name an array '{name}' in the file, or choose one under Samples, It gets."
    return in_window(binding.hint)


def _narrowed(binding: Binding) -> set[str]:
    return {bound.input.dtype for bound in binding.bound if bound.status == "narrowed"}


class BindingCard(Card):
    """One row per model input; the array is chosen in a list."""

    def __init__(self, document: Document) -> None:
        super().__init__("Which data goes into which input", "matched by name, then by order")
        self._document = document
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(4, 1)
        self._waiting = Label("", 13, 400, "text2", wrap=True)
        self.consent = QCheckBox()
        self.consent.toggled.connect(self._on_consent_toggled)
        self._problem_icon = IconView("fail", "fail", 16)
        self.problem, self.hint_label = Label("", 13, 600, wrap=True), Label("", wrap=True)
        self.boxes: dict[str, QComboBox] = {}
        self._tags = QHBoxLayout()
        self._tags.setSpacing(8)
        self._lay_out()

    def _lay_out(self) -> None:
        problem = QHBoxLayout()
        problem.setSpacing(8)
        problem.addWidget(self._problem_icon)
        problem.addWidget(self.problem, 1)
        self.body.addWidget(self._waiting)
        self.body.addWidget(self._table)
        self.body.addWidget(self.consent)
        self.body.addLayout(problem)
        self.body.addWidget(self.hint_label)
        self.body.addLayout(self._tags)

    def refresh(self) -> None:
        """Show the document's binding, or why there is none yet."""
        binding = self._document.binding
        self._waiting.setText(self._why_waiting())
        self._waiting.setVisible(binding is None)
        self._table.setVisible(binding is not None)
        focused = [name for name, box in self.boxes.items() if box.hasFocus()]
        self._clear()
        problem = binding.problem if binding is not None else ""
        self.problem.setText(problem)
        self.hint_label.setText(what_to_do(binding) if binding is not None else "")
        for part in (self._problem_icon, self.problem):
            part.setVisible(bool(problem))
        self.hint_label.setVisible(bool(problem) and bool(self.hint_label.text()))
        self._show_consent(binding)
        if binding is not None:
            self._show_rows(binding)
            self._show_unused(binding)
        for name in focused:
            # The list is another widget now; the keyboard stays where it was.
            if name in self.boxes:
                self.boxes[name].setFocus()

    def _why_waiting(self) -> str:
        opened = self._document.candidate
        if opened is None:
            return "Open the ONNX file: its inputs say which data is wanted."
        if opened.failure is not None:
            return "The ONNX file cannot be read, so its inputs are not known."
        return "The data is being matched to the inputs."

    def _show_rows(self, binding: Binding) -> None:
        for column, head in enumerate(_HEADS):
            self._grid.addWidget(Label(head, 12, 500, "text3"), 0, column)
        self._grid.addWidget(Line(), 1, 0, 1, len(_HEADS))
        for number, bound in enumerate(binding.bound):
            row = 2 * number + 2
            for column, part in enumerate(self._cells(bound, binding)):
                self._grid.addWidget(part, row, column)
            self._grid.addWidget(Line(), row + 1, 0, 1, len(_HEADS))

    def _cells(self, bound: Bound, binding: Binding) -> tuple[QWidget, ...]:
        name = Elided(bound.input.name, 12, 500, mono=True)
        name.setMinimumWidth(96)
        wants = f"{bound.input.dtype} {shape_text(bound.input.shape)}"
        which = f"{bound.array_dtype} {list(bound.array_shape)}" if bound.array else "-"
        conversion = QWidget()
        line = QHBoxLayout(conversion)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(IconView(*STATUS_ICONS[bound.status], 16))
        data = self._document.data
        text = conversion_text(bound, data is not None and data.cast)
        line.addWidget(Label(text, 12, wrap=True), 1)
        return (
            name,
            Label(wants, 12, 400, "text2", mono=True),
            self._choice(bound, binding),
            Label(which, 12, 400, "text2", mono=True),
            conversion,
        )

    def _choice(self, bound: Bound, binding: Binding) -> QWidget:
        data = self._document.data
        if not binding.arrays or data is None or not data.paths:
            return Label(bound.array or binding.source, 12, 400, mono=True)
        box = QComboBox()
        box.setFont(look.font(12, mono=True))
        box.setAccessibleName(f"Array for input {bound.input.name}")
        if not bound.array:
            box.addItem("-")
        for array in binding.arrays:
            box.addItem(array.name)
        box.setCurrentText(bound.array or "-")
        box.textActivated.connect(lambda text: self._choose(bound.input.name, text))
        self.boxes[bound.input.name] = box
        return box

    def _choose(self, name: str, array: str) -> None:
        data = self._document.data
        if data is not None and array != "-":
            self._document.set_data(replace(data, binding=data.binding | {name: array}))

    def _show_consent(self, binding: Binding | None) -> None:
        data = self._document.data
        narrowed = _narrowed(binding) if binding is not None else set()
        self.consent.setVisible(bool(narrowed))
        self.consent.setText(f"Allow rounding to {' and '.join(sorted(narrowed))}")
        self.consent.blockSignals(True)
        self.consent.setChecked(data is not None and data.cast)
        self.consent.blockSignals(False)

    def _on_consent_toggled(self, cast: bool) -> None:
        data = self._document.data
        if data is not None:
            self._document.set_data(replace(data, cast=cast))

    def _show_unused(self, binding: Binding) -> None:
        if not binding.unused:
            return
        self._tags.addWidget(Label("Not used", 12, 600, "text2"))
        arrays = {array.name: array for array in binding.arrays}
        for name in binding.unused[:_MOST_TAGS]:
            text = f"{name}  {array_text(arrays[name])}" if name in arrays else name
            self._tags.addWidget(Tag(text))
        rest = len(binding.unused) - _MOST_TAGS
        if rest > 0:
            self._tags.addWidget(Label(f"and {rest} more", 12, 400, "text3"))
        self._tags.addStretch(1)

    def _clear(self) -> None:
        self.boxes = {}
        for layout in (self._grid, self._tags):
            while (item := layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
