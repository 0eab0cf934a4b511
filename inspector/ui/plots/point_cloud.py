"""Thousands of points painted at once, and the one nearest to the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

from inspector.ui.plots.clouds import Cloud
from inspector.ui.plots.plot_view import Zoom

if TYPE_CHECKING:
    from inspector.ui.plots.kept import Floats

_OPACITY = 0.62
_RADIUS = 2.0
"""Logical pixels."""


class Points(NamedTuple):
    """A cloud between two ends, both axes alike, of which a part is in view."""

    cloud: Cloud
    ends: tuple[float, float]
    zoom: Zoom

    def places(self, width: float, height: float) -> tuple[Floats, Floats]:
        """Pixels from the left and from the top, [points] each."""
        low, high = self.ends
        zoom = self.zoom
        x = ((self.cloud.reference - low) / (high - low) - zoom.left) / (zoom.right - zoom.left)
        y = ((high - self.cloud.candidate) / (high - low) - zoom.top) / (zoom.bottom - zoom.top)
        return x * width, y * height


def painted(points: Points, size: QSize, ratio: float, colours: tuple[QColor, QColor]) -> QImage:
    """Discs of 62 % opacity, those beyond over those within, on a transparent ground."""
    import numpy as np

    width, height = max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))
    x, y = points.places(width, height)
    within = points.cloud.within
    picture: Floats = np.zeros((height, width, 4), dtype=np.float32)
    for part, colour in ((slice(0, within), colours[0]), (slice(within, None), colours[1])):
        shade = _shade(x[part], y[part], width, height, _RADIUS * ratio)[..., None]
        # QImage's premultiplied pixels are blue, green, red, alpha on little-endian machines.
        tint = np.array([colour.blueF(), colour.greenF(), colour.redF(), 1.0], dtype=np.float32)
        picture = picture * (1.0 - shade) + shade * tint
    pixels = np.rint(picture * 255.0).astype(np.uint8)
    blue, green, red, alpha = (pixels[..., part].astype(np.uint32) for part in range(4))
    packed = (alpha << 24) | (red << 16) | (green << 8) | blue
    image = QImage(
        packed.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    ).copy()
    image.setDevicePixelRatio(ratio)
    return image


def _shade(x: Floats, y: Floats, width: int, height: int, radius: float) -> Floats:
    """Opacity [height, width] where discs overlap: each lets 38 % of what is below through."""
    import numpy as np

    margin = int(np.ceil(radius)) + 1
    inside = (x > -margin) & (x < width + margin) & (y > -margin) & (y < height + margin)
    columns = np.floor(x[inside]).astype(np.int64) + margin
    rows = np.floor(y[inside]).astype(np.int64) + margin
    full = (height + 2 * margin, width + 2 * margin)
    keep = (rows >= 0) & (rows < full[0]) & (columns >= 0) & (columns < full[1])
    places = rows[keep] * full[1] + columns[keep]
    centres = np.bincount(places, minlength=full[0] * full[1]).reshape(full).astype(np.float32)
    overlaps = np.zeros((height, width), dtype=np.float32)
    for down in range(-margin, margin + 1):
        for across in range(-margin, margin + 1):
            cover = min(1.0, max(0.0, radius + 0.5 - float(np.hypot(down, across))))
            if cover > 0.0:
                top, left = margin - down, margin - across
                overlaps += cover * centres[top : top + height, left : left + width]
    shade: Floats = 1.0 - np.power(np.float32(1.0 - _OPACITY), overlaps)
    return shade


def nearest(
    points: Points, size: QSize, at: tuple[float, float], reach: float
) -> tuple[int, int] | None:
    """Sample and flat position of the point nearest to a place; None beyond `reach` pixels."""
    import numpy as np

    x, y = points.places(size.width(), size.height())
    distances = np.hypot(x - at[0], y - at[1])
    # Of equally near points the last one lies on top.
    found = distances.size - 1 - int(np.argmin(distances[::-1]))
    if distances[found] > reach:
        return None
    return int(points.cloud.samples[found]), int(points.cloud.flats[found])
