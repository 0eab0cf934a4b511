"""The jobs that only read files: what is in one, and what one row of it is about."""

from __future__ import annotations

from pathlib import Path

from inspector.core.inspection import Detail, Inspection
from inspector.core.progress import Report
from inspector.jobs.requests import DetailRequest, InspectRequest


def inspect_file(request: InspectRequest, job_dir: Path, report: Report) -> Inspection:
    """Read the structure of a file; nothing in it is executed."""
    from inspector.formats.inspect import inspect

    report.stage("Reading the file", Path(request.path).name)
    outline_dir = job_dir if request.outline else None
    return inspect(request.path, digest=request.digest, outline_dir=outline_dir)


def describe_row(request: DetailRequest, job_dir: Path, report: Report) -> Detail:
    """Describe one row of the outline."""
    from inspector.formats.detail import describe

    return describe(request.path, request.row)
