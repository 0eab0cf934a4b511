"""Open an ONNX file for a comparison: looked at first, and converted where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inspector.core.failures import NEEDS_OPERATORS, InspectorError
from inspector.core.finding import NOTE, Finding
from inspector.core.runtime_limits import OLDEST_OPSET
from inspector.core.words import counted
from inspector.runtimes.onnxruntime_kernels import Missing, missing_kernels
from inspector.runtimes.onnxruntime_limits import default_opset, limits, too_new

_RAISED_TO = 13
"""The opset that a file below the oldest supported one is converted to."""


def look_first(path: Path, provider: str, custom_ops: Sequence[str] = ()) -> tuple[Missing, ...]:
    """Read a file's structure, before ONNX Runtime touches it, and say what keeps it from running.

    Args:
        path: The file.
        provider: Execution provider.
        custom_ops: Libraries that bring operators; what they bring is not known beforehand.

    Returns:
        The nodes that there seems to be no kernel for.

    Raises:
        InspectorError: It cannot be read, its weights are not safe to read, or it is too new.
    """
    from inspector.formats.onnx import read_onnx
    from inspector.formats.onnx_external import require_safe

    model = read_onnx(path)
    require_safe(model)
    newer = too_new(model)
    if newer is not None:
        raise newer
    missing = missing_kernels(model, provider)
    return tuple(one for one in missing if one.version or not custom_ops)


def no_kernel(missing: Sequence[Missing], said: str = "") -> InspectorError:
    """The failure of a model with nodes that ONNX Runtime has no code for; `said` are its words."""
    first = missing[0]
    runtime = limits().runtime
    detail = "\n".join([*(_line(one) for one in missing), said]).strip()
    more = len(missing) - 1
    rest = f" {counted(more, 'more node')} {'has' if more == 1 else 'have'} none either."
    if not first.version:
        return InspectorError(
            f"{runtime} does not have the operator '{_full(first)}' of the node '{first.node}'."
            + (rest if more else ""),
            "Load the library that brings the operator (--custom-ops on the command line), or "
            "export the model without it.",
            detail,
            kind=NEEDS_OPERATORS,
        )
    types = f" with {' and '.join(first.types)}" if first.types else ""
    return InspectorError(
        f"{runtime} has no kernel for the node '{first.node}': {first.op_type} (version "
        f"{first.version}){types}." + (rest if more else ""),
        _remedy(first),
        detail,
    )


def _remedy(missing: Missing) -> str:
    if "float32" in missing.instead:
        return f"Convert the model to float32 before the export; {_kinds(missing)}."
    if missing.instead:
        return f"Cast its inputs to another type in the model: {_kinds(missing)}."
    if not missing.domain and 0 < missing.version < OLDEST_OPSET:
        return (
            "Have the file, which is from 2018 or before, converted into a new one (--convert on "
            "the command line), or export it again."
        )
    return "Replace the operator in the model, or export with another opset."


def _kinds(missing: Missing) -> str:
    return f"this operator takes {', '.join(missing.instead)} there"


def _full(missing: Missing) -> str:
    return f"{missing.domain or 'ai.onnx'}:{missing.op_type}"


def _line(missing: Missing) -> str:
    types = f", given {', '.join(missing.types)}" if missing.types else ""
    version = f" version {missing.version}" if missing.version else ""
    return f"{missing.node}: {_full(missing)}{version}{types}"


def convert_if_needed(path: Path, folder: Path) -> tuple[Path, tuple[Finding, ...]]:
    """A file that the installed ONNX Runtime reads: the same one, or a conversion of it.

    Args:
        path: The file; it stays as it is.
        folder: Where a new one goes; made if needed.

    Returns:
        The file to run, and a remark where it is a new one.

    Raises:
        InspectorError: It cannot be converted.
    """
    from inspector.formats.onnx import read_onnx
    from inspector.formats.onnx_convert import convert

    model, known = read_onnx(path), limits()
    old = 0 < default_opset(model) < OLDEST_OPSET
    if not old and too_new(model) is None:
        return path, ()
    # A file that was converted for the other side may have the same name.
    own = folder / f"{len(list(folder.iterdir())) if folder.exists() else 0}"
    own.mkdir(parents=True)
    lowest = _RAISED_TO if old else 0
    change = convert(path, own / path.name, known.opset, known.ir_version, lowest)
    remark = Finding(
        "converted",
        NOTE,
        f"A converted copy was run, since the file is {'older' if old else 'newer'} than "
        f"{known.runtime} supports: {change.sentence}.",
        "The copy computes the same by the rules of ONNX, and is not the file that is handed on.",
        "Export the model with these versions if it is to run with this runtime.",
    )
    return own / path.name, (remark,)
