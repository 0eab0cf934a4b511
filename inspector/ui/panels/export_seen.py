"""What is known about the checkpoint before it is exported."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from inspector.ui import consent
from inspector.ui.document import Document
from inspector.ui.forms import needs_code
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.spinner import Spinner


def seen_text(document: Document) -> str:
    """The checkpoint in a sentence or two: what it is, its class, its size, what it takes."""
    opened, facts = document.reference, consent.checkpoint_of(document)
    if opened is None or opened.inspection is None or facts is None:
        return ""
    prepared = document.prepared
    if prepared is None:
        return f"{opened.inspection.what} {facts.parameters:,} parameters."
    needed = [name for name in prepared.arguments if name not in prepared.optional]
    takes = ", ".join(needed) or "nothing"
    text = (
        f"{opened.inspection.what} Its module is {prepared.class_name} with "
        f"{prepared.parameters:,} parameters; forward() takes {takes}."
    )
    if prepared.training:
        text += " It was saved in training mode; evaluation mode is exported."
    return text


class SeenBox(QFrame):
    """A sunken box with that text, and the button that loads the model to know more."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.setProperty("kind", "sunken")
        self.text = Label("", 12, 400, "text2", wrap=True)
        self.load = button("Load it and read its inputs", "quiet", small=True)
        self._spinner = Spinner(14)
        self._loading = Label("Loading the model to read its inputs", 12, 400, "text2")
        row = QHBoxLayout()
        # The text of a button without a frame begins where the lines above it do.
        row.setContentsMargins(-7, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._spinner)
        row.addWidget(self._loading)
        row.addWidget(self.load)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        column.addWidget(Label("Seen in the checkpoint", 12, 600, "text2"))
        column.addWidget(self.text)
        column.addLayout(row)
        self.load.clicked.connect(self._on_load_clicked)

    def refresh(self) -> None:
        """Say what is known now."""
        document = self._document
        self.text.setText(seen_text(document))
        loading = document.job is not None and document.job.task == "prepare"
        self._spinner.setVisible(loading)
        self._loading.setVisible(loading)
        facts = consent.checkpoint_of(document)
        bare = facts is not None and needs_code(facts) and not document.plan.code
        known = document.prepared is not None
        self.load.setVisible(not loading and not known and not bare and facts is not None)

    def _on_load_clicked(self) -> None:
        if consent.is_missing(self._document):
            consent.ask(self._document)
        elif self._document.job is None:
            self._document.prepare()
