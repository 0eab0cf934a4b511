"""Generated values of the kinds that a person chose, the edge cases among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.kinds import Kind
from inspector.core.sources import DataSource
from inspector.samples.stored import Array

Dtype = np.dtype[np.generic]


def draw(
    kind: Kind, random: np.random.Generator, shape: tuple[int, ...], dtype: Dtype, sample: int
) -> Array | None:
    """One sample.

    Args:
        kind: How the values are drawn.
        random: The sample's own generator.
        shape: Sizes of the sample.
        dtype: Type of the values.
        sample: Its number; edge cases come in the order of the samples.

    Returns:
        The values; None where the sample is drawn by its type: those behind the edge cases.
    """
    numbers = kind.numbers
    if kind.cases:
        return _edge(kind.cases[sample], shape, dtype) if sample < len(kind.cases) else None
    if kind.name in ("zeros", "ones"):
        return np.full(shape, kind.name == "ones").astype(dtype)
    if kind.name == "normal":
        return np.asarray(random.normal(numbers[0], numbers[1], shape)).astype(dtype)
    if kind.name == "uniform":
        return np.asarray(random.uniform(numbers[0], numbers[1], shape)).astype(dtype)
    if kind.name == "mask":
        return np.asarray(random.random(shape) < numbers[0]).astype(dtype)
    low, high = (int(number) for number in numbers)
    return np.asarray(random.integers(low, high, shape, np.int64, endpoint=True)).astype(dtype)


def _edge(case: str, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """A sample whose values are all the same.

    Whole numbers have no value between 0 and 1 and none that is huge: `tiny` is 1 there, and
    `huge` a thousandth of the largest, as for floats.
    """
    simple = {"zeros": 0.0, "ones": 1.0, "NaN": np.nan, "infinity": np.inf}
    if case in simple:
        return np.full(shape, simple[case]).astype(dtype)
    if dtype.kind == "b":
        return np.full(shape, case != "smallest", np.bool_)
    if dtype.kind in "iu":
        whole = np.iinfo(dtype.name)
        value = {"largest": whole.max, "smallest": whole.min, "tiny": 1, "huge": whole.max // 1000}
        return np.full(shape, value[case], dtype)
    real: Any = np.finfo(dtype.name)
    edges = {
        "largest": real.max,
        "smallest": real.min,
        "tiny": real.smallest_subnormal,
        "huge": real.max / 1000,
    }
    return np.full(shape, edges[case], dtype)


def check_kind(kind: Kind, dtype: Dtype, name: str) -> None:
    """Refuse a kind that the type of an input cannot hold.

    Raises:
        InspectorError: It cannot.
    """
    if dtype.kind == "b" and kind.name in ("normal", "uniform", "integers"):
        raise _refusal(kind, "true and false", name, "mask")
    if dtype.kind in "iu" and kind.name in ("normal", "uniform"):
        raise _refusal(kind, dtype.name, name, "integers(low,high)")
    if dtype.kind in "iub" and kind.extra:
        raise _refusal(kind, dtype.name, name, "edges")
    if dtype.kind not in "biufc" or (kind.cases and dtype.kind == "c"):
        raise _refusal(kind, dtype.name, name, "no kind")
    if kind.name == "integers" and dtype.kind in "iu":
        limits = np.iinfo(dtype.name)
        if kind.numbers[0] < limits.min or kind.numbers[1] > limits.max:
            raise InspectorError(
                f"The input '{name}' holds {limits.min} to {limits.max}.",
                "Choose integers(low,high) in that range.",
            )


def _refusal(kind: Kind, holds: str, name: str, instead: str) -> InspectorError:
    return InspectorError(
        f"The input '{name}' holds {holds}, which '{kind.name}' does not give.",
        f"Use {instead} for it.",
    )


class Drawn(Protocol):
    """A generated input, as far as its kind is concerned."""

    @property
    def name(self) -> str:
        """The input's name."""

    @property
    def kind(self) -> Kind | None:
        """How it is drawn."""

    @property
    def axis(self) -> int:
        """Axis along which samples count."""


def source_text(data: DataSource, drawn: Sequence[Drawn]) -> str:
    """Where the data comes from in words: the seed, and which samples are edge cases."""
    text = f"random, seed {data.seed}"
    cases = max((one.kind.cases for one in drawn if one.kind is not None), key=len, default=())
    here = cases[: data.random]
    if here:
        listed = ", ".join(f"{number} {case}" for number, case in enumerate(here))
        text += f"; edge cases in samples {listed}"
    return text
