"""The values at the birthplace of an error, and which tool is at fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from inspector.core.blame import LEVELS, Blame, Trial
from inspector.core.comparison import Allowed, Histogram, OutputComparison, Verdict
from inspector.core.layers import Localisation
from inspector.ui.models.layer_tree import scaled_text
from inspector.ui.plots.background import Background
from inspector.ui.plots.clouds import Cloud, cloud
from inspector.ui.plots.kept import Kept, open_kept
from inspector.ui.plots.legend import LINE, SQUARE, Entry, Legend
from inspector.ui.plots.scatter import ScatterView
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import IconView, Segmented
from inspector.ui.widgets.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES, BLAME = range(2)
_NOTHING = 2
_TITLES = ("Values there", "Who is to blame")


class EvidenceCard(Card):
    """Scatter of both sides at the birthplace, or the table of optimisers."""

    def __init__(self) -> None:
        super().__init__(_TITLES[VALUES])
        self._views = Segmented(("Values", "Blame"), "Evidence", small=True)
        self._views.changed.connect(self._turn_to)
        self.add_control(self._views)
        self._background = Background(self)
        self._names = ("PyTorch", "ONNX")
        self.scatter = ScatterView()
        self.table = _BlameTable()
        self._stack = QStackedWidget()
        self.nothing = Label("", 13, 400, "text2", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (self.scatter, scrolling(self.table), self.nothing):
            self._stack.addWidget(page)
        self._drawn = False
        self._legend = Legend()
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._legend)

    def show_localisation(self, found: Localisation, names: tuple[str, str]) -> None:
        """Show the evidence of another search."""
        self._names = names
        self.table.show_blame(found.blame)
        self.scatter.show_cloud(None, names)
        self._drawn = False
        self._views.set_enabled(BLAME, found.blame is not None)
        if found.birthplace is not None and found.reference_file:
            self._background.ask(lambda: _points(found), self._receive)
        elif found.blame is not None:
            self._views.choose(BLAME)
        self._turn_to()

    def explain(self, found: Localisation, searching: bool) -> None:
        """Say why there are no values to draw, as long as there are none."""
        self.nothing.setText(why_no_values(found, searching))

    def _receive(self, answer: object) -> None:
        if isinstance(answer, Cloud):
            self.scatter.show_cloud(answer, self._names)
            self._drawn = True
        self._turn_to()

    def _turn_to(self) -> None:
        chosen = self._views.current
        self.title.setText(_TITLES[chosen])
        self._legend.show_entries(
            Entry(SQUARE, "bar", "within"), Entry(SQUARE, "bar_fail", "beyond"),
            Entry(LINE, "text3", f"equal, {self._names[0]} across"),
        )  # fmt: skip
        self._legend.setVisible(chosen == VALUES and self._drawn)
        self._stack.setCurrentIndex(_NOTHING if chosen == VALUES and not self._drawn else chosen)


def why_no_values(found: Localisation, searching: bool) -> str:
    """Why there are no values to draw; `searching`: more may still come."""
    if not found.complete and not searching:
        return "The search was stopped before the values of this layer were kept."
    if not found.complete:
        return "The values of both sides are drawn when the search is done."
    if found.birthplace is None:
        return "No layer stands out, so there are no values to hold against each other."
    return "The values of this layer were not kept."


def _points(found: Localisation) -> Cloud | None:
    """The points of the birthplace's values; run in the background."""
    kept = _open(found)
    return cloud(kept) if kept is not None else None


def _open(found: Localisation) -> Kept | None:
    import numpy as np

    assert found.birthplace is not None
    layer = found.layers[found.birthplace]
    if not Path(found.reference_file).is_file() or not layer.worst:
        return None
    worst = layer.worst[0]
    scale = layer.scale or 1.0
    allowed = Allowed(max(worst.allowed, layer.allowed * scale), 0.0, scale=scale)
    output = OutputComparison(
        layer.name, layer.dtype, layer.shape, Verdict.FAIL, "", layer.elements, 0, layer.beyond,
        0, 0, layer.max_absolute_error, 0.0, 0.0, 0.0, allowed, layer.worst, Histogram(),
        reference_file=found.reference_file, candidate_file=found.candidate_file,
    )  # fmt: skip
    kept = open_kept(output)
    if kept is None:
        return None
    # One run is one sample here, whatever its first axis is.
    return Kept(np.asarray(kept.reference)[None], np.asarray(kept.candidate)[None], output)


class _BlameTable(QWidget):
    """What was run down, how it was rewritten across, and one sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._parts: list[QWidget] = []

    def show_blame(self, blame: Blame | None) -> None:
        """Show another table; None: nothing was settled."""
        for part in self._parts:
            self._grid.removeWidget(part)
            part.deleteLater()
        self._parts = []
        if blame is None:
            return
        across = len(LEVELS)
        self._put(Label(blame.sentence, 13, 600, wrap=True), 0, 0, 1, across)
        self._put(Label("ONNX Runtime's optimiser", 12, 500, "text3"), 1, 0, 1, across)
        for column, level in enumerate(LEVELS):
            self._put(Label(level, 12, 500, "text3"), 2, column)
            self._grid.setColumnStretch(column, 1)
        # The name stands above its cells: beside them, on a small window, neither has room.
        rows = list(dict.fromkeys(trial.file for trial in blame.trials))
        # Rows that a longer table had keep their stretch.
        self._grid.setRowStretch(self._grid.rowCount() - 1, 0)
        for place, file in enumerate(rows):
            self._put(Label(_sentence(file), 12, wrap=True), 2 * place + 3, 0, 1, across)
            self._cells(2 * place + 4, [trial for trial in blame.trials if trial.file == file])
        self._grid.setRowStretch(2 * len(rows) + 3, 1)
        self.setAccessibleName(blame.sentence)

    def _cells(self, row: int, trials: Sequence[Trial]) -> None:
        for trial in trials:
            column = LEVELS.index(trial.level) if trial.level in LEVELS else 0
            self._put(_Cell(trial), row, column)

    def _put(self, part: QWidget, row: int, column: int, down: int = 1, across: int = 1) -> None:
        self._grid.addWidget(part, row, column, down, across)
        self._parts.append(part)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


class _Cell(QWidget):
    """Shape of the outcome, and the error over the largest value."""

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        icon = "cannot-judge" if trial.problem else "pass" if trial.agrees else "fail"
        token = "cannot" if trial.problem else "pass" if trial.agrees else "fail"
        text = "not run" if trial.problem else scaled_text(trial.scaled_error)
        row = QGridLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setHorizontalSpacing(6)
        row.addWidget(IconView(icon, token, 16), 0, 0)
        row.addWidget(Label(text, 12, mono=not trial.problem), 0, 1)
        word = "not run" if trial.problem else "agrees" if trial.agrees else "differs"
        self.setAccessibleName(f"{trial.file}, optimisation {trial.level}: {word}, {text}")
        self.setToolTip(trial.problem)
