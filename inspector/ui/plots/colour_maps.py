"""Colour tables for pictures of one byte per cell, and the scale below them."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from inspector.ui import look
from inspector.ui.plots.plot_view import PlotView, cosmetic, write

LEVELS = 254
"""Bytes 0 to 253 are levels from the lower to the upper end of the scale."""

NOT_FINITE = 255
"""The byte of a value that is NaN or infinite: it has no place on the scale."""

VALUES, DIFFERENCE, ERROR = "values", "difference", "error"

_VIRIDIS = (
    "#440154", "#481567", "#482677", "#453781", "#404788", "#39568C", "#33638D", "#2D708E",
    "#287D8E", "#238A8D", "#1F968B", "#20A387", "#29AF7F", "#3CBB75", "#55C667", "#73D055",
    "#95D840", "#B8DE29", "#DCE319", "#FDE725",
)  # fmt: skip
"""Source: viridis by van der Walt and Smith (CC0), twenty of its colours evenly spaced."""


def colour_table(name: str) -> list[int]:
    """256 colours of a map (`values`, `difference`, `error`) in the theme in use."""
    return _table(name, look.theme(), look.color("nan").name())


@lru_cache(maxsize=12)
def _table(name: str, theme: str, not_finite: str) -> list[int]:
    stops = {
        VALUES: _VIRIDIS,
        DIFFERENCE: look.DIFFERENCE_MAP[theme],
        ERROR: look.ERROR_MAP[theme],
    }[name]
    colours = [tuple(bytes.fromhex(stop[1:])) for stop in stops]
    table = [_between(colours, level / (LEVELS - 1)) for level in range(LEVELS)]
    return [*table, QColor(not_finite).rgb(), QColor(not_finite).rgb()]


def _between(colours: list[tuple[int, ...]], share: float) -> int:
    """The colour at a share of the way, as `QColor.rgb` gives it."""
    place = share * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    rest = place - first
    pairs = zip(colours[first], colours[first + 1], strict=True)
    red, green, blue = (round(low + rest * (high - low)) for low, high in pairs)
    return 0xFF000000 | red << 16 | green << 8 | blue


class ScaleView(PlotView):
    """The colours of a map with the values of its ends, and what they measure in the middle."""

    def __init__(self, name: str, colours: str) -> None:
        super().__init__(name, focus=False)
        self._colours = colours
        self._texts = ("", "", "")
        self.setMinimumSize(80, 24)
        self.setMaximumHeight(24)

    def show_ends(self, lower: str, middle: str, upper: str) -> None:
        """Write below the left end, the middle and the right end."""
        self._texts = (lower, middle, upper)
        self.describe(" ".join(text for text in self._texts if text))

    def sizeHint(self) -> QSize:
        return QSize(160, 24)

    def draw(self, painter: QPainter) -> None:
        bar = QRect(3, 1, self.width() - 7, 6)
        strip = QImage(bytes(range(LEVELS)), LEVELS, 1, LEVELS, QImage.Format.Format_Indexed8)
        strip.setColorTable(colour_table(self._colours))
        painter.drawImage(bar, strip)
        painter.setPen(cosmetic(look.color("line2")))
        painter.drawRect(QRectF(bar))
        flags = Qt.AlignmentFlag
        ends = (
            (3, flags.AlignLeft),
            (self.width() / 2, flags.AlignHCenter),
            (self.width() - 4, flags.AlignRight),
        )
        for text, (x, align) in zip(self._texts, ends, strict=True):
            write(painter, text, QPointF(x, 16), align)
