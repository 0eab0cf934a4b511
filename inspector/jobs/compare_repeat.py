"""Whether each side repeats itself: what gives two answers to one question cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from inspector.core.comparison import Repeat
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import REVIEW_FACTOR, Tolerance, tolerance_for
from inspector.core.walk import bodies
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded

TWICE = "each time"
TWICE_OFF = "each time with optimisation off"
AGAINST_OFF = "with and without optimisation"
"""How a side was run again, as in: it gives a different answer ..."""

_MAY_DRAW = (
    "Dropout", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
    "Bernoulli", "Multinomial",
)  # fmt: skip


def check_repeats(
    side: Opened, arrays: Mapping[str, Array], first: Sequence[Array] | None = None
) -> tuple[Repeat, ...]:
    """Run one side twice on the same input; ONNX Runtime also without optimisation.

    Its optimiser removes an active Dropout from a graph, so that two optimised runs agree; two
    runs without it do not. What the optimiser itself changes may be ten times what is allowed:
    rounding differs where operators are fused. Whole numbers are not held to that at all.

    Args:
        side: The side.
        arrays: Bound input to array, for one run.
        first: What the side gave for them, where it has been run already.
    """
    if isinstance(side.runtime, Recorded):
        return ()
    first = side.run(arrays) if first is None else first
    again = _again(side, arrays)
    repeats = [_repeat(side.role, TWICE, first, again)]
    if isinstance(side.runtime, OnnxRuntime):
        plain = replace(side, runtime=side.runtime.again("off"))
        off, off_again = plain.run(arrays), _again(plain, arrays)
        repeats.append(_repeat(side.role, TWICE_OFF, off, off_again))
        if repeats[-1].same:
            repeats.append(_repeat(side.role, AGAINST_OFF, off, first, REVIEW_FACTOR))
    return tuple(repeats)


def _again(side: Opened, arrays: Mapping[str, Array]) -> list[Array]:
    """What a side gives when it is asked once more."""
    drawing = side.model is not None and any(
        node.op_type in _MAY_DRAW for body in bodies(side.model) for node in body.nodes
    )
    if drawing:
        # The Dropout of ONNX Runtime draws the same numbers in its first two runs, then others.
        side.run(arrays)
    return side.run(arrays)


def _repeat(
    role: str, how: str, first: Sequence[Array], again: Sequence[Array], factor: float = 1.0
) -> Repeat:
    same, largest = True, 0.0
    for one, other in zip(first, again, strict=True):
        dtype = np.asarray(one).dtype.name
        tolerance = tolerance_for(dtype)
        if factor != 1.0 and tolerance.exact:
            # Rounding before a cast or an argmax turns into whole steps; nothing random does.
            continue
        statistics = OutputStatistics("", dtype, _times(tolerance, factor))
        statistics.update(one, other, 0, batched=False)
        found = statistics.finish("the first run", "the second run")
        beyond = found.over_tolerance or found.nonfinite_mismatch or statistics.structure
        same = same and not beyond
        if np.isfinite(found.max_absolute_error):
            largest = max(largest, found.max_absolute_error)
    return Repeat(role, how, same, largest)


def _times(tolerance: Tolerance, factor: float) -> Tolerance:
    """The same allowance, `factor` times as wide."""
    if factor == 1.0:
        return tolerance
    return replace(
        tolerance,
        relative=tolerance.relative * factor,
        steps=tolerance.steps * factor,
        noise_steps=tolerance.noise_steps * factor,
    )
