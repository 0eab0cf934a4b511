"""The files of a folder that are one data set: a sample per file, in the order of their names."""

from __future__ import annotations

import os
import re
from pathlib import Path

_DIGITS = re.compile(r"(\d+)")


def files_in(folder: Path, suffixes: tuple[str, ...]) -> tuple[Path, ...]:
    """Files with these suffixes, `2.png` before `10.png`; those of its folders if it has none."""
    if not folder.is_dir():
        return ()
    try:
        own = _with_suffix(folder, suffixes)
        if own:
            return tuple(own)
        inner = sorted((Path(entry) for entry in os.scandir(folder) if entry.is_dir()), key=_order)
        return tuple(path for below in inner for path in _with_suffix(below, suffixes))
    except OSError:
        return ()


def _with_suffix(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    with os.scandir(folder) as entries:
        found = [
            Path(entry)
            for entry in entries
            if entry.name.lower().endswith(suffixes)
            and not entry.name.startswith(".")
            and entry.is_file()
        ]
    return sorted(found, key=_order)


def _order(path: Path) -> list[tuple[int, str]]:
    """Numbers in a name count as numbers."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in _DIGITS.split(path.name.lower())
        if part
    ]
