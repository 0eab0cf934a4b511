"""The export as other people would write it: in Python, and on the command line."""

from __future__ import annotations

import shlex
from pathlib import Path

from inspector.core.input_spec import InputSpec
from inspector.jobs.requests import ExportRequest

DEFAULT_OPSET = 18


def command_line(request: ExportRequest) -> str:
    """The line that does the same, quoted for a POSIX shell."""
    source = request.source
    parts: list[tuple[str, ...]] = [
        ("onnx-inspector", "export", source.path), ("-o", request.output)
    ]  # fmt: skip
    if source.code:
        parts.append(("--code", source.code))
    if source.code_args.strip() not in ("", "{}"):
        parts.append(("--code-args", source.code_args))
    if source.state:
        parts.append(("--state", source.state))
    parts += [("--input", str(spec)) for spec in source.inputs]
    parts += [("--output-name", name) for name in source.output_names]
    if request.opset != DEFAULT_OPSET:
        parts.append(("--opset", str(request.opset)))
    if request.exporter != "dynamo":
        parts.append(("--exporter", request.exporter))
    flags = {
        "--no-constant-folding": not request.constant_folding,
        "--training-mode": request.training_mode,
        "--keep-paths": request.keep_paths,
        "--trust": source.trust,
    }
    parts += [(flag,) for flag, wanted in flags.items() if wanted]
    return " \\\n    ".join(shlex.join(part) for part in parts)


NOT_KNOWN = """\
# The call stands here when the inputs are known:
# add them above, or load the model and read them."""


def python_text(request: ExportRequest, *, without_inputs: bool = False) -> str:
    """The call of `torch.onnx.export`, with `model` loaded and in evaluation mode.

    Args:
        request: What is exported.
        without_inputs: It is known that `forward()` takes nothing; else a request without
            inputs says only that nobody knows them, and there is no call to show.
    """
    inputs = request.source.inputs
    if not inputs and not without_inputs:
        return NOT_KNOWN
    names = [_variable(spec.name, number) for number, spec in enumerate(inputs)]
    older = request.exporter == "torchscript" or request.opset < DEFAULT_OPSET
    lines = [_example(name, spec) for name, spec in zip(names, inputs, strict=True)]
    arguments = ", ".join(names) + ("," if len(names) == 1 else "")
    lines.append(f"torch.onnx.export(model, ({arguments}), {Path(request.output).name!r},")
    options = [f"dynamo={not older}", f"opset_version={request.opset}"]
    if inputs:
        options.append(f"input_names={[spec.name for spec in inputs]!r}")
    if request.source.output_names:
        options.append(f"output_names={list(request.source.output_names)!r}")
    options += _dynamic(inputs, older=older)
    if older and not request.constant_folding:
        options.append("do_constant_folding=False")
    if older and request.training_mode:
        options.append("training=torch.onnx.TrainingMode.PRESERVE")
    lines += [f"    {option}," for option in options[:-1]] + [f"    {options[-1]})"]
    return "\n".join(lines)


def _variable(name: str, number: int) -> str:
    return name if name.isidentifier() else f"input_{number}"


def _example(name: str, spec: InputSpec) -> str:
    sizes = ", ".join(str(size) for size in spec.shape)
    shape = f"({sizes},)" if len(spec.shape) == 1 else f"({sizes})"
    if spec.dtype == "float32":
        return f"{name} = torch.randn({shape})"
    return f"{name} = torch.zeros({shape}, dtype=torch.{spec.dtype})"


def _dynamic(inputs: tuple[InputSpec, ...], *, older: bool) -> list[str]:
    axes = [
        {axis: dim.symbol for axis, dim in enumerate(spec.dims) if dim.symbol} for spec in inputs
    ]
    if not any(axes):
        return []
    if older:
        named = {spec.name: free for spec, free in zip(inputs, axes, strict=True) if free}
        return [f"dynamic_axes={named!r}"]
    return [f"dynamic_shapes={tuple(free or None for free in axes)!r}"]
