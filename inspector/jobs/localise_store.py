"""Values of the one side, kept until the other side's are there: in memory, then on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inspector.runtimes.base import Array

IN_MEMORY = 256 << 20
"""Bytes that are kept in memory; what comes after goes to disk."""


class Store:
    """Arrays by run and key. Memory does not grow beyond a bound.

    Args:
        folder: Where files may go; made when the first does.
        in_memory: Bytes that are kept in memory.
    """

    def __init__(self, folder: Path, in_memory: int = IN_MEMORY) -> None:
        self._folder = folder
        self._room = in_memory
        self._arrays: dict[tuple[int, str], Array] = {}
        self._files: dict[tuple[int, str], Path] = {}

    def put(self, run: int, key: str, array: Array) -> None:
        """Keep one value; types that `.npy` does not know stay in memory."""
        if array.nbytes <= self._room or array.dtype.kind not in "biufc":
            self._room -= array.nbytes
            self._arrays[run, key] = array
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._files)}.npy"
        np.save(path, array)
        self._files[run, key] = path

    def get(self, run: int, key: str) -> Array:
        """What was kept.

        Raises:
            KeyError: Nothing was, under this key.
        """
        if (run, key) in self._arrays:
            return self._arrays[run, key]
        array: Array = np.load(self._files[run, key], mmap_mode="r")
        return array

    def __contains__(self, place: tuple[int, str]) -> bool:
        return place in self._arrays or place in self._files
