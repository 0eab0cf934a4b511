"""How the tensors of a file fit those of a model, tensor by tensor."""

from __future__ import annotations

from typing import NamedTuple

MISSING, UNEXPECTED, OTHER_SHAPE = "missing", "unexpected", "other shape"
"""Kinds of rows: only the model has it, only the file has it, both have it in other shapes."""

KINDS = (OTHER_SHAPE, MISSING, UNEXPECTED)
"""In the order in which they are listed: what says most about the reason comes first."""


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
