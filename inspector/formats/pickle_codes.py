"""What each pickle instruction does on the machine, one entry per opcode.

Source: `Lib/pickletools.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inspector.formats.pickle_values import (
    Call,
    Global,
    Opaque,
    PickleError,
    escaped,
    extend,
    key_of,
    pairs,
    put,
    whole,
)

if TYPE_CHECKING:
    from inspector.formats.pickle_machine import Machine

BLOB = 1 << 20
"""Bytes of the longest text that is kept, and of other bytes where nothing else is asked for."""

_LONGEST = 1 << 10
"""Bytes of the longest integer that is worked out; nothing here needs a longer one."""


def _push(m: Machine, value: Any) -> None:
    m.stack.append(value)


def _u1(m: Machine) -> int:
    value: int = m.data[m.at]
    m.at += 1
    return value


def _u2(m: Machine) -> int:
    return int.from_bytes(m.take(2), "little")


def _u4(m: Machine) -> int:
    return int.from_bytes(m.take(4), "little")


def _u8(m: Machine) -> int:
    return int.from_bytes(m.take(8), "little")


def _text(m: Machine, count: int) -> str:
    found = m.blob(count, BLOB)
    return "" if isinstance(found, Opaque) else found.decode("utf-8", "surrogatepass")


def _latin(m: Machine, count: int) -> Any:
    """A protocol 1 string: text in Python 2, whose files are read as Latin-1."""
    found = m.blob(count, BLOB)
    return found if isinstance(found, Opaque) else found.decode("latin-1")


def _long(m: Machine, count: int) -> Any:
    if count > _LONGEST:
        m.take(count)
        return Opaque(count)
    return int.from_bytes(m.take(count), "little", signed=True)


def _mark(m: Machine) -> None:
    m.marks.append(m.stack)
    m.stack = []


def _tuple(m: Machine, count: int) -> None:
    if len(m.stack) < count:
        raise PickleError(f"the stack is empty at byte {m.at}")
    m.stack[-count:] = [tuple(m.stack[-count:])]


def _marked_to(m: Machine, make: Callable[[list[Any]], Any]) -> None:
    items = m.marked()
    m.stack.append(make(items))


def _dict(m: Machine) -> None:
    items = m.marked()
    m.stack.append({key_of(key): value for key, value in pairs(items)})


def _append(m: Machine) -> None:
    value = m.stack.pop()
    extend(m.stack[-1], [value])


def _appends(m: Machine) -> None:
    items = m.marked()
    extend(m.stack[-1], items)


def _setitem(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    put(m.stack[-1], key, value)


def _setitems(m: Machine) -> None:
    items = m.marked()
    target = m.stack[-1]
    for key, value in pairs(items):
        put(target, key, value)


def _reduce(m: Machine) -> None:
    args = m.stack.pop()
    m.stack[-1] = m.call(m.stack[-1], args)


def _newobj_ex(m: Machine) -> None:
    named, args = m.stack.pop(), m.stack.pop()
    made = m.call(m.stack[-1], args)
    made.state = named
    m.stack[-1] = made


def _obj(m: Machine) -> None:
    items = m.marked()
    m.stack.append(m.call(items[0], tuple(items[1:])))


def _inst(m: Machine) -> None:
    found = m.named(m.line(), m.line())
    items = m.marked()
    m.stack.append(m.call(found, tuple(items)))


def _build(m: Machine) -> None:
    state = m.stack.pop()
    target = m.stack[-1]
    if isinstance(target, Call):
        target.state = state
        if isinstance(target.function, Global):
            target.function.members = 0  # a member of an enumeration is given nothing
        m.built(target)


def _global(m: Machine) -> None:
    module = m.line()
    m.stack.append(m.named(module, m.line()))


def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    m.stack.append(m.named(module, name))


def _extension(m: Machine, code: int) -> None:
    m.stack.append(m.named("copyreg", f"extension {code}"))


def _memoize(m: Machine) -> None:
    m.memo[len(m.memo)] = m.stack[-1]


def _pop(m: Machine) -> None:
    if m.stack:
        m.stack.pop()
    else:
        m.marked()


def _put(m: Machine, index: int) -> None:
    m.memo[index] = m.stack[-1]


CODES: dict[int, Callable[[Machine], Any]] = {
    ord("("): _mark,
    ord("0"): _pop,
    ord("1"): lambda m: m.marked(),
    ord("2"): lambda m: _push(m, m.stack[-1]),
    ord("F"): lambda m: _push(m, float(m.line())),
    ord("I"): lambda m: _push(m, whole(m.line())),
    ord("J"): lambda m: _push(m, int.from_bytes(m.take(4), "little", signed=True)),
    ord("K"): lambda m: _push(m, _u1(m)),
    ord("L"): lambda m: _push(m, whole(m.line())),
    ord("M"): lambda m: _push(m, _u2(m)),
    ord("N"): lambda m: _push(m, None),
    ord("P"): lambda m: _push(m, m.persist(m.line())),
    ord("Q"): lambda m: _push(m, m.persist(m.stack.pop())),
    ord("R"): _reduce,
    ord("S"): lambda m: _push(m, escaped(m.line())),
    ord("T"): lambda m: _push(m, _latin(m, _u4(m))),
    ord("U"): lambda m: _push(m, _latin(m, _u1(m))),
    ord("V"): lambda m: _push(m, m.line("raw-unicode-escape")),
    ord("X"): lambda m: _push(m, _text(m, _u4(m))),
    ord("a"): _append,
    ord("b"): _build,
    ord("c"): _global,
    ord("d"): _dict,
    ord("e"): _appends,
    ord("g"): lambda m: _push(m, m.memo[int(m.line())]),
    ord("h"): lambda m: _push(m, m.memo[_u1(m)]),
    ord("i"): _inst,
    ord("j"): lambda m: _push(m, m.memo[_u4(m)]),
    ord("l"): lambda m: _marked_to(m, list),
    ord("o"): _obj,
    ord("p"): lambda m: _put(m, int(m.line())),
    ord("q"): lambda m: _put(m, _u1(m)),
    ord("r"): lambda m: _put(m, _u4(m)),
    ord("s"): _setitem,
    ord("t"): lambda m: _marked_to(m, tuple),
    ord("u"): _setitems,
    ord("]"): lambda m: _push(m, []),
    ord(")"): lambda m: _push(m, ()),
    ord("}"): lambda m: _push(m, {}),
    ord("G"): lambda m: _push(m, struct.unpack(">d", m.take(8))[0]),
    ord("B"): lambda m: _push(m, m.blob(_u4(m))),
    ord("C"): lambda m: _push(m, m.blob(_u1(m))),
    0x80: lambda m: _u1(m),
    0x81: _reduce,
    0x82: lambda m: _extension(m, _u1(m)),
    0x83: lambda m: _extension(m, _u2(m)),
    0x84: lambda m: _extension(m, _u4(m)),
    0x85: lambda m: _tuple(m, 1),
    0x86: lambda m: _tuple(m, 2),
    0x87: lambda m: _tuple(m, 3),
    0x88: lambda m: _push(m, True),
    0x89: lambda m: _push(m, False),
    0x8A: lambda m: _push(m, _long(m, _u1(m))),
    0x8B: lambda m: _push(m, _long(m, _u4(m))),
    0x8C: lambda m: _push(m, _text(m, _u1(m))),
    0x8D: lambda m: _push(m, _text(m, _u8(m))),
    0x8E: lambda m: _push(m, m.blob(_u8(m))),
    0x8F: lambda m: _push(m, []),
    0x90: _appends,
    0x91: lambda m: _marked_to(m, tuple),
    0x92: _newobj_ex,
    0x93: _stack_global,
    0x94: _memoize,
    0x95: lambda m: m.take(8),
    0x96: lambda m: _push(m, m.blob(_u8(m))),
    0x97: lambda m: _push(m, Opaque()),
    0x98: lambda m: None,
}
"""Opcode to what it does. Stop (`.`) ends the loop of the machine itself."""
