"""The job that looks at the values of one stored tensor, block by block."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.model import Tensor
from inspector.core.progress import Report
from inspector.core.tensor_facts import NO_BARS, NO_SIZES, Bars, Picture, Scalar, TensorFacts
from inspector.core.tensor_picture import (
    Layout,
    MatrixPicture,
    TilePicture,
    layout_of,
    tile_text,
)
from inspector.core.tensor_statistics import TensorStatistics, finite_numbers
from inspector.core.value_bars import LinearBars, SignedSizeBars
from inspector.core.walk import constant_of
from inspector.formats import columns as rows
from inspector.formats.stored import tensor_named
from inspector.formats.tensor_values import TensorValues, open_values
from inspector.jobs.reading import built_outline, opened
from inspector.jobs.requests import TensorRequest

FIRST = 64
"""Values that are listed."""

_LONGEST = 200
_LARGEST_TEXT = 1 << 30


def run(request: TensorRequest, job_dir: Path, report: Report) -> TensorFacts:
    """Read a tensor twice: once for everything, once for the histogram between its limits.

    Raises:
        InspectorError: There is no such tensor, or its values cannot be read.
    """
    began = time.perf_counter()
    report.stage("Reading the file", Path(request.path).name)
    tensor = _find(request)
    with open_values(request.path, tensor) as values:
        facts = _look(values, _placed(request.path, tensor), job_dir, report)
        if request.npy:
            npy = _write_npy(values, job_dir / "tensor.npy", report)
            written = "string" if values.dtype.kind in "OSUT" else values.dtype.name
            facts = replace(facts, npy=npy, npy_dtype=written)
    return replace(facts, seconds=time.perf_counter() - began)


def _placed(path: str, tensor: Tensor) -> TensorFacts:
    """What is known before a value is read."""
    place = tensor.payload
    return TensorFacts(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        bytes=tensor.bytes,
        file=(place.file if place else "") or Path(path).name,
        offset=place.offset if place else -1,
        length=place.length if place else 0,
        values=0,
    )


def _look(values: TensorValues, facts: TensorFacts, job_dir: Path, report: Report) -> TensorFacts:
    layout = layout_of(values.shape) if values.dtype.kind in "biufc" else None
    picture = _picture(layout)
    statistics, sizes = TensorStatistics(), SignedSizeBars()
    report.stage("Reading the values", facts.name)
    for start, block in _told(values, report):
        sizes.update(statistics.update(block))
        if picture is not None:
            real = np.abs(block) if block.dtype.kind == "c" else block
            picture.update(start, real)
    report.stage("Counting the values", facts.name)
    finite = statistics.finite > 0
    return replace(
        facts,
        values=statistics.values,
        zeros=statistics.zeros,
        nan=statistics.nan,
        positive_infinity=statistics.positive_infinity,
        negative_infinity=statistics.negative_infinity,
        minimum=statistics.minimum,
        maximum=statistics.maximum,
        mean=statistics.mean if finite else None,
        deviation=statistics.deviation,
        bars=_bars(values, statistics, report),
        sizes=sizes.bars() if finite else NO_SIZES,
        first=_first(values),
        picture=_saved(picture, layout, job_dir, odd=statistics.finite < statistics.values),
    )


def _find(request: TensorRequest) -> Tensor:
    kept = opened(request.path)
    if request.row < 0:
        return tensor_named(kept.found, request.name)
    outline = built_outline(kept)
    kind = int(outline.kind[request.row]) if request.row < len(outline) else -1
    item = outline.items[request.row] if kind >= 0 else None
    found = item if kind in (rows.INITIALIZER, rows.TENSOR) else None
    if kind == rows.NODE and item is not None:
        found = constant_of(item)
    if not isinstance(found, Tensor):
        raise InspectorError(
            "This row stands for no stored tensor.", "Open the file again if it has changed."
        )
    return found


def _told(values: TensorValues, report: Report) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """The blocks, while the listener hears how far they are, a few times a second."""
    told = time.perf_counter()
    for start, block in values.blocks():
        yield start, block
        now = time.perf_counter()
        if now - told > 0.2:
            told = now
            report.progress((start + block.size) / values.size)


def _bars(values: TensorValues, statistics: TensorStatistics, report: Report) -> Bars:
    low, high = statistics.minimum, statistics.maximum
    if low is None or high is None:
        return NO_BARS
    linear = LinearBars(float(low), float(high), values.dtype.kind in "biu")
    for _, block in _told(values, report):
        linear.update(finite_numbers(block))
    return linear.bars()


def _first(values: TensorValues) -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    for item in values.block(0, min(FIRST, values.size)).tolist():
        if isinstance(item, (bool, int, float)):
            found.append(item)
        else:
            text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            found.append(text[:_LONGEST])
    return tuple(found)


def _picture(layout: Layout | None) -> MatrixPicture | TilePicture | None:
    if layout is None:
        return None
    if layout.tile[0]:
        return TilePicture(layout.rows, layout.columns, layout.tile)
    return MatrixPicture(layout.rows, layout.columns)


def _saved(
    picture: MatrixPicture | TilePicture | None, layout: Layout | None, job_dir: Path, *, odd: bool
) -> Picture | None:
    if picture is None or layout is None:
        return None
    cells = picture.cells()
    file = job_dir / "picture.npy"
    np.save(file, cells, allow_pickle=False)
    text = tile_text(layout, picture.shown) if isinstance(picture, TilePicture) else layout.text
    text += "; what is pink is NaN or infinite" if odd else ""
    return Picture(str(file), (cells.shape[0], cells.shape[1]), layout.tile, text)


def _write_npy(values: TensorValues, path: Path, report: Report) -> str:
    """Write the values as numpy reads them, without holding them all."""
    report.stage("Writing the values", path.name)
    dtype = _text_type(values) if values.dtype.kind in "OSUT" else values.dtype.newbyteorder("<")
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
        np.lib.format.write_array_header_2_0(file, {**header, "shape": values.shape})
        for _, block in _told(values, report):
            _write(file, np.asarray(block, dtype))
    return str(path)


def _write(file: BinaryIO, block: npt.NDArray[Any]) -> None:
    file.write(np.ascontiguousarray(block).data.cast("B") if block.size else b"")


def _text_type(values: TensorValues) -> np.dtype[Any]:
    """The text type of numpy that fits: it has one width for all."""
    longest = 1
    for _, block in values.blocks():
        longest = max(longest, max((len(str(one)) for one in block), default=1))
    if longest * 4 * values.size > _LARGEST_TEXT:
        raise InspectorError(
            "These strings cannot be written as .npy: numpy gives each the room of the longest, "
            f"{longest:,} characters.",
            "Read them from the model with the onnx package.",
        )
    return np.dtype(f"<U{longest}")
