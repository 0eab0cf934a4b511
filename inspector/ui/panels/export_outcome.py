"""What came of an export: written, stopped, or cancelled."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.core.findings import Finding
from inspector.core.model import Value, shape_text
from inspector.jobs.requests import Exported
from inspector.ui.document import Document
from inspector.ui.header import size_text
from inspector.ui.hints import in_window
from inspector.ui.panels.export_stages import seconds_text
from inspector.ui.widgets.boxes import NoticeBox
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.fit_table import FitTable
from inspector.ui.widgets.folded import FoldedText
from inspector.ui.widgets.labels import Elided, Label

SEVERITIES = {
    "must": ("fail", "fail"),
    "should": ("review", "review"),
    "note": ("info-ring", "none"),
}
"""Severity of a finding: icon, colour token."""


class OutcomeBox(NoticeBox):
    """The sentence in the colours of the outcome, and what was written or went wrong below."""

    def __init__(self, document: Document) -> None:
        super().__init__(15, 500)
        self.open_model = button("Open in Model", "default", "model")
        self.row.addWidget(self.open_model, 0, Qt.AlignmentFlag.AlignVCenter)
        self.table = FitTable(10)
        self.details = FoldedText()
        self._lists = QVBoxLayout()
        self._lists.setSpacing(8)
        self.body.addLayout(self._lists)
        self.body.addWidget(self.table)
        self.body.addWidget(self.details)
        self.open_model.clicked.connect(lambda: document.page_asked.emit("model"))
        self.hide()

    def show_exported(self, exported: Exported) -> None:
        """The file, its inputs and outputs, and what was remarked."""
        taken = seconds_text(sum(exported.seconds.values()))
        name = Path(exported.output).name
        opset = exported.opset_imports.get("ai.onnx", 0)
        checked = ", ".join(exported.checked)
        exporter = "torch.export" if exported.exporter == "dynamo" else "the TorchScript exporter"
        sentence = f"Written: {name}, {size_text(exported.bytes)}, {taken}"
        hint = f"Opset {opset}, by {exporter}." + (f" Checked: {checked}." if checked else "")
        self._say("pass", "pass", sentence, hint)
        self.open_model.show()
        self._lists.addWidget(_Values(exported.inputs, exported.outputs))
        for finding in exported.findings:
            self._lists.addWidget(_Remark(finding))

    def show_failure(self, failure: Failure) -> None:
        """What went wrong and what to do."""
        self._say("fail", "fail", failure.sentence, f"{failure.hint} Nothing was written.".strip())
        self.table.show_rows(failure.table)
        self.details.set_text(failure.detail)

    def show_cancelled(self, when: str) -> None:
        """The person stopped it."""
        hint = f"Cancelled at {when}. A file of that name from before is untouched."
        self._say("not-compared", "none", "Nothing was written.", hint)

    def _say(self, icon: str, token: str, sentence: str, hint: str) -> None:
        while (item := self._lists.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self.table.show_rows(())
        self.details.set_text("")
        self.open_model.hide()
        self.say(icon, token, sentence, hint)


class _Values(QWidget):
    """Inputs and outputs as written, with dtype and shape."""

    def __init__(self, inputs: tuple[Value, ...], outputs: tuple[Value, ...]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 2)
        for title, values in (("Inputs", inputs), ("Outputs", outputs)):
            for number, value in enumerate(values):
                line = grid.rowCount()
                if number == 0:
                    grid.addWidget(Label(title, 12, 600, "text2"), line, 0)
                grid.addWidget(Elided(value.name, 12, mono=True), line, 1)
                kind = f"{value.dtype} {shape_text(value.shape)}"
                grid.addWidget(Elided(kind, 12, 400, "text2", mono=True), line, 2)


class _Remark(QWidget):
    """One finding of the export."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        icon, token = SEVERITIES[finding.severity]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconView(icon, token, 16), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(Label(finding.sentence, 12, 600, wrap=True))
        words.addWidget(Label(in_window(finding.mend), 12, 400, "text2", wrap=True))
        row.addLayout(words, 1)
