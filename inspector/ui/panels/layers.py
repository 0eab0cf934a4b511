"""The tab "Layers": where inside the model the two part, and whose doing it is."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core.layers import Localisation
from inspector.core.verdict import side_names
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.panels.layers_detail import DetailCard
from inspector.ui.panels.layers_evidence import EvidenceCard
from inspector.ui.panels.layers_report import bug_report
from inspector.ui.panels.layers_tree import LayersCard
from inspector.ui.plots.layer_curve import LayerCurve
from inspector.ui.plots.legend import DIAMOND, SQUARE, Entry, Legend
from inspector.ui.widgets.cards import Card, EmptyState
from inspector.ui.widgets.controls import button

_EMPTY, _FOUND = range(2)


class LayersView(QWidget):
    """Everything about the search for the layer.

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
        self._shown: Localisation | None = None
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self.go = button("Find the layer", "primary", "layers")
        self.go.clicked.connect(self._document.localise)
        self.empty = EmptyState("layers", "", "", self.go)
        self.layers = LayersCard()
        yield "layers: tree"
        self.curve = LayerCurve()
        self.copy = button("Copy as bug report", icon="copy", small=True)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.detail = DetailCard()
        yield "layers: curve"
        self.evidence = EvidenceCard()
        self._lay_out()
        self._connect()
        yield "layers: layout"
        self.refresh()

    def _lay_out(self) -> None:
        empty = Card()
        empty.body.addWidget(self.empty)
        curve = Card("Where the error is born", "error of each layer / its largest value")
        legend = Legend(
            Entry(SQUARE, "bar", "within"), Entry(SQUARE, "bar_fail", "beyond"),
            Entry(DIAMOND, "text3", "this layer alone"),
        )  # fmt: skip
        curve.add_control(self.copy)
        curve.body.addWidget(legend)
        curve.body.addWidget(self.curve, 1)
        lower = QHBoxLayout()
        lower.setSpacing(16)
        for card in (self.detail, self.evidence):
            # Half of the room each, whatever is in them.
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            lower.addWidget(card, 1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(curve, 1)
        column.addLayout(lower, 1)
        curve.setMinimumHeight(230)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("layers")
        splitter.setHandleWidth(16)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.layers)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([480, 680])
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(splitter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._stack)

    def _connect(self) -> None:
        self.layers.picked.connect(self.choose)
        self.curve.picked.connect(self.choose)
        self.layers.opened.connect(self._on_layers_opened)
        self.detail.asked.connect(self._show_node)

    def choose(self, index: int) -> None:
        """Show one layer everywhere."""
        if self._shown is None:
            return
        self.layers.mark(index)
        self.curve.mark(index)
        self.detail.show_layer(self._shown.layers[index], self._names())

    def refresh(self) -> None:
        """Show the document as it is now."""
        found = self._document.localisation
        if found is None or not found.layers:
            self._explain(found)
            self._stack.setCurrentIndex(_EMPTY)
            self._shown = None
            return
        self._stack.setCurrentIndex(_FOUND)
        self.evidence.explain(found, _searching(self._document))
        if found is self._shown:
            return
        self._shown = found
        self.layers.show_localisation(found)
        self.curve.show_layers(found.layers, found.birthplace)
        self.evidence.show_localisation(found, self._names())
        first = found.birthplace
        self.detail.show_layer(found.layers[first] if first is not None else None, self._names())

    def _on_copy_clicked(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(bug_report(self._shown))

    def _names(self) -> tuple[str, str]:
        found = self._shown
        if found is None or found.reference is None or found.candidate is None:
            return "PyTorch", "ONNX"
        return side_names(found.reference, found.candidate)

    def _explain(self, found: Localisation | None) -> None:
        sentence, hint = why_nothing(self._document, found)
        self.empty.sentence.setText(sentence)
        self.empty.hint.setText(hint)
        self.go.setVisible(self._document.can_localise)

    def _on_layers_opened(self, index: int) -> None:
        if self._shown is not None:
            self._show_node(self._shown.layers[index].node)

    def _show_node(self, node: str) -> None:
        if node:
            self._document.page_asked.emit("model")
            self._document.node_asked.emit("candidate", node)


def _searching(document: Document) -> bool:
    return document.job is not None and document.job.task == "localise"


def why_nothing(document: Document, found: Localisation | None) -> tuple[str, str]:
    """Why there is no curve yet, and what to do."""
    if _searching(document):
        return "Looking inside both models", "The curve appears when the layers were measured."
    if found is not None:
        return found.sentence, found.detail
    if document.comparison is None:
        return "Compare first", "Where the two part is looked for once they have been compared."
    if document.can_localise:
        return (
            "Find the layer",
            "Values inside both models are held against each other on one or two samples, layer "
            "by layer. It takes a few seconds for most models.",
        )
    return "There is nothing to look into", "Both sides must be models; recordings have no layers."
