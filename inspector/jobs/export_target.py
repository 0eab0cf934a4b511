"""Where an export is written: into the job's folder, by the worker."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.jobs.export_place import MADE, made_files, target_path

LARGE = 1_500_000_000
"""Bytes of weights from which on they go into a file of their own: protobuf ends at 2 GiB."""

LEAKING = ("pkg.torch.onnx.stack_trace",)
"""Metadata in which the exporter writes paths of the exporting machine."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be written, and the folder of the job where it is made."""

    path: Path
    folder: Path

    @property
    def draft(self) -> Path:
        """The new file while it is made."""
        return self.folder / self.path.name

    @property
    def size(self) -> int:
        """Bytes of what was made, weights in a file of their own included."""
        return sum(file.stat().st_size for file in made_files(self.folder, self.path.name))


@contextlib.contextmanager
def writing(output: str, job_dir: Path) -> Iterator[Target]:
    """Make a folder in the job; what failed leaves nothing in it.

    The client puts what was made into its place (`export_place.py`): a confined worker could not.

    Raises:
        InspectorError: `output` is a folder, or its folder is not there.
    """
    path = target_path(output)
    folder = job_dir / MADE
    folder.mkdir()
    try:
        yield Target(path, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def refuse_own_files(output: str, files: Iterable[str]) -> None:
    """An export must not take the place of a file that it is made from.

    Raises:
        InspectorError: `output` is one of `files`, maybe by another name.
    """
    for file in files:
        with contextlib.suppress(OSError):
            if os.path.samefile(Path(output).expanduser(), file):
                raise InspectorError(
                    f"'{output}' is one of the files that the export is made from.",
                    "Choose another name for the ONNX file, so that nothing is lost.",
                )


def save(model: Any, draft: Path) -> None:
    """Write an `onnx_ir` model; large weights go into `NAME.data` beside it."""
    import onnx_ir

    weights = sum(
        value.const_value.nbytes
        for value in model.graph.initializers.values()
        if value.const_value is not None
    )
    external = f"{draft.name}.data" if weights > LARGE else None
    onnx_ir.save(model, draft, external_data=external)


def strip(model: Any) -> int:
    """Remove what names the exporting machine's folders; returns the number of entries removed.

    Module scopes, class names and operator names stay: they say nothing of the machine.
    """
    removed = 0
    for owner in _owners(model):
        for key in LEAKING:
            removed += owner.metadata_props.pop(key, None) is not None
        if owner.doc_string:
            owner.doc_string = None
            removed += 1
    return removed


def _owners(model: Any) -> Iterator[Any]:
    yield model
    for graph in (model.graph, *model.functions.values()):
        yield graph
        for node in graph.all_nodes():
            yield node
            yield from node.outputs
        yield from graph.inputs
    yield from model.graph.initializers.values()
