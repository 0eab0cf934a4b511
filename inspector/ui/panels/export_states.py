"""Which set of weights is taken, where a checkpoint holds several."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from inspector.core.inspection import StateSet
from inspector.core.words import counted
from inspector.ui.consent import checkpoint_of
from inspector.ui.document import Document
from inspector.ui.widgets.labels import Label

_KINDS = (
    (("ema", "average", "shadow", "swa"), "averaged over the training"),
    (("teacher",), "the teacher's"),
    (("student",), "the student's"),
    (("discriminator", "netd"), "the discriminator's"),
    (("generator", "netg"), "the generator's"),
    (("encoder",), "the encoder's"),
    (("decoder",), "the decoder's"),
)
"""Words in a key, and whose weights lie under it."""


_WEIGHTS = (
    "Weights to take",
    "Training programs keep several sets side by side; one is exported and compared.",
)
_OBJECTS = (
    "Model to take",
    "The package holds several models; one is exported and compared.",
)


def state_text(state: StateSet) -> str:
    """One set in words: where it lies, what it is as far as its key tells, how much it is."""
    key = state.path.lower()
    kind = next((told for words, told in _KINDS if any(word in key for word in words)), "")
    parts = (state.path, kind, counted(state.tensors, "tensor"),
             counted(state.parameters, "parameter"))  # fmt: skip
    return "  ·  ".join(part for part in parts if part)


class StatesBox(QWidget):
    """A choice of the sets; hidden where there is nothing to choose."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._states: tuple[StateSet, ...] = ()
        self.choice = QComboBox()
        self.choice.setMinimumContentsLength(12)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.choice.setSizeAdjustPolicy(policy)
        self._label = Label(_WEIGHTS[0], 12, 600, "text2")
        self._label.setBuddy(self.choice)
        self._note = Label(_WEIGHTS[1], 12, 400, "text3", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self._label, self.choice, self._note):
            column.addWidget(widget)
        self.choice.activated.connect(self._on_activated)
        self.hide()

    def refresh(self) -> None:
        """Show the sets of the reference, and the one that the plan names."""
        facts = checkpoint_of(self._document)
        states = facts.states if facts is not None else ()
        if states != self._states:
            self._states = states
            self.choice.clear()
            self.choice.addItems([state_text(state) for state in states])
            package = facts is not None and facts.form == "torch-package"
            title, note = _OBJECTS if package else _WEIGHTS
            self._label.setText(title)
            self._note.setText(note)
            self.choice.setAccessibleName(title)
        self.setVisible(len(states) > 1)
        if facts is not None and states:
            wanted = self._document.plan.state or facts.state_dict_key
            paths = [state.path for state in states]
            self.choice.setCurrentIndex(paths.index(wanted) if wanted in paths else 0)

    def _on_activated(self, row: int) -> None:
        facts = checkpoint_of(self._document)
        chosen = self._states[row].path
        if facts is not None:
            state = "" if chosen == facts.state_dict_key else chosen
            self._document.set_plan(replace(self._document.plan, state=state))
