"""How the tensors of a file fit those of a model, by their names and shapes alone."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

MISSING, UNEXPECTED, OTHER_SHAPE = "missing", "unexpected", "other shape"
"""Kinds of rows: only the model has it, only the file has it, both have it in other shapes."""

KINDS = (OTHER_SHAPE, MISSING, UNEXPECTED)
"""In the order in which they are listed: what says most about the reason comes first."""

WRAPPERS = ("module.", "model.", "_orig_mod.", "net.", "network.", "state_dict.", "ema.")
"""What wrappers put before every name; combinations of two are tried too."""

Shape = tuple[int, ...]


class TensorRow(NamedTuple):
    """One tensor that does not fit.

    Attributes:
        name: Its name in the model; for one that only the file has, its name there without the
            prefix that was removed from all.
        kind: One of `KINDS`.
        expected: Its shape in the model, None where the model does not have it.
        found: Its shape in the file, None where the file does not have it.
    """

    name: str
    kind: str
    expected: tuple[int, ...] | None
    found: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Fit:
    """How the names and shapes of a file agree with a model's.

    Attributes:
        prefix: Removed from every name of the file that has it.
        added: Put before every name of the file: the model holds what was saved as a part.
        matched: Number of tensors whose names and shapes agree.
        rows: The others, of either side, sorted by their kinds and in their own order.
    """

    prefix: str
    added: str
    matched: int
    rows: tuple[TensorRow, ...]

    def of(self, kind: str) -> tuple[TensorRow, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.kind == kind)

    def name_of(self, name: str) -> str:
        """What a name of the file is called in the model."""
        return self.added + name.removeprefix(self.prefix)


def fit_tensors(wanted: Mapping[str, Shape], given: Mapping[str, Shape]) -> Fit:
    """The best way in which the names of a file can be those of a model.

    Args:
        wanted: Name to shape of every tensor of the model.
        given: The same of the file.
    """
    fits = [_compare(wanted, given, prefix, "") for prefix in _prefixes(given)]
    inner = common_prefix(wanted)
    if inner:
        fits.append(_compare(wanted, given, "", inner))
    return max(fits, key=_goodness)


def _goodness(fit: Fit) -> tuple[int, int, int]:
    return fit.matched, len(fit.of(OTHER_SHAPE)), -len(fit.prefix) - len(fit.added)


def _prefixes(given: Mapping[str, Shape]) -> Iterable[str]:
    """What may have to be removed, nothing first."""
    both = (one + other for one in ("", *WRAPPERS) for other in ("", *WRAPPERS))
    known = (prefix for prefix in both if any(name.startswith(prefix) for name in given))
    return dict.fromkeys(("", *known, common_prefix(given)))


def common_prefix(names: Collection[str]) -> str:
    """What all names begin with, up to a dot and with it; empty where there is no such thing."""
    first, last = min(names, default=""), max(names, default="")
    shared = zip(first.split(".")[:-1], last.split("."), strict=False)
    parts = itertools.takewhile(lambda pair: pair[0] == pair[1], shared)
    return "".join(f"{part}." for part, _ in parts)


def _compare(
    wanted: Mapping[str, Shape], given: Mapping[str, Shape], prefix: str, added: str
) -> Fit:
    named = {added + name.removeprefix(prefix): shape for name, shape in given.items()}
    rows = [
        TensorRow(name, OTHER_SHAPE, shape, named[name])
        for name, shape in wanted.items()
        if name in named and named[name] != shape
    ]
    matched = sum(name in named for name in wanted) - len(rows)
    rows += [TensorRow(n, MISSING, shape, None) for n, shape in wanted.items() if n not in named]
    rows += [TensorRow(n, UNEXPECTED, None, shape) for n, shape in named.items() if n not in wanted]
    return Fit(prefix, added, matched, tuple(rows))


def shape_of(shape: Shape | None) -> str:
    """A shape as a cell of a table: `[4, 3]`; a dash where there is none."""
    return "-" if shape is None else str(list(shape))
