"""Remarks about sizes: tensors that are not what they say, and nodes that ask for a lot of memory.

Sizes are Python's whole numbers: products of dimensions never overflow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from inspector.core.finding import MUST, SHOULD, Remark, count, some
from inspector.core.model import Tensor
from inspector.core.survey import Place, Survey, attribute
from inspector.core.walk import constant_of

_BITS = re.compile(r"(?:b?float|u?int|complex)(\d+)")
_MUCH = 4 << 30
"""Bytes of one tensor that a file asks for without holding any of them."""


def bits_of(dtype: str) -> int:
    """Bits that one element takes in a file; 0 for text and for types that are not known here."""
    match = _BITS.match(dtype)
    return 8 if dtype == "bool" else int(match[1]) if match else 0


def stored_bytes(dtype: str, shape: tuple[int, ...]) -> int:
    """Bytes that a tensor takes; types below a byte are packed. 0 where a size is negative."""
    elements = 0 if any(size < 0 for size in shape) else math.prod(shape)
    return (elements * bits_of(dtype) + 7) // 8


def wrong_size(tensor: Tensor) -> int | None:
    """Bytes that shape and type of a stored tensor take, where it has another number; else None.

    Only raw bytes are held against it: typed fields have their own encoding.
    """
    payload = tensor.payload
    if payload is None or payload.message or not bits_of(tensor.dtype):
        return None
    wanted = stored_bytes(tensor.dtype, tensor.shape)
    negative = any(size < 0 for size in tensor.shape)
    return wanted if negative or wanted != payload.length else None


def wrong_sizes(survey: Survey) -> Iterator[Remark]:
    """A tensor must have the bytes that its shape and its type take.

    A file where that is not so is damaged, or made to mislead whoever reads it.
    """
    stored = [t for body in survey.bodies if body.graph for t in body.graph.initializers]
    constants = (constant_of(place.node) for place in survey.places("Constant"))
    stored += [tensor for tensor in constants if tensor is not None]
    wrong = [(one, wanted) for one in stored if (wanted := wrong_size(one)) is not None]
    if wrong:
        first, wanted = wrong[0]
        there = first.payload.length if first.payload else first.bytes
        names = tuple(tensor.name for tensor, _ in wrong)
        yield Remark(
            MUST,
            f"{count(len(wrong), 'tensor has', 'tensors have')} another size than the file says: "
            f"{some(names)}. The first has {there:,} bytes where its shape and type take "
            f"{wanted:,}.",
            "Copy or download the file again, or export it again.",
            names,
        )


def huge_tensors(survey: Survey) -> Iterator[Remark]:
    """A few bytes of a file can ask for gigabytes of memory.

    That is seldom meant so: running such a file may stop the program, or slow the computer down.
    """
    found = [(place, size) for place, size in _made(survey) if size > _MUCH]
    if found:
        place, size = max(found, key=lambda one: one[1])
        yield Remark(
            SHOULD,
            f"{count(len(found), 'node asks', 'nodes ask')} for very much memory: "
            f"'{place.label}' makes a tensor of {size:,} bytes.",
            "Run the file only where its maker is known, and where so much memory is there.",
            tuple(place.label for place, _ in found),
        )


def _made(survey: Survey) -> Iterator[tuple[Place, int]]:
    """Nodes that make a tensor from its shape alone, with its bytes."""
    for place in survey.places("ConstantOfShape"):
        value = attribute(place.node, "value", None)
        dtype = value.dtype if isinstance(value, Tensor) else "float32"
        yield place, _size(dtype, survey.values(place, 0))
    for place in survey.places("Expand"):
        yield place, _size("float32", survey.values(place, 1))
    for place in survey.places("RandomNormal", "RandomUniform"):
        shape = attribute(place.node, "shape", ())
        yield place, _size("float32", shape if isinstance(shape, tuple) else ())


def _size(dtype: str, sizes: tuple[object, ...] | None) -> int:
    whole = tuple(size for size in sizes or () if isinstance(size, int))
    return stored_bytes(dtype, whole) if whole else 0
