"""Which tensor of a checkpoint became which weight of an ONNX file: told by value, not by name."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    # With numpy, which no table of tasks may bring: its threads would begin before a worker is
    # confined, and stay free.
    from inspector.core.folding import Layer, Vector

RELATIONS = {
    "same": "the same values in the same shape",
    "reshaped": "the same values in another shape",
    "transposed": "the same values with the axes in another order",
    "rearranged": "the same values in another order, as the gates of recurrent layers",
    "converted": "the same values after rounding to another type",
    "joined": "stored together with other tensors in one",
    "split": "stored in several parts",
    "folded": "a batch normalisation computed into other weights, checked by value",
    "scaled": "each output channel scaled by a factor of its own, as a batch normalisation does",
    "changed": "a weight of the same name and shape holds other values",
    "perhaps-folded": "not found by value, possibly folded into the layer before it",
    "unneeded": "not needed to run the model",
    "missing": "not found by value",
}
"""What may have become of a tensor, and what that means."""

_FLOATS = ("float64", "float32", "float16", "bfloat16")
_SMALL = 8
"""Weights of the ONNX file with fewer values are constants of the graph, not worth a remark."""

_MOST_PAIRS = 4_000_000


class Item(NamedTuple):
    """A tensor of one side."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


class Match(NamedTuple):
    """What became of one tensor of the checkpoint.

    `partners` are the weights of the ONNX file that hold it, `partner_shape` and `partner_dtype`
    those of the first one. `note` says in words what the relation leaves open.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    relation: str
    partners: tuple[str, ...] = ()
    partner_dtype: str = ""
    partner_shape: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """A checkpoint beside an ONNX file.

    Attributes:
        checkpoint: Path of the checkpoint.
        model: Path of the ONNX file.
        matches: One entry per tensor of the checkpoint's model, in its order.
        extra: Weights of the ONNX file that no tensor of the checkpoint became.
        counts: Number of tensors per relation, in the order of `RELATIONS`.
        unread: Tensors whose values could not be read, and why.
        seconds: Time that it took.
        left_out: Entries that are counted and not listed: those that are the same first.
    """

    checkpoint: str
    model: str
    matches: tuple[Match, ...]
    extra: tuple[Item, ...]
    counts: dict[str, int]
    unread: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    left_out: int = 0


class Values(Protocol):
    """The values of the tensors of one side, of which each is named by its position.

    A tensor that cannot be read has the digest "".
    """

    items: Sequence[Item]

    def digest(self, index: int, dtype: str) -> str:
        """The same for the same values in the same order, after rounding to `dtype`."""

    def fingerprint(self, index: int, dtype: str) -> int:
        """The same for the same values in any order; the sum modulo 2**64 for joined tensors."""

    def vector(self, index: int) -> Vector | None:
        """[n] values in order, of a tensor of few; None where they cannot be read."""


class Judge(Protocol):
    """What needs the values of two tensors at once."""

    def order_of_axes(self, source: int, target: int, dtype: str) -> tuple[int, ...] | None:
        """The order of the source's axes in which it is the target; None where no order is."""

    def factors(self, source: int, target: int) -> Vector | None:
        """[n] what each row of the target is the source's times, NaN for a row of zeros.

        None where a row is no multiple of the source's.
        """


