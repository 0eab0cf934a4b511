"""Damage bytes in ways that readers of binary files trip over."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable

Mutator = Callable[[random.Random, bytes], bytes]

NUMBERS = (
    0, 1, 2, 7, 8, 9, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65535, 65536,
    1 << 20, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, (1 << 63) - 1,
    1 << 63, (1 << 64) - 1, (1 << 64) - 2, (1 << 64) - 8, (1 << 64) - 4096,
)  # fmt: skip
"""Where counts, offsets and lengths go wrong: small ones, powers of two, and negative ones."""

TEXTS = (
    "", "\0", "a\0b", "../../etc/passwd", "/etc/passwd", "..", ".", "\\\\server\\share", "C:\\x",
    "<b>x</b>", "\u202etxt.exe", "\x1b[31m", "x" * 300, "x" * 70_000, "\ud800", "\U0001f600",
    "%s%n{0}{name}", "a\nb\rc", "nan", "-1", "1e400", "__proto__", "é" * 200,
)  # fmt: skip

_HEAD = 512


def chosen(rng: random.Random, size: int) -> int:
    """A position, more often near the start or the end, where headers and lists lie."""
    if size < 2:
        return 0
    if size > _HEAD and rng.random() < 0.6:
        near = rng.randrange(_HEAD)
        return near if rng.random() < 0.6 else size - 1 - near
    return rng.randrange(size)


def flip(rng: random.Random, data: bytes) -> bytes:
    """Change bits of some bytes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8, 64)) if out else 0):
        out[chosen(rng, len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def number(rng: random.Random, data: bytes) -> bytes:
    """Write a number where one may have been."""
    out = bytearray(data)
    width, form = rng.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
    at = chosen(rng, len(out))
    if rng.random() < 0.5:
        at -= at % width
    value = rng.choice(NUMBERS) & ((1 << 8 * width) - 1)
    out[at : at + width] = struct.pack(rng.choice("<<<>") + form, value)
    return bytes(out)


def cut(rng: random.Random, data: bytes) -> bytes:
    """Leave out the end, or the start."""
    at = chosen(rng, len(data))
    return data[at:] if rng.random() < 0.1 else data[:at]


def remove(rng: random.Random, data: bytes) -> bytes:
    """Leave out a part."""
    at = chosen(rng, len(data))
    return data[:at] + data[at + rng.choice((1, 2, 4, 8, 64, 4096)) :]


def repeat(rng: random.Random, data: bytes) -> bytes:
    """Write a part twice or more."""
    at = chosen(rng, len(data))
    part = data[at : at + rng.choice((1, 4, 32, 512))]
    return data[:at] + part * rng.choice((2, 3, 100)) + data[at + len(part) :]


def insert(rng: random.Random, data: bytes) -> bytes:
    """Write something of another kind between."""
    at = chosen(rng, len(data))
    what = rng.choice((rng.randbytes(rng.choice((1, 4, 40))), b"\0" * 64, b"\xff" * 16))
    return data[:at] + what + data[at:]


def move(rng: random.Random, data: bytes) -> bytes:
    """Write a part over another."""
    count = rng.choice((4, 16, 128, 1024))
    source, target = chosen(rng, len(data)), chosen(rng, len(data))
    part = data[source : source + count]
    return data[:target] + part + data[target + len(part) :]


def digits(rng: random.Random, data: bytes) -> bytes:
    """Change a number that is written in digits."""
    found = list(re.finditer(rb"-?\d+", data[:100_000]))
    if not found:
        return flip(rng, data)
    one = rng.choice(found)
    value = rng.choice(NUMBERS) * rng.choice((1, 1, -1))
    text = rng.choice((str(value), str(value), "9" * 5000, "1e999", "-0", "0x1")).encode()
    return data[: one.start()] + text + data[one.end() :]


BYTES: tuple[Mutator, ...] = (
    flip, flip, number, number, number, cut, remove, repeat, insert, move, digits,
)  # fmt: skip


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """Damage bytes of which nothing is known, once or a few times."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(BYTES)(rng, data)
    return data
