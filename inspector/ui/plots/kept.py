"""The kept values of an output, opened for pictures: a few samples are read, never everything.

numpy is imported inside the functions: pages are built before it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from inspector.core.comparison import OutputComparison, Worst
from inspector.ui.plots.layout import Layout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]
    Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kept:
    """Values of both sides, memory-mapped: [samples, ...], of the output's dtype."""

    reference: Array
    candidate: Array
    output: OutputComparison

    @property
    def layout(self) -> Layout:
        """Number of samples and shape of one."""
        return Layout(int(self.reference.shape[0]), tuple(map(int, self.reference.shape[1:])))

    def sample(self, number: int) -> tuple[Floats, Floats]:
        """Reference and candidate of one sample, [elements] float64 each."""
        return _flat(self.reference[number]), _flat(self.candidate[number])

    def rows(self, start: int, stop: int, step: int = 1) -> tuple[Floats, Floats]:
        """Several samples, [samples, elements] float64 each."""
        part = slice(start, stop, step)
        reference, candidate = self.reference[part], self.candidate[part]
        shape = (reference.shape[0], self.layout.size)
        return _flat(reference).reshape(shape), _flat(candidate).reshape(shape)

    def element(self, sample: int, flat: int) -> Worst:
        """One element with its difference and what is allowed to it."""
        index = self.layout.index_of(flat)
        reference = float(self.reference[(sample, *index)])
        candidate = float(self.candidate[(sample, *index)])
        allowed = self.output.allowed
        return Worst(
            sample,
            index,
            reference,
            candidate,
            difference_of(reference, candidate),
            allowed.absolute + allowed.relative * abs(reference),
        )


def difference_of(reference: float, candidate: float) -> float:
    """|candidate - reference|; 0 where both are NaN or the same infinity, inf where one is."""
    if reference == candidate or (reference != reference and candidate != candidate):
        return 0.0
    difference = abs(candidate - reference)
    return difference if difference == difference else float("inf")


def open_kept(output: OutputComparison) -> Kept | None:
    """Open the kept values; None where there are none or they cannot be drawn (text)."""
    if not output.reference_file or not output.candidate_file:
        return None
    reference, candidate = _open(output.reference_file), _open(output.candidate_file)
    if reference is None or candidate is None:
        return None
    if reference.shape != candidate.shape or reference.ndim == 0 or reference.size == 0:
        return None
    return Kept(reference, candidate, output)


def _open(path: str) -> Array | None:
    import numpy as np

    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        # A file without elements cannot be mapped, and there is nothing to draw in it.
        return None
    if array.dtype.kind == "c":
        pairs: Array = array.view(array.real.dtype).reshape((*array.shape, 2))
        return pairs
    return array if array.dtype.kind in "fiub" else None


def _flat(array: Array) -> Floats:
    import numpy as np

    return np.asarray(array, dtype=np.float64).reshape(-1)


def differences(reference: Floats, candidate: Floats) -> Floats:
    """Signed differences [...]: 0 where both are NaN or the same infinity, NaN where one is."""
    import numpy as np

    with np.errstate(invalid="ignore", over="ignore"):
        signed = candidate - reference
        same = (reference == candidate) | (np.isnan(reference) & np.isnan(candidate))
    signed[same] = 0.0
    signed[~same & ~np.isfinite(signed)] = np.nan
    return signed


def beyond(kept: Kept, reference: Floats, signed: Floats) -> npt.NDArray[np.bool_]:
    """Which elements differ by more than is allowed; NaN differences do."""
    import numpy as np

    allowed = kept.output.allowed
    with np.errstate(invalid="ignore"):
        room = allowed.absolute + allowed.relative * np.abs(reference)
        return ~(np.abs(signed) <= room)
