"""What the report tells around the verdict: the calculation in 64 bits, other sizes, stopping."""

from __future__ import annotations

from typing import Any, NamedTuple

from inspector.core.answers_beside import outcome_words, referees, size_words
from inspector.core.beside_table import SliceRow, figures, slice_noun, slice_rows
from inspector.core.beside_words import judged_words
from inspector.core.comparison import Comparison, OutputComparison
from inspector.core.referee import Referee, who_is_nearer
from inspector.core.size_trial import BAD_TRIALS
from inspector.core.verdict import side_names
from inspector.core.words import count, counted, size_of_error


class Nearer(NamedTuple):
    """What the calculation in 64 bits says about one output.

    `rows` hold a side's name, its typical distance (RMSE) and its largest; none where the
    calculation has no say.
    """

    output: str
    sentence: str
    rows: tuple[tuple[str, str, str], ...]


class Trial(NamedTuple):
    """One trial at other sizes; `bad` where it shows a difference."""

    sizes: str
    words: str
    detail: str
    bad: bool


def nearer(comparison: Comparison) -> tuple[Nearer, ...]:
    """Each output that was calculated in 64 bits."""
    names = side_names(comparison.reference, comparison.candidate)
    return tuple(
        Nearer(one.output, who_is_nearer(one, names), _distances(one, names))
        for one in referees(comparison)
    )


def _distances(found: Referee, names: tuple[str, str]) -> tuple[tuple[str, str, str], ...]:
    if not found.trusted:
        return ()
    whole = found.whole
    return (
        (names[0], size_of_error(whole.reference_rmse), size_of_error(whole.reference_max)),
        (names[1], size_of_error(whole.candidate_rmse), size_of_error(whole.candidate_max)),
    )


def trials(comparison: Comparison) -> tuple[Trial, ...]:
    """Each trial at other sizes."""
    return tuple(
        Trial(
            size_words(one) + (" (as exported)" if one.exported else ""),
            outcome_words(one, comparison), one.detail, one.outcome in BAD_TRIALS,
        )
        for one in comparison.trials
    )  # fmt: skip


def stopped_words(comparison: Comparison) -> str:
    """That not all was judged that was asked for; empty where all was."""
    judged, planned = comparison.data.samples, comparison.planned
    if not 0 < judged < planned:
        return ""
    return (
        f"This is no complete comparison: it was stopped after {count(judged)} of "
        f"{counted(planned, 'sample')}. The others were not looked at."
    )


def loosened_words(comparison: Comparison) -> str:
    """That a person allows more than the program would; empty where nobody does."""
    names = [f"'{one.name}'" for one in comparison.outputs if one.chosen and one.chosen.loosened]
    if not names:
        return ""
    whose = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"A person allowed {whose} to differ by more than the program would: looser than the "
        "default, so this earns REVIEW at best."
    )


def beside_of(output: OutputComparison) -> dict[str, Any]:
    """What the template shows beside the verdict of one output."""
    return {
        "judged": judged_words(output),
        "figures": figures(output),
        "slices": [_slice(row) for row in slice_rows(output)],
        "slice_head": slice_noun(output).capitalize(),
        "slices_left": len(output.slices.scales) - len(slice_rows(output)) if output.slices else 0,
    }


def _slice(row: SliceRow) -> tuple[str, str, str, str, bool]:
    number = row.name.split()[-1]
    largest, allowed = size_of_error(row.largest), size_of_error(row.allowed)
    return number, largest, allowed, count(row.beyond), row.beyond > 0
