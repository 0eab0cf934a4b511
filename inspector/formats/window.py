"""A part of a file that reads like a file of its own."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any


class Window(io.RawIOBase):
    """Bytes `start` to `start + length` of a file, for a reader that wants a whole one."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._start, self._length, self._at = start, length, 0

    def readable(self) -> bool:
        """A window is there to be read."""
        return True

    def seekable(self) -> bool:
        """Its parts can be read in any order."""
        return True

    def tell(self) -> int:
        """Position inside the window."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position inside the window.

        Raises:
            ValueError: It lies before the window.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as far as the window goes."""
        count = max(min(len(buffer), self._length - self._at), 0)
        self._file.seek(self._start + self._at)
        found = self._file.read(count)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        """Close the file behind it."""
        self._file.close()
        super().close()
