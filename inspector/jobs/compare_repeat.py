"""Whether each side repeats itself: what gives two answers to one question cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from inspector.core.comparison import AGAINST_OFF, Repeat
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import REVIEW_FACTOR, Tolerance, tolerance_for
from inspector.core.walk import bodies
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.pytorch import PyTorchRuntime, random_state
from inspector.runtimes.recorded import Recorded

TWICE = "each time"
TWICE_OFF = "each time with optimisation off"
"""How a side was run again, as in: it gives a different answer ..."""

_MORE = 8
"""Further runs of a module that draws random numbers, and gave the same twice."""

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
    state = random_state() if isinstance(side.runtime, PyTorchRuntime) else None
    repeats = [_repeat(side.role, TWICE, first, _again(side, arrays))]
    if state is not None and repeats[0].same and random_state() != state:
        repeats = [_once_more(side, arrays, first, repeats[0])]
    if isinstance(side.runtime, OnnxRuntime):
        repeats.extend(_without_optimisation(side, side.runtime, arrays, first))
    return tuple(repeats)


def _once_more(
    side: Opened, arrays: Mapping[str, Array], first: Sequence[Array], known: Repeat
) -> Repeat:
    """A module that draws random numbers may use them rarely: two runs that agree are not enough.

    One that sets the seed itself draws the same numbers every time, and does repeat itself.
    """
    for _ in range(_MORE):
        again = _repeat(side.role, TWICE, first, side.run(arrays))
        known = max(known, again, key=lambda one: (not one.same, one.max_absolute_error))
        if not known.same:
            break
    return known


def _without_optimisation(
    side: Opened, runtime: OnnxRuntime, arrays: Mapping[str, Array], first: Sequence[Array]
) -> tuple[Repeat, ...]:
    """The same file as it is written; nothing where ONNX Runtime runs it only when rewritten."""
    try:
        plain = replace(side, runtime=runtime.again("off"))
        off = plain.run(arrays)
    except Exception:  # an operator without a kernel, say, that the optimiser would have replaced
        return ()
    twice = _repeat(side.role, TWICE_OFF, off, _again(plain, arrays))
    if not twice.same:
        return (twice,)
    return twice, _repeat(side.role, AGAINST_OFF, off, first, REVIEW_FACTOR)


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
    same, largest = len(first) == len(again), 0.0
    for one, other in zip(first, again, strict=False):
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
