"""Large constants that stand in the place of a result, such as the -1e9 of a mask.

An allowance grows with the largest value, since a calculation among large values rounds as they
do. A constant was not calculated: where a model puts -1e9 in the place of what is masked, nothing
rounds at 1e9, and what is not masked must be as exact as it would be without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import Array

LEAST_FILL = 1e4
"""Constants of this size and more are looked for; -1e4 is the smallest in common use."""


def without_fills(arrays: Sequence[Array], fills: Sequence[float]) -> list[Array]:
    """The arrays, with 0 wherever the first two have one of these constants exactly.

    Args:
        arrays: [...] of one shape: the reference, the candidate, and what goes with them.
        fills: Sizes of the constants; of either sign.

    Returns:
        New arrays where some are set to 0, else those that were given.
    """
    reference, candidate = arrays[0], arrays[1]
    known = _sizes(fills, reference.dtype)
    if not known.size:
        return list(arrays)
    with np.errstate(all="ignore"):
        found = np.isin(np.abs(reference), known) & (reference == candidate)
    if not found.any():
        return list(arrays)
    return [np.where(found, array.dtype.type(0), array) for array in arrays]


def _sizes(fills: Sequence[float], dtype: np.dtype[np.generic]) -> npt.NDArray[np.generic]:
    """The constants that are finite in a floating dtype; none for others."""
    if not fills or not np.issubdtype(dtype, np.floating):
        return np.empty(0)
    with np.errstate(over="ignore"):
        sizes = np.abs(np.asarray(fills, np.float64)).astype(dtype)
    return sizes[np.isfinite(sizes)]
