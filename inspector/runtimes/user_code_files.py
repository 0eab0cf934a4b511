"""Which of a user's own files would be executed with one of them, found without executing any."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from inspector.runtimes.user_code import roots_of, split_code

MOST_FILES = 2_000


class Brought(NamedTuple):
    """What executing a user's source brings in.

    Attributes:
        files: The user's own files, sorted.
        packages: First names of everything else that they import, sorted.
    """

    files: tuple[Path, ...]
    packages: tuple[str, ...]


def brought_in(code: str) -> Brought:
    """The file that `code` names, every other file of the user's that it leads to, and the rest.

    Imports are followed as they are written, in functions too; a name that is put together while
    the program runs is not seen. Files of installed packages are not the user's.

    Raises:
        InspectorError: The file does not exist or is not valid Python.
    """
    first, _ = split_code(code)
    roots, _ = roots_of(code)
    files: dict[Path, None] = {first: None}
    packages: set[str] = set()
    waiting = [first]
    while waiting and len(files) < MOST_FILES:
        for name, found in _imported(waiting.pop(), roots):
            if not found and name:
                packages.add(name.partition(".")[0])
            new = [file for file in found if file not in files]
            files.update(dict.fromkeys(new))
            waiting.extend(new)
    own = {name for file in files for name in (file.stem, file.parent.name)}
    return Brought(tuple(sorted(files)), tuple(sorted(packages - own)))


def source_digest(code: str) -> str:
    """SHA-256 over names and contents of the user's files that `brought_in` finds.

    Raises:
        InspectorError: As `brought_in`.
        OSError: A file cannot be read.
    """
    files = brought_in(code).files
    top = os.path.commonpath([str(file.parent) for file in files])
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{os.path.relpath(file, top)}\0{content}\n".encode())
    return digest.hexdigest()


def _imported(file: Path, roots: list[Path]) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Every name that a file imports, empty for a relative one, and the user's files for it."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            for alias in part.names:
                yield alias.name, tuple(_files_of(alias.name, roots))
        elif isinstance(part, ast.ImportFrom):
            level, base = part.level, part.module or ""
            starts = [file.parents[min(level, len(file.parents)) - 1]] if level else roots
            inside = (f"{base}.{alias.name}".lstrip(".") for alias in part.names)
            found = (file for name in (base, *inside) for file in _files_of(name, starts))
            yield "" if level else base, tuple(found)


def _files_of(name: str, roots: list[Path]) -> Iterator[Path]:
    """Files that importing a dotted name executes: packages on the way, and the module."""
    parts = [part for part in name.split(".") if part]
    for root in roots:
        if not parts:
            yield from _existing(root / "__init__.py")
        for depth in range(1, len(parts) + 1):
            place = root.joinpath(*parts[:depth])
            yield from _existing(place / "__init__.py", place.with_name(place.name + ".py"))


def _existing(*files: Path) -> Iterator[Path]:
    yield from (file for file in files if file.is_file())
