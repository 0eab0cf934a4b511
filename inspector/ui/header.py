"""The header: the question of the window as a sentence, three cards long."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout

from inspector.ui import look
from inspector.ui.document import CANDIDATE, REFERENCE, Document, OpenFile
from inspector.ui.job import Job
from inspector.ui.turns import Turn
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.file_card import CardFacts, FileCard
from inspector.ui.widgets.labels import Label

if TYPE_CHECKING:
    from inspector.core.failures import Failure

HEIGHT = 80
DATA = "data"
SIDES = (REFERENCE, CANDIDATE, DATA)
ROLES = {REFERENCE: "Reference", CANDIDATE: "Candidate", DATA: "Sample data"}
_FOLDERS = {"huggingface": "HF", "distributed": "DCP"}
"""Forms that are a folder, which has no suffix."""

_EMPTY = {
    REFERENCE: ("PT", "Drop a PyTorch file"),
    CANDIDATE: ("ONNX", "Drop an ONNX file, or export"),
    DATA: ("DATA", "Drop a file, or generate inputs"),
}


class Header(QFrame):
    """Reference vs Candidate on Sample data, and the button that compares them.

    Args:
        document: What is shown.
        menus: For each card, the actions behind its `...` button.
    """

    chosen = Signal(str)
    """Side whose card was clicked."""
    compare_asked = Signal()

    def __init__(self, document: Document, menus: dict[str, tuple[QAction, ...]]) -> None:
        super().__init__()
        self._document = document
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Files")
        self.cards = {side: FileCard(side, menus.get(side, ())) for side in SIDES}
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(0)
        for side, word in zip(SIDES, ("", "vs", "on"), strict=True):
            if word:
                gap = Label(word, 13, 400, "text2")
                gap.setFixedWidth(36)
                gap.setAlignment(Qt.AlignmentFlag.AlignCenter)
                row.addWidget(gap)
            card = self.cards[side]
            card.clicked.connect(lambda _=False, side=side: self.chosen.emit(side))
            row.addWidget(card, 1)
        row.addSpacing(16)
        self.compare = button("Compare", "primary", "play")
        self.compare.setFixedWidth(140)
        self.compare.clicked.connect(self.compare_asked)
        row.addWidget(self.compare)
        self._turn = Turn(self, self.refresh)
        for signal in (
            document.files_changed, document.data_changed, document.comparison_changed,
            document.job_started, document.job_ended, document.plan_changed,
        ):  # fmt: skip
            signal.connect(self._turn.ask)
        document.job_started.connect(self._on_job_started)
        self.refresh()

    def light(self, sides: frozenset[str]) -> None:
        """Light the cards that take what is dragged over the window; empty: none."""
        for name, card in self.cards.items():
            facts = card.facts
            words = f"Drop to replace {facts.name}" if facts.filled else "Drop to open"
            card.light(words if name in sides else "")

    def refresh(self) -> None:
        """Show the document as it is now."""
        document = self._document
        for side in (REFERENCE, CANDIDATE):
            self.cards[side].show_facts(file_facts(document, side))
        self.cards[DATA].show_facts(data_facts(document))
        self._show_button(again=document.comparison is not None)

    def _show_button(self, *, again: bool) -> None:
        kind, icon = ("default", "refresh") if again else ("primary", "play")
        self.compare.setText("Compare again" if again else "Compare")
        self.compare.setEnabled(self._document.can_compare)
        if self.compare.property("kind") != kind:
            self.compare.setProperty("kind", kind)
            self.compare.setFont(look.font(13, 600 if kind == "primary" else 500))
            self.compare.style().unpolish(self.compare)
            self.compare.style().polish(self.compare)
        self.compare.setIcon(look.icon(icon, "on_accent" if kind == "primary" else "text"))
        self.compare.setIconSize(QSize(16, 16))

    def _on_job_started(self, job: Job) -> None:
        if job.task == "export":
            job.progressed.connect(self._turn.ask)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.color("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.color("line"))


def file_facts(document: Document, side: str) -> CardFacts:
    """What the card of a model file shows."""
    job = document.job
    if side == CANDIDATE and job is not None and job.task == "export":
        output = Path(str(getattr(job.request, "output", ""))).name
        role = f"{ROLES[side]}  ·  being exported"
        return CardFacts(
            "ONNX", role, output, started=job.started, fraction=job.last.fraction
        )  # fmt: skip
    opened = document.file(side)
    if opened is None:
        tile, words = _EMPTY[side]
        return CardFacts(tile, f"{ROLES[side]}  ·  none yet", words)
    form = opened.inspection.format if opened.inspection else ""
    tile, size = _FOLDERS.get(form) or tile_text(opened.path), _size(opened)
    if opened.failure is not None:
        return CardFacts(
            tile, ROLES[side], opened.name, size, filled=True,
            problem="cannot be opened", reason=_whole(opened.failure),
        )  # fmt: skip
    what = opened.inspection.what if opened.inspection else "being read"
    role = f"{ROLES[side]}  ·  {_runtime(opened)}" if opened.inspection else f"{ROLES[side]}"
    return CardFacts(tile, role, opened.name, size, filled=True, reason=what)


def data_facts(document: Document) -> CardFacts:
    """What the card of the sample data shows."""
    data, binding = document.data, document.binding
    role = ROLES[DATA]
    if data is None:
        tile, words = _EMPTY[DATA]
        return CardFacts(tile, f"{role}  ·  none yet", words)
    problem = "does not fit" if binding is not None and binding.problem else ""
    reason = f"{binding.problem} {binding.hint}".strip() if binding is not None else ""
    samples = binding.samples if binding is not None else data.random
    size = f"{samples:,} sample{'' if samples == 1 else 's'}" if samples else ""
    if data.paths:
        name = Path(data.paths[0]).name
        more = f" and {len(data.paths) - 1} more" if len(data.paths) > 1 else ""
        tile = tile_text(data.paths[0])
        kind = f"{role}  ·  real"
        return CardFacts(
            tile, kind, name + more, size, filled=True, problem=problem, reason=reason
        )  # fmt: skip
    return CardFacts(
        "RND", role, f"Random, seed {data.seed}", size, filled=True, problem=problem,
        reason=reason, pill="random, not real",
    )  # fmt: skip


def tile_text(path: str) -> str:
    """Kind of a file for its tile: its suffix, at most four letters."""
    return Path(path).suffix.lstrip(".").upper()[:4] or "FILE"


def size_text(count: int) -> str:
    """A file size: `75.5 MB`, `12 KB`, `310 bytes` (1 KB is 1024 bytes)."""
    if count < 1024:
        return f"{count} bytes"
    size = count / 1024
    for unit in ("KB", "MB"):
        if size < 1024:
            return f"{size:.0f} KB" if unit == "KB" and size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"


def _size(opened: OpenFile) -> str:
    if opened.inspection is not None:
        return size_text(opened.inspection.bytes)
    try:
        return size_text(Path(opened.path).stat().st_size)
    except OSError:
        return ""


def _runtime(opened: OpenFile) -> str:
    onnx = opened.inspection is not None and opened.inspection.onnx is not None
    return runtime_words("ONNX Runtime", "onnxruntime") if onnx else runtime_words()


@lru_cache
def runtime_words(name: str = "PyTorch", package: str = "torch") -> str:
    """A runtime with its installed version, which the name of its metadata folder tells.

    The package is not imported, nor is `importlib.metadata`, which takes longer than the rest of
    the window.
    """
    for folder in sys.path:
        for found in Path(folder).glob(f"{package}-*.dist-info"):
            version = found.name.removeprefix(f"{package}-").removesuffix(".dist-info")
            return f"{name} {version.partition('+')[0]}"
    return name


def _whole(failure: Failure) -> str:
    return f"{failure.sentence} {failure.hint}".strip()
