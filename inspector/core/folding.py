"""Batch normalisations that were folded into the layer before them, checked by value.

Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithm 2. At inference a batch
normalisation computes y = (x - mean) / sqrt(var + epsilon) * gamma + beta. Behind a layer
x = w u + b it is the layer with w' = w * s and b' = (b - mean) * s + beta, where
s = gamma / sqrt(var + epsilon).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

EPSILONS = (1e-5, 1e-3, 1e-6, 1e-4, 1e-12, 1e-8, 1e-7, 2e-5, 1e-2)
"""Values of epsilon that are tried, PyTorch's own first: a checkpoint does not store it."""

FEWEST = 4
"""Channels; fewer agree by chance."""

_ROUNDING = {"float16": 4e-3, "bfloat16": 3e-2}
_ROUNDING_FLOAT32 = 1e-4
"""Relative difference that counts as rounding: of the channel's factor, and of each part of b'."""


class Values(Protocol):
    """The tensors of one side."""

    items: Sequence[Any]

    def vector(self, index: int) -> Vector | None:
        """[n] values of a tensor; None where they cannot be read."""


class Layer(NamedTuple):
    """A tensor, the weight it was scaled into, and [n] what each output channel was scaled by."""

    source: int
    target: int
    factors: Vector


class Folding(NamedTuple):
    """A batch normalisation that was found again by value.

    `parts` are the tensors that are in it, `layer` the tensor that it scaled (None: it became
    weights of its own), `partners` the weights that hold the factors and what is added.
    """

    name: str
    parts: tuple[int, ...]
    layer: int | None
    partners: tuple[int, int]
    epsilon: float


class Normalisation(NamedTuple):
    """A batch normalisation of a checkpoint: positions of its tensors, -1 where it has none."""

    name: str
    mean: int
    variance: int
    gamma: int
    beta: int

    @property
    def parts(self) -> tuple[int, ...]:
        """Positions of the tensors that it has."""
        return tuple(one for one in self[1:] if one >= 0)


def normalisations(items: Sequence[Any]) -> Iterator[Normalisation]:
    """The batch normalisations among tensors with a `name` and a `shape`, told by their names."""
    places = {item.name: index for index, item in enumerate(items)}
    for name, mean in places.items():
        above, dot, last = name.rpartition(".")
        variance = places.get(f"{above}{dot}running_var", -1)
        if last != "running_mean" or variance < 0:
            continue
        gamma, beta = (places.get(f"{above}{dot}{part}", -1) for part in ("weight", "bias"))
        found = Normalisation(above, mean, variance, gamma, beta)
        if len(items[mean].shape) == 1 and len({items[i].shape for i in found.parts}) == 1:
            yield found


@dataclass(frozen=True, slots=True)
class Channels:
    """The values of a batch normalisation, [n] each."""

    mean: Vector
    variance: Vector
    gamma: Vector
    beta: Vector

    def scale(self, epsilon: float) -> Vector:
        """[n] s, what each channel is multiplied by."""
        with np.errstate(all="ignore"):
            return np.asarray(self.gamma / np.sqrt(self.variance + epsilon))

    def shift(self, epsilon: float, bias: Vector | float = 0.0) -> tuple[Vector, Vector]:
        """[n] b', and the size of what it is summed from, to which its rounding is relative."""
        scale = self.scale(epsilon)
        size = (np.abs(bias) + np.abs(self.mean)) * np.abs(scale) + np.abs(self.beta)
        return (bias - self.mean) * scale + self.beta, size

    def epsilon_of(self, factors: Vector, dtype: str) -> float | None:
        """The epsilon with which its scale is these factors; None where it is with none.

        Args:
            factors: [n] factor of each channel, NaN where it cannot be told.
            dtype: The type in which they were stored.
        """
        known = np.isfinite(factors)
        if factors.shape != self.mean.shape or int(known.sum()) < FEWEST:
            return None
        wanted = factors[known]
        off = {one: _off(wanted, self.scale(one)[known], np.abs(wanted)) for one in EPSILONS}
        best = min(EPSILONS, key=lambda one: off[one])
        return best if off[best] <= rounding(dtype) else None


def rounding(dtype: str) -> float:
    """Relative difference that is rounding to this type."""
    return _ROUNDING.get(dtype, _ROUNDING_FLOAT32)


def agree(found: Vector, wanted: Vector, size: Vector, dtype: str) -> bool:
    """Whether [n] values are those wanted, after rounding relative to [n] `size`."""
    return found.shape == wanted.shape and _off(found, wanted, size) <= rounding(dtype)


