"""The job that holds the weights of a checkpoint beside those of an ONNX file."""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.folding import Vector
from inspector.core.matching import Item, Matching, counts_of, listed, match
from inspector.core.model import Checkpoint, Model, Tensor
from inspector.core.progress import Report
from inspector.formats.stored import stored_tensors
from inspector.formats.tensor_values import BLOCK, TensorValues, open_values, plain_name, spread
from inspector.jobs.reading import opened
from inspector.jobs.requests import AgainstRequest

Array = npt.NDArray[Any]

_AXES = 5
"""Axes whose orders are tried: 120 of them."""

_WHOLE = 1 << 28
"""Values of a tensor that is held whole to try the orders of its axes."""

_PROPORTIONAL = 1e-5
"""Two rows are proportional where the squared cosine between them is within this of 1; float16
rounds to 5e-4 of each value, which leaves the cosine of a row within 1e-6."""

_FEWEST = 4
"""Values of a row; shorter ones are proportional by chance."""


def run(request: AgainstRequest, job_dir: Path, report: Report) -> Matching:
    """Match the tensors of a checkpoint to the weights of an ONNX file.

    Raises:
        InspectorError: A file cannot be read, or is of the other kind.
    """
    began = time.perf_counter()
    report.stage("Reading the files")
    checkpoint, model = _pair([opened(path).found for path in request.paths])
    if checkpoint.form == "distributed":
        raise spread(Path(checkpoint.path))
    source = _Side(checkpoint.path, _own(checkpoint), report)
    target = _Side(model.path, [t for t in stored_tensors(model) if t.dtype != "string"], report)
    report.stage("Comparing the values")
    matches, extra = match(source, target, _Axes(source, target))
    shown, more = listed(matches, request.limit), extra[: request.limit or None]
    return Matching(
        checkpoint=checkpoint.path,
        model=model.path,
        matches=shown,
        extra=more,
        counts=counts_of(matches),
        unread=(*source.unread.items(), *target.unread.items()),
        seconds=time.perf_counter() - began,
        left_out=len(matches) - len(shown) + len(extra) - len(more),
    )


def _pair(found: Sequence[Model | Checkpoint]) -> tuple[Checkpoint, Model]:
    kinds = {type(one): one for one in found}
    checkpoint, model = kinds.get(Checkpoint), kinds.get(Model)
    if not isinstance(checkpoint, Checkpoint) or not isinstance(model, Model):
        raise InspectorError(
            "Weights are matched between a checkpoint and an ONNX file.",
            "Name one of each.",
        )
    return checkpoint, model


def _own(checkpoint: Checkpoint) -> list[Tensor]:
    """The tensors of the model itself, under their names in it."""
    prefix = f"{checkpoint.state_dict_key}." if checkpoint.state_dict_key else ""
    found = (one for one in checkpoint.tensors if one.name.startswith(prefix))
    return [one._replace(name=one.name.removeprefix(prefix)) for one in found]


class _Side:
    """Values of one file; what was computed is kept, the values are not."""

    def __init__(self, path: str, tensors: Sequence[Tensor], report: Report) -> None:
        self._path, self._report = path, report
        self.tensors = tensors
        self.items: Sequence[Item] = [
            Item(one.name, plain_name(one.dtype), one.shape) for one in tensors
        ]
        self.unread: dict[str, str] = {}
        self._digests: dict[tuple[int, str], str] = {}
        self._fingerprints: dict[tuple[int, str], int] = {}
        self._vectors: dict[int, Vector | None] = {}

    def digest(self, index: int, dtype: str) -> str:
        """SHA-256 of the values in order, little-endian; empty where they cannot be read."""
        key = index, dtype
        if key not in self._digests:
            made = hashlib.sha256()
            for block in self._blocks(index, dtype):
                made.update(np.ascontiguousarray(block).data.cast("B") if block.size else b"")
            readable = self.items[index].name not in self.unread
            self._digests[key] = made.hexdigest() if readable else ""
        return self._digests[key]

    def fingerprint(self, index: int, dtype: str) -> int:
        """Sum of a hash of each value's bits, modulo 2**64; 0 where they cannot be read."""
        key = index, dtype
        if key not in self._fingerprints:
            total = 0
            for block in self._blocks(index, dtype):
                total += _mixed(block)
            readable = self.items[index].name not in self.unread
            self._fingerprints[key] = total % 2**64 if readable else 0
        return self._fingerprints[key]

    def _blocks(self, index: int, dtype: str) -> Iterator[Array]:
        item = self.items[index]
        if item.name in self.unread:
            return
        self._report.progress(None, item.name)
        try:
            with open_values(self._path, self.tensors[index]) as values:
                for _, block in values.blocks():
                    yield block if dtype == item.dtype else rounded(block, dtype)
        except InspectorError as error:
            self.unread[item.name] = error.failure.sentence

    def readable(self, index: int) -> bool:
        """Whether the first values can be read; else it is noted why."""
        return next(self._blocks(index, self.items[index].dtype), None) is not None

    def vector(self, index: int) -> Vector | None:
        """[n] values of a tensor of few; None where they cannot be read, or are many."""
        if self.items[index].size > BLOCK:
            return None
        if index not in self._vectors:
            blocks = list(self._blocks(index, self.items[index].dtype))
            kept = blocks and self.items[index].name not in self.unread
            plain = kept and blocks[0].dtype.kind in "biuf"
            self._vectors[index] = np.concatenate(blocks).astype(np.float64) if plain else None
        return self._vectors[index]

    def open(self, index: int, stack: ExitStack) -> TensorValues:
        """The values themselves, until the stack is left."""
        return stack.enter_context(open_values(self._path, self.tensors[index]))


