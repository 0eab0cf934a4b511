"""Where an export is written: beside its target first, and in its place only when it is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.jobs import protocol

LARGE = 1_500_000_000
"""Bytes of weights from which on they go into a file of their own: protobuf ends at 2 GiB."""

LEAKING = ("pkg.torch.onnx.stack_trace",)
"""Metadata in which the exporter writes paths of the exporting machine."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be written, and the hidden folder beside it where it is made."""

    path: Path
    folder: Path

    @property
    def draft(self) -> Path:
        """The new file while it is made."""
        return self.folder / self.path.name

    def place(self) -> int:
        """Put the new file in its place, its weights first; returns their size in bytes."""
        made = [file for file in self.folder.iterdir() if file.is_file()]
        made.sort(key=lambda file: file == self.draft)
        size = sum(file.stat().st_size for file in made)
        for file in made:
            os.replace(file, self.path.with_name(file.name))
        return size


@contextlib.contextmanager
def writing(output: str, job_dir: Path) -> Iterator[Target]:
    """Make a hidden folder beside `output`; it is gone afterwards, also when the job is killed.

    Raises:
        InspectorError: The folder is not there or cannot be written to.
    """
    path = Path(output).expanduser().absolute()
    if path.is_dir():
        raise InspectorError(
            f"'{path}' is a folder.", "Name the file to write, such as model.onnx in it."
        )
    if not path.parent.is_dir():
        raise InspectorError(
            f"The folder '{path.parent}' does not exist.", "Make it, or choose another one."
        )
    folder = Path(tempfile.mktemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    protocol.will_leave(job_dir, folder)
    try:
        folder.mkdir()
    except OSError as error:
        raise InspectorError(
            f"The folder '{path.parent}' cannot be written to.",
            "Change its permissions, or choose another folder.",
            str(error),
        ) from error
    try:
        yield Target(path, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
