"""Random sample data: normal numbers by dtype and shape, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.kinds import Kind, parse_kind
from inspector.core.model import Value
from inspector.samples.draw import check_kind, draw
from inspector.samples.stored import Array

DEFAULT_SIZE = 16
"""Size of a dimension that the model leaves open and nobody has given a size for."""

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_COMPLEX = ("complex64", "complex128")
_BYTES = ("uint8", "int8")
_ODD = {
    "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2", "float8e5m2fnuz": "float8_e5m2fnuz",
    "float4e2m1": "float4_e2m1fn", "int4": "int4", "uint4": "uint4", "int2": "int2",
    "uint2": "uint2",
}  # fmt: skip
"""Types that numpy lacks, by their names in `ml_dtypes`."""
_INTEGERS = ("int16", "int32", "int64", "uint16", "uint32", "uint64")


@dataclass(frozen=True, slots=True)
class GeneratedArray:
    """Random numbers with the sizes of one input; nothing is stored.

    Each sample has a generator of its own, started from (seed, place of the input, number of the
    sample): a sample has the same values in whatever batch it is asked for.

    Attributes:
        name: The input's name.
        dtype: Type of the elements.
        shape: Sizes, all samples together.
        axis: Axis along which samples count; -1: every run gets the same values.
        seed: As the person chose it.
        place: Number of the input.
        kind: How the values are drawn; None: by the type of the elements.
    """

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    axis: int
    seed: int
    place: int
    kind: Kind | None = None

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Samples `start` to `stop` (exclusive) along `axis`, which is the batch axis."""
        one = self.shape[:axis] + self.shape[axis + 1 :]
        if start >= stop:
            return np.empty((*self.shape[:axis], 0, *self.shape[axis + 1 :]), self.dtype)
        samples = [self._draw(one, number) for number in range(start, stop)]
        return np.stack(samples, axis=axis)

    def whole(self) -> Array:
        """All samples."""
        if self.axis < 0:
            return self._draw(self.shape, 0)
        return self.rows(0, self.shape[self.axis], self.axis)

    def _draw(self, shape: tuple[int, ...], sample: int) -> Array:
        random = np.random.default_rng((self.seed, self.place, sample))
        if self.kind is not None:
            drawn = draw(self.kind, random, shape, self.dtype, sample)
            if drawn is not None:
                return drawn
        if self.dtype.kind == "b":
            return random.integers(0, 2, shape).astype(np.bool_)
        if self.dtype.name in _BYTES:
            limits = np.iinfo(self.dtype.name)
            return np.asarray(
                random.integers(limits.min, limits.max, shape, self.dtype, endpoint=True)
            )
        if self.dtype.kind in "iu":
            return np.asarray(random.integers(0, 2, shape)).astype(self.dtype)
        if self.dtype.name in ("int4", "uint4", "int2", "uint2"):
            return np.asarray(random.integers(0, 2, shape)).astype(self.dtype)
        if self.dtype.kind == "c":
            pairs = random.standard_normal((*shape, 2))
            return (pairs[..., 0] + 1j * pairs[..., 1]).astype(self.dtype)
        if self.dtype == np.float64:
            return np.asarray(random.standard_normal(shape))
        return np.asarray(random.standard_normal(shape, np.float32)).astype(self.dtype)


def generate(
    inputs: tuple[Value, ...],
    count: int,
    seed: int,
    axes: tuple[int, ...],
    sizes: Mapping[str, tuple[int, ...]],
    kinds: Mapping[str, str] | None = None,
) -> tuple[GeneratedArray, ...]:
    """Random data for a model: normal floats, whole bytes, and 0 or 1 for other integers.

    Integers are ids, masks or flags more often than amounts, and 0 and 1 are valid as each.

    Args:
        inputs: What the model takes.
        count: Number of samples along the batch axis.
        seed: The same seed gives the same numbers.
        axes: Batch axis of each input; -1 where it has none.
        sizes: Input name to example sizes, used where the model leaves a dimension open.
        kinds: Input name to how its values are drawn; an empty name stands for all others.

    Raises:
        InspectorError: An input holds something that cannot be drawn, such as text, or a kind is
            none that is known, or does not go with the input's type.
    """
    chosen = _kinds(inputs, kinds or {})
    symbols: dict[str, int] = {}
    for value in inputs:
        for dim, size in zip(value.shape or (), sizes.get(value.name, ()), strict=False):
            if isinstance(dim, str):
                symbols.setdefault(dim, size)
    arrays = []
    for place, (value, axis) in enumerate(zip(inputs, axes, strict=True)):
        shape = list(_sizes(value, symbols, sizes.get(value.name, ())))
        if axis >= 0:
            shape[axis] = count
        dtype = _dtype(value)
        kind = chosen.get(value.name, chosen.get(""))
        if kind is not None:
            check_kind(kind, dtype, value.name)
        arrays.append(GeneratedArray(value.name, dtype, tuple(shape), axis, seed, place, kind))
    return tuple(arrays)


def _kinds(inputs: tuple[Value, ...], kinds: Mapping[str, str]) -> dict[str, Kind]:
    names = [value.name for value in inputs]
    for name in kinds:
        if name and name not in names:
            listed = ", ".join(f"'{one}'" for one in names)
            raise InspectorError(
                f"The model has no input named '{name}'.", f"Its inputs are {listed}."
            )
    return {name: parse_kind(text) for name, text in kinds.items()}


def _sizes(value: Value, symbols: Mapping[str, int], example: tuple[int, ...]) -> tuple[int, ...]:
    if value.shape is None:
        if not example:
            raise InspectorError(
                f"The model does not say how many dimensions '{value.name}' has.",
                f"Say it with an input such as '{value.name}=float32[1,16]', or use real data.",
            )
        return example
    sizes = []
    for axis, dim in enumerate(value.shape):
        if isinstance(dim, int):
            sizes.append(dim)
        elif isinstance(dim, str):
            sizes.append(symbols.get(dim, DEFAULT_SIZE))
        else:
            sizes.append(example[axis] if axis < len(example) else DEFAULT_SIZE)
    return tuple(sizes)


def _dtype(value: Value) -> np.dtype[np.generic]:
    name = value.dtype or "float32"
    if name == "bfloat16":
        name = "float32"
    if name in _ODD:
        import ml_dtypes

        odd: np.dtype[np.generic] = np.dtype(getattr(ml_dtypes, _ODD[name]))
        return odd
    if name not in (*_FLOATS, *_COMPLEX, *_BYTES, *_INTEGERS, "bool"):
        raise InspectorError(
            f"The input '{value.name}' holds {name}, which cannot be drawn at random.",
            "Use sample data from a file.",
        )
    return np.dtype(name)
