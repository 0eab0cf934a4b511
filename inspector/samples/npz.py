"""`.npz`: a zip of `.npy` members. Stored members are read in place, packed ones unpacked once."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

from inspector.core.failures import InspectorError
from inspector.samples.stored import (
    UNREADABLE,
    CompressedArray,
    SampleArray,
    StoredArray,
    cut_off,
    read_layout,
)

MAGIC = b"PK"
_LOCAL_HEADER = struct.Struct("<26xHH")
_ENCRYPTED = 0x1


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """List the arrays of an `.npz` file, in the file's order.

    Args:
        path: The file.
        scratch: Folder for members that have to be unpacked; made when the first one is read.

    Raises:
        InspectorError: The file is damaged, or a member holds something else than numbers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(
                _member(path, archive, info, scratch)
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            )
    except UNREADABLE as error:
        raise cut_off(f"'{path.name}'", str(error)) from error


def _member(
    path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, scratch: Path
) -> SampleArray:
    name = info.filename.removesuffix(".npy")
    if info.flag_bits & _ENCRYPTED:
        raise InspectorError(
            f"The array '{name}' in '{path.name}' is encrypted.",
            "Save it without a password, with numpy.savez.",
        )
    with archive.open(info) as member:
        layout = read_layout(cast("BinaryIO", member), f"The array '{name}' in '{path.name}'")
    if info.file_size < layout.header_bytes + layout.bytes:
        raise cut_off(f"The array '{name}' in '{path.name}'")
    if info.compress_type != zipfile.ZIP_STORED:
        return CompressedArray(name, layout, path, info.filename, scratch)
    return StoredArray(name, layout, path, _first_byte(path, info) + layout.header_bytes)


def _first_byte(path: Path, info: zipfile.ZipInfo) -> int:
    """Where a stored member's bytes begin.

    Source:
        APPNOTE.TXT - .ZIP File Format Specification, section 4.3.7: the local header has 30
        bytes, then a name and an extra field whose lengths may differ from the directory's.
    """
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        name_length, extra_length = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    return info.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)
