"""Damage the instructions of pickles: left out, put in, exchanged, with other arguments."""

from __future__ import annotations

import pickletools
import random
import struct
from collections.abc import Sequence

from tests.fuzz.mutate import NUMBERS, TEXTS, mutate_bytes

_LONG = 4096


def instructions(data: bytes) -> tuple[list[bytes], bytes]:
    """The instructions of all pickles that lie one behind the other, and the bytes behind them."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        try:
            places = [place for _, _, place in pickletools.genops(data[at:]) if place is not None]
        except Exception:
            break
        end = places[-1] + 1
        found += [
            data[at + one : at + other]
            for one, other in zip(places, [*places[1:], end], strict=True)
        ]
        at += end
    return found, data[at:]


def _text(rng: random.Random) -> bytes:
    text = rng.choice(TEXTS).encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(text)) + text


def _huge(rng: random.Random) -> bytes:
    """An instruction that asks for much."""
    value = rng.choice(NUMBERS)
    four = struct.pack("<I", value & 0xFFFFFFFF)
    eight = struct.pack("<Q", value)
    return rng.choice(
        (
            b"X" + four, b"T" + four, b"B" + four, b"\x8b" + four, b"\x8d" + eight, b"\x8e" + eight,
            b"\x96" + eight, b"\x95" + eight, b"r" + four, b"j" + four, b"\x84" + four,
            b"\x8b" + struct.pack("<I", 5000) + b"\x7f" * 5000, b"I" + b"9" * 6000 + b"\n",
            b"L" + b"9" * 6000 + b"L\n", b"F1e999\n", b"Fnan\n", b"p99999999\n", b"g-1\n",
            b"\x97", b"\x98", b"P0\n", b"Q", b"\x82\x01",
        )
    )  # fmt: skip


def _deep(rng: random.Random) -> bytes:
    """Instructions that nest what they make."""
    count = rng.choice((10, 900, 1100, 20_000))
    return rng.choice(
        (
            b"(" * count, b"]" * count + b"a" * (count - 1), b"N" + b"\x85" * count,
            b")" + b"\x85" * count, b"(" * count + b"t" * count, b"(" * count + b"l" * count,
            b"2" * count, b"Q" * count, b"N" + b"Q" * count, b"}" + (b"(NN" * count) + b"u",
        )
    )  # fmt: skip


def _circle(rng: random.Random) -> bytes:
    """Something that holds itself."""
    return rng.choice(
        (
            b"]q\xfah\xfaa", b"}q\xfaX\x01\0\0\0ah\xfas", b"}q\xfah\xfah\xfas",
            b"(]q\xfah\xfaah\xfatq\xfbh\xfb", b"cx\ny\n)\x81q\xfah\xfab",
            b"cx\ny\n)Rq\xfa}X\x08\0\0\0_modulesh\xfasb",
        )
    )  # fmt: skip


def _named(rng: random.Random) -> bytes:
    """A name to import, called or not."""
    module, name = rng.choice(
        (
            ("os", "system"), ("builtins", "eval"), ("torch._utils", "_rebuild_tensor_v2"),
            ("torch", "FloatStorage"), ("collections", "OrderedDict"), ("x" * 5000, "y"),
            ("torch._utils", "_rebuild_parameter"), ("torch.storage", "_load_from_bytes"),
            ("joblib.numpy_pickle", "NumpyArrayWrapper"), ("", ""), ("a.b\0c", "d e"),
            ("numpy.core.multiarray", "_reconstruct"), ("numpy", "dtype"),
            ("torch._utils", "_rebuild_qtensor"), ("torch._utils", "_rebuild_sparse_tensor"),
        )
    )  # fmt: skip
    made = f"c{module}\n{name}\n".encode()
    return made + rng.choice((b"", b")R", b")\x81", b"(Nt\x81}b", b"N\x85R", b")}\x92", b"Nb"))


_SHORT = (
    b"(", b"0", b"1", b"2", b"N", b"R", b"Q", b"a", b"b", b"d", b"e", b"l", b"o", b"s", b"t", b"u",
    b"]", b")", b"}", b"\x81", b"\x85", b"\x86", b"\x87", b"\x88", b"\x89", b"\x8f", b"\x90",
    b"\x91", b"\x92", b"\x93", b"\x94", b"\x97", b"\x98", b".", b"K\0", b"K\x01", b"J\xff\xff\xff"
    b"\xff", b"h\0", b"h\x01", b"\x8a\x08" + b"\xff" * 7 + b"\x7f", b"G\x7f\xf0\0\0\0\0\0\0",
)  # fmt: skip


def _argument(rng: random.Random, code: bytes) -> bytes:
    """The instruction with something else behind it."""
    if len(code) < 2:
        return rng.choice(_SHORT)
    if code[0] in b"KMJI" and rng.random() < 0.7:
        return b"\x8a\x08" + struct.pack("<Q", rng.choice(NUMBERS))
    if code[0] in b"XU\x8c" and rng.random() < 0.7:
        return _text(rng)
    return code[:1] + mutate_bytes(rng, code[1:])[: _LONG + len(code)]


def _once(rng: random.Random, codes: list[bytes]) -> None:
    at = rng.randrange(len(codes))
    how = rng.randrange(12)
    if how < 3:
        codes[at] = _argument(rng, codes[at])
    elif how == 3:
        del codes[at : at + rng.choice((1, 1, 3))]
    elif how == 4:
        other = rng.randrange(len(codes))
        codes[at], codes[other] = codes[other], codes[at]
    elif how == 5:
        codes[at:at] = codes[at : at + rng.choice((1, 5, 40))] * rng.choice((1, 2, 20))
    elif how == 6:
        codes[at:at] = [rng.choice(_SHORT)]
    else:
        make = rng.choice((_huge, _deep, _circle, _named, _text))
        made = make(rng)
        codes[at : at + (rng.random() < 0.5)] = [made]


def mutate_codes(rng: random.Random, codes: Sequence[bytes]) -> bytes:
    """Pickles with some of their instructions damaged."""
    changed = list(codes)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        if changed:
            _once(rng, changed)
    return b"".join(changed)


def mutate_pickle(rng: random.Random, data: bytes) -> bytes:
    """Damage what begins with a pickle; what lies behind it stays mostly as it is."""
    codes, rest = instructions(data)
    if not codes or rng.random() < 0.1:
        return mutate_bytes(rng, data)
    if rng.random() < 0.1:
        rest = mutate_bytes(rng, rest)
    return mutate_codes(rng, codes) + rest
