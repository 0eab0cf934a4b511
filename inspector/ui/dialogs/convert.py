"""Write an ONNX file anew for an older runtime: which versions, and where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.core.inspection import OnnxFacts
from inspector.core.runtime_limits import OLDEST_OPSET, installed_limits
from inspector.jobs.requests import Converted, ConvertRequest, Event
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.document import CANDIDATE, REFERENCE, Document, OpenFile
from inspector.ui.job import Job
from inspector.ui.panels.export_place import place_note, place_problem, proposed_output
from inspector.ui.widgets.code_fields import choose_file, field, mark_bad
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.number_field import number_field
from inspector.ui.widgets.spinner import Spinner

OLDEST_IR = 3


def convertible(document: Document) -> str:
    """Side of the ONNX file that would be converted, the newer one first; empty: there is none."""
    found = [
        (opened.inspection.onnx.ir_version, side)
        for side in (REFERENCE, CANDIDATE)
        if (opened := document.file(side)) and opened.inspection and opened.inspection.onnx
    ]
    return max(found)[1] if found else ""


def ask_conversion(parent: QWidget | None, document: Document) -> ConvertDialog | None:
    """Open the dialog for the newest ONNX file that is open; None where there is none."""
    side = convertible(document)
    if not side or document.job is not None:
        return None
    dialog = ConvertDialog(parent, document, side)
    dialog.open()
    return dialog


class ConvertDialog(Dialog):
    """Versions and a place; stays open while the file is written, and closes when it is there.

    Args:
        parent: What it lies over.
        document: Where the file is open; the new one takes its place there.
        side: Which of the files.
    """

    def __init__(self, parent: QWidget | None, document: Document, side: str) -> None:
        super().__init__(parent, "Convert a copy", 560)
        opened = document.file(side)
        assert opened is not None
        assert opened.inspection is not None
        assert opened.inspection.onnx is not None
        self._document, self._side, self._path = document, side, opened.path
        self._job: Job | None = None
        onnx = opened.inspection.onnx
        self._found = onnx.opset_imports.get("ai.onnx", 0)
        self._found_ir = onnx.ir_version
        self.opset = number_field(
            "Opset", OLDEST_OPSET, max(self._found, OLDEST_OPSET), self._proposed, width=72
        )
        self.ir = number_field(
            "IR version", OLDEST_IR, max(onnx.ir_version, OLDEST_IR),
            min(onnx.ir_version, installed_limits().ir_version), width=72,
        )  # fmt: skip
        self.output = field("Write to")
        self.output.setText(_proposed_path(opened, self.opset.value(), onnx))
        self.choose = button("Choose…")
        self.note = Label("", 12, 400, "text3", wrap=True)
        self.go = button("Convert", "primary", "save")
        self.state = Label("", 12, 400, "text2")
        self.spinner = Spinner(16)
        self._lay_out(opened)
        self._connect()
        self._check()

    @property
    def _proposed(self) -> int:
        return max(min(self._found, installed_limits().opset), OLDEST_OPSET)

    def _lay_out(self, opened: OpenFile) -> None:
        self.body.addWidget(Label(f"A copy of {opened.name} for an older runtime", 15, 600,
                                  wrap=True))  # fmt: skip
        known = installed_limits()
        words = (
            f"It has opset {self._found} and IR version {self._found_ir}; {known.runtime} reads "
            f"up to opset {known.opset} and IR version {known.ir_version}. The file itself stays "
            "as it is; the copy is checked, and opened when it is written."
        )
        self.body.addWidget(Label(words, 13, 400, "text2", wrap=True))
        versions = QGridLayout()
        versions.setHorizontalSpacing(16)
        versions.setVerticalSpacing(4)
        versions.setColumnStretch(2, 1)
        for column, (text, widget) in enumerate((("Opset", self.opset), ("IR version", self.ir))):
            label = Label(text, 12, 600, "text2")
            label.setBuddy(widget)
            versions.addWidget(label, 0, column)
            versions.addWidget(widget, 1, column)
        self.body.addLayout(versions)
        label = Label("Write to", 12, 600, "text2")
        label.setBuddy(self.output)
        self.body.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.output, 1)
        row.addWidget(self.choose)
        self.body.addLayout(row)
        self.body.addWidget(self.note)
        self.close_button = self.add_buttons()
        for place, part in enumerate((self.spinner, self.state)):
            self._row.insertWidget(place, part)
        self._row.addWidget(self.go)
        self.close_button.setText("Cancel")
        self.spinner.hide()
        self.go.setDefault(True)
        self.go.setFocus()

    def _connect(self) -> None:
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName("Choose the file to write")
        self.output.textChanged.connect(self._check)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.go.clicked.connect(self._on_go_clicked)

    def _check(self) -> None:
        text = self.output.text().strip()
        problem = place_problem(text)
        if not problem and Path(text).expanduser().absolute() == Path(self._path).absolute():
            problem = "That is the file itself: choose another name."
        mark_bad(self.output, bool(problem))
        self.note.set_token("fail" if problem else "text3")
        self.note.setText(problem or place_note(text))
        self.note.setVisible(bool(self.note.text()))
        self.go.setEnabled(not problem and self._job is None)
        self.fit()

    def _on_choose_clicked(self) -> None:
        choose_file(
            self, "Write the copy to", "ONNX models (*.onnx)", self.output.setText,
            save_as=self.output.text(),
        )  # fmt: skip

    def _on_go_clicked(self) -> None:
        if self._document.job is not None:
            self.state.setText("Another job is running.")
            return
        request = ConvertRequest(
            self._path, self.output.text().strip(), self.opset.value(), self.ir.value()
        )
        job = self._job = self._document.begin("convert", request)
        for widget in (self.opset, self.ir, self.output, self.choose, self.go):
            widget.setEnabled(False)
        self.spinner.show()
        self.state.setText("Starting")
        self.close_button.setFocus()
        job.progressed.connect(self._on_progressed)
        job.finished.connect(self._on_finished)
        job.failed.connect(self._on_failed)
        job.cancelled.connect(self.close)

    def _on_progressed(self, event: Event) -> None:
        self.state.setText(event.stage)

    def _on_finished(self, converted: Converted) -> None:
        self._job = None
        self._document.noticed.emit(f"Written: {Path(converted.output).name}, {converted.sentence}")
        self._document.open_file(converted.output, self._side)
        self.close()

    def _on_failed(self, failure: Failure) -> None:
        self._job = None  # the document tells what went wrong
        self.close()

    def reject(self) -> None:
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._job is not None and self._document.job is self._job:
            self._document.cancel()
        super().closeEvent(event)


def _proposed_path(opened: OpenFile, opset: int, onnx: OnnxFacts) -> str:
    """Beside the file, with what is new about it in its name."""
    place = Path(proposed_output(opened.path))
    changed = f"opset{opset}" if opset != onnx.opset_imports.get("ai.onnx", 0) else "copy"
    return str(place.with_name(f"{Path(opened.path).stem}-{changed}.onnx"))
