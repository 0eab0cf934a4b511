"""The language of the filter: `op:Conv dtype:float16 shape:*x3x3 attr:group=1 -name:"block 1"`.

Everything that is asked for must hold. A word is looked for in names and types. `key:value` looks
in one column; `*` stands for any text and `?` for any one character. A minus before it turns it
round, quotes hold spaces together, and upper and lower case are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

KEYS = {
    "name": "part of the name, or the whole with * : name:block*conv",
    "op": "the operator: op:Conv, op:Conv,Gemm",
    "dtype": "the type of the values: dtype:float16, dtype:int*",
    "shape": "the shape: shape:64x3x7x7, shape:*x3x3",
    "attr": "an attribute, with or without its value: attr:group=1, attr:auto_pad",
}
"""What can be asked for by a key, and how; the words of the filter's hint."""

WORD = ""
"""Key of a plain word."""

_TOKEN = re.compile(r'(?P<minus>-?)(?:(?P<key>[A-Za-z_]+):)?(?P<value>(?:"[^"]*"?|[^\s"])*)')
_DTYPES = {
    "fp16": "float16", "half": "float16", "fp32": "float32", "float": "float32", "bf16": "bfloat16",
    "fp64": "float64", "double": "float64", "long": "int64", "int": "int32", "str": "string",
}  # fmt: skip
"""Other names that people use for types."""


class Term(NamedTuple):
    """One thing that is asked for; `key` is one of `KEYS` or `WORD`."""

    key: str
    value: str
    negated: bool = False


class Query(NamedTuple):
    """What was asked for, and what of it could not be understood, in one sentence each."""

    terms: tuple[Term, ...]
    problems: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The text that may be marked in names: the first that is looked for in them."""
        for term in self.terms:
            if term.key in (WORD, "name") and not term.negated:
                return term.value.strip("*") if not set("*?") & set(term.value.strip("*")) else ""
        return ""

    @property
    def needs_facets(self) -> bool:
        """Whether more than the rows' own texts is asked for."""
        return any(term.key in ("attr", "dtype") for term in self.terms)


def parse(text: str) -> Query:
    """Read a query; whatever is typed is read as something.

    A word with a colon whose key is not known is looked for as it stands, and that is said.
    """
    terms: list[Term] = []
    problems: list[str] = []
    for found in _TOKEN.finditer(text):
        if not found.group():
            continue
        key, negated = found["key"] or WORD, bool(found["minus"])
        value = found["value"].replace('"', "")
        known = key.lower()
        if key and known not in KEYS:
            names = ", ".join(KEYS)
            problems.append(f"'{key}:' is no key, so it is looked for as text; keys are {names}.")
            known, value = WORD, f"{key}:{value}"
        if not value:
            if key:
                example = KEYS[known].rpartition(": ")[2]
                problems.append(f"'{key}:' needs a value, such as {example}.")
            elif found["minus"] and found.group() == "-":
                terms.append(Term(WORD, "-"))
            continue
        terms.append(Term(known, value, negated))
    return Query(tuple(terms), tuple(dict.fromkeys(problems)))


class Column:
    """One text per row, of which few differ: each distinct text is looked at once.

    Args:
        texts: [n] texts.
        applies: [n] rows that have this column at all; None: all.
    """

    def __init__(self, texts: Sequence[str], applies: Mask | None = None) -> None:
        codes: dict[str, int] = {}
        self._codes = np.array([codes.setdefault(text, len(codes)) for text in texts], np.int64)
        self._vocabulary = [text.lower() for text in codes]
        self._applies = applies

    @classmethod
    def coded(cls, codes: npt.NDArray[np.integer], vocabulary: Sequence[str]) -> Column:
        """A column whose distinct texts are known; a code of -1 is a row without one."""
        made = cls(())
        made._codes = codes.astype(np.int64)
        made._vocabulary = [text.lower() for text in vocabulary]
        made._applies = codes >= 0
        return made

    def where(self, holds: Callable[[str], bool]) -> Mask:
        """[n] rows whose text, in lower case, `holds`."""
        if not self._vocabulary:
            return np.zeros(self._codes.size, np.bool_)
        found = np.array([holds(text) for text in self._vocabulary], np.bool_)[self._codes]
        return found if self._applies is None else found & self._applies


