"""The one selection of the Compare page: a set of elements with one marked element."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from inspector.core.comparison import OutputComparison, Worst
from inspector.jobs.requests import Elements
from inspector.ui.plots.histogram_bars import ABSOLUTE


class Selection(QObject):
    """What is chosen; every part of the page draws it and changes it here.

    Attributes:
        output: The output that is shown.
        names: What its two sides are called.
        metric: Which histogram is shown.
        bar: Ends of the chosen bars, None where none is chosen.
        elements: Elements of the chosen bars, worst first; empty until they are known.
        total: How many elements the chosen bars hold; -1 until it is known.
        marked: The marked element.
    """

    output_changed = Signal()
    bar_changed = Signal()
    """`bar`, `elements` or `metric` changed."""
    marked_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.output: OutputComparison | None = None
        self.names = ("PyTorch", "ONNX")
        self.metric = ABSOLUTE
        self.bar: tuple[float, float] | None = None
        self.elements: tuple[Worst, ...] = ()
        self.total = -1
        self.marked: Worst | None = None

    def show_output(self, output: OutputComparison | None, names: tuple[str, str]) -> None:
        """Show another output; its worst element is marked."""
        self.output, self.names = output, names
        self.bar, self.elements, self.total = None, (), -1
        self.marked = output.worst[0] if output is not None and output.worst else None
        self.output_changed.emit()

    def choose_metric(self, metric: str) -> None:
        """Show another histogram; its bars are others, so none is chosen."""
        self.metric = metric
        self.clear_bar()

    def choose_bar(self, lower: float, upper: float) -> None:
        """Choose bars; their elements follow."""
        self.bar, self.elements, self.total = (lower, upper), (), -1
        self.bar_changed.emit()

    def take_elements(self, found: Elements) -> None:
        """The elements of the chosen bars; the worst of them is marked."""
        if self.bar is None:
            return
        self.elements, self.total = found.worst, found.total
        self.bar_changed.emit()
        if found.worst:
            self.mark(found.worst[0])

    def clear_bar(self) -> None:
        """Choose no bar; the marked element stays."""
        self.bar, self.elements, self.total = None, (), -1
        self.bar_changed.emit()

    def mark(self, element: Worst | None) -> None:
        """Move the marked element."""
        if element != self.marked:
            self.marked = element
            self.marked_changed.emit()
