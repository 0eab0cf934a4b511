"""How far apart two elements are: the error metrics that histograms and lists are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import Array, difference
from inspector.core.bars import Floats, edge, floor_bar


class FloatFormat(NamedTuple):
    """Bits of the mantissa and exponent of the smallest normal number of a floating dtype."""

    mantissa: int
    lowest_exponent: int


FORMATS: dict[str, FloatFormat] = {
    "float64": FloatFormat(52, -1022),
    "float32": FloatFormat(23, -126),
    "float16": FloatFormat(10, -14),
    "bfloat16": FloatFormat(7, -126),
    "complex64": FloatFormat(23, -126),
    "complex128": FloatFormat(52, -1022),
    "float8e4m3fn": FloatFormat(3, -6),
    "float8e4m3fnuz": FloatFormat(3, -7),
    "float8e5m2": FloatFormat(2, -14),
    "float8e5m2fnuz": FloatFormat(2, -15),
}
"""Source: IEEE 754-2019 table 3.5; ONNX documentation, "Float stored in 8 bits"."""


class Scope(NamedTuple):
    """What a metric needs to know beside the elements.

    `scale` is S, the largest finite |reference| of the output (rounded up to a bin edge).
    """

    dtype: str
    scale: float

    @property
    def floor(self) -> float:
        """|reference| below this is too small to relate an error to; 0 where S is 0."""
        return edge(floor_bar(self.scale)) if self.scale > 0.0 else 0.0


class Metric(NamedTuple):
    """One way to measure an error; `measure` takes reference, candidate and scope.

    Every measure gives [...] float64 >= 0: 0 where both are equal (both NaN and the same infinity
    count as equal), inf where only one side is finite or the infinities differ in sign.
    """

    name: str
    label: str
    unit: str
    measure: Callable[[Array, Array, Scope], Floats]


def absolute_error(reference: Array, candidate: Array, scope: Scope) -> Floats:
    """Size of the difference of each element, in the unit of the output.

    Args:
        reference: [...] outputs of the trusted runtime.
        candidate: [...] outputs under test, same shape and dtype.
        scope: Not used.

    Returns:
        [...] float64 |candidate - reference|, computed in float64, integers exactly first. A
        difference of finite values that float64 cannot hold is its largest number.
    """
    shape = reference.shape
    left, right = reference.reshape(-1), candidate.reshape(-1)
    error = difference(left, right, np.empty(left.size), np.empty(left.size))
    if not np.isfinite(error).all():
        both = _floats(left), _floats(right)
        same = (both[0] == both[1]) | (np.isnan(both[0]) & np.isnan(both[1]))
        finite = np.isfinite(both[0]) & np.isfinite(both[1])
        error = np.where(finite, np.minimum(error, np.finfo(np.float64).max), np.inf)
        error[same] = 0.0
    return error.reshape(shape)


def relative_error(reference: Array, candidate: Array, scope: Scope) -> Floats:
    """Error of each element as a fraction of its reference, for pictures.

    Args:
        reference: [...] outputs of the trusted runtime.
        candidate: [...] outputs under test, same shape and dtype.
        scope: Its floor replaces a reference that is smaller, so that errors beside a zero do not
            drown all others. The floor is the last power of two at or below 1e-3 * S.

    Returns:
        [...] float64 |candidate - reference| / max(|reference|, floor). inf for any difference
        where all references are 0.

    Source:
        Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 1.2; the floor is
        this program's own convention.
    """
    error = absolute_error(reference, candidate, scope)
    sizes = np.abs(_floats(reference))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        fraction = error / np.maximum(sizes, scope.floor)
    fraction[np.isinf(error)] = np.inf
    return np.where(error == 0.0, 0.0, fraction)


def ulp_distance(reference: Array, candidate: Array, scope: Scope) -> Floats:
    """Error of each element in rounding steps of its reference, in the dtype of the output.

    Args:
        reference: [...] outputs of the trusted runtime.
        candidate: [...] outputs under test, same shape and dtype.
        scope: Names the dtype. Elements with |reference| below its floor are left out: near zero
            the steps are so small that their number means nothing.

    Returns:
        [...] float64 |candidate - reference| / step, where step is the distance from |reference|
        to the next larger number of the dtype. NaN where left out, and for integers 1 is a step.

    Source:
        Goldberg, What Every Computer Scientist Should Know About Floating-Point Arithmetic, 1991,
        section "Relative Error and Ulps".
    """
    error = absolute_error(reference, candidate, scope)
    if scope.dtype not in FORMATS:
        return error
    sizes = np.abs(_floats(reference))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = error / rounding_step(sizes, FORMATS[scope.dtype])
    left_out = (sizes < scope.floor) & np.isfinite(error) & (error > 0.0)
    return np.where(error == 0.0, 0.0, np.where(left_out, np.nan, distance))


def rounding_step(sizes: Floats, format: FloatFormat) -> Floats:
    """Distance from each size [...] to the next larger number of the format."""
    _, exponents = np.frexp(np.where(np.isfinite(sizes), sizes, 1.0))
    lowest = format.lowest_exponent
    exponents = np.where(sizes == 0.0, lowest, np.maximum(exponents - 1, lowest))
    return np.asarray(np.ldexp(1.0, exponents - format.mantissa), np.float64)


def _floats(array: npt.NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float64)


METRICS: dict[str, Metric] = {
    "absolute": Metric("absolute", "Absolute error", "in the unit of the output", absolute_error),
    "relative": Metric("relative", "Relative error", "fraction of the reference", relative_error),
    "ulp": Metric("ulp", "ULP distance", "rounding steps", ulp_distance),
}
"""By the names of `ElementsRequest.metric`."""
