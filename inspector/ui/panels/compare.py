"""The Compare page: tabs for the outputs, the sample data and the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.comparison import Comparison, OutputComparison
from inspector.core.failures import TOO_NEW, Failure
from inspector.ui.ahead import finish
from inspector.ui.dialogs.convert import ask_conversion
from inspector.ui.document import Document
from inspector.ui.job import Job
from inspector.ui.panels.compare_chips import Chips, worst_first
from inspector.ui.panels.compare_outputs import OutputsView
from inspector.ui.panels.compare_rules import RulesView
from inspector.ui.panels.layers import LayersView
from inspector.ui.panels.samples import SamplesView
from inspector.ui.panels.samples_binding import what_to_do
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState
from inspector.ui.widgets.controls import Segmented, button
from inspector.ui.widgets.failure_view import FailureView

OUTPUTS, LAYERS, SAMPLES, RULES = range(4)
EMPTY, STOPPED = range(2)
"""Pages in the place of the charts, before the charts themselves."""
TABS = ("Outputs", "Layers", "Samples", "Rules")


class ComparePanel(QWidget):
    """Shows what the document knows of the comparison; keeps nothing but the selection.

    Args:
        document: What is shown.
        in_steps: Leave it to `making` to make the parts.
    """

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self.tabs = Segmented(TABS, "Parts of the comparison")
        self.chips = Chips()
        self.words_button = button("In plain words", icon="info-ring")
        self.add_button = button("Add files\u2026", icon="plus")
        self._outputs: OutputsView | None = None
        self._layers: LayersView | None = None
        self._samples: SamplesView | None = None
        self._rules: RulesView | None = None
        self._stopped: Failure | None = None
        self._turn = Turn(self, self.refresh)
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self._lay_out()
        self._make_empty()
        yield "tabs"
        yield from self._start_samples().making
        self._connect()
        self.tabs.choose(OUTPUTS if self._document.comparison is not None else SAMPLES)
        self.refresh()

    def _make_empty(self) -> None:
        self.go_button = button("Compare", icon="play")
        self.data_button = button("Add sample data")
        self.empty = EmptyState("compare", "", "", self.go_button, self.data_button)
        self.again_button = button("Compare again", icon="refresh")
        self.convert_button = button("Convert a copy\u2026", icon="save")
        self.failure = FailureView(self.again_button, self.convert_button)
        for part in (self.empty, self.failure):
            card = Card()
            self._outputs_stack.addWidget(card)
            card.body.addWidget(part, 1)

    def _lay_out(self) -> None:
        # From the outside in: every widget that moves into another has all below it dressed anew.
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        head = QHBoxLayout()
        column.addLayout(head)
        head.setSpacing(16)
        head.addWidget(self.tabs)
        head.addWidget(self.chips)
        head.addStretch(1)
        head.addWidget(self.words_button)
        head.addWidget(self.add_button)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._outputs_stack = QStackedWidget()
        self._layers_place = QStackedWidget()
        self._samples_place, self._rules_place = QStackedWidget(), QStackedWidget()
        for place in (
            self._outputs_stack, self._layers_place, self._samples_place, self._rules_place,
        ):  # fmt: skip
            self._stack.addWidget(place)

    @property
    def outputs(self) -> OutputsView:
        """The tab with the charts, made when there is first something to show."""
        made = self._outputs or self._start_outputs()
        return _finished(made, self._outputs_stack)

    @property
    def layers(self) -> LayersView:
        """The tab of the layers, made when it is first shown."""
        made = self._layers or self._start_layers()
        return _finished(made, self._layers_place)

    @property
    def samples(self) -> SamplesView:
        """The tab of the sample data, made when it is first shown."""
        made = self._samples or self._start_samples()
        return _finished(made, self._samples_place)

    @property
    def rules(self) -> RulesView:
        """The tab of the rules, made when it is first shown."""
        made = self._rules or self._start_rules()
        return _finished(made, self._rules_place)

    def _start_outputs(self) -> OutputsView:
        self._outputs = OutputsView(self._document, self._outputs_stack, in_steps=True)
        self._outputs.words_available.connect(lambda _: self._show_controls())
        return self._outputs

    def _start_layers(self) -> LayersView:
        self._layers = LayersView(self._document, self._layers_place, in_steps=True)
        return self._layers

    def _start_samples(self) -> SamplesView:
        self._samples = SamplesView(self._document, self._samples_place, in_steps=True)
        self._samples.files_wanted.connect(self._ask_files)
        return self._samples

    def _start_rules(self) -> RulesView:
        self._rules = RulesView(self._document, self._rules_place, in_steps=True)
        return self._rules

    def making_parts(self) -> Iterator[str]:
        """Make the tabs that were not shown yet, in short steps."""
        for start, name in (
            (self._start_samples, "samples"),
            (self._start_outputs, "outputs"),
            (self._start_rules, "rules"),
            (self._start_layers, "layers"),
        ):
            yield from (getattr(self, f"_{name}") or start()).making
            getattr(self, name)  # it is complete now, and takes its place
            yield name

    def _connect(self) -> None:
        document = self._document
        self.tabs.changed.connect(lambda _: self.refresh())
        self.chips.chosen.connect(self._on_chips_chosen)
        self.words_button.clicked.connect(lambda: self.outputs.open_words())
        self.add_button.clicked.connect(self._ask_files)
        self.go_button.clicked.connect(self._on_go_clicked)
        self.again_button.clicked.connect(self._on_go_clicked)
        self.convert_button.clicked.connect(lambda: ask_conversion(self.window(), self._document))
        for signal in (document.files_changed, document.plan_changed, document.data_changed):
            signal.connect(self._forget_failure)
        self.data_button.clicked.connect(lambda: self.show_tab(SAMPLES))
        for signal in (document.files_changed, document.data_changed):
            signal.connect(self._turn.ask)
        document.comparison_changed.connect(self._on_document_comparison_changed)
        document.job_started.connect(self._on_document_job_started)
        document.job_ended.connect(self._turn.ask)
        document.layers_changed.connect(self._turn.ask)
        for number in range(len(TABS)):
            keys = QShortcut(QKeySequence(f"Alt+{number + 1}"), self)
            keys.activated.connect(lambda number=number: self.show_tab(number))

    def show_tab(self, tab: int) -> None:
        """Show one of the tabs."""
        self.tabs.choose(tab)
        self.refresh()

    def show_rules(self) -> None:
        """Show what may be chosen about the judging, and what other sizes brought to light."""
        self.show_tab(RULES)

    def show_layers(self) -> None:
        """Show where inside the model the two part."""
        self.show_tab(LAYERS)

    def show_worst(self) -> None:
        """Show the worst element of the output that decided the verdict."""
        comparison = self._document.comparison
        self.show_tab(OUTPUTS)
        if comparison is not None and comparison.outputs:
            self.outputs.show_output(worst_first(comparison.outputs)[0])
            self.refresh()
            self.outputs.worst.view.setFocus()

    def refresh(self) -> None:
        """Show the document as it is now."""
        running = self._running()
        comparison = (self._document.judged if running else None) or self._document.comparison
        self._stack.setCurrentIndex(self.tabs.current)
        if self._document.tab != TABS[self.tabs.current]:
            self._document.tab = TABS[self.tabs.current]
            self._document.tab_changed.emit()
        if self.tabs.current == SAMPLES:
            self.samples.show()
        elif self.tabs.current == RULES:
            self.rules.refresh()
        elif self.tabs.current == LAYERS:
            self.layers.refresh()
        if comparison is not None and comparison.outputs:
            self.outputs.show_comparison(comparison)
            self.outputs.set_dimmed(running and self._document.judged is None)
            current = self.outputs.selection.output
            self.chips.show_outputs(comparison.outputs, current.name if current else "")
            self._outputs_stack.setCurrentWidget(self.outputs)
        elif self._stopped is not None and comparison is None and not running:
            self.again_button.setEnabled(self._document.can_compare)
            self._outputs_stack.setCurrentIndex(STOPPED)
        else:
            self._explain(comparison, running)
            self._outputs_stack.setCurrentIndex(EMPTY)
        self._show_controls()

    def _running(self) -> bool:
        job = self._document.job
        return job is not None and job.task == "compare"

    def _show_controls(self) -> None:
        shown = self._outputs_stack.currentIndex() > STOPPED and self.tabs.current == OUTPUTS
        self.chips.setVisible(shown)
        beside = self._outputs is not None and self._outputs.words_beside
        self.words_button.setVisible(shown and not beside)
        self.add_button.setVisible(self.tabs.current == SAMPLES)

    def _explain(self, comparison: Comparison | None, running: bool) -> None:
        sentence, hint = why_nothing(self._document, comparison, running)
        self.empty.sentence.setText(sentence)
        self.empty.hint.setText(hint)
        self.go_button.setVisible(self._document.can_compare)
        self.data_button.setVisible(self._document.data is None and not running)

    def _on_document_comparison_changed(self) -> None:
        if self._document.comparison is not None and not self._running():
            shown = self._outputs.comparison if self._outputs is not None else None
            if shown is not self._document.comparison and not self._document.out_of_date:
                self.tabs.choose(OUTPUTS)
        self._turn.ask()

    def _on_document_job_started(self, job: Job) -> None:
        if job.task == "localise":
            self.tabs.choose(LAYERS)
        if job.task == "compare":
            self.tabs.choose(OUTPUTS)
            self._stopped = None
            job.failed.connect(self._on_job_failed)
        self._turn.ask()

    def _on_job_failed(self, failure: Failure) -> None:
        self._stopped = failure
        self.failure.say(failure)
        self.convert_button.setVisible(failure.kind == TOO_NEW)
        self._turn.ask()

    def _forget_failure(self) -> None:
        self._stopped = None

    def _on_chips_chosen(self, output: OutputComparison) -> None:
        self.outputs.show_output(output)
        self.chips.mark(output.name)

    def _on_go_clicked(self) -> None:
        if self._document.can_compare:
            self._document.compare()

    def _ask_files(self) -> None:
        """A file dialog that does not stop the event loop."""
        dialog = QFileDialog(self, "Add sample data")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([f"Sample data ({_DATA_PATTERNS})", "All files (*)"])
        dialog.filesSelected.connect(self._document.open_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


_DATA_PATTERNS = "*.npy *.npz *.csv *.tsv *.json *.pt *.safetensors *.png *.jpg *.jpeg *.wav *.txt"

_View = TypeVar("_View", OutputsView, LayersView, SamplesView, RulesView)


def _finished(view: _View, place: QStackedWidget) -> _View:
    """The view with all its parts, in its place: what comes into a view that is seen flickers."""
    finish(view.making)
    if place.indexOf(view) < 0:
        place.addWidget(view)
    return view


def why_nothing(
    document: Document, comparison: Comparison | None, running: bool
) -> tuple[str, str]:
    """Why there are no charts yet, and what to do."""
    if running:
        return "Both sides are running", "The charts appear when every sample has been computed."
    if comparison is not None:
        return comparison.sentence, comparison.next_step
    if document.cancelled:
        return "The comparison was stopped", "Nothing was judged."
    if document.reference is None or document.candidate is None:
        missing = "PyTorch file" if document.reference is None else "ONNX file"
        return "Two files are compared", f"Open or drop the {missing} too."
    if any(side.failure for side in (document.reference, document.candidate)):
        return "One of the files cannot be read", "Open another one in its place."
    if document.data is None:
        return (
            "No sample data yet",
            "Drop arrays, tables or pictures, or let the program make inputs up.",
        )
    if document.binding is not None and document.binding.problem:
        return document.binding.problem, what_to_do(document.binding)
    return "Not compared yet", "Press Compare, or F5."
