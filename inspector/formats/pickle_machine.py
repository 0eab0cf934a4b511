"""Read a pickle without running it.

A pickle is a program for a small stack machine; what makes it dangerous is that it may import
any name and call it. This machine imports nothing and calls nothing: a name becomes a `Global`,
a call becomes a `Call` that remembers what would have been called. It is written out here and
not built on `pickle.Unpickler`, whose C code can be made to reserve any amount of memory by a
single number, and to overrun its stack by hashing nested keys.

Source: `Lib/pickletools.py`, the reference of all opcodes up to protocol 5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from inspector.formats.pickle_codes import BLOB, CODES
from inspector.formats.pickle_values import (
    GETATTR,
    Call,
    Global,
    Opaque,
    Persistent,
    PickleCutShortError,
    PickleError,
    PickleTooLongError,
)
from inspector.formats.protobuf_wire import Buffer

LIMIT = 4_000_000
"""Instructions of all pickles together; a checkpoint of 100,000 tensors has about three million."""

LINES = 1_000_000
"""Lines of text of all pickles together, as old protocols write names and numbers: each takes as
long as several instructions, and a checkpoint has few."""

NAMES = 20_000
"""Different names; a file of a large model has some hundred."""


class Budget:
    """What all pickles of one file may take together, so that it is listed in two seconds."""

    def __init__(self) -> None:
        self.instructions, self.lines = LIMIT, LINES


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def one_budget() -> Iterator[None]:
    """All machines that are made inside share what one file may take."""
    token = _budget.set(Budget())
    try:
        yield
    finally:
        _budget.reset(token)


class Machine:
    """Runs the instructions of one pickle, or of several in a row that share their names."""

    def __init__(
        self, data: Buffer, persistent: Callable[[Any], Any] = Persistent, start: int = 0
    ) -> None:
        self.data = data
        self.at = start
        self.globals: dict[tuple[str, str], Global] = {}
        self.calls: list[Call] = []
        self.longest = BLOB
        self._persistent = persistent
        self._budget = _budget.get() or Budget()
        self._clear()

    def _clear(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The next pickle's object; `at` then stands behind it.

        Raises:
            PickleTooLongError: They go on without end.
            PickleError: The bytes follow no such encoding.
        """
        self._clear()
        data, codes, done = self.data, CODES, 0
        try:
            for done in range(self._budget.instructions):  # noqa: B007 - counted at the end
                code = data[self.at]
                self.at += 1
                if code == 0x2E:
                    return self.stack.pop()
                codes[code](self)
        except IndexError as error:
            if self.at >= len(data):
                raise PickleCutShortError("the pickle has no end") from error
            raise PickleError(f"the stack is empty at byte {self.at}") from error
        except KeyError as error:
            raise PickleError(f"no such instruction or memo at byte {self.at}: {error}") from error
        except (TypeError, ValueError, UnicodeError, OverflowError, struct.error) as error:
            raise PickleError(f"{error} at byte {self.at}") from error
        finally:
            self._budget.instructions -= done + 1
        raise PickleTooLongError(f"{LIMIT:,} instructions")

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start, end = self.at, self.at + count
        if end > len(self.data):
            self.at = len(self.data)
            raise PickleCutShortError("the pickle has no end")
        self.at = end
        return self.data[start:end]

    def line(self, encoding: str = "utf-8") -> str:
        """The text up to the next line break, which protocol 0 uses."""
        self._budget.lines -= 1
        if self._budget.lines < 0:
            raise PickleTooLongError(f"{LINES:,} lines")
        end = self.data.find(b"\n", self.at, self.at + 65536)
        if end < 0:
            raise PickleError(f"a line without end at byte {self.at}")
        text = self.data[self.at : end].decode(encoding, "replace")
        self.at = end + 1
        return text

    def blob(self, count: int, longest: int = 0) -> bytes | Opaque:
        """The next bytes, or only their place and number where there are many."""
        if count <= (longest or self.longest):
            return self.take(count)
        if self.at + count > len(self.data):
            self.at = len(self.data)
            raise PickleCutShortError("the pickle has no end")
        self.at += count
        return Opaque(count, self.at - count)

    def named(self, module: Any, name: Any) -> Global:
        """The one `Global` of this name."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise PickleError(f"a name that is no text at byte {self.at}")
        found = self.globals.get((module, name))
        if found is None:
            if len(self.globals) >= NAMES:
                raise PickleError(f"more than {NAMES:,} names")
            found = self.globals[module, name] = Global(module, name)
        found.mentions += 1
        return found

    def marked(self) -> list[Any]:
        """Everything above the last mark, which is removed."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def built(self, target: Call) -> None:
        """Called when an object has been given its state; some pickles go on in another form."""

    def call(self, function: Any, args: Any) -> Any:
        """The object of a call, which does not take place."""
        if isinstance(function, Global):
            function.uses += 1
            function.members += function.path == GETATTR and _names_a_member(args)
        elif isinstance(function, Call) and isinstance(function.function, Global):
            function.function.members = 0  # what is called is no member of an enumeration
        for given in args if isinstance(args, tuple) else ():
            if isinstance(given, Global):
                given.members = 0  # `getattr` itself is handed on to who knows whom
        made = Call(function, args)
        if isinstance(args, tuple) and args and isinstance(args[0], str):
            self.calls.append(made)
        return made

    def persist(self, identifier: Any) -> Any:
        """What stands for an object outside the pickle."""
        return self._persistent(identifier)


def _names_a_member(args: Any) -> bool:
    """Whether `getattr` is given a class and a plain name, and so nothing further to go on from."""
    if not isinstance(args, tuple) or len(args) != 2 or not isinstance(args[0], Global):
        return False
    return isinstance(args[1], str) and args[1].isidentifier() and not args[1].startswith("_")
