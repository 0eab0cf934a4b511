"""Whether a tolerance that a person chose allows more than the program's own would."""

from __future__ import annotations

from inspector.core.comparison import Allowed, Slices
from inspector.core.sources import Choice
from inspector.core.tolerance import tolerance_for


def is_looser(choice: Choice, default: Allowed, slices: Slices | None = None) -> bool:
    """Whether some element may differ by more than the default allows.

    Args:
        choice: What was chosen.
        default: What the program itself would allow.
        slices: How it would judge slice by slice; None where one scale fits all.
    """
    most = default.absolute + default.relative * default.scale
    if choice.absolute > least_allowed(default, slices):
        return True
    return choice.absolute + choice.relative * default.scale > most


def least_allowed(default: Allowed, slices: Slices | None) -> float:
    """What the strictest part of an output is allowed whatever the value."""
    if slices is None:
        return default.absolute
    return min(slices.allowed(at, default) for at in range(len(slices.scales)))


def looser_beforehand(choice: Choice, dtype: str) -> bool | None:
    """The same where no output was seen yet; None where that depends on its largest value."""
    rule = tolerance_for(dtype)
    if rule.exact:
        return choice.absolute > 0.0 or choice.relative > 0.0
    if choice.relative > rule.relative:
        return True
    return False if choice.absolute == 0.0 else None
