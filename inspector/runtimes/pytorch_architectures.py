"""Hugging Face folders: the architecture that `config.json` names, as `transformers` has it.

The package is optional and imported here only. Code that a folder brings (`trust_remote_code`)
is never run.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.core.tensor_fit import MISSING, OTHER_SHAPE, TensorRow
from inspector.runtimes.pytorch_programs import Opened


def open_architecture(checkpoint: Checkpoint) -> Opened:
    """Build the architecture that the folder names and put its weights in.

    Raises:
        InspectorError: `transformers` is not installed or cannot be imported, does not have the
            architecture, or the weights do not fit it.
    """
    package = _import_transformers(checkpoint.architecture)
    found = getattr(package, checkpoint.architecture, None)
    if found is None or not hasattr(found, "from_pretrained"):
        raise InspectorError(
            f"'{checkpoint.architecture}' is not an architecture of the installed transformers "
            f"{package.__version__}.",
            "Install the release of transformers that has it, or name the model's own source "
            "with --code FILE.py:CALLABLE.",
        )
    place = Path(checkpoint.path)
    module, told = found.from_pretrained(
        place if place.is_dir() else place.parent,
        local_files_only=True,
        trust_remote_code=False,
        weights_only=True,
        output_loading_info=True,
    )
    _require_all(checkpoint.architecture, told)
    return Opened(module)


def _import_transformers(architecture: str) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        return importlib.import_module("transformers")
    except ModuleNotFoundError as error:
        missing = error.name or "transformers"
        raise InspectorError(
            f"config.json names the architecture '{architecture}' of the package transformers, "
            f"and '{missing}' is not installed here.",
            f"Install {missing} for the Python that runs the worker, or name the model's source "
            "with --code FILE.py:CALLABLE.",
            str(error),
        ) from error
    except Exception as error:  # a package that does not fit this PyTorch may fail in any way
        raise InspectorError(
            "The package transformers is installed, but cannot be imported: "
            f"{type(error).__name__}.",
            "Install releases of PyTorch and torchvision that belong together.",
            str(error),
        ) from error


def _require_all(architecture: str, told: dict[str, Any]) -> None:
    """Weights that are not in the files would be random numbers."""
    rows = [TensorRow(str(name), MISSING, None, None) for name in told.get("missing_keys", ())]
    rows += [
        TensorRow(str(name), OTHER_SHAPE, tuple(wanted), tuple(given))
        for name, given, wanted in told.get("mismatched_keys", ())
    ]
    if rows:
        raise InspectorError(
            f"The weights do not fit {architecture}: {len(rows)} are missing or have another "
            "shape.",
            "Download the folder again, or name the architecture that was saved in config.json.",
            table=tuple(sorted(rows)),
        )
