"""What both sides do in one layer, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.layers import Layer, Status
from inspector.core.words import counted
from inspector.ui.models.layer_tree import scaled_text
from inspector.ui.plots.numbers import short_text, value_pair
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.file_card import Tile
from inspector.ui.widgets.labels import Elided, Label


class DetailCard(Card):
    """One layer; `asked` carries the node that is to be shown in the tree of the file."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._node = ""
        self.title = Elided("Layer", 13, 600)
        self._sides = (_SideBox("PT", "ref"), _SideBox("ONNX", "cand"))
        self._result = Label("", 13, wrap=True)
        self._note = Label("", 12, 400, "text2", wrap=True)
        self._show = button("Show in tree", icon="model", small=True)
        self._show.clicked.connect(lambda: self.asked.emit(self._node))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        # What came of it is read first: on a low window the rest is reached by scrolling.
        column.addWidget(self._result)
        for side in self._sides:
            column.addWidget(side)
        column.addWidget(self._note)
        column.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        head.addWidget(self._show)
        self.title.setMinimumHeight(32)
        self.body.addLayout(head)
        self.body.addWidget(scrolling(inside), 1)

    def show_layer(self, layer: Layer | None, names: tuple[str, str]) -> None:
        """Show another layer; None: none is chosen."""
        self.title.setText(layer.name if layer is not None else "Layer")
        self.setAccessibleName(f"{self.title.text()}: what the two do here")
        self._node = layer.node if layer is not None else ""
        self._show.setVisible(bool(self._node))
        for side in self._sides:
            side.setVisible(layer is not None)
        if layer is None:
            self._result.setText("Choose a layer in the list or in the curve.")
            self._note.setText("")
            return
        first, second = self._sides
        first.say(names[0], layer.module_text or layer.class_name or layer.module, layer.source)
        where = f"node {layer.node}" if layer.node else "no node of its own"
        rule = f", made by the rule {layer.rule}" if layer.rule else ""
        second.say(names[1], layer.node_text or layer.op_type or "nothing", where + rule)
        self._result.setText(result_in_words(layer, names))
        self._note.setText(" ".join(_notes(layer)))


class _SideBox(QFrame):
    """Tile of one side, what it computes there, and where that stands."""

    def __init__(self, tile: str, token: str) -> None:
        super().__init__()
        self.setProperty("kind", "sunken")
        self._tile = Tile(tile, token)
        self._what = Label("", 12, wrap=True, mono=True)
        self._where = Label("", 12, 400, "text2", wrap=True, mono=True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._what)
        words.addWidget(self._where)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._tile)
        row.addLayout(words, 1)

    def say(self, name: str, what: str, where: str) -> None:
        """Show what a side does."""
        self._what.setText(what)
        self._where.setText(where)
        self._where.setVisible(bool(where))
        self.setAccessibleName(f"{name}: {what} {where}".strip())


def result_in_words(layer: Layer, names: tuple[str, str]) -> str:
    """How far the layer is off, and whose doing that is."""
    if not layer.compared:
        return layer.note[:1].upper() + layer.note[1:] + "." if layer.note else "It was not mapped."
    if layer.status is Status.AGREES:
        start = f"All {counted(layer.elements, 'value')} agree."
    else:
        total = counted(layer.elements, "value")
        start = f"{layer.beyond:,} of {total} differ by more than allowed{_worst(layer, names)}."
    return f"{start} {_whose(layer)}".strip()


def _worst(layer: Layer, names: tuple[str, str]) -> str:
    if not layer.worst:
        return ""
    worst = layer.worst[0]
    one, other = value_pair(worst.reference, worst.candidate)
    return f"; the worst is {names[0]} {one}, {names[1]} {other}"


def _whose(layer: Layer) -> str:
    if layer.local_agrees is None:
        return "What this layer does alone could not be measured."
    alone = scaled_text(layer.local_error or 0.0)
    if layer.local_agrees:
        if layer.status is Status.DIFFERS:
            return "Fed with the right values it agrees: it inherits the error from before."
        return ""
    return f"Fed with the right values it still errs, by {alone} of its largest value."


def _notes(layer: Layer) -> Sequence[str]:
    shape = f"{layer.dtype} {list(layer.shape)}" if layer.shape is not None else layer.dtype
    allowed = f"Allowed: {short_text(layer.allowed)} of the largest value."
    found = (
        f"{shape}." if shape else "",
        allowed if layer.allowed else "",
        layer.note if layer.compared else "",
    )
    return [text for text in found if text]
