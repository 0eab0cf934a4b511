"""Outputs kept on disk for the pictures: plain `.npy` files, samples along axis 0."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from inspector.runtimes.base import Array


class KeptOutput:
    """Both sides of one output, written run by run; memory does not grow with them.

    Args:
        folder: Where `reference.npy` and `candidate.npy` go; made when the first run arrives.
        most: At most this many samples are kept.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most
        self.samples = 0
        self._files: list[IO[bytes]] = []
        self._form: tuple[tuple[int, ...], np.dtype[np.generic]] | None = None

    @property
    def paths(self) -> tuple[str, str]:
        """Paths of the reference and of the candidate; empty where nothing was kept."""
        if not self.samples:
            return "", ""
        return str(self.folder / "reference.npy"), str(self.folder / "candidate.npy")

    def add(self, reference: Array, candidate: Array) -> None:
        """Keep one run, [samples, ...] on both sides; a run of another form ends the keeping."""
        reference, candidate = _storable(reference), _storable(candidate)
        form = reference.shape[1:], reference.dtype
        if reference.shape != candidate.shape or reference.dtype != candidate.dtype:
            self.most = 0
        if reference.dtype.kind not in "biufc" or form != (self._form or form):
            self.most = 0
        count = min(reference.shape[0], self.most - self.samples)
        if count <= 0:
            return
        if not self._files:
            self._begin(form)
        for file, array in zip(self._files, (reference, candidate), strict=True):
            file.write(np.ascontiguousarray(array[:count]).data)
        self.samples += count

    def close(self) -> None:
        """Write the number of samples into the headers."""
        for file in self._files:
            file.seek(0)
            self._write_header(file)
            file.close()
        self._files = []

    def mark(self) -> None:
        """Make what was kept so far readable, and go on."""
        for file in self._files:
            end = file.tell()
            file.seek(0)
            self._write_header(file)
            file.seek(end)
            file.flush()

    def _begin(self, form: tuple[tuple[int, ...], np.dtype[np.generic]]) -> None:
        self._form = form
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("reference.npy", "candidate.npy"):
            file = (self.folder / name).open("wb")
            self._files.append(file)
            self._write_header(file)

    def _write_header(self, file: IO[bytes]) -> None:
        """The header as numpy writes it, which leaves room for axis 0 to grow to 21 digits."""
        assert self._form is not None
        shape, dtype = self._form
        descr = np.lib.format.dtype_to_descr(dtype)
        header = {"descr": descr, "fortran_order": False, "shape": (self.samples, *shape)}
        np.lib.format.write_array_header_1_0(file, header)


def samples_to_keep(outputs: list[tuple[Array, Array]], samples: int, keep_bytes: int) -> int:
    """How many samples of every output fit into `keep_bytes`, judged by the first run.

    Args:
        outputs: Both sides of every output, samples along axis 0.
        samples: Samples in all.
        keep_bytes: Largest total size.
    """
    per_sample = sum(array.nbytes / max(array.shape[0], 1) for pair in outputs for array in pair)
    return samples if per_sample == 0 else min(samples, int(keep_bytes / per_sample))


def _storable(array: Array) -> Array:
    """The array in a type that `.npy` knows: bfloat16 and 8-bit floats become float32."""
    if array.dtype.kind == "V" or array.dtype.name.startswith(("bfloat", "float8")):
        return array.astype(np.float32)
    return array
