"""The two sides of a comparison: opened, with their inputs brought together."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.core.comparison import Side
from inspector.core.failures import InspectorError
from inspector.core.findings import Finding
from inspector.core.input_spec import EXAMPLE_SIZE, InputDim, InputSpec
from inspector.core.layout import inverse
from inspector.core.model import Model, Value
from inspector.core.sources import ModelSource
from inspector.formats import digests
from inspector.jobs.compare_layout import declared_as_reference, require_known, turned
from inspector.runtimes.base import Array, Runtime
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.pytorch import PyTorchRuntime
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import How, open_runtime

_CHUNK = 1 << 20
_SETTLED = (
    "no-module", "needs-source", "unknown-imports", "saved-in-training-mode", "not-a-model",
)  # fmt: skip
"""Remarks about a file that no longer hold, or were made once already, when it has been loaded."""


@dataclass(slots=True)
class Opened:
    """One side, ready to run.

    Attributes:
        role: `reference` or `candidate`.
        source: As asked for.
        runtime: What computes it, or what was recorded.
        model: The graph, for an ONNX file.
        findings: What is to be remarked about it.
        names: Name of an input here to its name among the inputs that data is bound to.
        layouts: Input or output to its axis order, where it is not the reference's.
    """

    role: str
    source: ModelSource
    runtime: Runtime | Recorded
    model: Model | None = None
    findings: tuple[Finding, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Value, ...]:
        """What it takes, with sizes in the reference's order of axes."""
        return declared_as_reference(self.runtime.inputs, self.layouts)

    def run(self, arrays: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs for inputs under the names that data is bound to."""
        assert not isinstance(self.runtime, Recorded)
        return self.given(self.runtime.run(self.taken(arrays)))

    def taken(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Inputs under its own names, in its own order of axes."""
        own = {name: arrays[bound] for name, bound in self.names.items()}
        for name in self.layouts.keys() & own.keys():
            own[name] = turned(name, own[name], self.layouts[name])
        return own

    def given(self, outputs: list[Array]) -> list[Array]:
        """Its outputs in the reference's order of axes.

        Raises:
            InspectorError: A layout is for nothing that it has, or for other numbers of axes.
        """
        if not self.layouts:
            return outputs
        names = self.runtime.output_names
        require_known(self.role, self.layouts, tuple(self.names), names)
        return [
            turned(name, array, inverse(self.layouts[name])) if name in self.layouts else array
            for name, array in zip(names, outputs, strict=True)
        ]


def open_side(role: str, source: ModelSource, how: How) -> Opened:
    """Open one side and read what its file says about itself.

    Raises:
        InspectorError: The file cannot be opened or run.
    """
    runtime = open_runtime(source, how)
    findings: tuple[Finding, ...] = getattr(runtime, "findings", ())
    if isinstance(runtime, Recorded):
        return Opened(role, source, runtime, None, findings)
    from inspector.formats.inspect import inspect
    from inspector.formats.registry import open_file

    model = open_file(source.path)
    known = {(one.rule, one.where) for one in findings}
    listed = (f for f in inspect(source.path).findings if f.rule not in _SETTLED)
    more = [f for f in listed if (f.rule, f.where) not in known]
    return Opened(
        role, source, runtime, model if isinstance(model, Model) else None, (*findings, *more)
    )


def bring_together(sides: tuple[Opened, Opened], how: How) -> tuple[Value, ...]:
    """The inputs that data is bound to, and each side's names for them.

    What an ONNX file declares goes first; PyTorch takes what it is given. A PyTorch model whose
    inputs nobody described takes those of the ONNX file on the other side.

    Raises:
        InspectorError: Two ONNX files fix different sizes or dtypes.
    """
    running = [side for side in sides if not isinstance(side.runtime, Recorded)]
    if not running:
        return ()
    running.sort(key=lambda side: not isinstance(side.runtime, OnnxRuntime))
    leader = running[0]
    leader.names = {name: name for name in leader.runtime.input_names}
    values = leader.inputs
    for side in running[1:]:
        values = _join(leader, side, values, how)
    return values


def _join(leader: Opened, side: Opened, values: tuple[Value, ...], how: How) -> tuple[Value, ...]:
    if isinstance(side.runtime, PyTorchRuntime) and not side.source.inputs:
        if isinstance(leader.runtime, OnnxRuntime):
            specs = tuple(_spec(value) for value in values)
            side.runtime = _reopened(side, specs, how)
        elif leader.source.inputs:
            side.runtime = _reopened(side, leader.source.inputs, how)
    side.names = align(side.runtime.input_names, [value.name for value in values])
    own = {value.name: value for value in side.inputs}
    joined = {value.name: value for value in values}
    for name, bound in side.names.items():
        if bound not in joined:
            joined[bound] = own[name]
        elif isinstance(side.runtime, OnnxRuntime):
            joined[bound] = _stricter(joined[bound], own[name])
    return tuple(joined.values())


def _reopened(side: Opened, specs: tuple[InputSpec, ...], how: How) -> Runtime | Recorded:
    return open_runtime(replace(side.source, inputs=specs), how)


def align(names: tuple[str, ...], bound: list[str]) -> dict[str, str]:
    """Which bound input each of a side's inputs is: by name, else by order; else its own."""
    aligned = {name: name for name in names if name in bound}
    free = [name for name in bound if name not in aligned]
    for name in names:
        if name not in aligned:
            aligned[name] = free.pop(0) if free else name
    return {name: aligned[name] for name in names}


def _stricter(one: Value, other: Value) -> Value:
    """An input that both files take: a fixed size where either fixes it."""
    same_type = one.dtype == other.dtype
    if one.shape is None or other.shape is None:
        shape = one.shape if other.shape is None else other.shape
        return Value(one.name, one.dtype, shape)
    fixed = all(
        a == b or not (isinstance(a, int) and isinstance(b, int))
        for a, b in zip(one.shape, other.shape, strict=False)
    )
    if not (same_type and fixed and len(one.shape) == len(other.shape)):
        raise InspectorError(
            f"The two files take different data for '{one.name}': {one.dtype} "
            f"{list(one.shape)} and {other.dtype} {list(other.shape)}.",
            "Compare files that take the same inputs.",
        )
    shape = tuple(
        b if isinstance(b, int) else a for a, b in zip(one.shape, other.shape, strict=True)
    )
    return Value(one.name, one.dtype, shape)


def _spec(value: Value) -> InputSpec:
    dims = tuple(
        InputDim(dim) if isinstance(dim, int) else InputDim(EXAMPLE_SIZE, dim or f"dim_{axis}")
        for axis, dim in enumerate(value.shape or ())
    )
    return InputSpec(value.name, value.dtype, dims)


def example_sizes(sides: tuple[Opened, Opened]) -> dict[str, tuple[int, ...]]:
    """Bound input to the example sizes that a person gave for it."""
    sizes: dict[str, tuple[int, ...]] = {}
    for side in sides:
        given = [spec.name for spec in side.source.inputs]
        bound = list(dict.fromkeys(side.names.values()))
        for spec, name in zip(side.source.inputs, align(tuple(given), bound).values(), strict=True):
            sizes.setdefault(name, spec.shape)
    return sizes


def given_values(sides: tuple[Opened, Opened]) -> dict[str, InputSpec]:
    """Bound input to what a person said its value is, such as a sampling rate."""
    found: dict[str, InputSpec] = {}
    for side in sides:
        given = side.source.inputs
        bound = list(dict.fromkeys(side.names.values()))
        names = align(tuple(spec.name for spec in given), bound)
        for spec in given:
            if spec.value is not None and not any(dim.symbol for dim in spec.dims):
                found.setdefault(names[spec.name], spec)
    return found


def random_nodes(sides: tuple[Opened, Opened]) -> tuple[str, ...]:
    """Nodes of the ONNX files that draw random numbers, as `Dropout '/drop/Dropout'`."""
    from inspector.core import findings

    return tuple(node for side in sides if side.model for node in findings.random_nodes(side.model))


def facts_of(side: Opened) -> Side:
    """The record of one side, with the digest of its file."""
    runtime = side.runtime
    digest = digest_of(Path(side.source.path))
    return Side(side.source.path, digest, runtime.name, runtime.version, runtime.device)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, of all `.pb` files in it in order of their names.

    Of a folder without such, that of `formats.digests`; empty where that is too much to read.
    """
    digest = hashlib.sha256()
    files = sorted(path.rglob("*.pb")) if path.is_dir() else [path]
    if not files:
        with contextlib.suppress(InspectorError):
            return digests.digest_of(str(path))
        return ""
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
