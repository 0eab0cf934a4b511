"""Whether two files that disagree hold the same weights: the first thing to rule out."""

from __future__ import annotations

import os
from pathlib import Path

from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import InspectorError
from inspector.core.finding import MUST, Finding, count, some
from inspector.core.matching import Match, Matching
from inspector.core.progress import Report
from inspector.jobs.requests import AgainstRequest

_MOST_BYTES = 2 << 30
"""Bytes of both files; larger ones are not read whole for one remark."""

_FOLDED = ("folded", "scaled", "perhaps-folded")
"""What a batch normalisation makes of the tensors around it, checked by value or not."""


def other_weights(comparison: Comparison, job_dir: Path) -> tuple[Finding, ...]:
    """Remark on weights that differ between a checkpoint and the ONNX file held against it.

    Looked for where the two disagree only: it reads every weight of both.

    Args:
        comparison: The verdict, and the paths of both sides.
        job_dir: Folder of the job.

    Returns:
        One finding; none where the weights are the same, or cannot be told apart so.
    """
    if comparison.verdict not in (Verdict.FAIL, Verdict.REVIEW):
        return ()
    if not any(output.over_tolerance for output in comparison.outputs):
        return ()
    paths = comparison.reference.path, comparison.candidate.path
    matching = _match(paths, job_dir)
    if matching is None:
        return ()
    # What a fused batch normalisation changed is not found by value, and no sign of anything.
    folded = {_module(one) for one in matching.matches if one.relation in _FOLDED}
    changed = [one for one in matching.matches if one.relation == "changed"]
    changed = [one for one in changed if _module(one) not in folded]
    if not changed:
        return ()
    return (_finding(changed, matching, os.path.basename(comparison.reference.path)),)


def _match(paths: tuple[str, str], job_dir: Path) -> Matching | None:
    from inspector.jobs import match

    try:
        if sum(os.path.getsize(path) for path in paths if os.path.isfile(path)) > _MOST_BYTES:
            return None
        return match.run(AgainstRequest(paths), job_dir, Report())
    except (InspectorError, OSError):
        # Of two ONNX files, of recordings and of programs there is nothing to match by name.
        return None


def _module(one: Match) -> str:
    return one.name.rpartition(".")[0]


def _finding(changed: list[Match], matching: Matching, checkpoint: str) -> Finding:
    names = tuple(one.name for one in changed)
    total = sum(matching.counts.values())
    return Finding(
        "other-weights",
        MUST,
        f"{count(len(changed), 'tensor')} of {total:,} in '{checkpoint}' "
        f"{'has' if len(changed) == 1 else 'have'} other values in the ONNX file: {some(names)}.",
        "Two files with different weights are two models, however alike they are built. The "
        "export may come from an earlier checkpoint, or its weights were rounded afterwards.",
        "Export this checkpoint again, or compare with the one that the file was made from.",
        names,
    )
