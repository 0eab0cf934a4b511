"""One remark about a model or a comparison: what, why it matters, how to mend it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

MUST, SHOULD, NOTE = "must", "should", "note"
"""Severities: must be mended, should be mended, good to know."""

SEVERITIES = (MUST, SHOULD, NOTE)


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
        accepted: Why somebody accepted it for this file, and who; empty: it is open.
    """

    rule: str
    severity: str
    sentence: str
    why: str
    mend: str
    where: tuple[str, ...] = ()
    accepted: str = ""


class Remark(NamedTuple):
    """What a rule says; its name and its docstring complete the finding."""

    severity: str
    sentence: str
    mend: str
    where: tuple[str, ...] = ()


T = TypeVar("T")
Rule = Callable[[T], Iterator[Remark]]
"""A function whose name is the rule's name and whose docstring says why it matters."""


def apply(rules: Sequence[Rule[T]], subject: T) -> tuple[Finding, ...]:
    """What the rules remark on `subject`, worst first, else in the order of the rules."""
    found = [
        Finding(name(rule), *remark[:2], explanation(rule), *remark[2:])
        for rule in rules
        for remark in rule(subject)
    ]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))


def name(rule: Callable[..., Iterator[Remark]]) -> str:
    """Stable name of a rule: its function's name with hyphens."""
    return rule.__name__.replace("_", "-")


def explanation(rule: Callable[..., Iterator[Remark]]) -> str:
    """Why a rule matters: its docstring as one paragraph."""
    return " ".join((inspect.getdoc(rule) or "").split())


def without(findings: Sequence[Finding], muted: Sequence[str]) -> tuple[Finding, ...]:
    """The findings but those of rules that somebody has muted for this file, by name."""
    return tuple(finding for finding in findings if finding.rule not in muted)


def count(number: int, word: str, plural: str = "") -> str:
    """A number with its noun: `1 node`, `2,000 nodes`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {plural or word + 's'}"


def some(names: Sequence[str], limit: int = 3) -> str:
    """The first names in quotes, and how many more there are."""
    shown = ", ".join(f"'{item}'" for item in names[:limit])
    left = len(names) - limit
    return f"{shown} and {left:,} more" if left > 0 else shown
