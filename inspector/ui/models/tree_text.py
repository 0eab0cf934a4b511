"""Sizes as people read them in the tree."""

from __future__ import annotations

KILO = 1024


def size_text(size: int) -> str:
    """A number of bytes in KB (of 1,024 bytes), or in MB from 10 MB on; one digit after the point.

    A few bytes are still `0.1 KB` and never `0.0 KB`.
    """
    if size >= 10 * KILO * KILO:
        return f"{size / (KILO * KILO):,.1f} MB"
    return f"{max(size / KILO, 0.1 if size > 0 else 0.0):,.1f} KB"
