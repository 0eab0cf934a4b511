"""The job that fills in the export page: load a model and say what its `forward()` takes."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import Report
from inspector.jobs.requests import Prepared, PrepareRequest


def run(request: PrepareRequest, job_dir: Path, report: Report) -> Prepared:
    """Load the model, and guess example inputs where none were given.

    Raises:
        InspectorError: It cannot be loaded.
    """
    from inspector.runtimes.pytorch import load_cached
    from inspector.runtimes.pytorch_inputs import GUESSED, propose_inputs

    loaded = load_cached(request.source, report)
    if not request.source.inputs:
        report.stage("Trying example inputs")
    inputs, origin = propose_inputs(loaded, request.source.inputs)
    return Prepared(
        getattr(loaded.module, "original_name", type(loaded.module).__name__),
        loaded.signature.arguments,
        loaded.signature.optional,
        inputs,
        origin == GUESSED,
        loaded.parameters,
        loaded.training,
        loaded.findings,
    )
