"""Arrays that lie in files and are read a few samples at a time.

Slices are read, not mapped: a mapped file stays in the memory that the system counts for the
process, and the memory of a comparison must not grow with its data.
"""

from __future__ import annotations

import io
import lzma
import math
import shutil
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.model import Tensor

Array = npt.NDArray[np.generic]

_CHUNK = 1 << 20
_SPARE = 64 << 20
_HEADER = 1 << 16
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    RuntimeError, ValueError, KeyError, OSError,
)  # fmt: skip
"""What comes of the members of a damaged archive."""

_NO_HEADER = (
    ValueError, TypeError, EOFError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError
)  # fmt: skip
"""What numpy raises while it parses the Python text of a header."""


class SampleArray(Protocol):
    """A named array whose slices can be had one after the other."""

    @property
    def name(self) -> str:
        """Name in the file, or the file's stem."""

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements as stored."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes as stored."""

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """A copy of the elements `start` to `stop` (exclusive) along `axis`, C order."""

    def whole(self) -> Array:
        """A copy of everything."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the header of an `.npy` stream says, and how many bytes the header takes."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran_order: bool
    header_bytes: int

    @property
    def native(self) -> np.dtype[np.generic]:
        """The type in this computer's byte order, which runtimes take for granted."""
        return self.dtype.newbyteorder("=")

    @property
    def bytes(self) -> int:
        """Size of the elements."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize


def read_layout(stream: BinaryIO, where: str) -> Layout:
    """Read the header of an `.npy` stream; the elements are not touched.

    Args:
        stream: At the first byte.
        where: How to call the stream in a sentence.

    Raises:
        InspectorError: Not an `.npy` stream, or one of Python objects or records.
    """
    try:
        # No more than a header may take: one that says it is long would be unpacked whole.
        head = io.BytesIO(stream.read(_HEADER))
        version = np.lib.format.read_magic(head)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"format version {version}")
        shape, fortran_order, dtype = read(head)
        _check_sizes(shape, dtype)
    except _NO_HEADER as error:
        raise InspectorError(
            f"{where} is not a whole NumPy array.",
            "Save it again with numpy.save or numpy.savez.",
            str(error),
        ) from error
    _refuse_unusable(dtype, where)
    return Layout(dtype, tuple(shape), bool(fortran_order), head.tell())


def _check_sizes(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
    if any(isinstance(size, bool) or size < 0 for size in shape):
        raise ValueError(f"sizes {shape}")
    if len(shape) > 64 or math.prod(size or 1 for size in shape) * dtype.itemsize >= 1 << 63:
        raise ValueError(f"sizes {shape} are too large")


def _refuse_unusable(dtype: np.dtype[np.generic], where: str) -> None:
    if dtype.hasobject:
        raise InspectorError(
            f"{where} holds Python objects, not numbers; loading those could run code.",
            "Save it as an array of numbers, for example numpy.asarray(data, dtype='float32').",
        )
    if dtype.fields is not None or dtype.kind not in "biufcU" or not dtype.itemsize:
        raise InspectorError(
            f"{where} holds {dtype}, which no model takes.",
            "Save it as an array of numbers, true and false, or text.",
        )


@dataclass(slots=True)
class StoredArray:
    """An array that lies uncompressed in `path`, its first element at `offset`."""

    name: str
    layout: Layout
    path: Path
    offset: int

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements as stored."""
        return self.layout.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes as stored."""
        return self.layout.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Elements `start` to `stop` along `axis`, [..., stop - start, ...] in C order."""
        if axis == 0 and not self.layout.fortran_order:
            per_row = int(np.prod(self.shape[1:], dtype=np.int64))
            begin = self.offset + start * per_row * self.dtype.itemsize
            flat = self._read(begin, (stop - start) * per_row)
            return flat.reshape(stop - start, *self.shape[1:])
        if 0 in self.shape:
            return self.whole()
        mapped = np.memmap(
            self.path, self.dtype, "r", self.offset, self.shape,
            "F" if self.layout.fortran_order else "C",
        )  # fmt: skip
        index = (slice(None),) * axis + (slice(start, stop),)
        return np.array(mapped[index], self.layout.native, order="C")

    def whole(self) -> Array:
        """Everything, in C order."""
        flat = self._read(self.offset, int(np.prod(self.shape, dtype=np.int64)))
        if self.layout.fortran_order:
            return np.array(flat.reshape(self.shape[::-1]).transpose(), order="C")
        return flat.reshape(self.shape)

    def _read(self, begin: int, count: int) -> Array:
        flat = np.fromfile(self.path, self.dtype, count, offset=begin)
        if flat.size != count:
            raise cut_off(f"The array '{self.name}' in '{self.path.name}'")
        return flat.astype(self.layout.native, copy=False)


