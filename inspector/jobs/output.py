"""Put a file that a job wrote where a person asked for it: all of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from inspector.core.failures import InspectorError


def put(made: Path | str, output: Path | str) -> int:
    """Move a file into place and return its size; a file of that name stays until the end.

    Raises:
        InspectorError: The place cannot be written to; nothing is left there.
    """
    output = Path(output)
    partial = output.with_name(f"{output.name}.part-{os.getpid()}")
    try:
        shutil.move(made, partial)
        size = partial.stat().st_size
        os.replace(partial, output)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise InspectorError(
            f"{output.name} cannot be written.",
            "Choose a folder that exists, that you may write to, and that has room.",
            str(error),
        ) from error
    return size
