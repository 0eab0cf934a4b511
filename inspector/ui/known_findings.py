"""Every remark about what is open, in the order that serves best, accepted ones marked so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import causes, finding
    from inspector.core.finding import Finding
    from inspector.ui.document import Document
else:
    causes = later("inspector.core.causes")
    finding = later("inspector.core.finding")


def findings_of(document: Document) -> tuple[Finding, ...]:
    """Remarks about both files, the export and the comparison.

    What explains the verdict goes first, as far as there is one that holds; else the worst.
    """
    marked = tuple(
        replace(one, accepted=document.accepted.get((one.rule, path), ""))
        for one, path in owned_findings(document).items()
    )
    comparison = None if document.out_of_date else document.comparison
    if comparison is not None:
        return causes.by_relevance(marked, comparison)
    return tuple(sorted(marked, key=lambda one: finding.SEVERITIES.index(one.severity)))


def owned_findings(document: Document) -> dict[Finding, str]:
    """Each remark once, with the path of the file that it is about."""
    found: dict[Finding, str] = {}
    candidate, reference = document.candidate, document.reference
    for opened, others in (
        (candidate, (document.exported, document.comparison, document.localisation)),
        (reference, (document.prepared,)),
    ):
        path = opened.path if opened is not None else ""
        parts = (opened.inspection if opened is not None else None, *others)
        for part in parts:
            _add(found, part.findings if part is not None else (), path)
    return found


def _add(found: dict[Finding, str], findings: Iterable[Finding], path: str) -> None:
    for one in findings:
        found.setdefault(one, path)


def opened_findings(document: Document) -> tuple[Finding, ...]:
    """Those that nobody has accepted."""
    return tuple(one for one in document.findings if not one.accepted)
