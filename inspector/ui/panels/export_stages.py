"""The stages of an export as a list: done, running, waiting, stopped."""

from __future__ import annotations

import time
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Elided, Label
from inspector.ui.widgets.spinner import paint_arc


class Stage(NamedTuple):
    """A stage as a worker names it, and what it does in words."""

    name: str
    words: str


LOADING = "Loading checkpoint"
DYNAMO_STAGES = (
    Stage(LOADING, "The weights, and the module in evaluation mode"),
    Stage("Trying it once in PyTorch", "One run, so that a wrong size is explained at once"),
    Stage("Capturing graph", "torch.export records the operations"),
    Stage("Decomposing", "Broken down into basic operations"),
    Stage("Translating to ONNX", "Each operation becomes ONNX nodes"),
    Stage("Optimising", "Merges and removes operations that change nothing"),
    Stage("Saving", "Written beside the target first, moved into place when complete"),
    Stage("Checking", "ONNX rules, then loaded in ONNX Runtime"),
)
_ONLY_DYNAMO = ("Capturing graph", "Decomposing", "Optimising")
TORCHSCRIPT_STAGES = tuple(stage for stage in DYNAMO_STAGES if stage.name not in _ONLY_DYNAMO)

MARK_SIZE = 18

WAITING, RUNNING, DONE, SKIPPED, FAILED, CANCELLED = range(6)
_LOOKS = {
    WAITING: ("waiting", "control", "text3"),
    RUNNING: ("running", "accent", "text"),
    DONE: ("pass", "pass", "text"),
    SKIPPED: ("minus", "text3", "text3"),
    FAILED: ("fail", "fail", "text"),
    CANCELLED: ("not-compared", "none", "text"),
}
_WORDS = {WAITING: "waiting", RUNNING: "running", DONE: "done", SKIPPED: "not needed",
          FAILED: "stopped here", CANCELLED: "cancelled here"}  # fmt: skip


def seconds_text(seconds: float) -> str:
    """A duration: `0.4 s`, from a minute on `1 min 4 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s"


class StageMark(IconView):
    """The icon of a state, or the running arc; whoever owns it says when to turn."""

    def __init__(self) -> None:
        super().__init__("waiting", "control", MARK_SIZE)
        self.running = False

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.running:
            painter = QPainter(self)
            paint_arc(painter, QRectF(self.rect()).center(), MARK_SIZE)
        else:
            super().paintEvent(event)


class StageRow(QWidget):
    """One stage: state, name, what is known about it, time."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.state = WAITING
        self.began = 0.0
        self.shown = 0.0
        self._mark = StageMark()
        self._name = Label(stage.name, 13, 600)
        self.words = Elided(stage.words, 12, 400, "text2")
        self.time = Label("", 12, 400, "text2", mono=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(f"Share of {stage.name} that is done")
        self._lay_out()
        self.set_state(WAITING)

    def reset(self) -> None:
        """Wait again, as if nothing had run."""
        self.words.setText(self.stage.words)
        self.time.setText("")
        self.set_state(WAITING)

    def skip(self) -> None:
        """A later stage runs already: this one was not needed, or its result is still there."""
        if self.stage.name == LOADING:
            self.words.setText("Still loaded from before")
            self.set_state(DONE)
        else:
            self.set_state(SKIPPED)

    def set_state(self, state: int) -> None:
        """Show another state; the progress line belongs to the running one."""
        self.state = state
        icon, token, words = _LOOKS[state]
        self._mark.running = state == RUNNING
        self._mark.show_icon(icon, token)
        self._name.set_token(words)
        self.words.set_token("text3" if state in (WAITING, SKIPPED) else "text2")
        if state != RUNNING:
            self._bar.hide()
        self.setAccessibleName(f"{self.stage.name}: {_WORDS[state]}")
        self.update()

    def show_progress(self, text: str, fraction: float | None, seconds: float) -> None:
        """Say what is known while it runs; a line only where the share is truly known."""
        if text:
            self.words.setText(text)
        self._bar.setVisible(fraction is not None)
        if fraction is not None:
            self._bar.setValue(round(1000 * fraction))
        self.time.setText(seconds_text(seconds))

    def tick(self, now: float) -> None:
        """Let the time run on; `now` is a reading of `time.monotonic()`."""
        if self.state == RUNNING:
            self.time.setText(seconds_text(now - self.shown))
            self._mark.update()

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(self._name)
        head.addStretch(1)
        head.addWidget(self.time)
        texts.addLayout(head)
        texts.addWidget(self.words)
        texts.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(14)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.state == RUNNING:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(self.rect(), 4, 4)


class StageList(QWidget):
    """All stages of one export, in order; stages that the worker adds find their place."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[StageRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)

    def plan(self, stages: tuple[Stage, ...]) -> None:
        """Begin anew, every stage waiting."""
        if tuple(row.stage for row in self.rows) == stages:
            for row in self.rows:
                row.reset()
            return
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for stage in stages:
            self._insert(len(self.rows), stage)

    @property
    def position(self) -> tuple[int, int]:
        """Number of the running or stopped stage, from 1 (0: none yet), and of all stages."""
        begun = [n for n, row in enumerate(self.rows, 1) if row.state not in (WAITING, SKIPPED)]
        return (begun[-1] if begun else 0), len(self.rows)

    def take(self, name: str, text: str, fraction: float | None, seconds: float) -> None:
        """A stage is running; those before it are over, or were not needed.

        Args:
            name: As the worker calls it.
            text: What is known about it.
            fraction: Share done, None where it is not known.
            seconds: Time since the job began.
        """
        if not name:
            return
        row = self._row(name)
        if row.state != RUNNING:
            self._close(seconds)
            for earlier in self.rows[: self.rows.index(row)]:
                if earlier.state == WAITING:
                    earlier.skip()
            row.began, row.shown = seconds, time.monotonic()
            row.set_state(RUNNING)
        row.show_progress(text, fraction, seconds - row.began)

    def tick(self) -> None:
        """Let the time of the running stage run on."""
        now = time.monotonic()
        for row in self.rows:
            row.tick(now)

    def end(self, state: int, seconds: dict[str, float] | None = None) -> None:
        """The export is over: `DONE`, `FAILED` or `CANCELLED` at the running stage."""
        for row in self.rows:
            if row.state == RUNNING:
                row.set_state(state)
            elif row.state == WAITING and state == DONE:
                row.set_state(SKIPPED)
            if seconds and row.stage.name in seconds:
                row.time.setText(seconds_text(seconds[row.stage.name]))

    def _row(self, name: str) -> StageRow:
        for row in self.rows:
            if row.stage.name == name:
                return row
        return self._insert(self.position[0], Stage(name, ""))

    def _insert(self, place: int, stage: Stage) -> StageRow:
        row = StageRow(stage)
        self.rows.insert(place, row)
        self._column.insertWidget(place, row)
        return row

    def _close(self, seconds: float) -> None:
        for row in self.rows:
            if row.state == RUNNING:
                row.time.setText(seconds_text(seconds - row.began))
                row.set_state(DONE)
