"""What decisions, the calculation in 64 bits and other sizes add to the five answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inspector.core.beside import are_classes
from inspector.core.comparison import Comparison, OutputComparison, Verdict
from inspector.core.referee import Referee, which_side
from inspector.core.review import rounding_explains
from inspector.core.size_trial import BAD_TRIALS, SizeTrial, TrialOutcome
from inspector.core.verdict import side_names
from inspector.core.words import count, counted

_MOST_SIZES = 4


def decisions_words(comparison: Comparison) -> str:
    """Whether what would be chosen changes; empty where nothing is chosen or nothing to be said.

    That a class stays is said only where values differ by more than allowed, for outputs whose
    name says that they hold classes.
    """
    if comparison.verdict is Verdict.CANNOT_JUDGE:
        return ""
    changed = [one for one in comparison.outputs if _changed(one)]
    if changed:
        # An output that is called a class or a score says more than any other.
        return _change(max(changed, key=lambda one: (_has_classes(one), _changed(one))))
    for output in comparison.outputs:
        found = output.beside.decisions
        if output.over_tolerance and found and _has_classes(output):
            return f"The best class stays the same in {_all_of(found.rows, 'sample')}."
    return _masks(comparison.outputs)


def referee_words(comparison: Comparison) -> str:
    """Which side the calculation in 64 bits is on, for the output that matters most."""
    found = referees(comparison)
    if not found:
        return ""
    verdicts = {output.name: output.verdict for output in comparison.outputs}

    def rank(referee: Referee) -> tuple[bool, bool]:
        return not referee.trusted, verdicts.get(referee.output) is not comparison.verdict

    names = side_names(comparison.reference, comparison.candidate)
    return which_side(min(found, key=rank), names)


def referees(comparison: Comparison) -> tuple[Referee, ...]:
    """The calculations in 64 bits as they counted.

    One that is far from the reference is not trusted by itself; where it was confirmed, and the
    verdict rests on it, it is told like one that is.
    """
    outputs = {output.name: output for output in comparison.outputs}
    return tuple(
        replace(one, trusted=True)
        if one.distant and one.output in outputs and rounding_explains(outputs[one.output], one)
        else one
        for one in comparison.referees
    )


def trial_words(comparison: Comparison) -> str:
    """What running at other sizes showed; empty where none was tried."""
    names = side_names(comparison.reference, comparison.candidate)
    parts = []
    bad = [trial for trial in comparison.trials if trial.outcome in BAD_TRIALS]
    good = [trial for trial in comparison.trials if trial.outcome is TrialOutcome.AGREES]
    if bad:
        stops = all(trial.outcome is TrialOutcome.CANDIDATE_STOPPED for trial in bad)
        what = f"{names[1]} stops where {names[0]} runs" if stops else "the two part"
        parts.append(f"At {_sizes(bad)} {what}.")
    if good:
        parts.append(_agreeing(comparison, _sizes(good), bool(bad)))
    return " ".join(parts)


def fixed_words(comparison: Comparison) -> str:
    """Sizes that the file alone keeps from being others; empty where there is none."""
    fixed = [trial for trial in comparison.trials if trial.outcome is TrialOutcome.FIXED]
    if not fixed:
        return ""
    names = side_names(comparison.reference, comparison.candidate)
    symbols = " and ".join(f"'{name}'" for name in dict.fromkeys(one.changed for one in fixed))
    return f"Other sizes of {symbols}: the file takes one only, though {names[0]} takes others."


def _agreeing(comparison: Comparison, sizes: str, others_part: bool) -> str:
    if _parted(comparison):
        return f"Running at {sizes} brought nothing further to light."
    return f"They agree at {sizes}{'' if others_part else ' too'}."


def _parted(comparison: Comparison) -> bool:
    return any(
        output.verdict is Verdict.FAIL or output.over_tolerance for output in comparison.outputs
    )


def outcome_words(trial: SizeTrial, comparison: Comparison) -> str:
    """How a trial ended, with the names of the sides.

    Outputs that part at the data's own sizes are not judged once more at others.
    """
    names = side_names(comparison.reference, comparison.candidate)
    return {
        TrialOutcome.AGREES: "nothing further" if _parted(comparison) else "both agree",
        TrialOutcome.DIFFERS: "they differ",
        TrialOutcome.CANDIDATE_STOPPED: f"{names[1]} stops, {names[0]} runs",
        TrialOutcome.REFERENCE_STOPPED: f"{names[0]} itself stops",
        TrialOutcome.FIXED: "one size only",
    }[trial.outcome]


def size_words(trial: SizeTrial) -> str:
    """The sizes of a trial: `batch = 3`; the one that was changed comes first."""
    ordered = sorted(trial.sizes.items(), key=lambda item: item[0] != trial.changed)
    return ", ".join(f"{symbol} = {size:,}" for symbol, size in ordered)


def _sizes(trials: Sequence[SizeTrial]) -> str:
    """`batch = 1, 2 and 3`, or how many sizes where several were changed."""
    symbols = dict.fromkeys(trial.changed for trial in trials)
    sizes = dict.fromkeys(trial.sizes.get(trial.changed) for trial in trials)
    if len(symbols) != 1 or None in sizes or len(sizes) > _MOST_SIZES:
        return counted(len(trials), "other size")
    texts = [f"{size:,}" for size in sizes if size is not None]
    listed = " and ".join((", ".join(texts[:-1]), texts[-1])) if len(texts) > 1 else texts[0]
    return f"{next(iter(symbols))} = {listed}"


def _has_classes(output: OutputComparison) -> bool:
    found = output.beside.decisions
    one_row = found is not None and found.rows == found.samples
    return found is not None and one_row and are_classes(output.name, found.entries)


def _changed(output: OutputComparison) -> int:
    found = output.beside.decisions
    return found.rows - found.first if found else 0


def _change(output: OutputComparison) -> str:
    found, changed = output.beside.decisions, _changed(output)
    assert found is not None
    if _has_classes(output):
        return f"The best class changes in {count(changed)} of {counted(found.rows, 'sample')}."
    rows = counted(found.rows, "sample" if found.rows == found.samples else "row")
    return f"The largest entry of '{output.name}' changes in {count(changed)} of {rows}."


def _all_of(number: int, noun: str) -> str:
    return f"all {counted(number, noun)}" if number > 1 else f"the one {noun}"


def _masks(outputs: Sequence[OutputComparison]) -> str:
    parted = [one for one in outputs if one.beside.mask and one.beside.mask.overlap < 1.0]
    if not parted:
        return ""
    worst = min(parted, key=lambda one: one.beside.mask.overlap if one.beside.mask else 1.0)
    assert worst.beside.mask is not None
    share = min(99.99, 100.0 * worst.beside.mask.overlap)
    return f"As masks, both sides of '{worst.name}' overlap by {share:.2f} %."
