"""What may differ between two runtimes that compute the same model, per dtype, and why.

An element agrees when `|candidate - reference| <= relative * |reference| + steps * eps * S`,
where S is the largest finite |reference| of that output over the whole data set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

REVIEW_FACTOR = 10.0
"""An output whose every element is within this many times the allowance is for a person."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The allowance of one dtype.

    Attributes:
        relative: Share of |reference| that may differ.
        steps: How many rounding steps of the largest value may differ.
        eps: Distance from 1 to the next number of the dtype; 0 where differences are exact.
        origin: Where the numbers come from.
        review_relative: As `relative`, for "close enough that a person decides".
        review_steps: As `steps`, likewise.
        review_absolute: Difference that is for a person whatever the values are.
        noise_steps: How many rounding steps of the largest value healthy runtimes differ by.
        quantum: Size of one step of the quantiser that the output leaves; 0 where it leaves none.
        least_scale: S is no less than this.
        unit: Small values may have the rounding of numbers of this size: 1 where functions of that
            range may be in the output, 0 where there are none.
        fills: Constants that carry no rounding and so do not count for S, see `fills.py`.
    """

    relative: float
    steps: float
    eps: float
    origin: str
    review_relative: float = 0.0
    review_steps: float = 0.0
    review_absolute: float = 0.0
    noise_steps: float = 0.0
    quantum: float = 0.0
    least_scale: float = 0.0
    unit: float = 1.0
    fills: tuple[float, ...] = ()

    @property
    def exact(self) -> bool:
        """True where any difference at all is too much."""
        return self.relative == 0.0 and self.steps * self.eps == 0.0

    @property
    def has_review(self) -> bool:
        """True where some differences beyond the allowance are for a person to judge."""
        return bool(self.review_relative or self.review_steps or self.review_absolute)


def _floating(
    relative: float, steps: float, eps: float, origin: str, noise_steps: float = 8.0
) -> Tolerance:
    review = (REVIEW_FACTOR * relative, REVIEW_FACTOR * steps)
    return Tolerance(relative, steps, eps, origin, *review, noise_steps=noise_steps)


_MEASURED = "PyTorch and ONNX Runtime on CPU, 13 healthy outputs, measured"
_CODES = "one code apart is a matter for a person; ONNX Runtime on CPU cannot confirm it"

EXACT = Tolerance(0.0, 0.0, 0.0, "whole numbers must be equal, as in torch.testing.assert_close")

TOLERANCES: dict[str, Tolerance] = {
    "float64": _floating(1e-7, 64, 2.0**-52, "torch.testing.assert_close for float64"),
    "float32": _floating(1e-5, 64, 2.0**-23, f"11 times the worst of {_MEASURED}"),
    "float16": _floating(4e-3, 4, 2.0**-10, f"4 times the worst of {_MEASURED}", 1.0),
    "bfloat16": _floating(3.2e-2, 4, 2.0**-7, "twice the 2**-6 of ONNX's own backend tests", 1.0),
    "float8e4m3fn": Tolerance(0.0, 0.0, 2.0**-3, _CODES, 2.0**-3, 0.0, 2.0**-9),
    "float8e4m3fnuz": Tolerance(0.0, 0.0, 2.0**-3, _CODES, 2.0**-3, 0.0, 2.0**-10),
    "float8e5m2": Tolerance(0.0, 0.0, 2.0**-2, _CODES, 2.0**-2, 0.0, 2.0**-16),
    "float8e5m2fnuz": Tolerance(0.0, 0.0, 2.0**-2, _CODES, 2.0**-2, 0.0, 2.0**-17),
}
"""Every dtype that is not listed must be equal.

Source: rtol, steps and eps of the half, single and double types are measured or follow
torch.testing.assert_close, onnx/backend/test/runner (bfloat16: 2**-6 after a cast to float32).
`noise_steps` lie above the worst that was measured: 5.7 in single, 0.94 in half precision.
"""

_PARTS = {"complex64": "float32", "complex128": "float64"}
_SPELLINGS = {"float8_e4m3fn": "float8e4m3fn", "float8_e5m2": "float8e5m2"}


BOUNDED_SCALE = 2.0**-5
"""S of what leaves a sigmoid is no less: 64 steps of it are two rounding steps of 1.

Source: measured; ONNX Runtime's Sigmoid was off by up to 1.1 of them, near 0 as elsewhere.
"""


def tolerance_for(
    dtype: str,
    quantum: float = 0.0,
    bounded: bool = False,
    fills: tuple[float, ...] = (),
    natural: bool = True,
) -> Tolerance:
    """The allowance for outputs of `dtype` (numpy's or ONNX's name).

    Complex numbers are judged as pairs of reals.

    Args:
        dtype: The dtype.
        quantum: One step of the quantiser that the output leaves: 1 for whole numbers, the scale
            behind a DequantizeLinear; 0 where it leaves none. A difference of one step is a
            matter for a person: it takes but a rounding error before the quantiser.
        bounded: Whether the output leaves a sigmoid, see `Origins.bounded`.
        fills: Constants that do not count for S.
        natural: Whether functions of range 1 may be in it; True where nobody knows.
    """
    name = _SPELLINGS.get(dtype, dtype)
    found = TOLERANCES.get(_PARTS.get(name, name), EXACT)
    if found.eps > 0.0 and not natural:
        found = replace(found, unit=0.0)
    if found.eps > 0.0 and (bounded or fills):
        found = _suited(found, bounded, fills)
    if quantum <= 0.0 or (found.eps == 0.0 and "int" not in name):
        return found
    origin = "one step of what makes whole numbers of it is for a person"
    if found.eps == 0.0:
        return replace(EXACT, review_absolute=quantum, quantum=quantum, origin=origin)
    origin = f"{found.origin}; {origin}"
    return replace(found, review_absolute=quantum, quantum=quantum, origin=origin)


def _suited(rule: Tolerance, bounded: bool, fills: tuple[float, ...]) -> Tolerance:
    """The rule for an output that leaves a sigmoid, or in which constants may stand."""
    origin = rule.origin
    if bounded:
        origin += "; a sigmoid rounds as numbers of its range do, however small its values are"
    if fills:
        shown = ", ".join(f"{value:.3g}" for value in fills[:3])
        origin += f"; a constant of the file ({shown}) in the place of a result does not count"
    least = BOUNDED_SCALE if bounded else 0.0
    return replace(rule, least_scale=least, fills=fills, origin=origin)
