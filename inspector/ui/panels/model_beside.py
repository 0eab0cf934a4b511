"""Both open files beside each other: what became of the weights, or what differs in structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from inspector.core.difference import PARTS, Change, Difference
from inspector.core.difference import summary as difference_summary
from inspector.core.failures import Failure
from inspector.core.matching import RELATIONS, Match, Matching
from inspector.core.matching import summary as matching_summary
from inspector.core.model import shape_text
from inspector.core.natural import natural_key
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.inside import Inside
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.plots.background import Background
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import Segmented, button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from inspector.jobs.requests import Event

_WORDS = {"perhaps-folded": "perhaps folded", "unneeded": "not needed"}
_TOKENS = {
    "missing": "fail", "changed": "fail", "perhaps-folded": "review", "scaled": "review",
    "unneeded": "text2",
}  # fmt: skip
_LONGEST = 300
_EXTRA = "new"
"""What stands in place of a relation for a weight that comes from no tensor."""


def _named(name: Callable[[Any], str]) -> Callable[[Any], Any]:
    return lambda record: natural_key(name(record))


MATCH_COLUMNS = (
    Column("Tensor", lambda m: _short(m.name), _named(lambda m: m.name), mono=True),
    Column("Type", lambda m: m.dtype, mono=True, token=lambda _: "text2"),
    Column("Shape", lambda m: shape_text(m.shape), lambda m: m.shape, mono=True,
           token=lambda _: "text2"),
    Column("Became", lambda m: _WORDS.get(m.relation, m.relation), weight=500,
           token=lambda m: _token(m)),
    Column("ONNX weight", lambda m: _short(", ".join(m.partners)),
           _named(lambda m: ", ".join(m.partners)), mono=True),
    Column("What that means", lambda m: _meaning(m), token=lambda _: "text2"),
)  # fmt: skip
"""Columns of the table of weights."""

CHANGE_COLUMNS = (
    Column("Part", lambda c: PARTS[c.part], lambda c: list(PARTS).index(c.part),
           token=lambda _: "text2"),
    Column("Change", lambda c: c.kind, weight=500),
    Column("Name", lambda c: _short(c.name), _named(lambda c: c.name), mono=True),
    Column("What", lambda c: _what(c), token=lambda _: "text2"),
    Column("Reference", lambda c: "" if c.note else c.before, mono=True),
    Column("Candidate", lambda c: "" if c.note else c.after, mono=True),
)  # fmt: skip
"""Columns of the table of differences."""


def _short(text: str) -> str:
    """Names may be megabytes long; to measure them would hold the window up."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _token(one: Match) -> str:
    return _TOKENS.get(one.relation, "text")


def _what(change: Change) -> str:
    """The side of it that changed; of values in words, as nobody reads their digests."""
    named = change.what != "values" and change.note
    return f"{change.what}: {change.note}" if named else change.note or change.what


def _meaning(one: Match) -> str:
    if one.relation == _EXTRA:
        return one.note
    if one.relation == "folded":
        return f"{one.note}; checked by value"
    meaning = "not found by value" if one.relation == "perhaps-folded" else RELATIONS[one.relation]
    return "; ".join(part for part in (meaning, one.note) if part)


def match_rows(found: Matching) -> list[Match]:
    """The tensors of the checkpoint, then the weights that come from none of them."""
    note = "a weight that comes from no tensor of the checkpoint by value"
    extra = [
        Match("", item.dtype, item.shape, _EXTRA, (item.name,), note=note) for item in found.extra
    ]
    return [*found.matches, *extra]


