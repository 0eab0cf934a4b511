"""What running a model at other sizes than the exported ones showed: one record per trial."""

from __future__ import annotations

import enum
from typing import NamedTuple


class TrialOutcome(enum.StrEnum):
    """How a trial ended."""

    AGREES = "agrees"
    DIFFERS = "differs"
    """Both sides ran, and their outputs differ in form or by more than allowed."""
    CANDIDATE_STOPPED = "candidate stopped"
    """The reference ran, the candidate refused or failed."""
    REFERENCE_STOPPED = "reference stopped"
    """The reference itself does not take this size: nothing is shown."""
    FIXED = "fixed"
    """The file declares the size fixed, so nothing was run; the reference takes others."""


BAD_TRIALS = (TrialOutcome.DIFFERS, TrialOutcome.CANDIDATE_STOPPED)
"""Outcomes that show a difference."""


class SizeTrial(NamedTuple):
    """One trial.

    Attributes:
        sizes: Each symbolic dimension with the size it was given, such as `{"batch": 3}`.
        changed: The symbol that differs from the data's own sizes.
        outcome: How it ended.
        detail: A sentence: the output and by how much, or what the runtime said.
        exported: True for the sizes that the file was exported with, where they are known.
    """

    sizes: dict[str, int]
    changed: str
    outcome: TrialOutcome
    detail: str = ""
    exported: bool = False
