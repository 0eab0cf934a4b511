"""The job that shows one sample of the data, before anything is run on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.core.sample_preview import SamplePreview
from inspector.jobs.requests import PreviewRequest
from inspector.samples.binder import bind
from inspector.samples.fit import UNFIT, batch_rule, fit
from inspector.samples.preview import preview
from inspector.samples.registry import read_arrays
from inspector.samples.stored import SampleArray


def run(request: PreviewRequest, job_dir: Path, report: Report) -> SamplePreview:
    """Look at one sample of one array; no more is read than that.

    Raises:
        InspectorError: A file cannot be read, or holds no array of that name.
    """
    report.stage("Reading a sample", request.array)
    array = _array_of(request, job_dir / "scratch")
    return preview(array, _axis_of(request, array), request.sample)


def _array_of(request: PreviewRequest, scratch: Path) -> SampleArray:
    for array in _arrays(request, scratch):
        if array.name == request.array:
            return array
    raise InspectorError(
        f"The sample data holds no array named '{request.array}'.",
        "It may have been saved anew: open it again.",
    )


def _arrays(request: PreviewRequest, scratch: Path) -> Iterable[SampleArray]:
    data = request.data
    if data.random:
        feeds = bind(request.inputs, data, scratch).feeds
        yield from (column.array for column in (feeds.columns if feeds is not None else ()))
    for path in data.paths:
        yield from read_arrays(Path(path), scratch, data)


def _axis_of(request: PreviewRequest, array: SampleArray) -> int:
    """Axis along which samples count: as for the input that gets the array, else the first."""
    rule = batch_rule(request.inputs)
    for value in request.inputs:
        if value.name == request.input:
            found = fit(value, array, rule, 0)
            if found.status != UNFIT:
                return found.axis
    return 0