class BesidePane(Card):
    """A sentence and a table; reading begins when the pane is first shown for a pair."""

    side_chosen = Signal(int)

    def __init__(self, document: Document, inside: Inside) -> None:
        super().__init__()
        self._document, self._inside = document, inside
        self._asked: object = None
        self._writing = Background(self)
        self.dialog: QFileDialog | None = None
        self.menu: QMenu | None = None
        self.sides = Segmented(NAMES, "Which file is shown")
        self.sentence = Label("", 15, 500, wrap=True)
        self.notes = Label("", 12, 400, "text2", wrap=True)
        self.stop = button("Cancel", "danger", small=True)
        self.again = button("Try again", small=True)
        self.save = button("Save as CSV...", "quiet", small=True)
        self.matches = RecordView(RecordTable(MATCH_COLUMNS, self), "What became of the tensors", 5)
        self.changes = RecordView(RecordTable(CHANGE_COLUMNS, self), "What differs", 5)
        self._lay_out()
        self.sides.changed.connect(self.side_chosen)
        self.stop.clicked.connect(self._on_stop_clicked)
        self.again.clicked.connect(self._ask)
        self.save.clicked.connect(self._on_save_clicked)
        inside.beside_ready.connect(self._on_ready)
        inside.beside_failed.connect(self._on_failed)
        inside.beside_progressed.connect(self._on_progressed)

    @property
    def table(self) -> RecordView:
        """The table that is shown."""
        return self.changes if self.changes.isVisibleTo(self) else self.matches

    def refresh(self) -> None:
        """Show the open pair; what is known about it already stays."""
        pair = _pair(self._document)
        if pair != self._asked:
            self._ask()

    def _ask(self) -> None:
        self._asked = _pair(self._document)
        for view in (self.matches, self.changes):
            view.show_records(())
            view.hide()
        self._say("Reading the values of both files.", busy=True)
        self._inside.ask_beside()

    def _say(self, sentence: str, notes: str = "", *, busy: bool = False) -> None:
        self.sentence.setText(sentence)
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
        self.stop.setVisible(busy)
        self.again.hide()
        self.save.hide()

    def _on_ready(self, found: object) -> None:
        if isinstance(found, Matching):
            self._show(matching_summary(found), _match_notes(found), self.matches)
            self.matches.show_records(match_rows(found))
        elif isinstance(found, Difference):
            notes = "" if not found.changes else f"{found.same_nodes:,} nodes are the same."
            notes += _left_out(found.left_out)
            self._show(difference_summary(found), notes, self.changes)
            self.changes.show_records(found.changes)

    def _show(self, sentence: str, notes: str, view: RecordView) -> None:
        self._say(sentence, notes)
        self.save.show()
        self.matches.setVisible(view is self.matches)
        self.changes.setVisible(view is self.changes)

    def _on_progressed(self, event: Event) -> None:
        if self.stop.isVisibleTo(self) and event.text:
            self.notes.setText(event.text)
            self.notes.show()

    def _on_failed(self, failure: Failure) -> None:
        self._say(failure.sentence, failure.hint)
        self.again.show()

    def _on_stop_clicked(self) -> None:
        self._inside.stop("beside")
        self._say("Not compared.")
        self.again.show()

    # Saving

    def _on_save_clicked(self) -> None:
        opened = self._document.candidate
        dialog = QFileDialog(self.window(), "Save the table")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Table (*.csv)", "All files (*)"])
        if opened is not None:
            dialog.setDirectory(str(Path(opened.path).parent))
            dialog.selectFile(f"{Path(opened.path).stem}_{beside_name(self._document).lower()}.csv")
        dialog.fileSelected.connect(self.save_table)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def save_table(self, path: str) -> None:
        """Write the shown table as CSV, in the order in which it is shown."""
        table = self.table.table
        columns = MATCH_COLUMNS if self.table is self.matches else CHANGE_COLUMNS
        records = [table.record(row) for row in range(table.rowCount())]
        self._writing.ask(lambda: _written(path, columns, records), self._on_written)

    def _on_written(self, outcome: object) -> None:
        if isinstance(outcome, str):
            self._document.noticed.emit(f"Written: {outcome}")
        elif isinstance(outcome, Failure):
            self._document.failed.emit(outcome)

    def _on_menu_requested(self, at: QPoint) -> None:
        view = self.table
        menu = QMenu(view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy rows", view.copy_rows)
        menu.addAction("Save as CSV...", self._on_save_clicked)
        self.menu = menu
        menu.popup(view.viewport().mapToGlobal(at))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.sides)
        row.addStretch(1)
        for control in (self.stop, self.again, self.save):
            row.addWidget(control)
        words = QWidget()
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 8, 0, 4)
        lines.setSpacing(4)
        lines.addWidget(self.sentence)
        lines.addWidget(self.notes)
        self.body.addLayout(row)
        self.body.addWidget(words)
        for view in (self.matches, self.changes):
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(self._on_menu_requested)
            self.body.addWidget(view, 1)
            view.hide()
        self.body.addStretch()


NAMES = ("ONNX graph", "PyTorch modules", "Weights")
"""Labels of the switch while a checkpoint and an ONNX file are open."""


def beside_name(document: Document) -> str:
    """What the third view is called: `Difference` for two ONNX files."""
    return "Difference" if both_onnx(document) else NAMES[2]


def both_onnx(document: Document) -> bool:
    """Whether both open files are ONNX files."""
    files = (document.reference, document.candidate)
    return all(one is not None and one.inspection and one.inspection.onnx for one in files)


def _pair(document: Document) -> object:
    files = [document.file(side) for side in (REFERENCE, CANDIDATE)]
    return [one and (one.path, one.inspection) for one in files]


def _match_notes(found: Matching) -> str:
    parts = [f"{count:,} {_WORDS.get(name, name)}" for name, count in found.counts.items()]
    if found.extra:
        parts.append(f"{len(found.extra):,} new in the ONNX file")
    if found.unread:
        parts.append(f"{len(found.unread):,} could not be read")
    return f"{', '.join(parts)}.{_left_out(found.left_out)}"


def _left_out(number: int) -> str:
    more = "onnx-inspector inspect FILE --against OTHER lists them."
    return f" {number:,} more are not in the table; {more}" if number else ""


def _written(path: str, columns: Sequence[Column], records: Sequence[Any]) -> object:
    from inspector.core.csv_text import csv_lines
    from inspector.core.failures import explain

    def rows() -> Iterator[list[str]]:
        yield [column.title for column in columns]
        for record in records:
            yield [column.text(record) for column in columns]

    try:
        with open(path, "w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            file.writelines(csv_lines(rows()))
    except OSError as error:
        return explain(error, "Saving")
    return path
