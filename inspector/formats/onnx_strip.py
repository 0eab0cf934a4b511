"""Leave the weights out of an ONNX message, and remember where each of them lies.

A model's bulk is tensor payload. Every field that is long enough to hold a payload is walked,
everything else is copied as it stands; what comes out is the same message with empty tensors.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from inspector.core.model import Payload
from inspector.formats.protobuf_wire import (
    BYTES,
    VARINT,
    Buffer,
    encode_field,
    encode_varint,
    fields,
    varint,
)

_INSIDE: dict[str, dict[int, str]] = {
    "graph": {5: "tensor", 15: "sparse"},
    "attribute": {5: "tensor", 10: "tensor", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""Which fields of a message lead to tensors. Source: onnx.proto."""

_RAW_DATA, _SEGMENT = 9, 3
_PLAIN = {4: 1, 10: 11}
"""Packed typed fields whose bytes are the raw values, and the data type for which that holds."""

_PAYLOADS = {4, 5, 6, 7, _RAW_DATA, 10, 11}
_STRINGS = 6

SMALL = 256
"""Tensors of fewer bytes than this are kept: their values are shown, and rules read them."""


class Place(NamedTuple):
    """Where a tensor's payload lies, and the bytes of its strings."""

    payload: Payload
    strings: int


class Stripper:
    """Copies ONNX messages out of `data` without their large tensors.

    In place of a payload stands the (otherwise unused) field `segment`: `begin` is a number
    that no file can guess, `end` the index in `places`.
    """

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self.key = secrets.randbits(62)
        self.places: list[Place] = []

    def field(self, kind: str, number: int, tag: int, start: int, end: int) -> bytes:
        """One field of a message of this kind, tag included, without payloads.

        Raises:
            WireError: Its content is not a message where it should be one.
        """
        inside = _INSIDE[kind].get(number)
        if inside is None or end - start < SMALL:
            return self._data[tag:end]
        if inside == "tensor":
            return encode_field(number, self._tensor(start, end))
        parts = [
            self.field(inside, below, tag_at, content, stop)
            for below, _, tag_at, content, stop in fields(self._data, start, end)
        ]
        return encode_field(number, b"".join(parts))

    def _tensor(self, start: int, end: int) -> bytes:
        kept: list[bytes] = []
        stored: list[tuple[int, int, int, int]] = []
        data_type = 0
        for number, wire, tag, content, stop in fields(self._data, start, end):
            if number in _PAYLOADS:
                stored.append((number, wire, content, stop))
            elif number != _SEGMENT:
                kept.append(self._data[tag:stop])
                if number == 2 and wire == VARINT:
                    data_type, _ = varint(self._data, content, stop)
        if stored:
            self.places.append(_place(stored, data_type, start, end))
            begin = b"\x08" + encode_varint(self.key)
            index = b"\x10" + encode_varint(len(self.places) - 1)
            kept.append(encode_field(_SEGMENT, begin + index))
        return b"".join(kept)


def _place(stored: list[tuple[int, int, int, int]], data_type: int, start: int, end: int) -> Place:
    number, wire, content, stop = stored[0]
    plain = number == _RAW_DATA or _PLAIN.get(number) == data_type
    if len(stored) == 1 and plain and wire == BYTES:
        return Place(Payload("", content, stop - content), 0)
    strings = sum(s - c for n, _, c, s in stored if n == _STRINGS)
    return Place(Payload("", start, end - start, message=True), strings)
