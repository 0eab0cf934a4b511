"""The five steps of the rail: which make sense now, and the small shape each one carries."""

from __future__ import annotations

from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.known_findings import opened_findings
from inspector.ui.rail import DONE, NO_BADGE, RUNNING, Badge

_COLOURS = {"must": "fail", "should": "review", "note": "none"}


def sensible(document: Document) -> dict[str, bool]:
    """Page id to whether the page has something to say about what is open."""
    reference, candidate = document.reference, document.candidate
    inspection = reference.inspection if reference is not None else None
    checkpoint = inspection is not None and inspection.checkpoint is not None
    exporting = document.job is not None and document.job.task == "export"
    both = reference is not None and candidate is not None
    judged = document.comparison is not None
    any_file = reference is not None or candidate is not None
    return {
        "model": any_file or document.data is not None,
        "export": checkpoint or exporting,
        "compare": (both and not exporting) or judged,
        "findings": any_file,
        "report": both or judged,
    }


def badges(document: Document) -> dict[str, Badge]:
    """Page id to the state that its step shows."""
    return {
        "model": NO_BADGE,
        "export": _export(document),
        "compare": _compare(document),
        "findings": _findings(document),
        "report": NO_BADGE,
    }


def _export(document: Document) -> Badge:
    if document.job is not None and document.job.task == "export":
        return RUNNING
    exported, candidate = document.exported, document.candidate
    done = exported is not None and candidate is not None and exported.output == candidate.path
    return DONE if done else NO_BADGE


def _compare(document: Document) -> Badge:
    if document.job is not None and document.job.task == "compare":
        return RUNNING
    if document.comparison is None:
        return NO_BADGE
    word = document.comparison.verdict.value
    style = look.VERDICT_LOOKS[word]
    words = f"{word}, out of date" if document.out_of_date else word
    return Badge(style.icon, style.word, words=words)


def _findings(document: Document) -> Badge:
    found = opened_findings(document)
    if not found:
        return NO_BADGE
    words = f"{len(found)} open finding{'' if len(found) == 1 else 's'}"
    worst = min((one.severity for one in found), key=list(_COLOURS).index)
    return Badge(token=_COLOURS[worst], count=len(found), words=words)
