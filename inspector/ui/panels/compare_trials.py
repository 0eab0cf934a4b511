"""The card of other sizes: whether they are tried, and what that showed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from inspector.core.answers_beside import outcome_words, size_words
from inspector.core.comparison import Comparison
from inspector.core.size_trial import TrialOutcome
from inspector.ui.document import Document
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Clamped, Label

_SIGNS = {
    TrialOutcome.AGREES: ("pass", "pass"),
    TrialOutcome.DIFFERS: ("fail", "fail"),
    TrialOutcome.CANDIDATE_STOPPED: ("fail", "fail"),
    TrialOutcome.REFERENCE_STOPPED: ("not-compared", "none"),
    TrialOutcome.FIXED: ("info-ring", "none"),
}


class SizesCard(Card):
    """A box to tick, and a row per trial."""

    def __init__(self, document: Document) -> None:
        super().__init__("Other sizes")
        self._document = document
        self._shown: Comparison | None = None
        self.box = QCheckBox("Also run other sizes where the ONNX file leaves them open")
        self.box.setChecked(document.sizes)
        self.body.addWidget(self.box)
        self._grid: QWidget | None = None
        self._none = Label("", 12, 400, "text2", wrap=True)
        self.body.addWidget(self._none)
        self.box.toggled.connect(self._on_box_toggled)

    def refresh(self) -> None:
        """Show the trials of the document's comparison."""
        self.box.setChecked(self._document.sizes)
        comparison = self._document.comparison
        trials = comparison.trials if comparison is not None else ()
        self._none.setText(_why_none(comparison))
        self._none.setVisible(not trials)
        if comparison is self._shown:
            return
        self._shown = comparison
        if self._grid is not None:
            self.body.removeWidget(self._grid)
            self._grid.hide()
            self._grid.deleteLater()
            self._grid = None
        if comparison is not None and trials:
            self._grid = _table(comparison)
            self.body.addWidget(self._grid)

    def _on_box_toggled(self, ticked: bool) -> None:
        if ticked != self._document.sizes:
            self._document.set_rules(sizes=ticked)


def _why_none(comparison: Comparison | None) -> str:
    if comparison is None:
        return "The samples are cut or repeated to these sizes."
    return "The file leaves no size open, or none was tried."


def _table(comparison: Comparison) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(2, 1)
    top = Qt.AlignmentFlag.AlignTop
    for row, trial in enumerate(comparison.trials):
        grid.addWidget(IconView(*_SIGNS[trial.outcome], 16), row, 0, top)
        exported = ", as exported" if trial.exported else ""
        grid.addWidget(Label(f"{size_words(trial)}{exported}", 12, mono=True), row, 1, top)
        detail = f": {trial.detail}" if trial.detail else ""
        words = Clamped(f"{outcome_words(trial, comparison)}{detail}", lines=3)
        words.setFont(Label("", 12).font())
        words.fit()
        grid.addWidget(words, row, 2)
    return holder
