"""Damage zip archives: their list of contents, or one member with the archive whole around it."""

from __future__ import annotations

import random
import struct
import zlib
from typing import NamedTuple

from tests.fuzz.mutate import NUMBERS, TEXTS, Mutator, mutate_bytes
from tests.fuzz.mutate_pickle import mutate_pickle
from tests.fuzz.mutate_text import mutate_json, mutate_npy

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_FIELDS = ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))
_CENTRAL_FIELDS = (
    (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4),
)  # fmt: skip
_END_FIELDS = ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))
"""Offset and width of what can go wrong in each record. Source: APPNOTE.TXT, section 4.3."""


class Member(NamedTuple):
    """One member as it is written."""

    name: bytes
    data: bytes
    method: int = 0


def read(data: bytes) -> list[Member]:
    """The members of a whole archive, unpacked."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [Member(one.filename.encode(), archive.read(one)) for one in archive.infolist()]


def write(members: list[Member], wrong_sum: bool = False) -> bytes:
    """An archive of these members, however odd they are."""
    out, listed = bytearray(), bytearray()
    for name, data, method in members:
        packed = data
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
        sum_ = zlib.crc32(data) ^ wrong_sum
        sizes = struct.pack("<IIIHH", sum_, len(packed), len(data), len(name) & 0xFFFF, 0)
        at = len(out)
        out += _LOCAL + struct.pack("<HHHHH", 20, 0x800, method, 0, 0) + sizes + name + packed
        listed += _CENTRAL + struct.pack("<HHHHHH", 20, 20, 0x800, method, 0, 0) + sizes
        listed += struct.pack("<HHHII", 0, 0, 0, 0, at) + name
    count = len(members) & 0xFFFF
    end = _END + struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), len(out), 0)
    return bytes(out + listed + end)


def _records(rng: random.Random, data: bytes) -> bytes:
    """Another number in one of the records."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        mark, layout = rng.choice(
            ((_LOCAL, _LOCAL_FIELDS), (_CENTRAL, _CENTRAL_FIELDS), (_END, _END_FIELDS))
        )
        places = _found(bytes(out), mark)
        if not places:
            continue
        offset, width = rng.choice(layout)
        at = rng.choice(places) + offset
        value = rng.choice((*NUMBERS, 8, 12, 14, 99, at, len(out)))
        out[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
    return bytes(out)


def _found(data: bytes, mark: bytes) -> list[int]:
    places: list[int] = []
    at = data.find(mark)
    while at >= 0 and len(places) < 2000:
        places.append(at)
        at = data.find(mark, at + 4)
    return places


def _members(rng: random.Random, members: list[Member]) -> list[Member]:
    """Other names, methods, copies, or members that are missing."""
    at = rng.randrange(len(members))
    one = members[at]
    how = rng.randrange(6)
    if how == 0:
        del members[at]
    elif how == 1:
        members.append(one)
    elif how == 2:
        other = rng.choice(members).name
        name = rng.choice((*TEXTS, other.decode() + "/x", "a/b/c/d" * 40))
        members[at] = one._replace(name=name.encode("utf-8", "surrogatepass"))
    elif how == 3:
        members[at] = one._replace(method=rng.choice((8, 8, 12, 99)))
    elif how == 4:
        root = one.name.split(b"/")[0] + b"/"
        news = (
            b"constants.pkl", b"bytecode.pkl", b"models/model.json", b"data.pkl", b"code/a.py",
            b".data/extern_modules", b"data/aotinductor/x", b"archive_format", b"data/0",
        )  # fmt: skip
        members.append(Member(root + rng.choice(news), rng.choice(members).data))
    else:
        members[at] = one._replace(data=rng.choice((b"", rng.choice(members).data)))
    return members


def _fitting(one: Member) -> Mutator:
    if one.data.startswith(b"\x80"):
        return mutate_pickle
    if one.data.startswith(b"\x93NUMPY"):
        return mutate_npy
    return mutate_json if one.data[:1] in (b"{", b"[") else mutate_bytes


def mutate_zip(rng: random.Random, data: bytes) -> bytes:
    """Damage an archive where it is read."""
    how = rng.random()
    if how < 0.1:
        return mutate_bytes(rng, data)
    if how < 0.3:
        return _records(rng, data)
    members = read(data)
    if how < 0.45:
        return write(_members(rng, members), rng.random() < 0.3)
    # What is read is what is damaged: lists of contents, not values.
    weights = [8 if _fitting(one) is not mutate_bytes else 1 for one in members]
    at = rng.choices(range(len(members)), weights)[0]
    one = members[at]
    members[at] = one._replace(data=_fitting(one)(rng, one.data))
    return write(members, rng.random() < 0.1)
