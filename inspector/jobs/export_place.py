"""From the job's folder into the place that was asked for: the client's part of an export.

The worker may write into its own folder only. What it made is moved when it is whole; where the
two lie on different disks it is copied beside its target first, so that the target is never half
written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from inspector.core.failures import InspectorError, error_of, explain

MADE = "made"
"""Folder in the job."""

_CHUNK = 1 << 22
_STAGE = "Saving"
_FULL = (errno.ENOSPC, errno.EDQUOT)


class CancelledError(Exception):
    """The person does not want the file any more."""


def target_path(output: str) -> Path:
    """The file to write.

    Raises:
        InspectorError: It is a folder, or its folder is not there.
    """
    path = Path(output).expanduser().absolute()
    if path.is_dir():
        raise InspectorError(
            f"'{path}' is a folder.", "Name the file to write, such as model.onnx in it."
        )
    if not path.parent.is_dir():
        raise InspectorError(
            f"The folder '{path.parent}' does not exist.", "Make it, or choose another one."
        )
    return path


def require_place(output: str) -> None:
    """Refuse a file that could not be put in its place before the work for it is done.

    Raises:
        InspectorError: As `target_path`, or the folder cannot be written to.
    """
    path = target_path(output)
    with _explained(path):
        draft = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.rmdir(draft)


def made_files(folder: Path, name: str) -> tuple[Path, ...]:
    """What an export of `name` may consist of, the weights first; links are nothing of it."""
    found = (folder / f"{name}.data", folder / name)
    return tuple(one for one in found if one.exists() and stat.S_ISREG(one.lstat().st_mode))


def put_in_place(job_dir: Path, output: str, cancelled: Callable[[], bool] = bool) -> Path:
    """Move what a job has made to where it was asked for; returns the path of the ONNX file.

    Args:
        job_dir: The job, which is over.
        output: As asked for.
        cancelled: Asked now and then while files are copied.

    Raises:
        InspectorError: The disk is full, or the folder cannot be written to; the file that was
            there before is untouched.
        CancelledError: `cancelled` said so; the same holds.
    """
    path = target_path(output)
    files = made_files(job_dir / MADE, path.name)
    if not files or files[-1].name != path.name:
        raise InspectorError("The export left no file.", "Try again.")
    with _explained(path), contextlib.ExitStack() as stack:
        if not _moves(files[0], path.parent):
            beside = tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            stack.callback(shutil.rmtree, beside, ignore_errors=True)
            files = tuple(_copy(file, Path(beside) / file.name, cancelled) for file in files)
        if cancelled():
            raise CancelledError
        for file in files:
            os.replace(file, path.with_name(file.name))
    return path


def _moves(file: Path, folder: Path) -> bool:
    """Whether a file can be renamed into a folder."""
    return file.stat().st_dev == folder.stat().st_dev


def _copy(source: Path, target: Path, cancelled: Callable[[], bool]) -> Path:
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            if cancelled():
                raise CancelledError
            writing.write(chunk)
    return target


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise error_of(explain(error, _STAGE)) from error
        raise InspectorError(
            f"The folder '{path.parent}' cannot be written to.",
            "Change its permissions, or choose another folder.",
            str(error),
        ) from error
