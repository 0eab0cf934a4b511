"""The inputs of `forward()` as rows to fill in: name, type, sizes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.core.failures import InspectorError
from inspector.core.input_spec import DTYPES, InputSpec, parse_input_spec
from inspector.ui import look
from inspector.ui.widgets.code_fields import field, mark_bad
from inspector.ui.widgets.controls import button, icon_button
from inspector.ui.widgets.labels import Label

HEADS = ("Name", "Type", "Sizes", "")


def dims_text(spec: InputSpec) -> str:
    """Sizes as they are typed: `batch=2, 3, 224, 224`."""
    return ", ".join(f"{d.symbol}={d.size}" if d.symbol else str(d.size) for d in spec.dims)


class InputRow:
    """The fields of one input."""

    def __init__(self, spec: InputSpec | None, number: int) -> None:
        self.name = field(f"Name of input {number}", "x")
        self.dtype = QComboBox()
        self.dtype.addItems(list(DTYPES))
        self.dtype.setFont(look.font(12, mono=True))
        self.dtype.setAccessibleName(f"Type of input {number}")
        self.dims = field(f"Sizes of input {number}", "batch=2, 3, 224, 224")
        self.remove = icon_button("trash", f"Remove input {number}")
        if spec is not None:
            self.name.setText(spec.name)
            self.dtype.setCurrentText(spec.dtype)
            self.dims.setText(dims_text(spec))

    @property
    def widgets(self) -> tuple[QLineEdit, QComboBox, QLineEdit, QWidget]:
        """In the order of the columns."""
        return self.name, self.dtype, self.dims, self.remove

    def read(self) -> tuple[InputSpec | None, str]:
        """The input, or None and what is wrong with the fields; marks the field that is."""
        name, dims = self.name.text().strip(), self.dims.text().strip()
        if not name:
            mark_bad(self.name, True)
            return None, "Every input needs the name that forward() gives it."
        try:
            spec = parse_input_spec(f"{name}={self.dtype.currentText()}[{dims}]")
        except InspectorError:
            bad_name = any(letter in name for letter in "=[]")
            mark_bad(self.name, bad_name)
            mark_bad(self.dims, not bad_name)
            return None, (
                "A name cannot hold =, [ or ]." if bad_name
                else f"The sizes of '{name}' cannot be read: write numbers apart by commas, and "
                "batch=2 where a size may differ from run to run."
            )  # fmt: skip
        empty = [dim for dim in spec.dims if dim.size < 1]
        mark_bad(self.name, False)
        mark_bad(self.dims, bool(empty))
        if empty:
            return None, f"Every size of '{name}' must be at least 1."
        return spec, ""


class InputsEditor(QWidget):
    """Rows of inputs; `edited` says that a person changed one."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[InputRow] = []
        self.arguments: tuple[str, ...] = ()
        """Names that `forward()` gives its arguments, where they are known."""
        self.add = button("Add input", "quiet", "plus", small=True)
        self.problem_label = Label("", 12, 400, "fail", wrap=True)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._heads = [Label(head, 12, 500, "text3") for head in HEADS]
        for column, (head, stretch) in enumerate(zip(self._heads, (3, 0, 5, 0), strict=True)):
            self._grid.addWidget(head, 0, column)
            self._grid.setColumnStretch(column, stretch)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(4)
        title_row = QHBoxLayout()
        # The text of a button without a frame ends where the fields below it do.
        title_row.setContentsMargins(0, 0, -7, 0)
        title_row.addWidget(Label("Inputs and their sizes", 12, 600, "text2"), 1)
        title_row.addWidget(self.add)
        column_layout.addLayout(title_row)
        column_layout.addLayout(self._grid)
        column_layout.addWidget(self.problem_label)
        self.problem_label.hide()
        self._show_heads()
        self.add.clicked.connect(self._on_add_clicked)

    def show_specs(self, specs: tuple[InputSpec, ...]) -> None:
        """Fill in other inputs; fields that already say the same are left alone."""
        if self.read()[0] == specs and len(self.rows) == len(specs):
            return
        while self.rows:
            self._drop(self.rows[-1])
        for spec in specs:
            self._append(spec)
        self.check()

    def read(self) -> tuple[tuple[InputSpec, ...] | None, str]:
        """The inputs, or None and the first thing that is wrong."""
        specs: list[InputSpec] = []
        problem = ""
        for row in self.rows:
            spec, wrong = row.read()
            problem = problem or wrong
            if spec is not None and spec.name in (known.name for known in specs):
                mark_bad(row.name, True)
                problem = problem or f"Two inputs are called '{spec.name}'."
            if spec is not None:
                specs.append(spec)
        return (None, problem) if problem else (tuple(specs), "")

    def check(self) -> str:
        """Show what is wrong; empty where nothing is."""
        _, problem = self.read()
        self.problem_label.setText(problem)
        self.problem_label.setVisible(bool(problem))
        return problem

    def _append(self, spec: InputSpec | None) -> InputRow:
        row = InputRow(spec, len(self.rows) + 1)
        self.rows.append(row)
        line = self._grid.rowCount()
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, line, column)
        row.name.textEdited.connect(self._on_edited)
        row.dims.textEdited.connect(self._on_edited)
        row.dtype.activated.connect(self._on_edited)
        row.remove.clicked.connect(lambda: self._on_remove_clicked(row))
        self._show_heads()
        return row

    def _drop(self, row: InputRow) -> None:
        self.rows.remove(row)
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._show_heads()

    def _show_heads(self) -> None:
        """Heads over no row would stand anywhere: their widths come from the fields."""
        for head in self._heads:
            head.setVisible(bool(self.rows))

    def _on_edited(self) -> None:
        self.check()
        self.edited.emit()

    def _on_add_clicked(self) -> None:
        row = self._append(None)
        named = {other.name.text().strip() for other in self.rows}
        row.name.setText(next((name for name in self.arguments if name not in named), ""))
        (row.dims if row.name.text() else row.name).setFocus()
        self._on_edited()

    def _on_remove_clicked(self, row: InputRow) -> None:
        self._drop(row)
        self.add.setFocus()
        self._on_edited()
