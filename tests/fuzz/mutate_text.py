"""Damage JSON, and the headers that hold it: safetensors, .npy."""

from __future__ import annotations

import json
import random
import re
import struct
from typing import Any

from tests.fuzz.mutate import NUMBERS, TEXTS, mutate_bytes

_DEEP = 200_000


def _value(rng: random.Random) -> Any:
    return rng.choice(
        (
            rng.choice(NUMBERS), -rng.choice(NUMBERS), rng.choice(TEXTS), None, True, [], {}, 1.5,
            float("inf"), float("nan"), [rng.choice(NUMBERS)] * 3, {"a": [None]}, [[[[]]]],
            10**400, [0] * 70, [-1, 2], "F99", "F32", ["x", None],
        )
    )  # fmt: skip


def _places(plain: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    if isinstance(plain, dict):
        found = [(plain, key) for key in plain]
    elif isinstance(plain, list):
        found = [(plain, index) for index in range(len(plain))]
    for holder, key in list(found):
        found += _places(holder[key])
    return found


def _damage(rng: random.Random, plain: Any) -> Any:
    places = _places(plain)
    if not places:
        return _value(rng)
    holder, key = rng.choice(places)
    how = rng.randrange(6)
    if how < 3:
        holder[key] = _value(rng)
    elif how == 3:
        del holder[key]
    elif how == 4:
        other, inner = rng.choice(places)
        holder[key] = json.loads(json.dumps(other[inner])) if _there(other, inner) else None
    elif isinstance(holder, dict):
        holder[rng.choice(TEXTS)] = holder.pop(key)
    else:
        holder.insert(key, _value(rng))
    return plain


def _there(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def mutate_json(rng: random.Random, data: bytes) -> bytes:
    """Damage a JSON text in its values or in its letters."""
    how = rng.random()
    if how < 0.05:
        return rng.choice((b"[", b'{"a":', b"[[")) * _DEEP
    if how < 0.15:
        return mutate_bytes(rng, data)
    try:
        plain = json.loads(data)
    except ValueError:
        return mutate_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        plain = _damage(rng, plain)
    text = json.dumps(plain, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.1 and text.startswith("{"):
        text = text[:-1] + ("," if len(text) > 2 else "") + text[1:]  # every key twice
    return text.encode("utf-8", "surrogatepass")


def mutate_safetensors(rng: random.Random, data: bytes) -> bytes:
    """Damage the header, its length, or what lies behind it."""
    (length,) = struct.unpack_from("<Q", data)
    header, rest = data[8 : 8 + length], data[8 + length :]
    how = rng.random()
    if how < 0.1:
        return mutate_bytes(rng, data)
    if how < 0.2:
        return struct.pack("<Q", rng.choice(NUMBERS)) + header + rest
    header = mutate_json(rng, header)
    stated = len(header) if rng.random() < 0.9 else len(header) + rng.randrange(-3, 4)
    return struct.pack("<Q", max(stated, 0)) + header + rest


_SHAPES = (
    "()", "(0,)", "(-1,)", "(9223372036854775807,)", "(4294967296, 4294967296)", "(True,)",
    "(1.5,)", "('a',)", "[2]", "5", "None", "(" + "1," * 70 + ")", "(" + "9" * 5000 + ",)",
    "(" * 300 + ")" * 300, "-(1)", "(0, 9223372036854775807)", "(2**40,)",
)  # fmt: skip
_DESCRIPTIONS = (
    "'|O'", "'<f3'", "'>f8'", "'|V99999999'", "[('a','<f4')]", "'<U1000000000'", "'<M8[s]'", "'x'",
    "['a']", "[('a','<f4',(99999999999,))]", "None", "''", "('<f4', (2,2))", "'|S0'", "'<U0'",
    "[('a', [('b', [('c', '<f4')])])]", "'f4,f4'", "'|V0'", "{}", "'<f4' 'x'", "'>c16'",
)  # fmt: skip


def mutate_npy(rng: random.Random, data: bytes) -> bytes:
    """Damage the header of a .npy file: its version, its length, or the dictionary in it."""
    if rng.random() < 0.25 or not data.startswith(b"\x93NUMPY"):
        return mutate_bytes(rng, data)
    (length,) = struct.unpack_from("<H", data, 8)
    text, rest = data[10 : 10 + length].decode("latin-1"), data[10 + length :]
    for _ in range(rng.choice((1, 2))):
        how = rng.randrange(5)
        if how < 2:
            shape = rng.choice(_SHAPES)
            text = re.sub(r"'shape': \([^)]*\)", lambda _: f"'shape': {shape}", text)  # noqa: B023
        elif how == 2:
            kind = rng.choice(_DESCRIPTIONS)
            text = re.sub(r"'descr': '[^']*'", lambda _: f"'descr': {kind}", text)  # noqa: B023
        elif how == 3:
            text = text.replace("False", rng.choice(("True", "None", "1", "()", "x")))
        else:
            text = mutate_bytes(rng, text.encode("latin-1")).decode("latin-1")
    version = rng.choice((1, 1, 1, 2, 3, 9))
    head = text.encode("latin-1", "replace")
    size = struct.pack("<H" if version == 1 else "<I", len(head) & 0xFFFF)
    return b"\x93NUMPY" + bytes((version, 0)) + size + head + rest
