"""Which of a user's own files would be executed with one of them, found without executing any."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from inspector.runtimes.user_code import roots_of, split_code

MOST_FILES = 2_000


def source_files(code: str) -> tuple[Path, ...]:
    """The file that `code` names, and every other file of the user's that it leads to by imports.

    Imports are followed as they are written, in functions too; a name that is put together while
    the program runs is not seen. Files of installed packages are not the user's.

    Raises:
        InspectorError: The file does not exist or is not valid Python.
    """
    first, _ = split_code(code)
    roots, _ = roots_of(code)
    found: dict[Path, None] = {first: None}
    waiting = [first]
    while waiting and len(found) < MOST_FILES:
        for file in _imported(waiting.pop(), roots):
            if file not in found:
                found[file] = None
                waiting.append(file)
    return tuple(sorted(found))


def source_digest(code: str) -> str:
    """SHA-256 over names and contents of `source_files`.

    Raises:
        InspectorError: As `source_files`.
        OSError: A file cannot be read.
    """
    files = source_files(code)
    top = os.path.commonpath([str(file.parent) for file in files])
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{os.path.relpath(file, top)}\0{content}\n".encode())
    return digest.hexdigest()


def _imported(file: Path, roots: list[Path]) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            for alias in part.names:
                yield from _files_of(alias.name, roots)
        elif isinstance(part, ast.ImportFrom):
            level = part.level
            starts = roots if not level else [file.parents[min(level, len(file.parents)) - 1]]
            base = part.module or ""
            for name in (base, *(f"{base}.{alias.name}".lstrip(".") for alias in part.names)):
                yield from _files_of(name, starts)


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
