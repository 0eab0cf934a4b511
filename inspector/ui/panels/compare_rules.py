"""The tab "Rules": what may differ, where the numbers come from, how the verdict is found."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.comparison import Comparison, Repeat
from inspector.core.tolerance import REVIEW_FACTOR, TOLERANCES, Tolerance
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.panels.compare_providers import ProvidersCard
from inspector.ui.panels.compare_tolerances import TolerancesCard
from inspector.ui.panels.compare_trials import SizesCard
from inspector.ui.plots.numbers import short_text
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import IconView
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.lines import Line

ORDER = (
    ("cannot-judge", "cannot", "CANNOT JUDGE", "there is no data, a side does not repeat itself, "
     "the graph draws random numbers, or a runtime cannot run the file."),
    ("fail", "fail", "FAIL", "names, shapes or types of the outputs differ, a value is NaN or "
     "infinite on one side only, or the ONNX file stops at a size that it leaves open."),
    ("pass", "pass", "PASS", "every value is within what is allowed. Made-up data alone, or a "
     "looser tolerance, earns REVIEW at best."),
    ("review", "review", "REVIEW", f"every value is within {REVIEW_FACTOR:.0f} times what is "
     "allowed; or the same model in 64 bits shows that rounding explains it; or places differ "
     "only among scores that tie; or both sides give NaN in the same places."),
    ("fail", "fail", "FAIL", "otherwise. The worst value and the worst output decide."),
)  # fmt: skip
"""The verdict, question by question: icon, colour, word, when."""


def _share(tolerance: Tolerance) -> str:
    return f"{tolerance.relative:g}"


def _steps(tolerance: Tolerance) -> str:
    return f"{tolerance.steps:.0f} \u00d7 {tolerance.eps:.2g}" if tolerance.steps else "0"


class RulesView(QWidget):
    """The rules as they are, and what they gave for the document's comparison.

    Args:
        document: What is shown.
        parent: What it lies in.
        in_steps: Leave it to `making` to make the parts.
    """

    def __init__(
        self, document: Document, parent: QWidget | None = None, *, in_steps: bool = False
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self._repeats_card = Card("Does each side repeat itself?")
        self._repeats = QVBoxLayout()
        self._repeats_card.body.addLayout(self._repeats)
        self._shown: Comparison | None = None
        self.tolerances = TolerancesCard(self._document)
        yield "rules: tolerances"
        self.providers = ProvidersCard(self._document)
        left = (self.tolerances, self.providers, self._allowed_card())
        yield "rules: left"
        self.sizes = SizesCard(self._document)
        right = (self.sizes, self._generated_card(), _order_card(), self._repeats_card)
        yield "rules: right"
        self._lay_out(left, right)
        self.refresh()

    def _lay_out(self, at_left: tuple[Card, ...], at_right: tuple[Card, ...]) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        content = QWidget()
        self.area = scrolling(content)
        outer.addWidget(self.area)
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column, stretch in ((left, 3), (right, 2)):
            row.addLayout(column, stretch)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(12)
        for card in at_left:
            left.addWidget(card)
        for card in at_right:
            right.addWidget(card)
        left.addStretch(1)
        right.addStretch(1)

    def refresh(self) -> None:
        """Show the document's comparison."""
        comparison = self._document.comparison
        for card in (self.tolerances, self.sizes, self.providers):
            card.refresh()
        self._repeats_card.setVisible(comparison is not None and bool(comparison.repeats))
        if comparison is not None and comparison is not self._shown:
            self._shown = comparison
            _empty(self._repeats)
            for repeat in comparison.repeats:
                self._repeats.addLayout(_repeat_row(repeat))
        self.accept.setChecked(self._document.accept_generated)

    def _allowed_card(self) -> Card:
        card = Card("The default", "a value agrees when its error is at most the sum of both")
        formula = "|candidate - reference|  \u2264  share \u00d7 |reference|  +  steps \u00d7 S"
        card.body.addWidget(Label(formula, 12, 500, mono=True))
        text = (
            "S is the largest value of that output over the whole data set, one step the distance "
            "to the next number its type can hold there. Small values beside large ones are "
            "computed from the large ones, so they cannot be more exact than those."
        )
        card.body.addWidget(Label(text, 12, 400, "text2", wrap=True))
        card.body.addLayout(_tolerance_rows())
        card.body.addWidget(
            Label("Every other type, whole numbers among them, must be equal.", 12, 400, "text2")
        )
        return card

    def _generated_card(self) -> Card:
        card = Card("Made-up data")
        self.accept = QCheckBox("Let made-up data alone earn PASS in the next comparison")
        self.accept.toggled.connect(self._on_accept_toggled)
        card.body.addWidget(self.accept)
        text = "Random numbers may miss what real data would show, so a person should decide."
        card.body.addWidget(Label(text, 12, 400, "text2", wrap=True))
        return card

    def _on_accept_toggled(self, accepted: bool) -> None:
        self._document.accept_generated = accepted


def _tolerance_rows() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(3, 1)
    heads = ("Type", "\u00d7 value", "\u00d7 S", "Where the numbers come from")
    for column, head in enumerate(heads):
        grid.addWidget(Label(head, 12, 500, "text3"), 0, column)
    for number, (dtype, tolerance) in enumerate(TOLERANCES.items()):
        row = 2 * number + 1
        grid.addWidget(Line(), row, 0, 1, len(heads))
        for column, text in enumerate((dtype, _share(tolerance), _steps(tolerance))):
            grid.addWidget(Label(text, 12, mono=True), row + 1, column)
        origin = Label(tolerance.origin, 12, 400, "text2", wrap=True)
        grid.addWidget(origin, row + 1, 3)
    return grid


def _order_card() -> Card:
    card = Card("How the verdict is found", "the first line that is true decides")
    for icon, token, word, when in ORDER:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(IconView(icon, token, 16))
        name = Label(word, 12, 600, token)
        name.setFixedWidth(108)
        row.addWidget(name)
        row.addWidget(Label(when, 12, 400, "text", wrap=True), 1)
        if card.body.count():
            card.body.addWidget(Line())
        card.body.addLayout(row)
    return card


def _repeat_row(repeat: Repeat) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(IconView(*(("pass", "pass") if repeat.same else ("fail", "fail")), 16))
    outcome = "the same" if repeat.same else f"up to {short_text(repeat.max_absolute_error)} apart"
    row.addWidget(Label(f"{repeat.side}, {repeat.how}: {outcome}", 12, wrap=True), 1)
    return row


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        inner, widget = item.layout(), item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QGridLayout | QHBoxLayout):
            while (part := inner.takeAt(0)) is not None:
                if (child := part.widget()) is not None:
                    child.hide()
                    child.deleteLater()
            inner.deleteLater()
