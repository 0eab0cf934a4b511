"""The right half of the Export page: what will happen, what is happening, what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.jobs.requests import Event, Exported
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.job import Job
from inspector.ui.panels.export_log import LogBox
from inspector.ui.panels.export_outcome import OutcomeBox
from inspector.ui.panels.export_stages import (
    CANCELLED,
    DONE,
    DYNAMO_STAGES,
    FAILED,
    TORCHSCRIPT_STAGES,
    StageList,
)
from inspector.ui.widgets.boxes import NoticeBox
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.rules import Rule
from inspector.ui.widgets.spinner import FRAME_MS, Clock

MEGA = 1024 * 1024


class ProgressPane(Card):
    """Stages with their times, clock and memory, and the button that starts or stops.

    Args:
        document: What is exported.
        in_steps: Leave it to `making` to make the parts.
    """

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        document = self._document
        self.heading = Label("What will happen", 16, 600)
        self.step = Label("", 12, 400, "text2")
        self.clock = Clock(20, "text")
        self.memory = Label("", 20, 500, mono=True)
        self.start = button("Export", "primary", "export")
        self.cancel = button("Cancel export", "danger", "stop")
        self.problem = Label("", 12, 400, "fail", wrap=True)
        self.outcome = OutcomeBox(document)
        self.stages = StageList()
        self.log = LogBox(document)
        self.warning = NoticeBox()
        self._ticks = QTimer(self)
        self._ticks.setInterval(FRAME_MS)
        self._ticks.timeout.connect(self.stages.tick)
        self._foot = Label(
            "Cancelling stops the worker at once. No file is written or changed.",
            12, 400, "text2", wrap=True,
        )  # fmt: skip
        self._figures = QWidget()
        yield "progress: parts"
        self._lay_out()
        self.cancel.clicked.connect(document.cancel)
        yield "progress: layout"
        self.show_plan(older=False)
        yield "progress: stages"

    def show_plan(self, *, older: bool) -> None:
        """Nothing has run yet: list what will, for the exporter that is chosen."""
        self._say("What will happen", "")
        self.stages.plan(TORCHSCRIPT_STAGES if older else DYNAMO_STAGES)
        total = self.stages.position[1]
        self.step.setText(f"{total} stages, in a process of their own")
        self.outcome.hide()
        self.log.hide()
        self._figures.hide()
        self._show_running(False)

    def begin(self, job: Job, *, older: bool) -> None:
        """Follow a job."""
        self.show_plan(older=older)
        self._say("Exporting", "Starting")
        self.clock.begin(job.started)
        self.memory.setText("")
        self._figures.show()
        self.log.show()
        self.log.follow(job.log)
        self._show_running(True)

    def take(self, event: Event) -> None:
        """The job tells where it is."""
        self.stages.take(event.stage, event.text, event.fraction, event.seconds)
        number, total = self.stages.position
        self.step.setText(f"Step {number} of {total}")
        if event.memory > 0:
            self.memory.setText(f"{event.memory / MEGA:,.0f} MB")

    def finish(self, exported: Exported) -> None:
        """The file is there."""
        self.stages.end(DONE, exported.seconds)
        self._end("Exported")
        self.outcome.show_exported(exported)

    def fail(self, failure: Failure) -> None:
        """Nothing was written, because something went wrong."""
        self.stages.end(FAILED)
        self._end("Export stopped")
        self.outcome.show_failure(failure)

    def show_cancelled(self) -> None:
        """Nothing was written, because the person said so."""
        self.stages.end(CANCELLED)
        self._end("Export cancelled")
        self.outcome.show_cancelled(time.strftime("%H:%M"))

    def show_problem(self, problem: str) -> None:
        """Say why an export cannot be started; empty where it can."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def show_warning(self, sentence: str, hint: str) -> None:
        """Say what will be other than asked for; empty where nothing is."""
        self.warning.say("review", "review", sentence, hint)
        self.warning.setVisible(bool(sentence))

    def _end(self, heading: str) -> None:
        number, total = self.stages.position
        where = f"in step {number} of {total}" if number else "before the first step"
        self._say(heading, "" if heading == "Exported" else where)
        self.clock.stop()
        self.log.finish()
        self.start.setText("Export again")
        self._show_running(False)

    def _say(self, heading: str, step: str) -> None:
        self.heading.setText(heading)
        self.step.setText(step)

    def _show_running(self, running: bool) -> None:
        self.start.setVisible(not running)
        self.cancel.setVisible(running)
        self._foot.setVisible(running)
        self._ticks.start() if running else self._ticks.stop()
        if running:
            self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.step)
        figures = QHBoxLayout(self._figures)
        figures.setContentsMargins(0, 0, 0, 0)
        figures.setSpacing(20)
        for value, name in ((self.clock, "elapsed"), (self.memory, "memory")):
            column = QVBoxLayout()
            column.setSpacing(0)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            value.setAccessibleDescription(name)
            column.addWidget(value)
            column.addWidget(Label(name, 12, 400, "text2"), 0, Qt.AlignmentFlag.AlignRight)
            figures.addLayout(column)
        head = QHBoxLayout()
        head.setSpacing(20)
        head.addLayout(words, 1)
        head.addWidget(self._figures)
        head.addWidget(self.start)
        head.addWidget(self.cancel)
        self.body.addLayout(head)
        self.body.addWidget(self.problem)
        self.body.addWidget(Rule())
        content = QWidget()
        self.body.addWidget(scrolling(content), 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.outcome)
        column.addWidget(self.stages)
        column.addStretch(1)
        self.body.addWidget(self.warning)
        self.body.addWidget(self.log)
        self.body.addWidget(self._foot)
        self.problem.hide()
        self.warning.hide()