def _off(found: Vector, wanted: Vector, size: Vector) -> float:
    """Largest |found - wanted| / size; 0 where both are 0, infinite where either is not finite."""
    difference = np.abs(found - wanted)
    if not np.all(np.isfinite(difference)):
        return float("inf")
    ratio = np.divide(difference, size, out=np.full_like(difference, np.inf), where=size > 0)
    return float(np.max(np.where(difference == 0, 0.0, ratio), initial=0.0))


def foldings(
    source: Values, target: Values, layers: Iterable[Layer], free: Iterable[int]
) -> Iterator[Folding]:
    """The batch normalisations of `source` that are in weights of `target`.

    Args:
        source: The checkpoint.
        target: The ONNX file.
        layers: What was scaled.
        free: Weights of the target that nothing was found for.
    """
    search = _Search(source, target, set(free))
    left = list(normalisations(source.items))
    for layer in layers:
        left.sort(key=lambda one: (one.mean < layer.source, abs(one.mean - layer.source)))
        for one in left:
            found = search.behind(layer, one)
            if found is not None:
                yield found
                left.remove(one)
                break
    for one in left:
        alone = search.alone(one)
        if alone is not None:
            yield alone


class _Search:
    def __init__(self, source: Values, target: Values, free: set[int]) -> None:
        self._source, self._target, self._free = source, target, free
        self._kept: dict[Normalisation, Channels | None] = {}

    def behind(self, layer: Layer, normalisation: Normalisation) -> Folding | None:
        """The folding into a layer: its weight by the factors, its bias by what is added."""
        weight = self._target.items[layer.target]
        channels = self._channels(normalisation, weight.shape[0])
        if channels is None:
            return None
        epsilon = channels.epsilon_of(layer.factors, weight.dtype)
        if epsilon is None:
            return None
        place = self._own_bias(layer.source)
        bias = self._source.vector(place) if place >= 0 else None
        wanted, size = channels.shift(epsilon, bias if bias is not None else 0.0)
        added = self._holding(wanted, size, layer.target)
        if added is None:
            return None
        parts = (*normalisation.parts, *((place,) if place >= 0 else ()))
        partners = layer.target, added
        return Folding(normalisation.name, parts, layer.source, partners, epsilon)

    def alone(self, normalisation: Normalisation) -> Folding | None:
        """The normalisation as two weights of its own: the factors and what is added."""
        channels = self._channels(normalisation)
        if channels is None or len(channels.mean) < FEWEST:
            return None
        for epsilon in EPSILONS:
            scale = channels.scale(epsilon)
            factors = self._holding(scale, np.abs(scale), -1, only_free=True)
            if factors is not None:
                wanted, size = channels.shift(epsilon)
                added = self._holding(wanted, size, factors)
                if added is not None:
                    parts = normalisation.parts
                    return Folding(normalisation.name, parts, None, (factors, added), epsilon)
        return None

    def _own_bias(self, layer: int) -> int:
        """Position of the bias beside a weight, -1 where it has none."""
        item = self._source.items[layer]
        above, dot, _ = item.name.rpartition(".")
        names = [one.name for one in self._source.items]
        wanted = f"{above}{dot}bias"
        place = names.index(wanted) if wanted in names else -1
        return place if place >= 0 and self._source.items[place].shape == item.shape[:1] else -1

    def _channels(self, normalisation: Normalisation, number: int = -1) -> Channels | None:
        shape = self._source.items[normalisation.mean].shape
        if number >= 0 and shape != (number,):
            return None
        if normalisation not in self._kept:
            self._kept[normalisation] = self._read(normalisation, shape[0])
        return self._kept[normalisation]

    def _read(self, normalisation: Normalisation, number: int) -> Channels | None:
        mean, variance, gamma, beta = (
            self._source.vector(place) if place >= 0 else np.full(number, usual)
            for place, usual in zip(normalisation[1:], (0.0, 1.0, 1.0, 0.0), strict=True)
        )
        if mean is None or variance is None or gamma is None or beta is None:
            return None
        return Channels(mean, variance, gamma, beta)

    def _holding(
        self, wanted: Vector, size: Vector, near: int, *, only_free: bool = False
    ) -> int | None:
        """The weight with these values: one that nothing was found for first, then the next."""
        fits = [
            index for index, item in enumerate(self._target.items)
            if item.size == len(wanted) and (index in self._free or not only_free)
        ]  # fmt: skip
        fits.sort(key=lambda index: (index not in self._free, abs(index - near)))
        for index in fits:
            found = self._target.vector(index)
            dtype = self._target.items[index].dtype
            if found is not None and agree(found, wanted, size, dtype):
                return index
        return None
