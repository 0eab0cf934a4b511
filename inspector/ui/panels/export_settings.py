"""The left half of the Export page: everything that can be said about an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.jobs.requests import ExportRequest, Prepared
from inspector.ui import look
from inspector.ui.ahead import finish
from inspector.ui.consent import checkpoint_of
from inspector.ui.document import REFERENCE, Document, Plan
from inspector.ui.forms import PROGRAM_FORMS, WEIGHT_FORMS, needs_code
from inspector.ui.panels.export_architecture import ArchitectureBox
from inspector.ui.panels.export_code import CodeBox
from inspector.ui.panels.export_inputs import InputsEditor
from inspector.ui.panels.export_place import place_note, place_problem, proposed_output
from inspector.ui.panels.export_seen import SeenBox
from inspector.ui.panels.export_states import StatesBox
from inspector.ui.stored_arguments import filled_in
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.code_fields import CodeFields, choose_file, field, mark_bad
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label

EXPORTERS = (("dynamo", "torch.export (recommended)"), ("torchscript", "TorchScript (older)"))
LOWEST, USUAL, HIGHEST = 7, 18, 25
"""Opsets that are offered; below `USUAL` the older exporter writes the file."""


class SettingsPane(Card):
    """Fields, filled in from the document; `changed` says that the request is another one.

    Args:
        document: What is exported.
        in_steps: Leave it to `making` to make the fields.
    """

    changed = Signal()

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__("Export settings", " ")
        self._document = document
        self._checkpoint = self._form = ""
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        document = self._document
        self.seen = SeenBox(document)
        self.states = StatesBox(document)
        self.code = CodeFields()
        self.architecture = ArchitectureBox(document)
        self.exporter, self.opset = QComboBox(), QSpinBox()
        yield "settings: code"
        self.inputs = InputsEditor()
        self.inputs_note = Label("", 12, 400, "text3", wrap=True)
        self.output_names = field("Output names", "by their place in the result")
        self.output = field("Write to")
        self.output_problem = Label("", 12, 400, "fail", wrap=True)
        self.names_problem = Label("", 12, 400, "fail", wrap=True)
        self.choose = button("Choose...")
        self.folding = QCheckBox("Compute constants beforehand (constant folding)")
        self.training = QCheckBox("Export in training mode, with dropout active")
        self.paths = QCheckBox("Keep file paths and user names in the file")
        self.text = CodeBox()
        self._fields = QWidget()
        yield "settings: fields"
        self._set_up()
        self._lay_out()
        self._connect()
        yield "settings: layout"

    def refresh(self) -> None:
        """Fill the fields from the document; what says the same already is left alone."""
        opened, facts = self._document.reference, checkpoint_of(self._document)
        if opened is not None and opened.path != self._checkpoint:
            self._checkpoint = opened.path
            self.output.setText(proposed_output(opened.path))
            self.output_names.clear()
            self._form = ""
        if facts is not None and facts.form != self._form:
            self._form = facts.form
            self.exporter.setCurrentIndex(1 if facts.form == "torchscript" else 0)
        plan, prepared = self._document.plan, self._document.prepared
        self.seen.refresh()
        self.states.refresh()
        self.architecture.refresh()
        bare = facts is not None and facts.form in WEIGHT_FORMS
        self.architecture.setVisible(bare)
        self.code.set_stored(filled_in(facts, plan.code))
        self.code.show_callable(bare)
        self.code.setVisible(facts is None or facts.form not in PROGRAM_FORMS)
        if not self.code.hasFocus() and not self.code.check():
            self.code.show_code(plan.code, plan.code_args)
        self.inputs.arguments = prepared.arguments if prepared is not None else ()
        self.inputs.show_specs(plan.inputs)
        self.inputs_note.setText(_inputs_note(plan, prepared))
        if not self.output_names.hasFocus() and not self._names_problem():
            self._show_names(plan.output_names)
        self._show_request()

    def request(self) -> tuple[ExportRequest | None, str]:
        """What the fields ask for, or None and the first thing that is wrong with them."""
        if self._document.reference is None:
            return None, "Open a PyTorch checkpoint first."
        problem = self.code.check() or self._missing_code() or self.inputs.check()
        problem = problem or self._output_problem() or self._names_problem()
        if problem:
            return None, problem
        return self._request(), ""

    @property
    def warning(self) -> tuple[str, str]:
        """What will be other than asked for, and why; two empty texts where nothing is."""
        if self.opset.value() >= USUAL or self.exporter.currentIndex() == 1:
            return "", ""
        return (
            f"Opset {self.opset.value()} was asked for: the older exporter writes it.",
            f"torch.export writes {USUAL} or later. If the target takes {USUAL}, choose {USUAL}.",
        )

    def focus_problem(self) -> None:
        """Put the keyboard on the first field that is wrong."""
        fields = [self.code.file, self.code.name, self.code.args]
        for row in self.inputs.rows:
            fields += [row.name, row.dims]
        for line in (*fields, self.output, self.output_names):
            if line.property("state") == "bad" and line.isVisible():
                line.setFocus()
                return
        if self._missing_code():
            (self.code.name if self.code.file.text() else self.code.file).setFocus()

    def set_locked(self, locked: bool) -> None:
        """Nothing can be changed while an export runs."""
        self._fields.setEnabled(not locked)
        self.hint.setText("locked while the export runs" if locked else "")

    # Setting up

    def _set_up(self) -> None:
        for _, words in EXPORTERS:
            self.exporter.addItem(words)
        self.exporter.setAccessibleName("Exporter")
        self.opset.setRange(LOWEST, HIGHEST)
        self.opset.setValue(USUAL)
        self.opset.setAccessibleName("Opset")
        self.opset.setFont(look.font(12, mono=True))
        self.opset.setFixedSize(72, 32)
        self.opset.lineEdit().setTextMargins(8, 0, 8, 0)
        self.folding.setChecked(True)
        self.choose.setAccessibleName("Choose the file to write")
        self.output_problem.hide()
        self.names_problem.hide()

    def _lay_out(self) -> None:
        content = QWidget()
        self.body.addWidget(scrolling(content))
        whole = QVBoxLayout(content)
        whole.setContentsMargins(0, 0, 6, 0)
        whole.addWidget(self._fields)
        whole.addStretch(1)
        whole.addWidget(self.text)
        column = QVBoxLayout(self._fields)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.seen)
        column.addWidget(self.states)
        column.addWidget(self.code)
        column.addWidget(self.architecture)
        kinds = QGridLayout()
        kinds.setHorizontalSpacing(16)
        kinds.setVerticalSpacing(4)
        kinds.setColumnStretch(0, 1)
        for number, (text, widget) in enumerate(
            (("Exporter", self.exporter), ("Opset", self.opset))
        ):
            kinds.addWidget(_label(text, widget), 0, number)
            kinds.addWidget(widget, 1, number)
        column.addLayout(kinds)
        column.addLayout(_group(self.inputs, self.inputs_note))
        names = _label("Output names, apart by commas", self.output_names)
        column.addLayout(_group(names, self.output_names, self.names_problem))
        column.addLayout(self._place())
        column.addLayout(_group(self.folding, self.training, self.paths))

    def _place(self) -> QVBoxLayout:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.output, 1)
        line.addWidget(self.choose)
        return _group(_label("Write to", self.output), row, self.output_problem)

    def _connect(self) -> None:
        self.code.changed.connect(self._on_code_changed)
        # Whatever stands in the fields, a path that is none among it, gives way.
        self.architecture.chosen.connect(lambda p: self.code.show_code(p.code, p.code_args))
        self.inputs.edited.connect(self._on_inputs_edited)
        self.output_names.textEdited.connect(self._on_names_edited)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.output.textChanged.connect(self._show_request)
        self.exporter.currentIndexChanged.connect(self._show_request)
        self.opset.valueChanged.connect(self._show_request)
        for box in (self.folding, self.training, self.paths):
            box.toggled.connect(self._show_request)

    # What the fields say

    def _request(self) -> ExportRequest:
        plan = self._document.plan
        source = self._document.source(REFERENCE)
        inputs, _ = self.inputs.read()
        source = replace(source, inputs=inputs or plan.inputs, output_names=self._names())
        return ExportRequest(
            source,
            self.output.text().strip(),
            self.opset.value(),
            EXPORTERS[self.exporter.currentIndex()][0],
            self.folding.isChecked(),
            self.training.isChecked(),
            self.paths.isChecked(),
        )

    def _names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.output_names.text().split(",") if name.strip())

    def _missing_code(self) -> str:
        facts = checkpoint_of(self._document)
        if facts is None or not needs_code(facts):
            return ""
        if not self.code.file.text().strip():
            return (
                "Choose the Python file that builds the model, or find an architecture: the "
                "checkpoint holds weights only."
            )
        return ""

    def _output_problem(self) -> str:
        text = self.output.text().strip()
        problem = place_problem(text)
        mark_bad(self.output, bool(problem))
        self.output_problem.set_token("fail" if problem else "text3")
        self.output_problem.setText(problem or place_note(text))
        self.output_problem.setVisible(bool(self.output_problem.text()))
        return problem

    def _names_problem(self) -> str:
        names = self._names()
        twice = next((name for name in names if names.count(name) > 1), "")
        problem = f"Two outputs are called '{twice}'." if twice else ""
        mark_bad(self.output_names, bool(twice))
        self.names_problem.setText(problem)
        self.names_problem.setVisible(bool(problem))
        return problem

    def _show_names(self, names: tuple[str, ...]) -> None:
        if self._names() != names:
            self.output_names.setText(", ".join(names))

    def _show_request(self) -> None:
        if self._document.reference is None:
            return
        self._output_problem()
        self._names_problem()
        prepared = self._document.prepared
        none = prepared is not None and not prepared.arguments
        self.text.show_request(self._request(), without_inputs=none)
        self.changed.emit()

    # Answers of the fields

    def _on_code_changed(self) -> None:
        plan = self._document.plan
        code, args = self.code.code, self.code.code_args
        if self.code.check() or (code, args) == (plan.code, plan.code_args):
            return
        # Other code is other trust: consent was given to what was named then.
        self._document.set_plan(replace(plan, code=code, code_args=args, trusted=False))

    def _on_inputs_edited(self) -> None:
        inputs, _ = self.inputs.read()
        if inputs is not None and inputs != self._document.plan.inputs:
            self._document.set_plan(replace(self._document.plan, inputs=inputs))

    def _on_names_edited(self) -> None:
        if not self._names_problem():
            self._document.set_plan(replace(self._document.plan, output_names=self._names()))

    def _on_choose_clicked(self) -> None:
        choose_file(
            self, "Write the ONNX file to", "ONNX models (*.onnx)", self.output.setText,
            save_as=self.output.text(),
        )  # fmt: skip


def _inputs_note(plan: Plan, prepared: Prepared | None) -> str:
    """What is to be known about the inputs as they stand in the fields."""
    if not plan.inputs and prepared is not None:
        needed = [name for name in prepared.arguments if name not in prepared.optional]
        return (
            f"forward() takes {', '.join(needed) or 'nothing'}; the sizes do not stand in the "
            "weights. Add each input with the sizes that the model is used with."
        )
    if not plan.inputs:
        return (
            "An input is guessed from the weights where that is possible, or add it here. "
            "'Load it and read its inputs' shows what the model takes."
        )
    if prepared is not None and prepared.guessed:
        return "The sizes are a guess from the weights; change them to what the model is used with."
    return "batch=2 is a size that may differ from run to run, with 2 as the example."


def _label(text: str, widget: QWidget) -> Label:
    label = Label(text, 12, 600, "text2")
    label.setBuddy(widget)
    return label


def _group(*widgets: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget)
    return column
