"""The card of execution providers: which to run side by side, and what that showed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from inspector.core.providers import Measured, Providers, short_name
from inspector.ui import measuring
from inspector.ui.document import Document
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.record_view import HEAD_HEIGHT, ROW_HEIGHT, RecordView

_WORDS = {"PASS": "pass", "REVIEW": "review", "FAIL": "fail", "CANNOT JUDGE": "cannot"}


class _Row(NamedTuple):
    """One side with the verdict of the reference against it; empty for the reference."""

    measured: Measured
    verdict: str


class ProvidersCard(Card):
    """Boxes for what is installed, a button, and a table."""

    def __init__(self, document: Document) -> None:
        super().__init__("Execution providers")
        self._document = document
        self._shown: Providers | None = None
        self.boxes: list[QCheckBox] = []
        self.run_button = button("Run side by side", icon="play", small=True)
        self.words = Label("", 12, 400, "text2", wrap=True)
        self.body.addWidget(self.words)
        self._line = QHBoxLayout()
        self._line.setSpacing(16)
        self._line.addStretch(1)
        self._line.addWidget(self.run_button)
        self.body.addLayout(self._line)
        self.view = RecordView(RecordTable(_columns(), self), "Execution providers", 0)
        self.told = Label("", 12, 400, "text2", wrap=True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self.view)
        self.body.addWidget(self.told)
        self.run_button.clicked.connect(self._on_run_clicked)

    def refresh(self) -> None:
        """Show what is installed and what was measured."""
        names = measuring.installed(self._document)
        self.words.setText(installed_words(names, known=self._document.comparison is not None))
        self._show_boxes(names if len(names) > 1 else ())
        self.run_button.setVisible(bool(names))
        self.run_button.setText("Run side by side" if len(names) > 1 else "Measure time and memory")
        self.run_button.setEnabled(self._document.can_compare)
        found = self._document.providers
        self.view.setVisible(found is not None)
        self.told.setVisible(found is not None)
        if found is not None and found is not self._shown:
            self._show_found(found)
        self._shown = found

    def _show_boxes(self, names: tuple[str, ...]) -> None:
        if tuple(box.text() for box in self.boxes) == names:
            return
        for box in self.boxes:
            self._line.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = [QCheckBox(name) for name in names]
        for place, box in enumerate(self.boxes):
            box.setChecked(True)
            self._line.insertWidget(place, box)

    def _show_found(self, found: Providers) -> None:
        reference = found.measured[0].name
        verdicts = {
            pair.candidate: pair.verdict.value
            for pair in found.against
            if pair.reference == reference
        }
        rows = [_Row(one, verdicts.get(one.name, "")) for one in found.measured]
        self.view.show_records(rows)
        self.view.setFixedHeight(HEAD_HEIGHT + len(rows) * ROW_HEIGHT)
        self.told.setText("\n".join(told_words(found)))

    def _on_run_clicked(self) -> None:
        names = tuple(box.text() for box in self.boxes if box.isChecked())
        measuring.start(self._document, names or measuring.installed(self._document)[:1])


def installed_words(names: tuple[str, ...], *, known: bool) -> str:
    """What is installed, in one line."""
    if not known:
        return "What is installed is known once both files were compared."
    if not names:
        return "ONNX Runtime did not take part, so there is nothing to run side by side."
    if len(names) == 1:
        return f"Only {names[0]} is installed here: there is no other one to run it beside."
    return "The ONNX file on each of these, beside the reference and beside each other:"


def told_words(found: Providers) -> tuple[str, ...]:
    """Sentences about what failed, what ran elsewhere, and how it was measured."""
    lines = []
    for one in found.measured:
        name = short_name(one.name)
        if one.failure:
            lines.append(f"{name} did not run: {one.failure}")
        if one.fell_back:
            lines.append(f"{name}: {one.fell_back}")
    reference = found.measured[0].name
    lines.extend(
        f"{short_name(pair.reference)} against {short_name(pair.candidate)}: {pair.verdict.value}."
        for pair in found.against
        if pair.reference != reference
    )
    return (*lines, found.conditions)


def memory_text(one: Measured) -> str:
    """Memory of the process and, where that is known, of the GPU; `-` where nothing is."""
    parts = [f"{one.memory / 1e6:,.0f} MB"] if one.memory else []
    if one.device_memory is not None:
        parts.append(f"{one.device_memory / 1e6:,.0f} MB on the GPU")
    return ", ".join(parts) or "-"


def _time(one: Measured, which: str) -> str:
    return f"{1e3 * getattr(one.latency, which):.3g} ms" if one.latency is not None else "-"


def _elsewhere(one: Measured) -> str:
    return f"{len(one.elsewhere):,} of {one.nodes:,}" if one.nodes else "-"


def _token(row: _Row) -> str:
    return _WORDS.get(row.verdict, "text")


def _columns() -> Iterable[Column]:
    return (
        Column("Runs on", lambda row: short_name(row.measured.name)),
        Column(
            "Verdict", lambda row: row.verdict, token=lambda row: _WORDS.get(row.verdict, "text")
        ),
        Column("Median", lambda row: _time(row.measured, "median"), numeric=True),
        Column("p90", lambda row: _time(row.measured, "p90"), numeric=True),
        Column("Memory", lambda row: memory_text(row.measured), numeric=True),
        Column("Elsewhere", lambda row: _elsewhere(row.measured), numeric=True),
    )
