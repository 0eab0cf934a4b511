"""Pictures of values: one byte per cell, ready for a colour table. Run in the background."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inspector.ui.plots.colour_maps import DIFFERENCE, LEVELS, NOT_FINITE
from inspector.ui.plots.kept import Kept, differences
from inspector.ui.plots.numbers import signed_text
from inspector.ui.plots.plot_view import Zoom

if TYPE_CHECKING:
    from inspector.ui.plots.kept import Array, Floats

CELLS = 1024
"""Most cells along one axis of a picture; a larger one shows blocks of elements."""

_STRIPE = 1 << 20
_RARE = 0.005
_MAP_ELEMENTS = 16_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """One picture.

    Attributes:
        pixels: `width * height` bytes, row by row from the top: 0 to 253 from `lower` to
            `upper`, 255 for NaN and infinities.
        width: Cells across.
        height: Cells down.
        rows: Elements down.
        columns: Elements across.
        lower: Value of byte 0.
        upper: Value of byte 253.
        not_finite: Elements or blocks that are NaN or infinite.
    """

    pixels: bytes
    width: int
    height: int
    rows: int
    columns: int
    lower: float
    upper: float
    not_finite: int = 0


@dataclass(frozen=True, slots=True)
class Trio:
    """Reference, candidate and signed difference of one picture, and how much it is enlarged.

    `largest` is the largest |difference| in it; `enlarged` the power of ten by which the
    difference is drawn larger than the values, 1 where it is not.
    """

    reference: Field
    candidate: Field
    difference: Field
    largest: float
    enlarged: float


@dataclass(frozen=True, slots=True)
class ErrorMap:
    """Largest error / allowed of every block, samples down; `step` samples per row are skipped."""

    field: Field
    largest: float
    step: int


def trio(kept: Kept, sample: int, plane: int) -> Trio:
    """The three pictures of one plane of one sample, or of all samples of a list output."""
    import numpy as np

    rows, columns = kept.layout.grid
    down, across = math.ceil(rows / CELLS), math.ceil(columns / CELLS)
    parts: list[tuple[Floats, Floats, Floats]] = []
    for reference, candidate in _stripes(kept, sample, plane, down):
        signed = _peaks(differences(reference, candidate), down, across)
        parts.append((reference[::down, ::across], candidate[::down, ::across], signed))
    reference, candidate, signed = (
        np.concatenate([part[number] for part in parts]) for number in range(3)
    )
    lower, upper = _ends(reference, candidate)
    largest = float(np.max(np.abs(signed), initial=0.0, where=np.isfinite(signed)))
    bound = largest if largest > 0.0 else 1.0
    return Trio(
        _field(reference, rows, columns, lower, upper),
        _field(candidate, rows, columns, lower, upper),
        _field(signed, rows, columns, -bound, bound),
        largest,
        _enlarged(upper - lower, largest),
    )


def _stripes(kept: Kept, sample: int, plane: int, down: int) -> Iterator[tuple[Floats, Floats]]:
    """The picture in stripes of whole blocks, so that memory stays small."""
    import numpy as np

    rows, columns = kept.layout.grid
    step = max(1, _STRIPE // max(1, columns * down)) * down
    for start in range(0, rows, step):
        if not kept.layout.is_image:
            yield kept.rows(start, min(start + step, rows))
            continue
        pair = (_plane(side, kept, sample, plane) for side in (kept.reference, kept.candidate))
        reference, candidate = (
            np.asarray(side[start : start + step], dtype=np.float64) for side in pair
        )
        yield reference, candidate


def _plane(side: Array, kept: Kept, sample: int, plane: int) -> Array:
    layout = kept.layout
    picture: Array = side[sample].reshape(layout.planes, *layout.grid)[plane]
    return picture


def _peaks(signed: Floats, down: int, across: int) -> Floats:
    """The difference of largest size in every block; NaN where a block holds one."""
    import numpy as np

    if down == 1 and across == 1:
        return signed
    low = np.minimum.reduceat(signed, range(0, signed.shape[0], down), axis=0)
    low = np.minimum.reduceat(low, range(0, signed.shape[1], across), axis=1)
    high = np.maximum.reduceat(signed, range(0, signed.shape[0], down), axis=0)
    high = np.maximum.reduceat(high, range(0, signed.shape[1], across), axis=1)
    return np.where(-low > high, low, high)


def _ends(*values: Floats) -> tuple[float, float]:
    import numpy as np

    lows = [float(np.min(v, initial=math.inf, where=np.isfinite(v))) for v in values]
    highs = [float(np.max(v, initial=-math.inf, where=np.isfinite(v))) for v in values]
    lower, upper = min(lows), max(highs)
    if lower > upper:
        return 0.0, 1.0
    return (lower, upper) if lower < upper else (lower - 0.5, upper + 0.5)


def _field(values: Floats, rows: int, columns: int, lower: float, upper: float) -> Field:
    import numpy as np

    finite = np.isfinite(values)
    # Halves first: upper - lower may exceed the largest float64.
    half = upper / 2 - lower / 2
    with np.errstate(invalid="ignore", over="ignore"):
        share = np.where(finite, (values / 2 - lower / 2) / half, 0.0)
    levels = np.rint(np.clip(share, 0.0, 1.0) * (LEVELS - 1)).astype(np.uint8)
    levels[~finite] = NOT_FINITE
    height, width = levels.shape
    lost = int(np.count_nonzero(~finite))
    return Field(levels.tobytes(), width, height, rows, columns, lower, upper, lost)


def picture_of(values: Floats) -> Field:
    """A picture of any matrix [rows, columns]: symmetric about 0 where it holds both signs.

    Cells that are NaN are gaps, drawn as 0 where 0 is on the scale; infinite ones stand for values
    that are not finite, and have a colour of their own. The scale ends where all but
    `_RARE` of the cells are inside it: a few very large weights would hide all others.
    """
    import numpy as np

    lower, upper = _ends(values)
    if lower < 0.0 < upper:
        sizes = np.abs(values[np.isfinite(values)])
        usual = float(np.quantile(sizes, 1.0 - _RARE))
        upper = usual if usual > 0.0 else max(-lower, upper)
        lower = -upper
    gaps = np.where(np.isnan(values), 0.0 if lower <= 0.0 <= upper else lower, values)
    return _field(gaps, values.shape[0], values.shape[1], lower, upper)


def _enlarged(span: float, largest: float) -> float:
    if largest <= 0.0 or not math.isfinite(span):
        return 1.0
    return max(1.0, 10.0 ** math.floor(math.log10(span / (2 * largest)) + 0.5))


def error_map(kept: Kept) -> ErrorMap:
    """Error as a multiple of what is allowed, logarithmic, samples down and elements across.

    A cell holds the largest of its block. Where nothing is allowed a difference counts as
    infinitely many times, and is drawn at the upper end. Outputs of more than 16 million
    elements are read in steps of whole samples.
    """
    import numpy as np

    from inspector.core import elements

    layout = kept.layout
    step = max(1, math.ceil(layout.samples * layout.size / _MAP_ELEMENTS))
    sides = kept.reference[::step], kept.candidate[::step]
    output = kept.output
    cells = elements.error_map(*sides, output.allowed, CELLS, CELLS, slices=output.slices)
    ratios = np.asarray(cells, dtype=np.float64)
    largest = float(np.max(ratios, initial=0.0, where=np.isfinite(ratios)))
    top = max(1.0, largest)
    base = 1.0 if largest > 1.0 else 1e-3
    places = np.log10(np.where(np.isposinf(ratios), top, np.maximum(ratios, base)))
    upper = max(math.log10(top), math.log10(base) + 1.0)
    field = _field(places, layout.samples, layout.size, math.log10(base), upper)
    return ErrorMap(field, largest, step)


def enlarged_text(three: Trio) -> str:
    """Head of the difference picture."""
    if three.largest == 0.0:
        return "Difference, none"
    if three.enlarged <= 1.0:
        return "Difference"
    if three.enlarged < 1e13:
        return f"Difference, enlarged {three.enlarged:,.0f} times"
    return f"Difference, enlarged {three.enlarged:.0e} times"


def difference_ends(three: Trio) -> tuple[str, str, str]:
    """Texts below the scale of the difference."""
    if three.largest == 0.0:
        return "", "0", ""
    return signed_text(-three.largest), "0", signed_text(three.largest)


def shrunk(field: Field, colours: str, zoom: Zoom, width: int, height: int) -> Field:
    """The part in view with at most one cell per pixel, so that no peak is lost by drawing.

    Args:
        field: What is shown.
        colours: `difference` keeps what is farthest from the middle, `error` the largest.
        zoom: The part in view.
        width: Pixels across.
        height: Pixels down.
    """
    import numpy as np

    grid = np.frombuffer(field.pixels, dtype=np.uint8).reshape(field.height, field.width)
    top, bottom = int(zoom.top * field.height), math.ceil(zoom.bottom * field.height)
    left, right = int(zoom.left * field.width), math.ceil(zoom.right * field.width)
    part = grid[top:bottom, left:right].astype(np.int16)
    if colours == DIFFERENCE:
        part = 2 * part - (LEVELS - 1)
    for axis, pixels in ((0, height), (1, width)):
        starts = np.unique(np.linspace(0, part.shape[axis], pixels + 1)[:-1].astype(np.intp))
        high = np.maximum.reduceat(part, starts, axis=axis)
        if colours == DIFFERENCE:
            low = np.minimum.reduceat(part, starts, axis=axis)
            high = np.where(-low > high, low, high)
        part = high
    if colours == DIFFERENCE:
        part = (part + (LEVELS - 1)) // 2
    levels = part.astype(np.uint8)
    tall, wide = levels.shape
    return replace(field, pixels=levels.tobytes(), width=wide, height=tall)
