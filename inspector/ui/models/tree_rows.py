"""The rows of a file's outline as a tree: who lies below whom, what a filter leaves, how many.

Plain columns and numpy; numpy is imported when the first file is shown, because the first window
must not wait for it. Building and filtering 100,000 rows takes some ten milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

NARROWED = ("Nodes", "Initializers", "Functions", "Tensors", "Modules", "Imports")
"""Sections that a filter narrows; the facts above them stay."""


SIBLINGS = 1000
"""More rows than this in one place are put into parts of half as many.

A view asks for every row of a place that it opens: without parts, a flat graph of 100,000 nodes
would hold the window up for half a second at every key stroke.
"""

PART = -1
"""Kind of a row that stands for such a part and not for a row of the outline."""


class Columns(Protocol):
    """What the tree needs of an outline: one entry per row.

    `parent` [n] is the row above, -1 for a section; `kind` [n] a small number; `bytes` [n] the
    size of the weights, 0 where there are none.
    """

    @property
    def parent(self) -> Any: ...
    @property
    def kind(self) -> Any: ...
    @property
    def bytes(self) -> Any: ...
    @property
    def name(self) -> Sequence[str]: ...
    @property
    def type(self) -> Sequence[str]: ...
    @property
    def shape(self) -> Sequence[str]: ...


class Narrowed(NamedTuple):
    """What a filter leaves.

    Attributes:
        visible: [n] rows that are shown: those kept, and all that lie above them.
        matches: Rows whose own text holds the query, in the order of the tree.
        counts: [n] kept rows that count, at or below each row.
    """

    visible: Mask
    matches: Sequence[int]
    counts: Ints


class TreeRows:
    """The outline of one file, arranged for a tree view.

    Args:
        columns: The outline.
        is_group: Whether a kind of row only groups others (sections, module scopes): these
            are not counted.
    """

    def __init__(
        self, columns: Columns, is_group: Callable[[int], bool], siblings: int = SIBLINGS
    ) -> None:
        import numpy as np

        self._columns = columns
        self.length = len(columns.name)
        self._parts: list[str] = []
        self._parent: Ints = self._divide(np.array(columns.parent, dtype=np.int64), siblings)
        self.size = self._parent.size
        self._order: Ints = np.argsort(self._parent, kind="stable")
        edges = np.arange(-1, self.size + 1)
        self._starts: Ints = np.searchsorted(self._parent[self._order], edges)
        self._levels = self._make_levels()
        kinds = np.asarray(columns.kind)
        groups = [kind for kind in np.unique(kinds).tolist() if is_group(kind)]
        self._counted: Mask = np.zeros(self.size, np.bool_)
        self._counted[: self.length] = ~np.isin(kinds, groups)
        self.totals: Ints = self._sum_up(self._counted)
        self._narrowing: Mask = self._make_narrowing()
        texts = zip(columns.name, columns.type, strict=True)
        self._texts = [f"{name}\n{kind}".lower() for name, kind in texts]
        self._rank: Ints = self._make_rank()

    def name(self, row: int) -> str:
        """What the row is called; a part by the places of its first and last row."""
        return self._columns.name[row] if row < self.length else self._parts[row - self.length]

    def type(self, row: int) -> str:
        """Op type, dtype, class, or version."""
        return self._columns.type[row] if row < self.length else ""

    def shape(self, row: int) -> str:
        """Shape, or what stands in its column."""
        return self._columns.shape[row] if row < self.length else ""

    def bytes(self, row: int) -> int:
        """Size of the weights; 0 or less for none."""
        return int(self._columns.bytes[row]) if row < self.length else 0

    def kind(self, row: int) -> int:
        """Kind of the row as the outline says, or `PART`."""
        return int(self._columns.kind[row]) if row < self.length else PART

    def narrows(self, row: int) -> bool:
        """Whether a filter may hide the row."""
        return bool(self._narrowing[row])

    def above(self, row: int) -> int:
        """The row that `row` lies in; -1 for a section."""
        return int(self._parent[row])

    def below(self, row: int, visible: Mask | None = None) -> Ints:
        """The rows directly in `row` (-1: the sections), perhaps only the visible ones."""
        rows = self._order[self._starts[row + 1] : self._starts[row + 2]]
        return rows if visible is None else rows[visible[rows]]

    def has_below(self, row: int, visible: Mask | None = None) -> bool:
        """Whether `below` would give anything."""
        if visible is None:
            return bool(self._starts[row + 1] < self._starts[row + 2])
        return bool(visible[self._order[self._starts[row + 1] : self._starts[row + 2]]].any())

    def section(self, row: int) -> int:
        """The section that `row` lies in, or is."""
        while self._parent[row] >= 0:
            row = int(self._parent[row])
        return row

    def narrow(self, query: str) -> Narrowed:
        """Keep the rows whose name or type holds `query`, in either case, and what they hold."""
        import numpy as np

        wanted = query.lower()
        found: Mask = np.zeros(self.size, np.bool_)
        found[: self.length] = [wanted in text for text in self._texts]
        found &= self._narrowing
        matches = np.flatnonzero(found)
        matches = matches[np.argsort(self._rank[matches], kind="stable")]
        kept = found.copy()
        for rows in self._levels[1:]:
            kept[rows] |= kept[self._parent[rows]]
        visible = kept | ~self._narrowing
        for rows in reversed(self._levels[1:]):
            visible[self._parent[rows[visible[rows]]]] = True
        return Narrowed(visible, matches.tolist(), self._sum_up(kept & self._counted))

    def _divide(self, parent: Ints, siblings: int) -> Ints:
        """Put the rows of crowded places into parts; returns `parent` with the parts appended."""
        import numpy as np

        crowded = np.flatnonzero(np.bincount(parent[parent >= 0], minlength=1) > siblings)
        above: list[int] = []
        length = max(1, siblings // 2)
        for place in crowded.tolist():
            rows = np.flatnonzero(parent == place)
            for first in range(0, rows.size, length):
                part = rows[first : first + length]
                parent[part] = self.length + len(above)
                above.append(place)
                self._parts.append(f"{first + 1:,} to {first + part.size:,}")
        divided: Ints = np.r_[parent, np.array(above, np.int64)]
        return divided

    def _make_levels(self) -> list[Ints]:
        import numpy as np

        levels: list[Ints] = []
        rows = self.below(-1)
        while rows.size:
            levels.append(rows)
            counts = self._starts[rows + 2] - self._starts[rows + 1]
            firsts = np.repeat(self._starts[rows + 1] - np.cumsum(counts) + counts, counts)
            rows = self._order[firsts + np.arange(counts.sum())]
        return levels

    def _make_narrowing(self) -> Mask:
        import numpy as np

        inside: Mask = np.zeros(self.size, np.bool_)
        for row in self.below(-1).tolist():
            inside[row] = self.name(row) in NARROWED
        for rows in self._levels[1:]:
            inside[rows] = inside[self._parent[rows]]
        inside[self.below(-1)] = False
        return inside

    def _sum_up(self, kept: Mask) -> Ints:
        import numpy as np

        sums: Ints = kept.astype(np.int64)
        for rows in reversed(self._levels[1:]):
            np.add.at(sums, self._parent[rows], sums[rows])
        return sums

    def _make_rank(self) -> Ints:
        """Place of each row when the whole tree is read from top to bottom."""
        import numpy as np

        ones: Mask = np.ones(self.size, np.bool_)
        sizes = self._sum_up(ones)
        rank: Ints = np.zeros(self.size, np.int64)
        for number, rows in enumerate(self._levels):
            before = np.cumsum(sizes[rows]) - sizes[rows]
            if number == 0:
                rank[rows] = before
                continue
            above = self._parent[rows]
            first = np.flatnonzero(np.r_[True, above[1:] != above[:-1]])
            start = np.repeat(before[first], np.diff(np.r_[first, rows.size]))
            rank[rows] = rank[above] + 1 + before - start
        return rank
