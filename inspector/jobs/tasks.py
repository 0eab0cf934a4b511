"""Every kind of job: what it is asked with, what it answers, and where its function is.

The functions are imported when a job of their kind first runs, so that this table costs a client
nothing. Each has the form `run(request, job_dir, report) -> result`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.comparison import Comparison
from inspector.core.difference import Difference
from inspector.core.inspection import Detail, Inspection
from inspector.core.layers import Localisation
from inspector.core.matching import Matching
from inspector.core.progress import Report
from inspector.core.providers import Providers
from inspector.core.sample_preview import SamplePreview
from inspector.core.suggestion import Suggestions
from inspector.core.tensor_facts import TensorFacts
from inspector.jobs import requests

Run = Callable[[Any, Path, Report], Any]


class Task(NamedTuple):
    """One kind of job. `function` is `module:function`."""

    request: type
    result: type
    function: str

    def load(self) -> Run:
        """The function that carries it out."""
        module, _, name = self.function.partition(":")
        run: Run = getattr(importlib.import_module(module), name)
        return run


TASKS: dict[str, Task] = {
    "inspect": Task(requests.InspectRequest, Inspection, "inspector.jobs.reading:inspect_file"),
    "detail": Task(requests.DetailRequest, Detail, "inspector.jobs.reading:describe_row"),
    "row": Task(requests.RowRequest, requests.Row, "inspector.jobs.reading:find_row"),
    "tensor": Task(requests.TensorRequest, TensorFacts, "inspector.jobs.tensor:run"),
    "table": Task(requests.TableRequest, requests.Written, "inspector.jobs.tables:write_table"),
    "facets": Task(requests.FacetsRequest, requests.Written, "inspector.jobs.tables:write_facets"),
    "match": Task(requests.AgainstRequest, Matching, "inspector.jobs.match:run"),
    "difference": Task(requests.AgainstRequest, Difference, "inspector.jobs.difference:run"),
    "prepare": Task(requests.PrepareRequest, requests.Prepared, "inspector.jobs.prepare:run"),
    "suggest": Task(requests.SuggestRequest, Suggestions, "inspector.jobs.suggest:run"),
    "export": Task(requests.ExportRequest, requests.Exported, "inspector.jobs.export:run"),
    "convert": Task(requests.ConvertRequest, requests.Converted, "inspector.jobs.convert:run"),
    "bind": Task(requests.BindRequest, requests.Binding, "inspector.jobs.bind:run"),
    "preview": Task(requests.PreviewRequest, SamplePreview, "inspector.jobs.preview:run"),
    "compare": Task(requests.CompareRequest, Comparison, "inspector.jobs.compare:run"),
    "localise": Task(requests.LocaliseRequest, Localisation, "inspector.jobs.localise:run"),
    "providers": Task(requests.ProvidersRequest, Providers, "inspector.jobs.compare_providers:run"),
    "elements": Task(
        requests.ElementsRequest, requests.Elements, "inspector.jobs.compare_elements:run"
    ),
}
