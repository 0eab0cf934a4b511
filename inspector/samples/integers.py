"""`.txt`: whole numbers such as token ids, one sample per line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from inspector.core.failures import InspectorError
from inspector.samples.held import WrittenArray
from inspector.samples.stored import SampleArray
from inspector.samples.text import lines

_LIMITS = np.iinfo(np.int64)
_SEPARATORS = re.compile(r"[\s,;]+")
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)


def read(path: Path, scratch: Path, padding: int | None = None) -> tuple[SampleArray, ...]:
    """The numbers of a text file, int64 [lines, numbers in a line]; empty lines are skipped.

    Args:
        path: The file.
        scratch: Not used.
        padding: Written behind the numbers of shorter lines; None: lines must be equally long.

    Raises:
        InspectorError: A line holds something else than whole numbers, or has another length.
    """
    rows: list[list[int]] = []
    width = 0
    for number, line in enumerate(lines(path), 1):
        row = _numbers(path, number, line)
        if not row:
            continue
        if rows and len(row) != width and padding is None:
            raise InspectorError(
                f"Line {number} of '{path.name}' holds {len(row):,} numbers, and the lines before "
                f"it {width:,}.",
                "Give every line the same number, or ask for padding (--pad N on the command "
                "line).",
            )
        width = max(width, len(row))
        rows.append(row)
    if not rows:
        return ()
    filled = np.full((len(rows), width), padding or 0, np.int64)
    for place, row in enumerate(rows):
        filled[place, : len(row)] = row
    return (WrittenArray(path.stem, filled),)


def _numbers(path: Path, number: int, line: str) -> list[int]:
    words = [word for word in _SEPARATORS.split(line) if word]
    for place, word in enumerate(words, 1):
        if not _WHOLE.fullmatch(word) or not _LIMITS.min <= int(word) <= _LIMITS.max:
            raise InspectorError(
                f"Line {number} of '{path.name}' holds '{word[:40]}' at place {place}, which is "
                "no whole number.",
                "Write whole numbers with spaces between them; other numbers go into a .csv file.",
            )
    return [int(word) for word in words]
