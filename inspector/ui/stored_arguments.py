"""What a checkpoint stores that the callable named on the Export page takes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.ui.forms import WEIGHT_FORMS

if TYPE_CHECKING:
    from inspector.core.inspection import CheckpointFacts

_LARGEST = 1 << 18
"""Bytes of a source that is looked into; it is read while the person types."""


def filled_in(facts: CheckpointFacts | None, code: str) -> dict[str, Any]:
    """The arguments that a file brings for what builds its module.

    Of Lightning all: they are the module's own. Settings of another training program are mostly
    about the training, so that only those are filled in that the callable has a parameter for.

    Args:
        facts: The checkpoint.
        code: `FILE.py[:CALLABLE]`, read and not executed; empty: not named yet.
    """
    if facts is None or not facts.hyper_parameters:
        return {}
    if facts.form == "lightning":
        return facts.hyper_parameters
    if facts.form not in WEIGHT_FORMS or not code:
        return {}
    from inspector.core.stored_arguments import usable
    from inspector.ui.widgets.code_fields import split_code

    file, name = split_code(code)
    path = Path(file).expanduser()
    try:
        state = path.stat()
        if path.suffix != ".py" or state.st_size > _LARGEST:
            return {}
        parameters = _parameters(str(path), name, state.st_mtime_ns)
    except OSError:
        return {}
    return usable(facts.hyper_parameters, parameters)


@lru_cache(maxsize=8)
def _parameters(path: str, name: str, changed: int) -> dict[str, bool]:
    from inspector.core.stored_arguments import parameters_of

    return parameters_of(Path(path).read_text("utf-8", errors="replace"), name)
