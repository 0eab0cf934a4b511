"""The table of what was measured: one row per budget."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One line: what, what was measured here, what it is held against, and whether it holds."""

    what: str
    ours: str
    other: str
    ratio: str
    budget: str
    holds: bool


TITLES = ("What", "Measured", "Compared with", "Ratio", "Budget", "Holds")


def markdown(rows: list[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [TITLES, tuple("---" for _ in TITLES)]
    lines += [(*row[:5], "yes" if row.holds else "NO") for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
