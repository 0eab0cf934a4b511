"""Walk a protobuf message without decoding it: which field lies where.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TypeAlias

Buffer: TypeAlias = bytes | mmap.mmap

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types. The two of groups (3 and 4) do not occur in ONNX."""

_FIXED = {FIXED64: 8, FIXED32: 4}


class WireError(Exception):
    """The bytes are not a protobuf message."""


class CutShortError(WireError):
    """A field says it goes on beyond the end of its message."""


Field: TypeAlias = tuple[int, int, int, int, int]
"""One field: number, wire type, where its tag begins, where its content begins and ends.

A plain tuple: a named one takes twice as long to make, and a file has a million of them.
"""


def varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Read a base-128 number at `at`; returns it and the position behind it."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise WireError("a number of more than ten bytes")
    raise CutShortError("a number is cut short")


def encode_varint(value: int) -> bytes:
    """The bytes of a non-negative number."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_field(number: int, content: bytes) -> bytes:
    """A length-delimited field with this content."""
    return encode_varint(number << 3 | BYTES) + encode_varint(len(content)) + content


def fields(data: Buffer, start: int, end: int) -> Iterator[Field]:
    """Every field of the message in `data[start:end]`, in file order.

    Raises:
        CutShortError: A field reaches beyond `end`.
        WireError: The bytes follow no such encoding.
    """
    at = start
    while at < end:
        tag_at = at
        tag = data[at]
        at += 1
        if tag >= 0x80:
            tag, at = varint(data, tag_at, end)
        wire = tag & 7
        if wire == BYTES:
            # The common short length is read here: a call for each would double the time.
            if at < end and data[at] < 0x80:
                length = data[at]
                at += 1
            else:
                length, at = varint(data, at, end)
            stop = at + length
        elif wire == VARINT:
            _, stop = varint(data, at, end)
        elif wire in _FIXED:
            stop = at + _FIXED[wire]
        else:
            raise WireError(f"wire type {wire} at byte {tag_at}")
        if tag < 8:
            raise WireError(f"field number 0 at byte {tag_at}")
        if stop > end:
            raise CutShortError(f"field {tag >> 3} at byte {tag_at} ends at {stop}, not {end}")
        yield tag >> 3, wire, tag_at, at, stop
        at = stop
