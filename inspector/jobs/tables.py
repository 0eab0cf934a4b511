"""The jobs that lay out a file for others: its tables as CSV, and what the filter looks in."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import Report
from inspector.jobs.reading import built_outline, opened
from inspector.jobs.requests import FacetsRequest, TableRequest, Written


def write_table(request: TableRequest, job_dir: Path, report: Report) -> Written:
    """Write the nodes or the tensors of a file as CSV into the job's folder.

    Raises:
        InspectorError: The file cannot be read, or has no such table.
    """
    from inspector.formats import tables

    report.stage("Reading the file", Path(request.path).name)
    found = opened(request.path).found
    report.stage("Writing the table", request.table)
    path = job_dir / f"{request.table}.csv"
    return Written(str(path), tables.write_table(found, request.table, path))


def write_facets(request: FacetsRequest, job_dir: Path, report: Report) -> Written:
    """Write attributes and types of nodes for `formats.facets.load_facets`.

    Raises:
        InspectorError: The file cannot be read.
    """
    from inspector.formats.facets import find_facets, save_facets

    report.stage("Reading the attributes", Path(request.path).name)
    kept = opened(request.path)
    outline = built_outline(kept)
    save_facets(find_facets(outline, kept.found), job_dir)
    return Written(str(job_dir), len(outline))
