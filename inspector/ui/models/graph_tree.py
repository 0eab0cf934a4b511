"""The tree of a file as Qt sees it: row numbers of the outline, nothing made until it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.ui.models.tree_rows import NARROWED, Narrowed, TreeRows
from inspector.ui.models.tree_text import size_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inspector.core.query import Query

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

NAME, TYPE, SHAPE, WEIGHTS = range(4)
TITLES = ("Name", "Type", "Shape", "Weights")

KIND_ROLE = int(Qt.ItemDataRole.UserRole)
"""Kind of the row, a constant of `formats/outline.py`."""
COUNT_ROLE = KIND_ROLE + 1
"""Number of rows below in words (`21 of 222`); empty for rows that hold none."""


def _parsed(query: str) -> Query | None:
    if not query:
        return None
    from inspector.core.query import parse  # imports numpy

    return parse(query)


class GraphTree(QAbstractItemModel):
    """Sections, module scopes, nodes and weights of one file.

    The internal id of an index is the row of the outline, so nothing is created per row. The
    filter replaces the whole tree: a view opens again what it needs.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: TreeRows | None = None
        self._narrowed: Narrowed | None = None
        self._below: dict[int, list[int]] = {}
        self._place: npt.NDArray[np.int64] | None = None
        self.query = ""
        self.parsed: Query | None = None

    def set_rows(self, rows: TreeRows | None) -> None:
        """Show another file, or nothing; the filter is applied to it as well."""
        self.beginResetModel()
        self._rows, self._below, self._narrowed, self._place = rows, {}, None, None
        if rows is not None:
            import numpy as np

            self._place = np.zeros(rows.size, np.int64)
            self._narrowed = rows.narrow(self.query) if self.query else None
        self.endResetModel()

    def set_query(self, query: str, *, again: bool = False) -> None:
        """Keep what a query of `core.query` names; an empty text keeps everything.

        Args:
            query: What is looked for.
            again: Look for it even if it is the same: more is known about the rows.
        """
        query = query.strip()
        if query == self.query and not again:
            return
        self.beginResetModel()
        self.query, self._below = query, {}
        self.parsed = _parsed(query)
        self._narrowed = self._rows.narrow(query) if self._rows and query else None
        self.endResetModel()

    @property
    def rows(self) -> TreeRows | None:
        """What is shown."""
        return self._rows

    @property
    def matches(self) -> list[int]:
        """Outline rows that the filter found, from top to bottom; empty without a filter."""
        return self.first_matches(None)

    def first_matches(self, most: int | None) -> list[int]:
        """The first of `matches`, at most so many; None for all."""
        return self._narrowed.matches[:most].tolist() if self._narrowed else []

    @property
    def narrowed(self) -> Narrowed | None:
        """What the filter leaves; None without one."""
        return self._narrowed

    @property
    def summary(self) -> str:
        """What the filter left, such as `21 of 222 nodes, 36 of 143 initializers`."""
        if self._rows is None or self._narrowed is None:
            return ""
        parts = []
        for row in self._rows.below(-1).tolist():
            name = self._rows.name(row)
            if name in NARROWED and self._rows.totals[row]:
                parts.append(f"{self._count(row)} {name.lower()}")
        return ", ".join(parts)

    def index_of(self, row: int, column: int = NAME) -> QModelIndex:
        """The index of an outline row; not valid where the filter hides it."""
        rows, narrowed = self._rows, self._narrowed
        if rows is None or not 0 <= row < rows.size:
            return QModelIndex()
        if narrowed is not None and not narrowed.visible[row]:
            return QModelIndex()
        return self.createIndex(self._place_of(row), column, row)

    def row_of(self, index: Index) -> int:
        """The outline row of an index, -1 for an invalid one."""
        return index.internalId() if index.isValid() else -1

    # Qt's questions

    def rowCount(self, parent: Index = NOWHERE) -> int:
        if parent.column() > 0:
            return 0
        return len(self._kept(parent.internalId() if parent.isValid() else -1))

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return len(TITLES)

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        if self._rows is None or parent.column() > 0:
            return False
        visible = self._narrowed.visible if self._narrowed else None
        return self._rows.has_below(parent.internalId() if parent.isValid() else -1, visible)

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        if not 0 <= column < len(TITLES) or parent.column() > 0:
            return QModelIndex()
        kept = self._kept(parent.internalId() if parent.isValid() else -1)
        if not 0 <= row < len(kept):
            return QModelIndex()
        return self.createIndex(row, column, kept[row])

    def parent(self, index: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        if self._rows is None or not index.isValid():
            return QModelIndex()
        above = self._rows.above(index.internalId())
        return QModelIndex() if above < 0 else self.createIndex(self._place_of(above), 0, above)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        if self._rows is None or not index.isValid():
            return None
        row, column = index.internalId(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == KIND_ROLE:
            return self._rows.kind(row)
        if role == COUNT_ROLE:
            return self._count(row) if self._rows.has_below(row) else ""
        if role == Qt.ItemDataRole.TextAlignmentRole and column == WEIGHTS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(row, column)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(TITLES):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == WEIGHTS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    # Rows

    def _text(self, row: int, column: int) -> str:
        assert self._rows is not None
        rows = self._rows
        if column == NAME:
            return rows.name(row)
        if column == TYPE:
            if not rows.is_group(row):
                return rows.type(row)
            kind = "" if rows.above(row) < 0 else rows.type(row)
            return "   ".join(part for part in (self._count(row), kind) if part)
        if column == SHAPE:
            return rows.shape(row)
        size = rows.bytes(row)
        return size_text(size) if size > 0 else ""

    def _count(self, row: int) -> str:
        """Rows below that count, such as `222`, or `21 of 222` where a filter narrows them."""
        assert self._rows is not None
        total = int(self._rows.totals[row])
        section = self._rows.name(self._rows.section(row))
        if self._narrowed is None or section not in NARROWED:
            return f"{total:,}"
        return f"{int(self._narrowed.counts[row]):,} of {total:,}"

    def _kept(self, row: int) -> list[int]:
        if self._rows is None or self._place is None:
            return []
        kept = self._below.get(row)
        if kept is None:
            import numpy as np

            below = self._rows.below(row, self._narrowed.visible if self._narrowed else None)
            self._place[below] = np.arange(below.size)
            kept = self._below[row] = below.tolist()
        return kept

    def _place_of(self, row: int) -> int:
        assert self._rows is not None
        assert self._place is not None
        self._kept(self._rows.above(row))
        return int(self._place[row])
