"""Damage the fields of a protobuf message so that the messages around them stay whole."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeAlias

from inspector.formats.protobuf_wire import (
    BYTES,
    VARINT,
    WireError,
    encode_varint,
    fields,
    varint,
)
from tests.fuzz.mutate import NUMBERS, TEXTS, mutate_bytes

_LARGE = 20_000
"""Longer contents are payload: they are not taken for messages."""

_LONGEST = 4 << 20

_DEPTHS = (3, 30, 40, 99, 120, 400)


@dataclass
class Field:
    """One field; `inner` where its content reads as a message."""

    number: int
    wire: int
    value: int = 0
    content: bytes = b""
    inner: list[Field] = field(default_factory=list)


Message: TypeAlias = list[Field]


def parse(data: bytes, depth: int = 0) -> Message:
    """The fields of a message, and those of what looks like messages in it.

    Raises:
        WireError: It is none.
    """
    found = []
    for number, wire, _, start, end in fields(data, 0, len(data)):
        one = Field(number, wire, content=data[start:end])
        if wire == VARINT:
            one.value = varint(data, start, end)[0]
        elif wire == BYTES and 1 < end - start < _LARGE and depth < 12:
            try:
                one.inner = parse(one.content, depth + 1)
            except WireError:
                one.inner = []
        found.append(one)
    return found


def encode(message: Message) -> bytes:
    """The bytes of a message; lengths are made anew."""
    out = bytearray()
    for one in message:
        out += encode_varint(one.number << 3 | one.wire)
        if one.wire == VARINT:
            out += encode_varint(one.value)
        elif one.wire == BYTES:
            content = encode(one.inner) if one.inner else one.content
            out += encode_varint(len(content)) + content
        else:
            out += one.content
    return bytes(out)


def _messages(message: Message) -> list[Message]:
    found = [message]
    for one in message:
        if one.inner:
            found += _messages(one.inner)
    return found


def _change(rng: random.Random, one: Field) -> None:
    """Another value of the same wire type."""
    if one.wire == VARINT:
        one.value = rng.choice((rng.choice(NUMBERS), rng.randrange(40), one.value + 1))
    elif one.wire != BYTES:
        one.content = rng.randbytes(len(one.content))
    elif rng.random() < 0.5:
        text = rng.choice(TEXTS).encode("utf-8", "surrogatepass")
        one.inner, one.content = [], text
    else:
        content = encode(one.inner) if one.inner else one.content
        one.inner, one.content = [], mutate_bytes(rng, content)


def _nest(rng: random.Random, one: Field) -> None:
    """Put a message into itself, again and again."""
    for _ in range(rng.choice(_DEPTHS)):
        content = encode(one.inner) if one.inner else one.content
        if len(content) > 1 << 20:
            break
        one.inner, one.content = [], encode([Field(one.number, BYTES, content=content)])


def _deepen(rng: random.Random, one: Field) -> None:
    """A node with a graph with a node with a graph, and so on."""
    content = encode(one.inner) if one.inner else one.content
    for _ in range(rng.choice(_DEPTHS)):
        attribute = Field(5, BYTES, content=encode([Field(6, BYTES, content=content)]))
        content = encode([Field(1, BYTES, content=encode([attribute]))])
    one.inner, one.content = [], content


def _once(rng: random.Random, root: Message) -> None:
    every = [message for message in _messages(root) if message]
    message = rng.choice(every)
    at = rng.randrange(len(message))
    one = message[at]
    how = rng.randrange(11)
    if how < 4:
        _change(rng, one)
    elif how == 4:
        del message[at]
    elif how == 5:
        message[at:at] = [one] * rng.choice((1, 2, 50))
    elif how == 6:
        one.number = rng.choice((1, 2, 3, 5, 7, 15, 16, 20, 25, 536870911, one.number + 1))
    elif how == 7:
        one.wire = rng.choice((VARINT, 1, BYTES, 3, 4, 5))
    elif how == 8:
        other = rng.choice(rng.choice(every) or message)
        content = encode(other.inner) if other.inner else other.content
        one.inner, one.content, one.value = [], content, other.value
    elif how == 9:
        _nest(rng, one)
    else:
        _deepen(rng, one)


def mutate_protobuf(rng: random.Random, data: bytes) -> bytes:
    """Damage a message, in its fields or in its bytes."""
    try:
        root = parse(data)
    except WireError:
        return mutate_bytes(rng, data)
    if not root:
        return mutate_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not root:
            break
        _once(rng, root)
    made = encode(root)[:_LONGEST]
    return mutate_bytes(rng, made) if rng.random() < 0.15 else made
