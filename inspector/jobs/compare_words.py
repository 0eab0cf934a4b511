"""What is said around a verdict: how sure it is, what was not checked, what to do next."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from inspector.core.comparison import OutputComparison, Repeat, Verdict
from inspector.core.model import Value
from inspector.core.providers import short_name
from inspector.core.size_trial import SizeTrial
from inspector.core.sources import Binding, DataSource
from inspector.core.words import counted
from inspector.jobs import confinement
from inspector.runtimes.onnxruntime import PROVIDERS


def how_sure(repeats: Sequence[Repeat], binding: Binding, recorded: Iterable[str]) -> str:
    """How far the verdict carries: repeatability, and how much data."""
    moving = dict.fromkeys(repeat.side for repeat in repeats if repeat.random)
    parts = [f"{side[:1].upper()}{side[1:]} does not repeat itself." for side in moving]
    if repeats and not moving:
        exact = all(
            repeat.max_absolute_error == 0.0 for repeat in repeats if "without" not in repeat.how
        )
        sides = sorted({repeat.side for repeat in repeats})
        who = "Each side" if len(sides) > 1 else sides[0][:1].upper() + sides[0][1:]
        parts.append(f"{who} repeats itself{' exactly' if exact else ' within what is allowed'}.")
    parts.extend(f"Whether {name} repeats itself is not known." for name in recorded)
    if not binding.real:
        parts.append("Random inputs reach other values than real ones do.")
    elif binding.samples < 10:
        parts.append(
            f"Only {counted(binding.samples, 'sample')} were tried.".replace(
                "1 sample were", "1 sample was"
            )
        )
    else:
        parts.append(f"{counted(binding.samples, 'sample')} of real data were tried.")
    return " ".join(parts)


def not_checked(
    inputs: Sequence[Value],
    binding: Binding,
    data: DataSource,
    unused_samples: int,
    provider: str,
    trials: Sequence[SizeTrial] = (),
    left_out: Iterable[str] = (),
) -> tuple[str, ...]:
    """What the comparison leaves open, as sentences.

    Args:
        inputs: What the data is bound to.
        binding: How the data fits.
        data: As asked for.
        unused_samples: Samples that do not fill a run.
        provider: Execution provider.
        trials: Other sizes that both sides were run at.
        left_out: What had to be left out, as sentences.
    """
    left = []
    if not binding.real:
        left.append("Real data.")
    shapes = {one.input.name: one.array_shape for one in binding.bound}
    if binding.batch_size and _dynamic(inputs):
        left.append(f"Batches larger than {binding.batch_size:,}.")
    left.extend(_other_sizes(_open_sizes(inputs, shapes), trials))
    left.extend(left_out)
    if unused_samples:
        left.append(
            f"The last {counted(unused_samples, 'sample')}, which do not fill a run of "
            f"{binding.batch_size:,}."
        )
    if data.limit and data.limit <= binding.samples:
        left.append(f"Samples after the first {binding.samples:,}.")
    if binding.unused:
        names = ", ".join(f"'{name}'" for name in binding.unused)
        left.append(f"Arrays that no input takes: {names}.")
    left.append("Values inside the model, between its inputs and outputs.")
    on_cpu = provider == "CPUExecutionProvider"
    left.append("GPUs and other execution providers." if on_cpu else "PyTorch on a GPU.")
    return tuple(left)


def _other_sizes(symbols: dict[str, int], trials: Sequence[SizeTrial]) -> Iterator[str]:
    for name, size in symbols.items():
        tried = (trial.sizes[name] for trial in trials if name in trial.sizes)
        yield f"Other sizes of '{name}' than {_listed(sorted({size, *tried}))}."


def _listed(sizes: Sequence[int]) -> str:
    texts = [f"{size:,}" for size in sizes]
    return " and ".join((", ".join(texts[:-1]), texts[-1])) if len(texts) > 1 else texts[0]


def _dynamic(inputs: Sequence[Value]) -> bool:
    return any(v.shape is None or (v.shape and not isinstance(v.shape[0], int)) for v in inputs)


def _open_sizes(inputs: Sequence[Value], shapes: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """Open dimensions behind the batch axis, with the one size that was tried."""
    lead = next((v.shape[0] for v in inputs if v.shape), None)
    found: dict[str, int] = {}
    for value in inputs:
        sizes = shapes.get(value.name, ())
        for axis, (dim, size) in enumerate(zip(value.shape or (), sizes, strict=False)):
            if axis == 0 or isinstance(dim, int) or (dim is not None and dim == lead):
                continue
            found.setdefault(dim or f"{value.name}, axis {axis}", size)
    return found


def next_step(
    verdict: Verdict, real: bool, outputs: Sequence[OutputComparison], random: bool
) -> str:
    """What should happen next, in one or two sentences."""
    if verdict is Verdict.PASS:
        if real:
            return "The file can be handed on, together with the report."
        return "Compare once more with real data before the file is handed on."
    if verdict is Verdict.REVIEW:
        if outputs and all(output.constant is not None for output in outputs):
            return "Compare once more with data for which the outputs vary."
        if not real and all(output.verdict is Verdict.PASS for output in outputs):
            return "Compare once more with real data: random inputs alone earn no PASS."
        return "Let somebody who knows the model look at the worst values and decide."
    if verdict is Verdict.CANNOT_JUDGE:
        if random:
            return "Export the model in evaluation mode, and compare again."
        return "Remove what keeps the two sides from being held against each other, then compare."
    return "Do not hand this file on. Find what differs, mend the export, and compare again."


def environment(versions: dict[str, str]) -> dict[str, str]:
    """What the numbers may depend on: versions, processor, threads."""
    return {
        **versions,
        "Python": platform.python_version(),
        "NumPy": sys.modules["numpy"].__version__,
        **_providers(),
        "System": f"{platform.system()} {platform.release()}",
        "CPU": _processor(),
        "Cores": str(os.cpu_count() or 1),
        "Threads": _threads(),
        "Worker": confinement.words_here(),
    }


def _providers() -> dict[str, str]:
    """The execution providers that are installed, where ONNX Runtime runs."""
    runtime = sys.modules.get("onnxruntime")
    if runtime is None:
        return {}
    available = runtime.get_available_providers()
    names = [short_name(one.name) for one in PROVIDERS if one.name in available]
    return {"Execution providers": ", ".join(names)}


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _threads() -> str:
    torch = sys.modules.get("torch")
    if torch is None:
        return "as ONNX Runtime chooses"
    return f"PyTorch {torch.get_num_threads()}, ONNX Runtime as it chooses"
