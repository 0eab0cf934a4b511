"""List the elements behind one bar of a histogram, from the outputs that were kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inspector.core.comparison import Allowed
from inspector.core.elements import Bar, list_elements
from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.jobs.requests import Elements, ElementsRequest
from inspector.runtimes.base import Array


def run(request: ElementsRequest, job_dir: Path, report: Report) -> Elements:
    """Find the elements; the outputs are read block by block.

    Raises:
        InspectorError: The outputs were not kept, or are gone.
    """
    report.stage("Looking for the values")
    bar = Bar(request.metric, request.lower, request.upper)
    allowed = Allowed(request.absolute, request.relative, request.rounding, 1.0, request.scale)
    sides = _kept(request.reference_file), _kept(request.candidate_file)
    found = list_elements(*sides, bar, allowed, request.limit, slices=request.slices)
    return Elements(found.total, found.worst)


def _kept(path: str) -> Array:
    try:
        kept: Array = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise InspectorError(
            "The values of this output were not kept.", "Compare again to list them.", str(error)
        ) from error
    return kept
