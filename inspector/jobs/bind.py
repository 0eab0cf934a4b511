"""Say which array would go into which input; nothing is run."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import Report
from inspector.core.sources import Binding
from inspector.jobs.requests import BindRequest
from inspector.samples.binder import bind
from inspector.samples.sets import bind_sets


def run(request: BindRequest, job_dir: Path, report: Report) -> Binding:
    """Fit the data to the inputs; only headers are read.

    Raises:
        InspectorError: A file cannot be read, or there is no data.
    """
    report.stage("Reading the sample data")
    sets = bind_sets(request.inputs, request.data)
    return (sets or bind(request.inputs, request.data, job_dir / "scratch")).binding
