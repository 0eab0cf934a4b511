"""Layers as a tree of module paths, with the largest error below each module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.core.layers import Layer, Status

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

NAME, TYPE, ERROR, GROWTH = range(4)
TITLES = ("Layer", "Type", "Error", "Growth")

LAYER_ROLE = int(Qt.ItemDataRole.UserRole)
"""Index of the layer; -1 for a module that is no layer by itself."""
SCALED_ROLE = LAYER_ROLE + 1
"""Error that the cell is coloured by; None where nothing was compared."""
BEYOND_ROLE = LAYER_ROLE + 2
"""Whether the layer is beyond what is allowed."""

_GREW = 10.0
_MANY = 1e6
"""Growth from which on it is worth a word."""


@dataclass(slots=True)
class _Row:
    name: str
    number: int = 0
    layer: int = -1
    parent: _Row | None = None
    place: int = 0
    rows: list[_Row] = field(default_factory=list)
    error: float | None = None
    beyond: bool = False


class LayerTree(QAbstractItemModel):
    """Every layer under the module that it belongs to.

    The internal id of an index is the number of its row: an index that outlives a reset then
    names another row, and never memory that is gone.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layers: Sequence[Layer] = ()
        self._root = _Row("")
        self._rows = [self._root]
        self._of_layer: dict[int, _Row] = {}

    def show_layers(self, layers: Sequence[Layer], *, beyond_only: bool = False) -> None:
        """Show other layers.

        Args:
            layers: In the order of running.
            beyond_only: Leave out what agrees and what was not compared.
        """
        self.beginResetModel()
        self._layers, self._root, self._of_layer = layers, _Row(""), {}
        self._rows = [self._root]
        modules: dict[tuple[str, ...], _Row] = {}
        inside = {tuple(one.name.split("/"))[:-1] for one in layers}
        for number, layer in enumerate(layers):
            if beyond_only and layer.status is not Status.DIFFERS:
                continue
            path = tuple(layer.name.split("/"))
            if path in inside:
                row = self._module(path, modules)
            else:
                row = self._added(self._module(path[:-1], modules), path[-1])
            row.layer = number
            self._of_layer[number] = row
            self._note(row, layer)
        self.endResetModel()

    def index_of(self, layer: int) -> QModelIndex:
        """Where a layer is; an invalid index where it is left out."""
        row = self._of_layer.get(layer)
        return self.createIndex(row.place, 0, row.number) if row is not None else NOWHERE

    def _module(self, path: tuple[str, ...], modules: dict[tuple[str, ...], _Row]) -> _Row:
        if not path:
            return self._root
        if path not in modules:
            modules[path] = self._added(self._module(path[:-1], modules), path[-1])
        return modules[path]

    def _added(self, parent: _Row, name: str) -> _Row:
        row = _Row(name, len(self._rows), parent=parent, place=len(parent.rows))
        parent.rows.append(row)
        self._rows.append(row)
        return row

    @staticmethod
    def _note(row: _Row, layer: Layer) -> None:
        """Let every module above know of the largest error below it."""
        above: _Row | None = row
        while above is not None and layer.scaled_error is not None:
            above.error = max(above.error or 0.0, layer.scaled_error)
            above.beyond = above.beyond or layer.status is Status.DIFFERS
            above = above.parent

    # What Qt asks for

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        above = self._row(parent)
        if not (0 <= row < len(above.rows) and 0 <= column < len(TITLES)):
            return NOWHERE
        return self.createIndex(row, column, above.rows[row].number)

    def parent(self, index: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        above = self._row(index).parent if index.isValid() else None
        if above is None or above is self._root:
            return NOWHERE
        return self.createIndex(above.place, 0, above.number)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.column() > 0 else len(self._row(parent).rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return len(TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section) | Qt.AlignmentFlag.AlignVCenter
        return TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._row(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column()) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and row.layer >= 0:
            return self._layers[row.layer].note or None
        known = {LAYER_ROLE: row.layer, SCALED_ROLE: row.error, BEYOND_ROLE: row.beyond}
        return known.get(role)

    def _row(self, index: Index) -> _Row:
        number = index.internalId() if index.isValid() else 0
        return self._rows[number] if number < len(self._rows) else self._root

    def _text(self, row: _Row, column: int) -> str:
        layer = self._layers[row.layer] if row.layer >= 0 else None
        if column == NAME:
            return row.name
        if column == ERROR:
            if row.error is None:
                return _not_compared(layer) if layer is not None else ""
            return scaled_text(row.error)
        if layer is None:
            return ""
        if column == TYPE:
            return layer.op_type or layer.class_name
        grew = layer.growth is not None and layer.growth >= _GREW and row.beyond
        return growth_text(layer.growth or 0.0) if grew else ""


def scaled_text(error: float) -> str:
    """An error over the largest value, in one form for all sizes: `1.5e-02`, `0`, `inf`."""
    return f"{error:.1e}" if 0.0 < error < math.inf else "inf" if error else "0"


def growth_text(growth: float) -> str:
    """How many times the error of the inputs, from a million on as `1.2e+06`."""
    times = f"{growth:,.0f}" if growth < _MANY else f"{growth:.1e}"
    return f"\N{MULTIPLICATION SIGN} {times}"


def _not_compared(layer: Layer) -> str:
    return {Status.MERGED: "merged", Status.FOLDED: "folded"}.get(layer.status, "not mapped")


def _side(column: int) -> Qt.AlignmentFlag:
    flags = Qt.AlignmentFlag
    return flags.AlignRight if column in (ERROR, GROWTH) else flags.AlignLeft
