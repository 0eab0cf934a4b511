"""What the document holds of an open file, and how the reference is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.ui.later import later
from inspector.ui.libraries import states_of

if TYPE_CHECKING:
    from inspector.core.failures import Failure
    from inspector.core.input_spec import InputSpec
    from inspector.core.inspection import Inspection
    from inspector.jobs import requests
    from inspector.jobs.requests import ModelSource
    from inspector.ui.document import Document
else:
    requests = later("inspector.jobs.requests")


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One of the two model files: being read, read, or not readable.

    `outline` is the folder of the tree's columns, which may be there before the inspection is.
    """

    path: str
    inspection: Inspection | None = None
    failure: Failure | None = None
    outline: str | None = None

    @property
    def name(self) -> str:
        """File name without folders."""
        return Path(self.path).name


@dataclass(frozen=True, slots=True)
class Plan:
    """How the reference is run and exported: what the export page edits.

    Attributes:
        code: `FILE.py[:CALLABLE]`, empty where none is needed.
        code_args: JSON object of keyword arguments.
        trusted: The person agreed to run what the file and `code` bring.
        again: That holds for the same file and source from now on, see `consents.py`.
        state: Which set of weights to take where a checkpoint holds several; empty: the likeliest.
        inputs: Example inputs.
        output_names: Names for the outputs; empty: by place.
    """

    code: str = ""
    code_args: str = "{}"
    trusted: bool = False
    inputs: tuple[InputSpec, ...] = ()
    output_names: tuple[str, ...] = ()
    again: bool = True
    state: str = ""


def paths_of(document: Document) -> tuple[str, ...]:
    """Every model file and every file of data that is open."""
    opened = [side.path for side in (document.reference, document.candidate) if side is not None]
    return (*opened, *(document.data.paths if document.data is not None else ()))


def read_paths_of(document: Document) -> tuple[str, ...]:
    """All that, and the folder of what a comparison leaves to be looked at."""
    return (*paths_of(document), str(document.runner.folder))


def source_of(document: Document, side: str) -> ModelSource:
    """What the worker needs to run one side."""
    opened = document.file(side)
    assert opened is not None
    facts = opened.inspection.checkpoint if opened.inspection else None
    if side == "reference" and facts is not None:
        plan = document.plan
        return requests.ModelSource(
            opened.path, plan.code, plan.code_args, plan.trusted, plan.inputs, plan.output_names,
            state=plan.state,
        )  # fmt: skip
    # Whoever chose the libraries agreed to their being loaded as they were, and to nothing else.
    libraries = document.custom_ops
    agreed = bool(libraries) and states_of(libraries) == document.agreed
    return requests.ModelSource(opened.path, trust=agreed, custom_ops=libraries)


def sides_of(models: list[tuple[str, str]]) -> list[tuple[str, bool]]:
    """Which of the files opened together is the reference: a checkpoint, or the first of two ONNX.

    Args:
        models: Path and kind (`onnx`, `checkpoint`) of each.
    """
    two = len(models) == 2 and all(kind == "onnx" for _, kind in models)
    return [
        (path, kind != "onnx" or (two and number == 0))
        for number, (path, kind) in enumerate(models)
    ]
