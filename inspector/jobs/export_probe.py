"""A dimension that the file calls dynamic is tried with another size: the word proves nothing.

A Python number made from a shape stays in the graph as the example's size, and a loop over a
dimension is unrolled that many times. The file then fails at another size, or runs and is wrong.
The TorchScript exporter does this silently. The dynamo exporter keeps sizes symbolic and refuses
most of what would fix one, so its files are tried only where a dynamic size is not found again in
an output: it unrolls an LSTM over its steps and leaves the header as it was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.findings import MUST, Finding
from inspector.core.input_spec import InputDim, InputSpec
from inspector.jobs.export_call import Plan
from inspector.runtimes.pytorch_call import bind_call, try_call
from inspector.runtimes.pytorch_values import Array, example, tensors_of, to_array

if TYPE_CHECKING:
    from inspector.runtimes.onnxruntime import OnnxRuntime

PLAINLY = 1e-2
"""Share of the largest reference value beyond which two outputs are plainly not the same; what is
finer is the comparison's to judge."""


def probe(plan: Plan, session: OnnxRuntime) -> tuple[Finding, ...]:
    """Run model and file with every dynamic dimension one larger than in the example.

    Where the model itself refuses that size, nothing is known and nothing is said.
    """
    specs = tuple(_other(spec) for spec in plan.specs)
    if specs == plan.specs or plan.training_mode:
        return ()
    tensors = [example(spec) for spec in specs]
    call = bind_call(plan.signature, [spec.name for spec in specs], tensors)
    try:
        reference = [to_array(t) for _, t in tensors_of(try_call(plan.module, call, specs))]
    except InspectorError:
        return ()
    pairs = zip(specs, tensors, strict=True)
    feeds = {
        spec.name: to_array(tensor) for spec, tensor in pairs if spec.name in session.input_names
    }
    try:
        candidate = session.run(feeds)
    except Exception as error:
        return (_finding("does not run", specs, str(error).strip().partition("\n")[0][:300]),)
    wrong = _differences(plan.output_names, reference, candidate)
    return (_finding("gives other results", specs, *wrong),) if wrong else ()


def _other(spec: InputSpec) -> InputSpec:
    dims = tuple(InputDim(d.size + 1, d.symbol) if d.symbol else d for d in spec.dims)
    return replace(spec, dims=dims)


def _differences(
    names: Sequence[str], reference: Sequence[Array], candidate: Sequence[Array]
) -> list[str]:
    found: list[str] = []
    for name, one, other in zip(names, reference, candidate, strict=False):
        if one.shape != other.shape:
            found.append(f"{name}: shape {other.shape}, not {one.shape}")
        elif one.size and np.issubdtype(one.dtype, np.floating):
            scale = float(np.nanmax(np.abs(one.astype(np.float64)), initial=0.0))
            error = np.abs(one.astype(np.float64) - other.astype(np.float64))
            largest = float(np.nanmax(error, initial=0.0))
            if largest > PLAINLY * scale:
                found.append(f"{name}: off by up to {largest:.3g}")
    return found


def _finding(what: str, specs: Sequence[InputSpec], *where: str) -> Finding:
    sizes = dict.fromkeys(f"{d.symbol}={d.size}" for s in specs for d in s.dims if d.symbol)
    return Finding(
        "size-baked-in",
        MUST,
        f"The file {what} with {', '.join(sizes)}, although it calls these sizes dynamic.",
        "The example's size became a number on the way, and the exporter wrote it down.",
        "Give that dimension as a plain size; or use x.shape directly in forward(), without int(), "
        "loops or Python lists over it.",
        where,
    )