def rounded(block: Array, dtype: str) -> Array:
    """[n] the values rounded to a floating-point type; bfloat16 comes as float32."""
    with np.errstate(over="ignore"):
        if dtype == "bfloat16":
            import ml_dtypes

            return np.asarray(block.astype(ml_dtypes.bfloat16).astype(np.float32))
        return block.astype(dtype)


def _mixed(block: Array) -> int:
    """Sum of the hashes of [n] values, modulo 2**64.

    Source: the finalizer of SplitMix64, https://prng.di.unimi.it/splitmix64.c
    """
    if block.dtype.kind not in "biufc":
        return 0
    plain = np.ascontiguousarray(block)
    if plain.dtype.itemsize == 16:
        halves = plain.view("<u8").reshape(-1, 2)
        bits = halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ halves[:, 1]
    else:
        bits = plain.view(f"<u{plain.dtype.itemsize}").astype(np.uint64)
    bits += np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ bits >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ bits >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return int(np.sum(bits ^ bits >> np.uint64(31), dtype=np.uint64))


class _Axes:
    """Compares two tensors value by value, a block of the target at a time."""

    def __init__(self, source: _Side, target: _Side) -> None:
        self._source, self._target = source, target

    def order_of_axes(self, source: int, target: int, dtype: str) -> tuple[int, ...] | None:
        item, other = self._source.items[source], self._target.items[target]
        rank = len(item.shape)
        if not 2 <= rank <= _AXES or item.size > _WHOLE:
            return None
        orders = [
            order for order in itertools.permutations(range(rank)) if order != (*range(rank),)
        ]
        fits = [one for one in orders if tuple(item.shape[axis] for axis in one) == other.shape]
        with ExitStack() as stack:
            opened_source = self._source.open(source, stack)
            values = opened_source.block(0, opened_source.size).reshape(item.shape)
            if dtype != item.dtype:
                values = rounded(values, dtype)
            wanted = self._target.open(target, stack)
            for order in (*fits, *(one for one in orders if one not in fits)):
                if _equal(values.transpose(order), wanted):
                    return order
        return None

    def factors(self, source: int, target: int) -> Vector | None:
        shape = self._source.items[source].shape
        inner = math.prod(shape[1:])
        # A side that gives no digest cannot be read, and says so among what is unread.
        unread = not (self._source.readable(source) and self._target.readable(target))
        if inner < _FEWEST or inner > _WHOLE or unread:
            return None
        rows = max(1, BLOCK // inner)
        found = []
        with ExitStack() as stack:
            first = self._source.open(source, stack)
            second = self._target.open(target, stack)
            for row in range(0, shape[0], rows):
                place = row * inner, min(row + rows, shape[0]) * inner
                pair = (side.block(*place).reshape(-1, inner) for side in (first, second))
                part = _factors(*(one.astype(np.float64) for one in pair))
                if part is None:
                    return None
                found.append(part)
        return np.concatenate(found) if found else None


def _equal(view: Array, wanted: TensorValues) -> bool:
    """Whether an array, in the order of its axes, is the wanted values."""
    inner = math.prod(view.shape[1:])
    rows = max(1, BLOCK // max(inner, 1))
    for row in range(0, view.shape[0], rows):
        part = view[row : row + rows].reshape(-1)
        if part.tobytes() != wanted.block(row * inner, row * inner + part.size).tobytes():
            return False
    return True


def _factors(first: Array, second: Array) -> Vector | None:
    """[n] what each row of the second [n, m] is that of the first times, NaN for rows of zeros.

    None where a row is no multiple, other than 0, of the first's.
    """
    with np.errstate(all="ignore"):
        product = np.einsum("ij,ij->i", first, second)
        squares = np.einsum("ij,ij->i", first, first), np.einsum("ij,ij->i", second, second)
        even = product * product >= (1.0 - _PROPORTIONAL) * squares[0] * squares[1]
        empty = (squares[0] == 0.0) == (squares[1] == 0.0)
        return np.asarray(product / squares[0]) if bool(np.all(even & empty)) else None