class _Matcher:
    def __init__(self, source: Values, target: Values, judge: Judge) -> None:
        self._source, self._target, self._judge = source, target, judge
        self._free = set(range(len(target.items)))
        self._found: dict[int, Match] = {}
        self._layers: list[Layer] = []
        self._sizes: dict[tuple[int, str], list[int]] = defaultdict(list)
        for index, item in enumerate(target.items):
            self._sizes[item.size, item.dtype].append(index)

    def match(self) -> dict[int, Match]:
        self._by_digest()
        self._by_fingerprint()
        self._converted()
        self._joined()
        self._split()
        self._scaled()
        self._normalised()
        return self._found

    def _left(self) -> list[int]:
        return [index for index in range(len(self._source.items)) if index not in self._found]

    def _put(self, index: int, relation: str, partners: Iterable[int], note: str = "") -> None:
        chosen = tuple(partners)
        items = [self._target.items[one] for one in chosen]
        names = tuple(item.name for item in items)
        item = self._source.items[index]
        self._found[index] = Match(*item, relation, names, items[0].dtype, items[0].shape, note)
        self._free.difference_update(chosen)

    def _by_digest(self) -> None:
        """The same bytes: pairs of the same name first, the others in order, then shared ones."""
        groups: dict[str, list[int]] = defaultdict(list)
        for index, item in enumerate(self._source.items):
            if self._sizes.get((item.size, item.dtype)):
                groups[self._source.digest(index, item.dtype)].append(index)
        groups.pop("", None)
        for digest, sources in groups.items():
            item = self._source.items[sources[0]]
            hits = [
                one for one in self._sizes[item.size, item.dtype]
                if self._target.digest(one, item.dtype) == digest
            ]  # fmt: skip
            for source, hit in self._paired(sources, hits):
                self._put(source, self._same(source, hit), [hit])

    def _same(self, source: int, target: int) -> str:
        same = self._source.items[source].shape == self._target.items[target].shape
        return "same" if same else "reshaped"

    def _paired(self, sources: list[int], hits: list[int]) -> Iterator[tuple[int, int]]:
        if not hits:
            return
        names = {self._target.items[hit].name: hit for hit in hits}
        free = dict.fromkeys(hits)
        late = []
        for source in sources:
            hit = names.get(self._source.items[source].name)
            if hit is None:
                late.append(source)
            else:
                free.pop(hit, None)
                yield source, hit
        for source in late:
            shape = self._source.items[source].shape
            fits = [hit for hit in free if self._target.items[hit].shape == shape]
            chosen = (fits or list(free) or hits)[0]
            free.pop(chosen, None)
            yield source, chosen

    def _by_fingerprint(self) -> None:
        for source in self._left():
            item = self._source.items[source]
            self._reordered(source, item.dtype, "")

    def _reordered(self, source: int, dtype: str, relation: str) -> bool:
        """Look for the same values in another order among the weights of a type."""
        item = self._source.items[source]
        hits = [one for one in self._sizes.get((item.size, dtype), ()) if one in self._free]
        if item.size < 2 or not hits:
            return False
        wanted = self._source.fingerprint(source, dtype)
        for hit in hits:
            if wanted and self._target.fingerprint(hit, dtype) == wanted:
                axes = self._judge.order_of_axes(source, hit, dtype)
                text = f"axes {list(axes)}" if axes else ""
                plain = "transposed" if axes else "rearranged"
                note = ", ".join(part for part in (plain if relation else "", text) if part)
                self._put(source, relation or plain, [hit], note)
                return True
        return False

    def _converted(self) -> None:
        for source in self._left():
            item = self._source.items[source]
            for dtype in _FLOATS:
                if item.dtype not in _FLOATS or dtype == item.dtype:
                    continue
                hits = [one for one in self._sizes.get((item.size, dtype), ()) if one in self._free]
                wanted = self._source.digest(source, dtype) if hits else ""
                same = [one for one in hits if wanted == self._target.digest(one, dtype) != ""]
                if same:
                    named = [one for one in same if self._target.items[one].name == item.name]
                    note = "" if self._same(source, same[0]) == "same" else "reshaped"
                    self._put(source, "converted", (named or same)[:1], note)
                    break
                if self._reordered(source, dtype, "converted"):
                    break

    def _joined(self) -> None:
        """A weight that holds two to four tensors, in whatever order."""
        for target in sorted(self._free):
            item = self._target.items[target]
            if item.size <= _SMALL:
                continue
            sums = _Sums(self._source, self._left(), item.dtype, item.size)
            parts = sums.find(self._target.fingerprint(target, item.dtype))
            for part in parts:
                others = [self._source.items[one].name for one in parts if one != part]
                self._put(part, "joined", [target], f"with {', '.join(others)}")

    def _split(self) -> None:
        """A tensor whose values are spread over two to four weights."""
        for source in self._left():
            item = self._source.items[source]
            if item.size <= _SMALL:
                continue
            sums = _Sums(self._target, sorted(self._free), item.dtype, item.size)
            parts = sums.find(self._source.fingerprint(source, item.dtype))
            if parts:
                self._put(source, "split", parts)

    def _scaled(self) -> None:
        from inspector.core.folding import Layer

        for source in self._left():
            item = self._source.items[source]
            if len(item.shape) < 2 or item.dtype not in _FLOATS:
                continue
            hits = [
                one for one in self._sizes.get((item.size, item.dtype), ())
                if one in self._free and self._target.items[one].shape == item.shape
            ]  # fmt: skip
            hits.sort(key=lambda one: self._target.items[one].name != item.name)
            for hit in hits:
                factors = self._judge.factors(source, hit)
                if factors is not None:
                    self._put(source, "scaled", [hit])
                    self._layers.append(Layer(source, hit, factors))
                    break

    def _normalised(self) -> None:
        """What was scaled is folded where a batch normalisation gives these very values."""
        from inspector.core.folding import foldings

        for found in foldings(self._source, self._target, self._layers, self._free):
            into = self._target.items[found.partners[0]].name
            layer = found.layer
            told = f"batch normalisation '{found.name}' with epsilon {found.epsilon:.0e}"
            for part in (*found.parts, *((layer,) if layer is not None else ())):
                if part not in self._found or part == layer:
                    own = found.partners[:1] if part == layer else found.partners
                    self._put(part, "folded", own, f"into {into}: {told}")


