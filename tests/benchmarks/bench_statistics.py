"""50 million float32 elements: time and memory against what else compares two arrays.

Each measurement has a process of its own, so that nobody profits from memory that another one
has already touched. The arrays are there before the clock starts, and each has compared two small
ones before. The peak of the resident memory is that of the calls, beyond the arrays. Polygraphy
is called once; it is found where `ONNX_INSPECTOR_POLYGRAPHY` names the folder it is installed in.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peak import Peak
from tests.benchmarks.table import Row
from tests.benchmarks.verdict_others import POLYGRAPHY

ELEMENTS = 50_000_000
BUDGET_MB = 100.0
CALLS = PROCESSES = 3
APART = 1e-6
"""Standard deviation of the differences between values of standard deviation 1."""
FORM = (1000, ELEMENTS // 1000)
OTHER_FORMS = ((5_000_000, 10), (50_000, 1000), (1000, 64, 28, 28))
"""One axis of slices or two, and rows with a largest entry."""
WRONG = (1000, 64, 28, 28)
"""Form of outputs of which nearly every element is beyond what is allowed."""


def rows() -> list[Row]:
    """The measurements, each against its budget."""
    ours, close, torch = (_measured(name) for name in ("ours", "allclose", "verification"))
    what = "statistics and three histograms of 50 million float32 elements"
    table = [
        _time_row(f"{what}, first call", ours["first"], close["first"], "numpy.allclose, first"),
        _time_row(f"{what}, first call", ours["first"], torch["first"], "VerificationInfo, first"),
    ]
    memory = {"numpy.allclose": close["memory"], "VerificationInfo": torch["memory"]}
    if not (Path(os.environ.get(POLYGRAPHY, "")) / "polygraphy").is_dir():
        why = f"not measured: {POLYGRAPHY} names no folder that has it"
        table.append(Row("Polygraphy's simple comparison of these", why, "", "", "", True))
    else:
        simple = _measured("polygraphy", calls=1)
        memory["Polygraphy"] = simple["memory"]
        name = "Polygraphy's simple comparison"
        table.append(_time_row(f"{what}, first call", ours["first"], simple["first"], name))
    # Once numpy's 600 MB of temporaries are in memory, allclose is several times faster.
    again = f"{what}, best of {CALLS} calls", ours["best"], close["best"], "numpy.allclose, best"
    table.append(_time_row(*again))
    table.append(_memory_row(ours["memory"], memory))
    table += [_form_row(f"{what}, as {_text(form)}", form) for form in OTHER_FORMS]
    table.append(_form_row(f"{what}, as {_text(WRONG)}, a hundred times as far apart", WRONG, 1e-4))
    return table


def _text(form: tuple[int, ...]) -> str:
    return f"[{', '.join(f'{size:,}' for size in form)}]"


def _memory_row(ours: float, others: dict[str, float]) -> Row:
    texts = ", ".join(f"{name} {megabytes:,.0f} MB" for name, megabytes in others.items())
    ratio = f"{ours / max(others['numpy.allclose'], 1e-9):.2f}"
    limit, what = f"under {BUDGET_MB:.0f} MB", "their memory beyond the arrays"
    return Row(what, f"{ours:.0f} MB", texts, ratio, limit, ours < BUDGET_MB)


def _form_row(what: str, form: tuple[int, ...], apart: float = APART) -> Row:
    seconds: dict[str, list[float]] = {"ours": [], "allclose": []}
    for _ in range(PROCESSES):
        for name, found in seconds.items():
            found.append(_measured(name, 1, form, apart)["first"])
    ours, close = (statistics.median(found) for found in seconds.values())
    return _time_row(what, ours, close, f"numpy.allclose, median of {PROCESSES} processes each")


def _time_row(what: str, ours: float, other: float, name: str) -> Row:
    figures = f"{ours:.2f} s", f"{name}: {other:.2f} s", f"{ours / other:.2f}"
    return Row(what, *figures, "under 1", ours < other)


def _measured(
    name: str, calls: int = CALLS, form: tuple[int, ...] = FORM, apart: float = APART
) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_statistics", name]
    more = json.dumps({"calls": calls, "form": form, "apart": apart})
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [*command, more], cwd=root, capture_output=True, text=True, check=True, timeout=120
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _task(name: str) -> Callable[[Any, Any], object]:
    if name == "ours":
        from inspector.core.statistics import OutputStatistics

        def ours(reference: Any, candidate: Any) -> object:
            counted = OutputStatistics("output", "float32")
            counted.update(reference, candidate)
            return counted.finish()

        return ours
    if name == "allclose":
        return np.allclose
    if name == "polygraphy":
        return _simple()
    import torch
    from torch.onnx.verification import VerificationInfo

    def verification(reference: Any, candidate: Any) -> object:
        sides = torch.from_numpy(reference), torch.from_numpy(candidate)
        return VerificationInfo.from_tensors("output", *sides)

    return verification


def _simple() -> Callable[[Any, Any], object]:
    sys.path.append(os.environ[POLYGRAPHY])
    from polygraphy.comparator import (  # type: ignore[import-not-found]
        IterationResult,
        SimpleCompareFunc,
    )
    from polygraphy.logger import G_LOGGER  # type: ignore[import-not-found]

    G_LOGGER.module_severity = G_LOGGER.CRITICAL
    compare = SimpleCompareFunc()

    def simple(reference: Any, candidate: Any) -> object:
        sides = (IterationResult({"output": side}) for side in (reference, candidate))
        with contextlib.redirect_stdout(io.StringIO()):
            return compare(*sides)

    return simple


def _arrays(form: tuple[int, ...], apart: float) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    reference = random.standard_normal(form, dtype=np.float32)
    candidate = random.standard_normal(form, dtype=np.float32)
    candidate *= np.float32(apart)
    candidate += reference
    return reference, candidate


def main(name: str, calls: int, form: tuple[int, ...], apart: float) -> None:
    """Measure one of them and print the figures as JSON."""
    task, arrays = _task(name), _arrays(form, apart)
    task(*(side[:2] for side in arrays))
    seconds = []
    with Peak() as peak:
        for _ in range(calls):
            started = time.perf_counter()
            task(*arrays)
            seconds.append(time.perf_counter() - started)
    figures = {"first": seconds[0], "best": min(seconds), "memory": peak.megabytes}
    figures["median"] = statistics.median(seconds)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], **json.loads(sys.argv[2]))
