"""What the pictures of the card "Where the outputs differ" share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from inspector.core.comparison import Worst
from inspector.ui.plots.background import Background
from inspector.ui.plots.kept import Kept
from inspector.ui.plots.numbers import is_whole, short_text, value_pair
from inspector.ui.widgets.labels import Elided, Label

Place = tuple[int, int]
"""Sample and flat position of an element."""


class Part(QWidget):
    """One picture: `show_place` asks for what is missing and marks the place and the dots."""

    picked = Signal(int, int)
    """Sample and flat position."""
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._background = Background(self)
        self._kept: Kept | None = None
        self._names = ("PyTorch", "ONNX")
        self._key: object = None
        self.place: Place = (0, 0)
        self.dots: Sequence[Place] = ()

    def show_kept(self, kept: Kept | None, names: tuple[str, str]) -> None:
        """Draw another output; nothing is computed before `show_place`."""
        self._kept, self._names, self._key = kept, names, None
        self._background.forget()

    def show_place(self, place: Place, dots: Sequence[Place]) -> None:
        """Mark an element and dots; other data is fetched where the picture needs it."""
        self.place, self.dots = place, dots
        if self._kept is None:
            return
        key = self.key()
        if key == self._key:
            self.mark()
            return
        self._key = key
        self._background.ask(self.work(self._kept), self.receive)

    def key(self) -> object:
        """What the data depends on, beside the output."""
        return "whole output"

    def work(self, kept: Kept) -> Callable[[], object]:
        """The function that makes the data, in another thread."""
        raise NotImplementedError

    def receive(self, answer: object) -> None:
        """Show the data."""
        raise NotImplementedError

    def mark(self) -> None:
        """Show `place` and `dots` on the data that is there."""
        raise NotImplementedError

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the charts at 40 %, or in full."""
        raise NotImplementedError

    def probe(self, sample: int, flat: int) -> str:
        """Sample, index, both values, error and allowed, for the pointer."""
        if self._kept is None:
            return ""
        return element_text(self._kept.element(sample, flat), self._names, self._kept.output.dtype)


def element_text(worst: Worst, names: tuple[str, str], dtype: str) -> str:
    """One element in words."""
    first, second = value_pair(worst.reference, worst.candidate, whole=is_whole(dtype))
    index = f" {list(worst.index)}" if worst.index else ""
    return (
        f"Sample {worst.sample}{index}\n{names[0]} {first}, {names[1]} {second}\n"
        f"error {short_text(worst.absolute_error)}, allowed {short_text(worst.allowed)}"
    )


def head_row(title: str | Label, hint: Elided) -> QHBoxLayout:
    """Title and hint of a part, side by side."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(Label(title, 12, 600) if isinstance(title, str) else title)
    row.addWidget(hint, 1)
    return row


def column_of(part: QWidget, head: QHBoxLayout) -> QVBoxLayout:
    """The layout of a part, its head on top."""
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addLayout(head)
    return column
