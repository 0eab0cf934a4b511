"""A person's own samples in other sizes: cut, or repeated from their beginning."""

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
