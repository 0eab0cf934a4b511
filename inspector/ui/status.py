"""The status bar: at the left what is happening, at the right where and how safely."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStatusBar, QWidget

from inspector.jobs import confinement
from inspector.ui import look
from inspector.ui.answers import inside
from inspector.ui.document import Document
from inspector.ui.header import runtime_words
from inspector.ui.job import Job
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Elided, Label, tooltip
from inspector.ui.widgets.spinner import Spinner

if TYPE_CHECKING:
    from inspector.core.inspection import Inspection
    from inspector.jobs.requests import Protection

NOTICE_MS = 12_000
"""How long a sentence stays."""

BUSY = {
    "prepare": "Loading the PyTorch model",
    "export": "Exporting",
    "compare": "Comparing",
    "suggest": "Looking for an architecture",
    "convert": "Converting",
    "localise": "Looking for the layer",
    "providers": "Measuring",
}
"""What the person waits for, by task."""


DONE = {
    "prepare": "Loaded", "export": "Exported", "compare": "Compared", "suggest": "Searched",
    "convert": "Converted", "localise": "Looked inside",
    "providers": "Measured",
}  # fmt: skip
"""What to say of it afterwards."""


class StatusBar(QStatusBar):
    """Ready or what runs, the last notice, then facts about the shown file and the protection."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.setFixedHeight(28)
        self.setSizeGripEnabled(False)
        self._icon = IconView("circle-check", "text2", 14)
        self._spinner = Spinner(14)
        self._state = Label("Ready", 12, 500, "text2")
        self._notice = Elided("", 12, 400, "text2")
        self._facts = _Facts()
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        for part in (self._icon, self._spinner, self._state):
            row.addWidget(part)
        row.addSpacing(8)
        row.addWidget(self._notice, 1)
        row.addWidget(self._facts)
        self.addWidget(box, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self._notice.setText(""))
        document.noticed.connect(self.notice)
        document.job_started.connect(self._on_job_started)
        document.job_ended.connect(self.refresh)
        document.files_changed.connect(self.refresh)
        for worker in (document.reader, document.runner):
            worker.confined.connect(self.refresh)
        self.refresh()

    @property
    def text(self) -> str:
        """What the left part says."""
        return f"{self._state.text()}  {self._notice.text()}".strip()

    @property
    def facts(self) -> tuple[str, ...]:
        """What the right part says."""
        return self._facts.texts

    def notice(self, sentence: str) -> None:
        """Say something for a while."""
        self._notice.setText(sentence)
        self._notice.setAccessibleName(sentence)
        self._timer.start(NOTICE_MS)

    def refresh(self) -> None:
        """Show the document as it is now."""
        job = self._document.job
        running = job is not None
        self._icon.setVisible(not running)
        self._spinner.setVisible(running)
        self._state.setText(_state_text(job) if job is not None else "Ready")
        self._facts.show_texts(*_facts_of(self._document))

    def _on_job_started(self, job: Job) -> None:
        job.progressed.connect(lambda _: self.refresh())
        job.finished.connect(lambda _: self.notice(f"{DONE[job.task]} in {_seconds(job)}"))
        self._notice.setText("")
        self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("surface"))
        painter.fillRect(0, 0, self.width(), 1, look.color("line"))


class _Facts(QFrame):
    """Short texts with thin lines between them."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        self.texts: tuple[str, ...] = ()
        self._protection: Protection | None = None

    def show_texts(self, texts: tuple[str, ...], protection: Protection | None) -> None:
        if (texts, protection) == (self.texts, self._protection):
            return
        self.texts, self._protection = texts, protection
        words = confinement.short_words(protection) if protection is not None else ""
        while (item := self._row.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for number, text in enumerate(texts):
            if number:
                self._row.addWidget(_Line())
            label = Label(text, 12, 400, "text2")
            if protection is not None and text == words:
                label.setToolTip(tooltip(confinement.long_words(protection)))
            self._row.addWidget(label)


class _Line(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(1, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), look.color("line2"))


def protection_of(document: Document) -> Protection:
    """What the workers are held to, as they say themselves; until then, as is to be expected."""
    said = document.runner.protection or document.reader.protection
    return said or confinement.expected()


def _facts_of(document: Document) -> tuple[tuple[str, ...], Protection | None]:
    """The texts, and the protection that one of them is about."""
    cpu = f"CPU, {os.cpu_count() or 1} threads"
    opened = [side for side in (document.candidate, document.reference) if side is not None]
    if not opened:
        runtimes = (runtime_words(), runtime_words("ONNX Runtime", "onnxruntime"))
        return (*runtimes, cpu, "Files stay on this computer"), None
    read = [side.inspection for side in opened if side.inspection is not None]
    counts = _counts(read[0]) if read else ()
    held = protection_of(document)
    return (*counts, confinement.short_words(held), "Files stay on this computer"), held


def _counts(inspection: Inspection) -> tuple[str, ...]:
    if inspection.onnx is not None:
        onnx = inspection.onnx
        parameters = onnx.initializers.parameters + onnx.constants.parameters
        return (
            _many(onnx.nodes, "node"),
            _many(parameters, "parameter"),
            f"IR version {onnx.ir_version}",
        )
    assert inspection.checkpoint is not None
    checkpoint = inspection.checkpoint
    return _many(checkpoint.tensor_count, "tensor"), _many(checkpoint.parameters, "parameter")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _state_text(job: Job) -> str:
    stage = f": {inside(job.last.stage)}" if job.last.stage else ""
    return f"{BUSY.get(job.task, 'Working')}{stage}"


def _seconds(job: Job) -> str:
    return f"{time.monotonic() - job.started:.1f} s"
