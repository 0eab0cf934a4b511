"""Files that a model names beside itself: only those inside its own folder are looked at."""

from __future__ import annotations

import re
from pathlib import Path

from inspector.core.model import ExternalFile

_DRIVE = re.compile(r"^[A-Za-z]:")


def named_inside(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, whether it is there or not; None for one outside.

    A link may lead to another file of the folder, and from a snapshot of the Hugging Face cache
    to that cache's own files, which is how every model there is stored.
    """
    plain = name.replace("\\", "/")
    if not plain or "\0" in plain or plain.startswith("/") or _DRIVE.match(plain):
        return None
    if ".." in plain.split("/"):
        return None
    found = folder / plain
    try:
        target, home = found.resolve(), folder.resolve()
    except (OSError, ValueError, RuntimeError):  # no name for a file, or links in a circle
        return None
    blobs = home.parent.parent / "blobs"
    cached = home.parent.name == "snapshots" and target.parent == blobs
    return found if cached or target.is_relative_to(home) else None


def external_file(folder: Path, name: str, tensors: int, needed: int) -> ExternalFile:
    """The record of a file of weights in a folder."""
    found = named_inside(folder, name)
    if found is None:
        return ExternalFile(name, tensors, needed, exists=False, outside=True)
    size = found.stat().st_size if found.is_file() else -1
    return ExternalFile(name, tensors, needed, size >= 0, size)
