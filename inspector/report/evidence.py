"""The pictures of one output: read from the kept outputs, one sample at a time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.comparison import OutputComparison
from inspector.report.charts import scatter_svg
from inspector.report.pictures import DIFFERENCES, VALUES, heat_map, shrunk

MOST_DOTS = 2_000


class HeatMap(NamedTuple):
    """One picture with its title and the values at the ends of its scale."""

    title: str
    png: bytes
    width: int
    scale: str


class HeatMaps(NamedTuple):
    """Reference, candidate and their difference, for one sample."""

    maps: tuple[HeatMap, ...]
    words: str


class Scatter(NamedTuple):
    """A chart of value against value."""

    svg: str
    words: str


def _kept(output: OutputComparison) -> tuple[npt.NDArray[np.generic], ...] | None:
    files = (output.reference_file, output.candidate_file)
    if not all(file and Path(file).is_file() for file in files) or not output.kept_samples:
        return None
    arrays = tuple(np.load(file, mmap_mode="r", allow_pickle=False) for file in files)
    numeric = all(a.dtype.kind in "fiub" and a.ndim >= 1 and a.size for a in arrays)
    return arrays if numeric and arrays[0].shape == arrays[1].shape else None


def _marked(output: OutputComparison, samples: int) -> tuple[int, tuple[int, ...]]:
    """The worst element among the kept samples, else the first of all."""
    for worst in output.worst:
        if worst.sample < samples:
            return worst.sample, worst.index
    return 0, ()


def heat_maps(output: OutputComparison, sides: tuple[str, str]) -> HeatMaps | None:
    """Pictures of the sample with the worst element, for outputs of two or more dimensions.

    Of an output with more than two dimensions the plane of its last two that holds the worst
    element is shown. None where the output has another form or was not kept.
    """
    arrays = _kept(output)
    if arrays is None or arrays[0].ndim < 3 or min(arrays[0].shape[-2:]) < 2:
        return None
    sample, index = _marked(output, len(arrays[0]))
    leading = tuple(index[:-2]) if len(index) == arrays[0].ndim - 1 else ()
    leading = leading or (0,) * (arrays[0].ndim - 3)
    reference, candidate = (np.asarray(a[sample][leading], dtype=np.float64) for a in arrays)
    with np.errstate(invalid="ignore"):
        difference = shrunk(candidate - reference)
    finite = reference[np.isfinite(reference)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    apart = difference[np.isfinite(difference)]
    most = float(np.abs(apart).max()) if apart.size else 0.0
    values = f"{low:.3g} to {high:.3g}"
    made = (
        (sides[0], shrunk(reference), low, high, VALUES, values),
        (sides[1], shrunk(candidate), low, high, VALUES, values),
        ("Difference", difference, -most, most, DIFFERENCES, f"-{most:.1e} to +{most:.1e}"),
    )
    maps = (
        HeatMap(title, heat_map(plane, start, end, colours), 188, scale)
        for title, plane, start, end, colours, scale in made
    )
    where = f", part {list(leading)}" if leading else ""
    return HeatMaps(tuple(maps), f"Sample {sample}{where}: the one with the largest difference.")


def scatter(output: OutputComparison, sides: tuple[str, str]) -> Scatter | None:
    """Value against value, for outputs that are no pictures.

    At most `MOST_DOTS` elements are drawn: those of the sample with the worst element first,
    the rest taken evenly from the others; the words say when not all are drawn.
    """
    arrays = _kept(output)
    if arrays is None or arrays[0].ndim >= 3:
        return None
    sample, _ = _marked(output, len(arrays[0]))
    width = int(np.prod(arrays[0].shape[1:]))
    step = max(1, -(-len(arrays[0]) * width // MOST_DOTS))
    taken = np.unique(np.concatenate([np.arange(0, len(arrays[0]), step), [sample]]))
    per_sample = max(1, -(-width * len(taken) // MOST_DOTS))
    reference, candidate = (
        np.asarray(a[taken], dtype=np.float64).reshape(len(taken), -1)[:, ::per_sample].ravel()
        for a in arrays
    )
    finite = np.isfinite(reference) & np.isfinite(candidate)
    reference, candidate = reference[finite], candidate[finite]
    if not reference.size:
        return None
    allowed = output.allowed.absolute + output.allowed.relative * np.abs(reference)
    beyond = np.abs(candidate - reference) > allowed
    total = output.elements
    words = (
        "Every value is drawn."
        if reference.size == total
        else (f"{reference.size:,} of {total:,} values are drawn.")
    )
    return Scatter(scatter_svg(reference, candidate, beyond, sides), words)
