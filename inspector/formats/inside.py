"""Files that a model names beside itself: only those inside its own folder are looked at."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from pathlib import Path

from inspector.core.model import ExternalFile

LINK = "a link out of the folder"

_DRIVE = re.compile(r"^[A-Za-z]:")

_WINDOWS_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{n}{d}" for n in ("com", "lpt") for d in "123456789"),
}

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def named_inside(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, whether it is there or not; None for one outside.

    A link may lead to another file of the folder, and from a snapshot of the Hugging Face cache
    to that cache's own files, which is how every model there is stored.
    """
    if _is_elsewhere(name):
        return None
    found = folder / name.replace("\\", "/")
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
        instead = "" if _is_elsewhere(name) else LINK
        return ExternalFile(name, tensors, needed, exists=False, outside=True, instead=instead)
    return at_place(found, name, tensors, needed)


def at_place(path: Path, name: str, tensors: int, needed: int) -> ExternalFile:
    """The record of a file of weights at a path; what lies there is not opened."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # nothing there, or no name for a file
        return ExternalFile(name, tensors, needed, exists=False)
    instead = _KINDS.get(stat.S_IFMT(found.st_mode), "")
    size = -1 if instead else found.st_size
    return ExternalFile(name, tensors, needed, size >= 0, size, instead=instead)


def named_by(model: Path, location: str, tensors: int, needed: int) -> ExternalFile:
    """The record of a file of external data that an ONNX file names."""
    # A location may name a share on another computer: what leaves the folder is not touched.
    if leaves_folder(location):
        return ExternalFile(location, tensors, needed, exists=False, outside=True)
    if not stays_beside(model, location):
        return ExternalFile(location, tensors, needed, exists=False, outside=True, instead=LINK)
    return at_place(model.parent / location, location, tensors, needed)


def leaves_folder(location: str) -> bool:
    """Whether a location of external data points outside the model's own folder.

    So do the names that Windows keeps for its devices, wherever they stand in a path.
    """
    plain = location.replace("\\", "/")
    absolute = plain.startswith("/") or (len(plain) > 1 and plain[1] == ":")
    upwards = f"{posixpath.normpath(plain)}/".startswith("../")
    return absolute or upwards or "\0" in plain or _is_device(plain)


def stays_beside(model: Path, location: str) -> bool:
    """Whether a location lies in the folder of a model, or of its real file, links followed.

    Download caches keep both as links. What cannot be resolved lies nowhere else.
    """
    try:
        real = (model.parent / location).resolve()
        homes = model.parent.resolve(), model.resolve().parent
    except (OSError, ValueError, RuntimeError):  # no name for a file, or links in a circle
        return True
    return any(real.is_relative_to(home) for home in homes)


def _is_device(plain: str) -> bool:
    parts = plain.lower().split("/")
    return any(part.partition(".")[0].strip() in _WINDOWS_DEVICES for part in parts)


def _is_elsewhere(name: str) -> bool:
    plain = name.replace("\\", "/")
    if not plain or "\0" in plain or plain.startswith("/") or _DRIVE.match(plain):
        return True
    return ".." in plain.split("/")


def state_of(file: ExternalFile) -> str:
    """What is remarkable about a file of weights, in a few words; empty where it is there."""
    return (
        file.instead
        or ("outside the folder" if file.outside else "")
        or ("" if file.exists else "missing")
    )