@dataclass(slots=True)
class CompressedArray:
    """A compressed member of an `.npz`: unpacked once, into `scratch`, when first read."""

    name: str
    layout: Layout
    archive: Path
    member: str
    scratch: Path
    _unpacked: StoredArray | None = field(default=None, repr=False)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements as stored."""
        return self.layout.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes as stored."""
        return self.layout.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Elements `start` to `stop` along `axis`, [..., stop - start, ...] in C order."""
        return self._stored().rows(start, stop, axis)

    def whole(self) -> Array:
        """Everything, in C order."""
        return self._stored().whole()

    def _stored(self) -> StoredArray:
        if self._unpacked is None:
            self._unpacked = self._unpack()
        return self._unpacked

    def _unpack(self) -> StoredArray:
        needed = self.layout.header_bytes + self.layout.bytes
        self.scratch.mkdir(parents=True, exist_ok=True)
        if needed + _SPARE > shutil.disk_usage(self.scratch).free:
            raise InspectorError(
                f"Unpacking '{self.name}' takes {needed:,} bytes, and the disk has not so much.",
                "Make room, or save the data uncompressed with numpy.savez.",
            )
        target = self.scratch / f"unpacked_{len(list(self.scratch.iterdir()))}.npy"
        try:
            with zipfile.ZipFile(self.archive) as archive, archive.open(self.member) as packed:
                left = needed
                with target.open("wb") as out:
                    while left > 0 and (chunk := packed.read(min(_CHUNK, left))):
                        out.write(chunk)
                        left -= len(chunk)
        except UNREADABLE as error:
            raise cut_off(f"'{self.archive.name}'", str(error)) from error
        return StoredArray(self.name, self.layout, target, self.layout.header_bytes)


def cut_off(what: str, detail: str = "") -> InspectorError:
    """The failure for a file that holds less than its own header says."""
    return InspectorError(
        f"{what} is damaged or cut off: it holds less than it says.",
        "Fetch or save the file again.",
        detail,
    )


def describe(array: SampleArray) -> Tensor:
    """The record that windows and reports show for an array."""
    size = int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize
    return Tensor(array.name, dtype_name(array.dtype), array.shape, size)


_ML_NAMES = {"float4_e2m1fn": "float4e2m1", "float8_e8m0fnu": "float8e8m0"}
COMPOUND = "list or map"
"""What an array holds that is one Python object: a list, a map, or an optional."""

_HOLDS = "holds"
OBJECT = np.dtype(np.object_, metadata={_HOLDS: COMPOUND})
"""Its dtype, which tells it from an array of strings."""


def dtype_name(dtype: np.dtype[np.generic]) -> str:
    """Name of a dtype as models write it: `float32`, `float8e5m2`, `string`, `sequence`, ..."""
    if dtype.metadata and _HOLDS in dtype.metadata:
        return str(dtype.metadata[_HOLDS])
    if dtype.kind in "UO":
        return "string"
    return _ML_NAMES.get(dtype.name, dtype.name.replace("float8_", "float8"))
