"""The pairs that come with the program, so that each verdict can be seen at once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.ui import look
from inspector.ui.document import CANDIDATE, REFERENCE, Document, Plan
from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import input_spec
    from inspector.jobs import requests
else:
    input_spec = later("inspector.core.input_spec")
    requests = later("inspector.jobs.requests")


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair of `resources/samples/samples.json`, with whole paths.

    `verdict` is what the comparison says, empty where there is nothing to compare yet.
    """

    id: str
    title: str
    sentence: str
    verdict: str
    reference: str
    candidate: str
    data: str
    code: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def samples() -> tuple[Sample, ...]:
    """Every bundled pair, in the order of the file."""
    listed = json.loads(look.resource("samples", "samples.json").read_text(encoding="utf-8"))
    return tuple(_sample(entry) for entry in listed["samples"])


def _sample(entry: dict[str, object]) -> Sample:
    files = entry["files"]
    inputs, outputs = entry["inputs"], entry["outputs"]
    assert isinstance(files, dict)
    assert isinstance(inputs, list)
    assert isinstance(outputs, list)
    return Sample(
        id=str(entry["id"]),
        title=str(entry["title"]),
        sentence=str(entry["sentence"]),
        verdict=str(entry["verdict"] or ""),
        reference=_path(files["reference"]),
        candidate=_path(files["candidate"]),
        data=_path(files["data"]),
        code=_path(files["code"]),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
    )


def _path(name: str | None) -> str:
    return str(look.resource("samples", *name.split("/"))) if name else ""


def open_sample(document: Document, sample: Sample) -> None:
    """Open a pair with all it needs; its code is the program's own and needs no consent."""
    document.open_file(sample.reference, REFERENCE)
    document.set_plan(
        Plan(
            code=sample.code,
            trusted=True,
            inputs=tuple(input_spec.parse_input_spec(text) for text in sample.inputs),
            output_names=sample.outputs,
        )
    )
    if sample.candidate:
        document.open_file(sample.candidate, CANDIDATE)
    elif document.candidate is not None:
        document.close_file(CANDIDATE)
    document.set_data(requests.DataSource(paths=(sample.data,)) if sample.data else None)


def is_bundled(path: str) -> bool:
    """Whether a file is one of the program's own."""
    return os.path.abspath(path).startswith(str(look.resource("samples")) + os.sep)
