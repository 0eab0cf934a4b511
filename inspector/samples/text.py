"""Text files of sample data: opened with bounds, and numbers told from words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.core.failures import InspectorError

LARGEST = 512 << 20
"""Bytes of text that are read; as text, numbers take several times the room of an `.npy` file."""

_LINE = 16 << 20
"""Characters of one line."""


def check_size(path: Path) -> None:
    """Refuse text that is too large to be held.

    Raises:
        InspectorError: It is.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise InspectorError(
            f"'{path.name}' has {size:,} bytes of text, and at most {LARGEST:,} are read.",
            "Save the numbers with numpy.save (.npy), which is read piece by piece.",
        )


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, without their ends.

    Raises:
        InspectorError: It is not UTF-8, too large, or one line is.
    """
    check_size(path)
    try:
        with path.open(encoding="utf-8-sig", newline=None) as stream:
            while line := stream.readline(_LINE + 1):
                if len(line) > _LINE:
                    raise InspectorError(
                        f"A line of '{path.name}' has more than {_LINE:,} characters.",
                        "Write one sample per line, or save the numbers with numpy.save (.npy).",
                    )
                yield line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise InspectorError(
            f"'{path.name}' is not text in UTF-8.",
            "Save it as UTF-8, or save the numbers with numpy.save (.npy).",
            str(error),
        ) from error


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text."""
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3  # a character that the end of the head cuts
    return bool(head)
