"""The rules that a person may change for the next comparison, and what they are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import chosen, looser, tolerance
    from inspector.core.comparison import Allowed, OutputComparison, Slices
    from inspector.core.sources import Choice
    from inspector.ui.document import Document
else:
    chosen = later("inspector.core.chosen")
    looser = later("inspector.core.looser")
    tolerance = later("inspector.core.tolerance")

EVERY = ""
"""Name of the row whose tolerance holds for every output without one of its own."""


class Row(NamedTuple):
    """One output and what it may differ by.

    Attributes:
        name: Its name; `EVERY` for all.
        dtype: Its dtype; empty for all.
        default: What the program itself allows; None before it was compared.
        slices: How the program judges it slice by slice.
        choice: The tolerance that holds for it; None for the default.
        judged: Whether a comparison by this very choice found it looser; None before it.
    """

    name: str
    dtype: str = ""
    default: Allowed | None = None
    slices: Slices | None = None
    choice: Choice | None = None
    judged: bool | None = None

    @property
    def loosened(self) -> bool | None:
        """Whether the choice is looser than the default; None where that is not known yet."""
        if self.choice is None:
            return False
        if self.judged is not None:
            return self.judged
        if self.default is not None:
            return looser.is_looser(self.choice, self.default, self.slices)
        return looser.looser_beforehand(self.choice, self.dtype) if self.dtype else None

    @property
    def origin(self) -> str:
        """Where the numbers of the default come from."""
        if self.default is not None and self.default.origin:
            return self.default.origin
        return tolerance.tolerance_for(self.dtype).origin if self.dtype else ""


def rows(document: Document) -> tuple[Row, ...]:
    """One row for all outputs, and one for each that is known."""
    choices = document.tolerances
    own = next((one for one in reversed(choices) if one.output == EVERY), None)
    found = [_row(one, choices) for one in _compared(document)]
    if not found:
        candidate = document.candidate
        facts = candidate.inspection.onnx if candidate and candidate.inspection else None
        found = [
            Row(value.name, value.dtype, choice=chosen.choice_for(value.name, choices))
            for value in (facts.outputs if facts is not None else ())
        ]
    return (Row(EVERY, choice=own), *found)


def _compared(document: Document) -> tuple[OutputComparison, ...]:
    return document.comparison.outputs if document.comparison is not None else ()


def _row(output: OutputComparison, choices: tuple[Choice, ...]) -> Row:
    known = output.chosen
    default = known.default if known else output.allowed
    choice = chosen.choice_for(output.name, choices)
    same = known and choice and (known.absolute, known.relative) == choice[1:]
    judged = known.loosened if known and same else None
    return Row(output.name, output.dtype, default, output.slices, choice, judged)


def choose(document: Document, output: str, choice: Choice | None) -> None:
    """Let a tolerance hold for an output, or (None) the default."""
    others = tuple(one for one in document.tolerances if one.output != output)
    document.set_rules(tolerances=others if choice is None else (*others, choice))


def usable(document: Document) -> tuple[Choice, ...]:
    """The tolerances for outputs that there are: another file may have others."""
    names = {row.name for row in rows(document)}
    return tuple(one for one in document.tolerances if one.output in names)
