"""Heat maps of an output as PNG bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

VALUES = (
    "#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30",
    "#FDE725",
)  # fmt: skip
DIFFERENCES = ("#123F8C", "#4B82CF", "#C3D7F0", "#FAFAFA", "#F6CDB3", "#D9692F", "#7C2A08")
NOT_A_NUMBER = (255, 0, 255)
_LARGEST_SIDE = 220

Image = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float64]


def heat_map(plane: Plane, low: float, high: float, colours: Sequence[str]) -> bytes:
    """A plane of values as a PNG.

    Args:
        plane: [rows, columns] values; NaN and infinities are painted magenta.
        low: Value of the first colour.
        high: Value of the last colour; equal to `low`: everything takes the middle colour.
        colours: `#RRGGBB` at equal distances.
    """
    anchors = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], dtype=float)
    span = high - low
    share = np.full(plane.shape, 0.5) if span <= 0 else (plane - low) / span
    bad = ~np.isfinite(plane)
    place = np.clip(np.where(bad, 0.0, share), 0.0, 1.0) * (len(colours) - 1)
    below = np.minimum(place.astype(int), len(colours) - 2)
    part = (place - below)[..., None]
    pixels = (anchors[below] * (1 - part) + anchors[below + 1] * part).round().astype(np.uint8)
    pixels[bad] = NOT_A_NUMBER
    return png(_enlarged(pixels))


def _enlarged(pixels: Image) -> Image:
    """Small pictures grow by whole factors, so that a cell stays a crisp square."""
    factor = max(1, _LARGEST_SIDE // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def shrunk(plane: Plane, side: int = 440) -> Plane:
    """At most `side` rows and columns; the value of largest magnitude of each block stays.

    A plain average or a sample of every n-th value would hide a single outlier.
    """
    for axis in (0, 1):
        factor = -(-plane.shape[axis] // side)
        if factor > 1:
            plane = _largest(plane, axis, factor)
    return plane


def _largest(plane: Plane, axis: int, factor: int) -> Plane:
    blocks = -(-plane.shape[axis] // factor)
    padded = np.swapaxes(plane, 0, axis)
    fill = np.repeat(padded[-1:], blocks * factor - padded.shape[0], axis=0)
    cut = np.concatenate([padded, fill]).reshape(blocks, factor, -1)
    size = np.where(np.isfinite(cut), np.abs(cut), np.inf)
    kept = np.take_along_axis(cut, size.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.swapaxes(kept, 0, axis)


def png(pixels: Image) -> bytes:
    """An 8-bit RGB picture, [rows, columns, 3], as a PNG file.

    Source: PNG specification, third edition, sections 5 and 9 (filter type 0).
    """
    rows, columns, _ = pixels.shape
    flat = np.zeros((rows, 1 + columns * 3), dtype=np.uint8)
    flat[:, 1:] = pixels.reshape(rows, columns * 3)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(flat.tobytes(), 6)),
            (b"IEND", b""),
        )
    )
