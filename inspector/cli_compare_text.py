"""What `compare` prints: the verdict, the two sides, every output, and what is told around it."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.cli_console import table
from inspector.cli_inspect import findings_text
from inspector.core.answers_beside import referees
from inspector.core.beside_words import beside_words
from inspector.core.comparison import Comparison, OutputComparison, Side
from inspector.core.referee import who_is_nearer
from inspector.core.verdict import side_names
from inspector.core.words import two_values

_MOST_OUTPUTS = 3


def text_of(comparison: Comparison, report: str) -> Iterator[str]:
    """The lines; `report` is the path of the report that was written, if any."""
    yield f"{comparison.verdict.value}. {comparison.sentence}"
    yield ""
    data = comparison.data
    kind = "real data" if data.real else "not real data"
    rows = [
        ("Reference", comparison.reference.path, _runtime(comparison.reference)),
        ("Candidate", comparison.candidate.path, _runtime(comparison.candidate)),
        ("Data", data.source, f"{data.samples:,} samples, {kind}"),
    ]
    yield from table(("", "", ""), rows)[1:]
    if comparison.outputs:
        yield from ("", "Outputs")
        yield from table(
            ("name", "verdict", "values ", "equal ", "over ", "largest ", "mean ", "RMSE ",
             "allowed "),
            [_row(output) for output in comparison.outputs],
        )  # fmt: skip
    yield from _worst(comparison)
    yield from _beside(comparison)
    yield from findings_text(comparison.findings)
    for title, lines in (
        ("Pairing", _pairing(comparison)),
        ("In 64 bits", _referees(comparison)),
        ("Other sizes", _trials(comparison)),
        ("How sure", (comparison.how_sure,)),
        ("Not checked", comparison.not_checked),
        ("Next", (comparison.next_step,)),
        ("Report", (report,)),
    ):
        if any(lines):
            yield from ("", title)
            yield from (f"  {line}" for line in lines if line)


def _pairing(comparison: Comparison) -> tuple[str, ...]:
    """Outputs that are held against one of another name, or that a person paired."""
    told = {"order": "by order", "chosen": "as chosen"}
    return tuple(
        f"'{pair.reference}' with '{pair.candidate}' of the candidate, {told[pair.by]}"
        for pair in comparison.pairing
        if pair.by in told
    )


def _runtime(side: Side) -> str:
    return f"{side.runtime} {side.version}".strip() + f" on {side.device}"


def _row(output: OutputComparison) -> tuple[str, ...]:
    allowed = output.allowed
    return (
        output.name,
        output.verdict.value,
        f"{output.elements:,}",
        f"{output.equal:,}",
        f"{output.over_tolerance + output.nonfinite_mismatch:,}",
        f"{output.max_absolute_error:.3g}",
        f"{output.mean_absolute_error:.3g}",
        f"{output.rmse:.3g}",
        f"{allowed.absolute:.3g} + {allowed.relative:.3g}*|ref|",
    )


def _worst(comparison: Comparison) -> Iterator[str]:
    ranked = sorted(comparison.outputs, key=_badness, reverse=True)
    for output in [one for one in ranked if one.worst][:_MOST_OUTPUTS]:
        rows = []
        for worst in output.worst:
            reference, candidate = two_values(worst.reference, worst.candidate)
            place = str(list(worst.index))
            errors = f"{worst.absolute_error:.3g}", f"{worst.allowed:.3g}"
            rows.append((f"{worst.sample:,}", place, reference, candidate, *errors))
        yield from ("", f"Worst values of '{output.name}'")
        yield from table(
            ("sample ", "place", "reference ", "candidate ", "differ by ", "allowed "), rows
        )


def _badness(output: OutputComparison) -> float:
    shares = (w.absolute_error / w.allowed if w.allowed else 0.0 for w in output.worst)
    return max(shares, default=0.0)


def _beside(comparison: Comparison) -> Iterator[str]:
    """Facts beside the verdict, about the outputs that need them most."""
    for output in sorted(comparison.outputs, key=_badness, reverse=True)[:_MOST_OUTPUTS]:
        lines = beside_words(output)
        if lines:
            yield from ("", f"About '{output.name}'")
            yield from (f"  {line}" for line in lines)


def _referees(comparison: Comparison) -> tuple[str, ...]:
    names = side_names(comparison.reference, comparison.candidate)
    told = ((one.output, who_is_nearer(one, names)) for one in referees(comparison))
    return tuple(f"'{output}': {sentence}" for output, sentence in told if sentence)


def _trials(comparison: Comparison) -> tuple[str, ...]:
    return tuple(
        f"{', '.join(f'{symbol} = {size:,}' for symbol, size in trial.sizes.items())}: "
        f"{trial.outcome.value}{'. ' if trial.detail else ''}{trial.detail}"
        for trial in comparison.trials
    )
