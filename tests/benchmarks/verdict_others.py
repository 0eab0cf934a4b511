"""What other rules say of the same two sets of outputs: agree, or not.

Polygraphy is asked where the folder it is installed in is named by `ONNX_INSPECTOR_POLYGRAPHY`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Outputs = Sequence[Array]
Rule = Callable[[Outputs, Outputs], bool]

POLYGRAPHY = "ONNX_INSPECTOR_POLYGRAPHY"
COSINE = 0.997
"""Polygraphy's own limit for its cosine similarity."""


def says(rule: Rule, reference: Outputs, candidate: Outputs) -> bool:
    """Whether a rule takes the two for equal; where it stops with an error, it does not."""
    if len(reference) != len(candidate):
        return False
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return rule(reference, candidate)
        except Exception:  # a refusal, in whatever words
            return False


def _each(agrees: Callable[[Array, Array], bool]) -> Rule:
    def rule(reference: Outputs, candidate: Outputs) -> bool:
        return all(agrees(one, other) for one, other in zip(reference, candidate, strict=True))

    return rule


def _allclose(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other))


def _looser(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=1e-3, atol=1e-5))


def _assert_close(one: Array, other: Array) -> bool:
    import torch

    torch.testing.assert_close(torch.from_numpy(other), torch.from_numpy(one))
    return True


def _verify(one: Array, other: Array) -> bool:
    """As `torch.onnx.export(verify=True)` judges; the limits are those of its `_core.py`."""
    import torch
    from torch.onnx.verification import VerificationInfo

    found = VerificationInfo.from_tensors("", torch.from_numpy(one), torch.from_numpy(other))
    return not (found.max_abs_diff >= 5e-3 or found.max_rel_diff >= 1e-1)


def _cosine(one: Array, other: Array) -> bool:
    a, b = (array.astype(np.float64).ravel() for array in (one, other))
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if lengths == 0.0:
        return bool((a == b).all())
    return bool(float(a @ b) / lengths >= COSINE)


def _polygraphy(reference: Outputs, candidate: Outputs) -> bool:
    from polygraphy.comparator import (  # type: ignore[import-not-found]
        Comparator,
        CompareFunc,
        IterationResult,
        RunResults,
    )
    from polygraphy.logger import G_LOGGER  # type: ignore[import-not-found]

    G_LOGGER.module_severity = G_LOGGER.CRITICAL
    results = RunResults()
    for name, outputs in (("reference", reference), ("candidate", candidate)):
        named = {str(place): np.atleast_1d(array) for place, array in enumerate(outputs)}
        results.append((name, [IterationResult(named)]))
    with contextlib.redirect_stdout(io.StringIO()):
        return bool(Comparator.compare_accuracy(results, compare_func=CompareFunc.simple()))


OTHERS: dict[str, Rule] = {
    "np.allclose": _each(_allclose),
    "assert_close": _each(_assert_close),
    "1e-3 / 1e-5": _each(_looser),
    "torch verify": _each(_verify),
    "Polygraphy": _polygraphy,
    "cosine 0.997": _each(_cosine),
}


def available() -> dict[str, Rule]:
    """The rules that can be asked here."""
    folder = os.environ.get(POLYGRAPHY)
    if folder and folder not in sys.path:
        sys.path.append(folder)
    there = importlib.util.find_spec("polygraphy") is not None
    return {name: rule for name, rule in OTHERS.items() if there or rule is not _polygraphy}
