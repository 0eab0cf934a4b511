"""Which findings explain a verdict: those whose rule speaks of what was seen go first."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

from inspector.core.comparison import Comparison, OutputComparison, Verdict
from inspector.core.finding import SEVERITIES, Finding
from inspector.core.size_trial import TrialOutcome


class Sign(enum.Enum):
    """Something that a comparison has shown and that wants a cause."""

    DOES_NOT_REPEAT = enum.auto()
    NOT_FINITE = enum.auto()
    OTHER_SIZES = enum.auto()
    POSITIONS = enum.auto()
    VALUES = enum.auto()
    FORM = enum.auto()


_CAUSES: dict[Sign, tuple[str, ...]] = {
    Sign.DOES_NOT_REPEAT: (
        "training-mode", "random-operators", "saved-in-training-mode", "traced-in-training-mode",
        "exported-in-training-mode", "batch-statistics",
    ),
    Sign.NOT_FINITE: (
        "overflow", "beyond-half", "unsafe-exponential", "unsafe-logarithm", "unsafe-division",
        "missing-kernels",
    ),
    Sign.OTHER_SIZES: ("baked-sizes", "dimension-fixed", "fixed-batch"),
    Sign.POSITIONS: ("index-ties",),
    Sign.VALUES: (
        "other-weights", "other-layout", "large-means", "large-scores", "training-mode",
        "batch-statistics", "saved-in-training-mode", "traced-in-training-mode",
        "exported-in-training-mode",
        "old-opset", "opset-differs", "interpolation", "padding", "saturating-products",
        "random-operators", "unsafe-division", "unsafe-exponential", "unsafe-logarithm", "overflow",
    ),
    Sign.FORM: ("other-layout", "fixed-batch", "dimension-fixed", "float64-outputs"),
}  # fmt: skip
"""Sign to the rules that may explain it, the likeliest first."""


def signs(comparison: Comparison) -> tuple[Sign, ...]:
    """What a comparison has shown that wants a cause; empty for a PASS."""
    outputs = comparison.outputs
    broken = {TrialOutcome.DIFFERS, TrialOutcome.CANDIDATE_STOPPED}
    seen = {
        Sign.DOES_NOT_REPEAT: any(repeat.random for repeat in comparison.repeats)
        or (comparison.verdict is Verdict.CANNOT_JUDGE and comparison.data.samples > 0),
        Sign.FORM: any(output.structure for output in outputs),
        Sign.NOT_FINITE: any(one.nonfinite_mismatch or one.nan_agreed for one in outputs),
        Sign.POSITIONS: any(one.over_tolerance and _whole_numbers(one) for one in outputs),
        Sign.VALUES: any(one.over_tolerance and not _whole_numbers(one) for one in outputs),
        Sign.OTHER_SIZES: any(trial.outcome in broken for trial in comparison.trials),
    }
    return tuple(sign for sign, there in seen.items() if there)


def _whole_numbers(output: OutputComparison) -> bool:
    return output.dtype.startswith(("int", "uint"))


def explaining(findings: Iterable[Finding], seen: Sequence[Sign]) -> tuple[Finding, ...]:
    """Those findings whose rule may explain what was seen, the likeliest first."""
    order = [rule for sign in seen for rule in _CAUSES[sign]]
    found = [finding for finding in findings if finding.rule in order]
    return tuple(sorted(found, key=lambda one: (order.index(one.rule), _rank(one))))


def by_relevance(findings: Sequence[Finding], comparison: Comparison) -> tuple[Finding, ...]:
    """All findings: what explains the verdict first, then the rest, worst first."""
    first = explaining(findings, signs(comparison))
    rest = sorted((one for one in findings if one not in first), key=_rank)
    return (*first, *rest)


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)
