"""Remarks about a model or a comparison: what, why it matters, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

MUST, SHOULD, NOTE = "must", "should", "note"
"""Severities: must be mended, should be mended, good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark.

    Attributes:
        rule: Short stable name, such as `training-mode`.
        severity: `must`, `should` or `note`.
        sentence: What was found, one sentence.
        why: Why it matters.
        mend: How to mend it.
        where: Names of the nodes, inputs or tensors concerned.
    """

    rule: str
    severity: str
    sentence: str
    why: str
    mend: str
    where: tuple[str, ...] = ()