def evaluate(query: Query, columns: Mapping[str, Column], rows: int) -> Mask:
    """Which rows a query keeps.

    Args:
        query: What was asked for.
        columns: By key, with the texts of plain words under `WORD`. A key that is not there holds
            for no row.
        rows: n.

    Returns:
        [n] True for the rows that hold all of it; all rows for an empty query.
    """
    kept: Mask = np.ones(rows, np.bool_)
    for term in query.terms:
        column = columns.get(term.key)
        found = np.zeros(rows, np.bool_) if column is None else column.where(test_of(term))
        kept &= ~found if term.negated else found
    return kept


def test_of(term: Term) -> Callable[[str], bool]:
    """What a text of the term's column, in lower case, must be."""
    value = term.value.lower()
    if term.key in (WORD, "name"):
        if term.key == WORD or not set("*?") & set(value):
            return lambda text: value in text
        return glob(value)
    if term.key == "shape":
        return glob(plain_shape(value))
    if term.key == "attr":
        return _attribute(value)
    wanted = [part for part in value.split(",") if part]
    if term.key == "dtype":
        wanted = [_DTYPES.get(part, part) for part in wanted]
    tests = [glob(part) for part in wanted]
    return lambda text: any(test(text) for test in tests)


def _attribute(value: str) -> Callable[[str], bool]:
    """Attributes stand one per line, `name=value` without spaces."""
    name, equals, wanted = value.replace(" ", "").partition("=")
    test = glob(f"{name}={wanted}" if equals else f"{name}=*")
    return lambda text: any(test(line) for line in text.split("\n") if line)


def plain_shape(text: str) -> str:
    """A shape in the form in which shapes are looked for: `64x3x7x7`; `scalar` without axes."""
    stripped = text.strip()
    if stripped == "[]":
        return "scalar"
    stripped = stripped.removeprefix("[").removesuffix("]").replace("'", "").lower()
    return re.sub(r"\s*[,\u00d7]\s*", "x", stripped)


def glob(pattern: str) -> Callable[[str], bool]:
    """A test for texts that match as a whole; `*` is any text, `?` any character.

    Each piece between stars is looked for once, after the one before it, so that no pattern takes
    long.
    """
    pieces = pattern.split("*")
    if len(pieces) == 1 and "?" not in pattern:
        return lambda text: text == pattern
    if "?" not in pattern:
        return _pieces(pieces[0], pieces[1:-1], pieces[-1])
    found = [re.compile(re.escape(piece).replace(r"\?", "."), re.DOTALL) for piece in pieces]
    if len(found) == 1:
        return lambda text: found[0].fullmatch(text) is not None
    last = len(pieces[-1])

    def matches(text: str) -> bool:
        at = found[0].match(text)
        place = at.end() if at else -1
        for piece in found[1:-1]:
            at = piece.search(text, place) if place >= 0 else None
            place = at.end() if at else -1
        end = len(text) - last
        return 0 <= place <= end and found[-1].fullmatch(text, end) is not None

    return matches


def _pieces(first: str, between: Sequence[str], last: str) -> Callable[[str], bool]:
    """A test for texts that begin with `first`, end with `last`, with the rest in order."""
    inner = [piece for piece in between if piece]

    def matches(text: str) -> bool:
        if not (text.startswith(first) and text.endswith(last)):
            return False
        place, end = len(first), len(text) - len(last)
        for piece in inner:
            found = text.find(piece, place, end)
            if found < 0:
                return False
            place = found + len(piece)
        return place <= end

    return matches