class _Sums:
    """Finds tensors whose fingerprints add up to another: two of any, or neighbours up to four."""

    def __init__(self, values: Values, free: Sequence[int], dtype: str, size: int) -> None:
        self._size = size
        self._parts: list[tuple[int, int, int]] = []
        fits = [
            one for one in free
            if values.items[one].dtype == dtype and 1 < values.items[one].size < size
        ]  # fmt: skip
        if len(fits) ** 2 > _MOST_PAIRS:
            fits = []
        self._parts = [
            (one, values.items[one].size, values.fingerprint(one, dtype)) for one in fits
        ]

    def find(self, wanted: int) -> tuple[int, ...]:
        """Positions of the parts; empty where there are none."""
        if not wanted:
            return ()
        for length in (2, 3, 4):
            for start in range(len(self._parts) - length + 1):
                run = self._parts[start : start + length]
                if sum(part[1] for part in run) == self._size and _total(run) == wanted:
                    return tuple(part[0] for part in run)
        known = {(size, fingerprint): index for index, size, fingerprint in self._parts}
        for index, size, fingerprint in self._parts:
            other = known.get((self._size - size, (wanted - fingerprint) % 2**64))
            if other is not None and other != index:
                return (index, other)
        return ()


def _total(run: Sequence[tuple[int, int, int]]) -> int:
    return sum(part[2] for part in run) % 2**64


def match(
    source: Values, target: Values, judge: Judge
) -> tuple[tuple[Match, ...], tuple[Item, ...]]:
    """Say for each tensor of `source` what became of it in `target`, and what else is there.

    Returns:
        One match per source tensor, and the target's tensors that none of them became.
    """
    matcher = _Matcher(source, target, judge)
    found = matcher.match()
    names = {item.name for item in source.items}
    lost = {item.name for i, item in enumerate(source.items) if i not in found}
    folded = {_above(m.name) for m in found.values() if m.relation == "scaled"}
    used = {partner for one in found.values() for partner in one.partners}
    free = {item.name: item for item in target.items if item.name not in used}
    matches = tuple(
        found.get(index) or _explained(item, names, lost, folded, free)
        for index, item in enumerate(source.items)
    )
    used = {partner for one in matches for partner in one.partners}
    extra = tuple(item for item in target.items if item.name not in used and item.size > _SMALL)
    return matches, extra


def _explained(
    item: Item, names: set[str], lost: set[str], folded: set[str], free: dict[str, Item]
) -> Match:
    above = _above(item.name)
    if item.name.endswith("num_batches_tracked"):
        return Match(*item, "unneeded", note="counts the steps of training")
    normalises = f"{above}running_mean" in names and f"{above}running_mean" in lost
    if normalises or above in folded:
        what = "a batch normalisation" if normalises else "a layer whose weights were scaled"
        return Match(*item, "perhaps-folded", note=f"belongs to {what}")
    same = free.get(item.name)
    if same is not None and same.shape == item.shape and item.size:
        return Match(*item, "changed", (same.name,), same.dtype, same.shape)
    return Match(*item, "missing") if item.size else Match(*item, "unneeded", note="no values")


def _above(name: str) -> str:
    """What stands before the last part of a name, with its dot."""
    head, dot, _ = name.rpartition(".")
    return head + dot


def listed(matches: Sequence[Match], limit: int) -> tuple[Match, ...]:
    """At most so many of them (0: all) in their order, those that are the same left out first."""
    if not 0 < limit < len(matches):
        return tuple(matches)
    by_interest = sorted(range(len(matches)), key=lambda one: matches[one].relation == "same")
    return tuple(matches[one] for one in sorted(by_interest[:limit]))


def counts_of(matches: Iterable[Match]) -> dict[str, int]:
    """Number of tensors per relation that occurs, in the order of `RELATIONS`."""
    found = [one.relation for one in matches]
    return {relation: found.count(relation) for relation in RELATIONS if relation in found}


def summary(matching: Matching) -> str:
    """One sentence: how many tensors were found."""
    total = sum(matching.counts.values()) - matching.counts.get("unneeded", 0)
    lost = sum(matching.counts.get(one, 0) for one in ("missing", "changed", "perhaps-folded"))
    return f"{total - lost:,} of {total:,} tensors of the checkpoint are in the ONNX file by value."
