"""The card with all layers in the order of running, coloured by their error."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHeaderView,
    QStyleOptionViewItem,
    QTreeView,
)

from inspector.core.layers import Layer, Localisation
from inspector.ui import look
from inspector.ui.models.layer_tree import (
    BEYOND_ROLE,
    ERROR,
    GROWTH,
    LAYER_ROLE,
    NAME,
    SCALED_ROLE,
    TYPE,
    LayerTree,
)
from inspector.ui.plots.colour_maps import ERROR as ERROR_COLOURS
from inspector.ui.plots.colour_maps import LEVELS, ScaleView, colour_table
from inspector.ui.plots.numbers import short_text
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import Segmented
from inspector.ui.widgets.delegates import CellLook, RowDelegate, paint_focus
from inspector.ui.widgets.labels import Clamped

Index = QModelIndex | QPersistentModelIndex

LOWEST = 1e-8
"""Errors up to this have the palest colour; 1 and more the darkest."""
_INDENT = 14
_WIDTHS = ((TYPE, 92), (ERROR, 80), (GROWTH, 84))
_MODULE, _LAYER = CellLook(weight=600, icon="folder"), CellLook()
_TAG = CellLook(11, mono=True, tag=True)
_GREW, _FIGURE = CellLook(12, mono=True, token="bar_fail"), CellLook(12, mono=True)
_WORD = CellLook(12, token="text3")
_FEW = 60
"""Up to this many layers all of them are shown at once."""


class LayersCard(Card):
    """Tree of the layers; `picked` carries the index of the one that was chosen."""

    picked = Signal(int)
    opened = Signal(int)
    """A layer was double-clicked, or Enter was pressed on it."""

    def __init__(self) -> None:
        super().__init__("Layers", " ")
        self._layers: tuple[Layer, ...] = ()
        self._filter = Segmented(("All", "Beyond only"), "Layers shown", small=True)
        self._filter.changed.connect(self._refill)
        self.add_control(self._filter)
        self.tree = LayerTree(self)
        self.view = _View(self.tree)
        self.view.picked.connect(self.picked)
        self.view.opened.connect(self.opened)
        self._scale = ScaleView("Colours of the errors", ERROR_COLOURS)
        self._scale.show_ends(short_text(LOWEST), "error / largest value of the layer", "1 or more")
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self._scale)
        self.scope = Clamped(lines=2)
        self.scope.setFont(look.font(12))
        self.scope.set_token("text3")
        self.body.addWidget(self.scope)

    def show_localisation(self, found: Localisation) -> None:
        """Show other layers; the module where the error is born stands open."""
        self._layers = found.layers
        compared = sum(layer.compared for layer in found.layers)
        rest = len(found.layers) - compared
        self.hint.setText(f"{compared:,} compared, {rest:,} not")
        self.scope.setText(scope_in_words(found))
        self.scope.fit()
        self._refill()
        self.mark(found.birthplace)

    def mark(self, layer: int | None) -> None:
        """Choose a layer without a signal, and bring it into view."""
        index = self.tree.index_of(layer) if layer is not None else QModelIndex()
        blocked = self.view.blockSignals(True)
        if index.isValid():
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index, QTreeView.ScrollHint.PositionAtCenter)
        else:
            self.view.clearSelection()
        self.view.blockSignals(blocked)

    def _refill(self) -> None:
        inside = any("/" in layer.name for layer in self._layers)
        self.view.setRootIsDecorated(inside)
        self.tree.show_layers(self._layers, beyond_only=self._filter.current == 1)
        if len(self._layers) <= _FEW or self._filter.current == 1:
            self.view.expandAll()


class _View(QTreeView):
    picked = Signal(int)
    opened = Signal(int)

    def __init__(self, tree: LayerTree) -> None:
        super().__init__()
        self.setModel(tree)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName("Layers in order of running, with their errors")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setIndentation(_INDENT)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        head = self.header()
        head.setFont(look.font(12, 500))
        head.setStretchLastSection(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS:
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self.doubleClicked.connect(self._open)

    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        layer = current.data(LAYER_ROLE)
        if isinstance(layer, int) and layer >= 0:
            self.picked.emit(layer)

    def _open(self, index: Index) -> None:
        layer = index.data(LAYER_ROLE)
        if isinstance(layer, int) and layer >= 0:
            self.opened.emit(layer)

    # Qt

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place: Any = option
        if self.selectionModel().isSelected(index.sibling(index.row(), 0)):
            painter.fillRect(place.rect, look.color("accent_soft"))
        super().drawRow(painter, option, index)
        current = self.currentIndex()
        if self.hasFocus() and index.sibling(index.row(), 0) == current.siblingAtColumn(0):
            paint_focus(painter, place.rect)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        if self.model().rowCount(index) == 0:
            return
        icon = "chevron-down" if self.isExpanded(index) else "chevron-right"
        corner = QPoint(rect.right() - 15, rect.center().y() - 7)
        painter.drawPixmap(corner, look.pixmap(icon, "text2", 16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy):
            cells = [str(current.siblingAtColumn(c).data() or "") for c in range(GROWTH + 1)]
            QApplication.clipboard().setText("\t".join(cells))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(current)
        else:
            super().keyPressEvent(event)


class _Cells(RowDelegate):
    """Rows as in every tree; the error in a cell of its colour."""

    def __init__(self, view: QTreeView) -> None:
        super().__init__(_look_of, None, view)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        error = index.data(SCALED_ROLE)
        if index.column() != ERROR or not isinstance(error, float):
            super().paint(painter, option, index)
            return
        place: Any = option
        cell: QRect = place.rect.adjusted(8, 3, -4, -3)
        ground = heat(error)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(cell, 3, 3)
        painter.setFont(look.font(12, mono=True))
        painter.setPen(readable_on(ground))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(cell.adjusted(0, 0, -6, 0), flags, str(index.data()))


def _look_of(index: Index) -> CellLook:
    column = index.column()
    if column == NAME:
        return _MODULE if index.model().rowCount(index) else _LAYER
    if column == TYPE:
        return _TAG
    if column == ERROR:
        return _WORD
    return _GREW if column == GROWTH and index.data(BEYOND_ROLE) else _FIGURE


def scope_in_words(found: Localisation) -> str:
    """How values were found on both sides, and what was not looked at."""
    missing = " ".join(found.not_checked)
    said = (
        f"Matched by {found.mapped_by}." if found.mapped_by else "",
        f"Not looked at: {missing[:1].lower()}{missing[1:]}" if missing else "",
    )
    return " ".join(part for part in said if part)


def heat(error: float) -> QColor:
    """Colour of an error over the largest value, on a logarithmic scale from 1e-8 to 1."""
    span = -math.log10(LOWEST)
    exponent = math.log10(error) + span if 0.0 < error < math.inf else (span if error else 0.0)
    share = min(max(exponent / span, 0.0), 1.0)
    return QColor.fromRgb(colour_table(ERROR_COLOURS)[round(share * (LEVELS - 1))])


def readable_on(ground: QColor) -> QColor:
    """The text colour with the larger contrast. Source: WCAG 2, relative luminance."""
    return max(_inks(), key=lambda one: _contrast(one, ground))


def _inks() -> tuple[QColor, QColor]:
    """The darkest and the lightest colour of either theme."""
    return look.color("text"), look.color("surface")


def _contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
