"""The question of trust: what opening a checkpoint would bring in, and how it may be opened."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from inspector.ui.document import REFERENCE, Document
from inspector.ui.models.tree_text import size_text
from inspector.ui.panels.model_imports import ImportView
from inspector.ui.panels.model_trust_answers import Answers, Choice
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.folded import code_view, fit_lines
from inspector.ui.widgets.labels import Elided, Label
from inspector.ui.widgets.rules import Rule

MOST_RUNS = 500
"""Lines about what would be run; a package may bring thousands of files."""

KINDS = {
    "zip": "ZIP with a Python pickle",
    "legacy": "Python pickle of older PyTorch",
    "pickle": "Python pickle",
    "safetensors": "safetensors, holds no code",
}


def kind_words(form: str, container: str) -> str:
    """Form and container of a checkpoint in a few words."""
    name = "Hugging Face model" if form == "huggingface" else form.replace("-", " ")
    return f"{name}, {KINDS.get(container, container)}"


class TrustQuestion(QWidget):
    """A whole page: long lists need room. `answered` says that the person has decided."""

    answered = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._facts = _FactsRow()
        self._imports = ImportView()
        self.answers = Answers()
        self._card = Card("What opening it would bring in", " ")
        self._card.body.addWidget(self._imports)
        self._nothing = Label("", 13, 400, "text2", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._card.body.addWidget(self._nothing)
        self._runs_title = Label("Opening it would run", 12, 600, "text2")
        self._runs = code_view("What opening it would run")
        self._card.body.addWidget(self._runs_title)
        self._card.body.addWidget(self._runs)
        self._lay_out()
        self.answers.chosen.connect(self._on_chosen)
        self.answers.refused.connect(lambda: document.close_file(REFERENCE))

    def show_question(self) -> None:
        """Put the question about the reference as it is now."""
        opened = self._document.reference
        if opened is None or opened.inspection is None or opened.inspection.checkpoint is None:
            return
        facts = opened.inspection.checkpoint
        self._facts.show_facts(
            {
                "File": opened.name,
                "Kind": kind_words(facts.form, facts.container),
                "Size": f"{size_text(opened.inspection.bytes)}, {facts.tensor_count:,} tensors",
            }
        )
        self._imports.show_imports(facts.imports)
        self._imports.setVisible(bool(facts.imports))
        count = f"{len(facts.imports):,} name{'' if len(facts.imports) == 1 else 's'}"
        self._card.hint.setText(f"{count}, the most dangerous first" if facts.imports else "")
        self._nothing.setText("" if facts.imports else "The file itself imports nothing.")
        self._nothing.setVisible(not facts.imports)
        self._show_runs(facts.runs)
        self.answers.show_checkpoint(facts, self._document.plan)
        self.answers.focus()

    def _show_runs(self, runs: tuple[str, ...]) -> None:
        more = len(runs) - MOST_RUNS
        lines = [*runs[:MOST_RUNS], *([f"and {more:,} more"] if more > 0 else [])]
        self._runs.setPlainText("\n".join(lines))
        fit_lines(self._runs, 8)
        for widget in (self._runs_title, self._runs):
            widget.setVisible(bool(runs))

    def set_code(self, path: str) -> None:
        """Fill in the Python file that the person picked."""
        self.answers.set_code(path)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(IconView("shield", "accent_text", 28))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label("Nothing in this file has been run yet", 20, 600))
        words.addWidget(
            Label(
                "A PyTorch checkpoint can contain code that runs when it is opened. "
                "This list was read from the file without running any of it.",
                13,
                400,
                "text2",
                wrap=True,
            )
        )
        head.addLayout(words, 1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._card, 16)
        row.addWidget(self.answers, 9)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._facts)
        column.addLayout(row, 1)

    def _on_chosen(self, choice: Choice) -> None:
        self.answered.emit()
        if not choice.runs:
            return
        plan = self._document.plan
        self._document.set_plan(
            replace(
                plan, code=choice.code, code_args=choice.code_args, trusted=True,
                again=choice.again,
            )
        )  # fmt: skip
        self._document.prepare()


class _FactsRow(QFrame):
    """Label over value, side by side, with thin lines between."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 16, 8)
        self._row.setSpacing(16)

    def show_facts(self, facts: dict[str, str]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for number, (label, text) in enumerate(facts.items()):
            if number:
                self._row.addWidget(Rule(upright=True))
            self._row.addWidget(_Fact(label, text), 0 if number < len(facts) - 1 else 1)


class _Fact(QWidget):
    def __init__(self, label: str, text: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        value = Elided(text, 12, mono=label in ("File", "Size"))
        width = value.fontMetrics().horizontalAdvance(text) + 2
        value.setMinimumWidth(min(width, 320))
        column.addWidget(Label(label, 12, 400, "text2"))
        column.addWidget(value)
        self.setAccessibleName(f"{label}: {text}")
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
