"""Check the members of a zip archive before anything reads them.

Source: APPNOTE.TXT, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.core.model import Payload

_MEMBERS = 500_000
"""Members; the largest checkpoints have some ten thousand."""

_RATIO = 20
_SPARE = 64 << 20
"""Text and code may be compressed, but not to less than one part in twenty of 64 MB and more."""

_HEADER = 30
_ENCRYPTED = 1

_DRIVE = re.compile(r"^[A-Za-z]:")


def check_members(
    path: Path, archive: zipfile.ZipFile, size: int | None = None
) -> dict[str, zipfile.ZipInfo]:
    """The members by name, if nothing about them is amiss.

    Args:
        path: The file, for what is said of it.
        archive: The archive, open.
        size: Bytes of the archive, where it is not the whole file.

    Raises:
        InspectorError: There are too many, two have one name or one place, a name leads out of
            the folder, or they claim more bytes than the file can hold.
    """
    size = path.stat().st_size if size is None else size
    members = archive.infolist()
    if len(members) > _MEMBERS:
        raise _refused(path, f"lists {len(members):,} members, more than any model has")
    by_name = {member.filename: member for member in members}
    if len(by_name) != len(members):
        twice = Counter(member.filename for member in members).most_common(1)[0][0]
        raise _refused(path, f"has two members of the name '{twice[:80]}'")
    for member in members:
        _check_name(path, member.orig_filename)
        if member.flag_bits & _ENCRYPTED:
            raise InspectorError(
                f"{path.name} is a zip archive with a password.",
                "Unpack it with the password, and open the model that is in it.",
            )
    _check_sizes(path, members, size)
    _check_places(path, members, size)
    return by_name


def _check_name(path: Path, name: str) -> None:
    plain = name.replace("\\", "/")
    parts = plain.split("/")
    if "\0" in name or plain.startswith("/") or _DRIVE.match(plain) or ".." in parts:
        shown = name[:80].replace("\0", "\\0")
        raise _refused(path, f"has a member that would be written outside its folder: '{shown}'")


def _check_sizes(path: Path, members: list[zipfile.ZipInfo], size: int) -> None:
    declared = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    longer = any(
        member.compress_type == zipfile.ZIP_STORED and member.file_size != member.compress_size
        for member in members
    )
    if packed > size or longer or declared > _RATIO * size + _SPARE:
        raise InspectorError(
            f"{path.name} claims to hold {declared:,} bytes in a file of {size:,}.",
            "Do not load it: reading it would fill the memory.",
        )


def _check_places(path: Path, members: list[zipfile.ZipInfo], size: int) -> None:
    """Members one behind the other: those that share their bytes multiply what is read."""
    placed = sorted(
        (member.header_offset, member.header_offset + _HEADER + member.compress_size)
        for member in members
    )
    if placed and (placed[0][0] < 0 or max(end for _, end in placed) > size):
        raise _refused(path, "has a member that lies outside the file")
    if any(end > start for (_, end), (start, _) in pairwise(placed)):
        raise _refused(path, "has members that lie over each other")


def _refused(path: Path, why: str) -> InspectorError:
    return InspectorError(
        f"{path.name} is no archive that PyTorch wrote: it {why}.",
        "Do not load it: it is damaged, or was made to mislead. Copy or download it again.",
    )


def stored_at(archive: zipfile.ZipFile, member: zipfile.ZipInfo, start: int = 0) -> Payload | None:
    """Where the bytes of a member lie in the file; None for one that is compressed.

    Args:
        archive: The open archive.
        member: One of its members.
        start: Where the archive itself begins, for one inside another.
    """
    if member.compress_type != zipfile.ZIP_STORED or archive.fp is None:
        return None
    archive.fp.seek(member.header_offset)
    header = archive.fp.read(_HEADER)
    if len(header) < _HEADER or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"no member begins at byte {member.header_offset}")
    name, extra = struct.unpack_from("<HH", header, 26)
    begin = member.header_offset + _HEADER + name + extra
    return Payload("", start + begin, member.file_size)
