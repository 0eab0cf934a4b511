"""The rows of a file's outline as a tree: who lies below whom, what a filter leaves, how many.

Plain columns and numpy; numpy is imported when the first file is shown, because the first window
must not wait for it. Building and filtering 100,000 rows takes some ten milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from inspector.ui.models.search_text import SearchText

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inspector.core.query import Column, Term
    from inspector.formats.facets import Facets

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

NARROWED = ("Nodes", "Initializers", "Functions", "Tensors", "Modules", "Imports")
"""Sections that a filter narrows; the facts above them stay."""


SIBLINGS = 1000
"""More rows than this in one place are put into parts of half as many.

A view asks for every row of a place that it opens: without parts, a flat graph of 100,000 nodes
would hold the window up for half a second at every key stroke.
"""

_PLAIN = ("op", "shape")
"""Keys of queries that look in the outline's own columns, whatever else is known."""

PART = -1
"""Kind of a row that stands for such a part and not for a row of the outline."""


class Columns(Protocol):
    """What the tree needs of an outline: one entry per row, in the order of the tree.

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


class Kinds(NamedTuple):
    """What the kinds of rows mean to the tree.

    Attributes:
        groups: Kinds that only hold others (module scopes, subgraphs).
        tagged: Kinds whose type is an op type or a class, shown as a tag.
        counted: By section, the kind that is counted in it, however deep; in other sections
            the rows directly below are.
    """

    groups: frozenset[int]
    tagged: frozenset[int]
    counted: Mapping[str, int]


class Narrowed(NamedTuple):
    """What a filter leaves.

    Attributes:
        visible: [n] rows that are shown: those kept, and all that lie above them.
        matches: Rows whose own text holds the query, in the order of the tree.
        counts: [n] kept rows that count, at or below each row.
    """

    visible: Mask
    matches: Ints
    counts: Ints


class TreeRows:
    """The outline of one file, arranged for a tree view.

    Args:
        columns: The outline.
        kinds: What the kinds of its rows mean.
        siblings: More rows than this in one place are put into parts.
    """

    def __init__(self, columns: Columns, kinds: Kinds, siblings: int = SIBLINGS) -> None:
        import numpy as np

        self._columns, self._kinds = columns, kinds
        self.length = len(columns.name)
        self._parts: list[str] = []
        parent: Ints = np.array(columns.parent, np.int64)
        self._parent: Ints = self._divide(parent.copy(), siblings)
        self.size = self._parent.size
        self._order: Ints = np.argsort(self._parent, kind="stable")
        edges = np.arange(-1, self.size + 1)
        self._starts: Ints = np.searchsorted(self._parent[self._order], edges)
        self._levels = self._make_levels()
        self._below_first = [(rows, self._parent[rows]) for rows in self._levels[1:]]
        self._sections: Ints = self._make_sections()
        self._counted: Mask = self._make_counted(parent)
        self.totals: Ints = self._sum_up(self._counted)
        self._narrowing: Mask = self._make_narrowing()
        self._facets: Facets | None = None
        self._query_columns: dict[str, Column | None] = {}
        self._names, self._types = SearchText(columns.name), SearchText(columns.type)

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

    def of_kinds(self, kinds: Sequence[int], narrowed: Narrowed | None = None) -> list[int]:
        """Rows of these kinds in the order of the file, perhaps only those that a filter found."""
        import numpy as np

        wanted = np.isin(np.asarray(self._columns.kind), kinds)
        if narrowed is not None:
            found = np.zeros(self.length, np.bool_)
            found[narrowed.matches[narrowed.matches < self.length]] = True
            wanted &= found
        rows: list[int] = np.flatnonzero(wanted).tolist()
        return rows

    def is_group(self, row: int) -> bool:
        """Whether the row only holds others: a section, a module scope, a subgraph, a part."""
        return row >= self.length or self._parent[row] < 0 or self.kind(row) in self._kinds.groups

    def is_tagged(self, row: int) -> bool:
        """Whether the type of the row is an op type or a class."""
        return self.kind(row) in self._kinds.tagged

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
        return int(self._sections[row])

    @property
    def has_facets(self) -> bool:
        """Whether `set_facets` was called."""
        return self._facets is not None

    def set_facets(self, facets: Facets) -> None:
        """Let queries look in attributes and types of nodes too."""
        self._facets = facets
        kept = {key: self._query_columns.get(key) for key in _PLAIN}
        self._query_columns = {key: column for key, column in kept.items() if column is not None}

    def prepare(self) -> None:
        """Make what queries look in, beside the event loop: no key stroke then waits for it."""
        from inspector.core.query import parse

        for term in parse("op:a dtype:a shape:a attr:a").terms:
            self._column(term.key)

    def narrow(self, query: str) -> Narrowed:
        """Keep the rows that a query of `core.query` names, and what they hold."""
        import numpy as np

        from inspector.core.query import parse

        found = self._narrowing.copy()
        for term in parse(query).terms:
            wanted = self._rows_with(term)
            found &= ~wanted if term.negated else wanted
        kept = found.copy()
        for rows, above in self._below_first:
            kept[rows] |= kept[above]
        visible = kept | ~self._narrowing
        for rows, above in reversed(self._below_first):
            visible[above[visible[rows]]] = True
        return Narrowed(visible, np.flatnonzero(found), self._sum_up(kept & self._counted))

    def _rows_with(self, term: Term) -> Mask:
        import numpy as np

        from inspector.core.query import WORD, test_of

        found: Mask = np.zeros(self.size, np.bool_)
        wanted = term.value.lower()
        if term.key == WORD or (term.key == "name" and not set("*?") & set(wanted)):
            found[self._names.rows_with(wanted)] = True
            if term.key == WORD:
                found[self._types.rows_with(wanted)] = True
            return found
        if term.key == "name":
            # Whoever matches holds the longest piece: few names are left to be looked at closely.
            piece = max(re.split(r"[*?]", wanted), key=len)
            likely, matches = self._names.rows_with(piece), test_of(term)
            likely = likely[np.flatnonzero(np.diff(likely, prepend=-1))]
            names = self._columns.name
            found[[row for row in likely.tolist() if matches(names[row].lower())]] = True
            return found
        column = self._column(term.key)
        if column is not None:
            found[: self.length] = column.where(test_of(term))
        return found

    def _column(self, key: str) -> Column | None:
        """What a key of a query looks in.

        Asked for in any thread: facets that come meanwhile bring a dictionary of their own.
        """
        known = self._query_columns
        if key not in known:
            from inspector.formats.facets import query_column

            known[key] = query_column(self._columns, key, self._facets)
        return known[key]

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

        narrowed = [row for row in self.below(-1).tolist() if self.name(row) in NARROWED]
        inside: Mask = np.isin(self._sections, narrowed)
        inside[self.below(-1)] = False
        return inside

    def _make_sections(self) -> Ints:
        import numpy as np

        sections: Ints = np.arange(self.size)
        for rows, above in self._below_first:
            sections[rows] = sections[above]
        return sections

    def _make_counted(self, parent: Ints) -> Mask:
        """Rows that count; `parent` [length] as the outline has it, without parts."""
        import numpy as np

        wanted: Ints = np.full(self.size, PART, np.int64)
        for section in self.below(-1).tolist():
            wanted[section] = self._kinds.counted.get(self.name(section), PART)
        wanted = wanted[self._sections[: self.length]]
        direct = parent == self._sections[: self.length]
        counted: Mask = np.zeros(self.size, np.bool_)
        kinds = np.asarray(self._columns.kind)
        counted[: self.length] = np.where(wanted == PART, direct, kinds == wanted)
        return counted

    def _sum_up(self, kept: Mask) -> Ints:
        import numpy as np

        sums: Ints = kept.astype(np.int64)
        for rows, above in reversed(self._below_first):
            np.add.at(sums, above, sums[rows])
        return sums
