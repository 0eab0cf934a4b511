"""The job that holds two ONNX files against each other, without running them."""

from __future__ import annotations

import hashlib
import math
import time
from pathlib import Path

import numpy as np

from inspector.core.difference import Difference, compare_models, counts_of
from inspector.core.failures import InspectorError
from inspector.core.model import Model, Tensor
from inspector.core.progress import Report
from inspector.core.value_change import ValueChange
from inspector.formats.tensor_values import open_values
from inspector.jobs.reading import opened
from inspector.jobs.requests import AgainstRequest

MOST = 1 << 27
"""Values of both files, in all, that are read a second time to say how much they differ."""

UNTOLD = "values differ"
"""What is said where that would take too long."""


def run(request: AgainstRequest, job_dir: Path, report: Report) -> Difference:
    """Say what differs between two ONNX files.

    Raises:
        InspectorError: A file cannot be read, or is no ONNX file.
    """
    began = time.perf_counter()
    report.stage("Reading the files")
    found = [opened(path).found for path in request.paths]
    models = [one for one in found if isinstance(one, Model)]
    if len(models) != 2:
        raise InspectorError("The difference is that of two ONNX files.", "Name two ONNX files.")
    report.stage("Comparing the graphs")
    first, second = (_Digests(model.path, report) for model in models)
    changes, nodes, weights = compare_models(
        models[0], models[1], (first.of, second.of), _Words(models[0].path, models[1].path).of
    )
    return Difference(
        paths=(models[0].path, models[1].path),
        changes=changes[: request.limit or None],
        counts=counts_of(changes),
        same_nodes=nodes,
        same_weights=weights,
        unread=(*first.unread.items(), *second.unread.items()),
        seconds=time.perf_counter() - began,
        left_out=max(0, len(changes) - request.limit) if request.limit else 0,
    )


class _Words:
    """Says what changed between two tensors, as long as that takes bounded time."""

    def __init__(self, first: str, second: str) -> None:
        self._first, self._second = first, second
        self._left = MOST

    def of(self, first: Tensor, second: Tensor) -> str:
        """How many values differ and by how much; `UNTOLD` once too many have been read."""
        self._left -= math.prod(first.shape)
        if self._left < 0:
            return UNTOLD
        change = ValueChange()
        try:
            with open_values(self._first, first) as one, open_values(self._second, second) as other:
                for start, block in one.blocks():
                    change.update(block, other.block(start, start + block.size))
        except InspectorError:
            return UNTOLD
        return change.sentence


class _Digests:
    """SHA-256 of tensors, block by block."""

    def __init__(self, path: str, report: Report) -> None:
        self._path, self._report = path, report
        self.unread: dict[str, str] = {}

    def of(self, tensor: Tensor) -> str:
        """The digest of the values; empty where they cannot be read."""
        if tensor.values is not None:
            return hashlib.sha256(repr(tensor.values).encode("utf-8", "replace")).hexdigest()
        self._report.progress(None, tensor.name)
        made = hashlib.sha256()
        try:
            with open_values(self._path, tensor) as values:
                for _, block in values.blocks():
                    if block.dtype.kind in "OSUT":
                        made.update("\0".join(map(str, block)).encode("utf-8", "replace"))
                    elif block.size:
                        made.update(np.ascontiguousarray(block).data.cast("B"))
        except InspectorError as error:
            self.unread[tensor.name] = error.failure.sentence
            return ""
        return made.hexdigest()
