"""A person's own samples in other sizes: cut, or repeated from their beginning, and changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from inspector.samples.stored import Array


def resize(array: Array, sizes: Mapping[int, int]) -> Array:
    """The array with other sizes along some axes.

    Args:
        array: [...] with at least one element along each of these axes.
        sizes: Axis to the size wanted. Smaller ones cut the end off; larger ones begin again
            with the first element.
    """
    for axis, size in sizes.items():
        if array.shape[axis] != size:
            array = np.take(array, np.arange(size) % array.shape[axis], axis)
    return np.ascontiguousarray(array) if array.ndim else array


def told_apart(array: Array, axis: int, samples: int) -> Array:
    """Samples that were repeated, changed so that no two are the same.

    A file that takes the first sample's statistics for all gives itself away only where the
    samples of a batch have others.

    Args:
        array: [...] as `resize` gives it.
        axis: The axis that samples lie along.
        samples: How many of them are the person's own; the rest repeats them.

    Returns:
        Every repeat has half the size of the one before it, or, for what is no floating number,
        is rolled by one along its last axis.
    """
    rows = np.moveaxis(array, axis, 0).copy()
    for start in range(samples, len(rows), samples):
        repeat = rows[start : start + samples]
        if np.issubdtype(array.dtype, np.floating):
            np.multiply(repeat, 0.5 ** (start // samples), out=repeat, casting="same_kind")
        elif repeat.ndim > 1:
            repeat[:] = np.roll(repeat, start // samples, -1)
    return np.ascontiguousarray(np.moveaxis(rows, 0, axis))
