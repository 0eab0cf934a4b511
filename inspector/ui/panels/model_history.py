"""Which rows were looked at, in order, to go back and forward through them."""

from __future__ import annotations

LENGTH = 200
"""Rows that are remembered."""


class RowHistory:
    """Places as (path of the file, row); visiting one forgets what lay ahead."""

    def __init__(self) -> None:
        self._places: list[tuple[str, int]] = []
        self._at = -1

    def visit(self, path: str, row: int) -> None:
        """Remember a place; the one that is current already changes nothing."""
        place = (path, row)
        if self._at >= 0 and self._places[self._at] == place:
            return
        self._places = [*self._places[: self._at + 1], place][-LENGTH:]
        self._at = len(self._places) - 1

    def can_step(self, step: int) -> bool:
        """Whether there is a place that many steps away."""
        return 0 <= self._at + step < len(self._places)

    def step(self, step: int) -> tuple[str, int] | None:
        """The place back (-1) or forward (1), which becomes the current one; None at an end."""
        if not self.can_step(step):
            return None
        self._at += step
        return self._places[self._at]
