"""Libraries that bring operators of their own to ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.core.failures import NEEDS_OPERATORS, InspectorError
from inspector.core.sources import ModelSource


def allowed(source: ModelSource) -> tuple[str, ...]:
    """The libraries of a source, once the user has consented to executing them.

    Raises:
        InspectorError: There are some, and nobody has consented to them as they are.
    """
    if source.custom_ops and not source.trust:
        names = ", ".join(f"'{Path(path).name}'" for path in source.custom_ops)
        raise InspectorError(
            f"The library {names} would be executed as soon as it is loaded.",
            "Allow it only where you know who made it (--trust on the command line).",
            "\n".join(source.custom_ops),
            kind=NEEDS_OPERATORS,
        )
    return source.custom_ops


def register(libraries: tuple[str, ...], options: Any) -> None:
    """Load libraries into the options of a session.

    Raises:
        InspectorError: One is missing, or is no library of custom operators.
    """
    for path in libraries:
        if not Path(path).is_file():
            raise InspectorError(
                f"The library of custom operators '{path}' does not exist.", "Check the path."
            )
        try:
            options.register_custom_ops_library(str(Path(path).resolve()))
        except Exception as error:  # whatever the system's loader says
            raise InspectorError(
                f"'{Path(path).name}' is not a library of custom operators for this system and "
                "this ONNX Runtime.",
                "Build it for this computer; it must export the function RegisterCustomOps.",
                str(error),
            ) from error
