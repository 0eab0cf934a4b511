"""Where an export is written if nobody says otherwise, and what is wrong with a place."""

from __future__ import annotations

import os
from pathlib import Path

from inspector.ui import look
from inspector.ui.widgets.code_fields import documents_folder


def proposed_output(checkpoint: str) -> str:
    """The ONNX file to propose: beside the checkpoint, else among the person's documents.

    The program's own folder is never proposed, nor is one that cannot be written into.
    """
    path = Path(checkpoint)
    own = path.resolve().is_relative_to(look.resource().resolve())
    # A folder that is gone stays: the sentence below the field names it.
    shut = path.parent.is_dir() and not os.access(path.parent, os.W_OK)
    folder = documents_folder() if own or shut else path.parent
    return str(folder / f"{path.stem}.onnx")


def place_problem(text: str) -> str:
    """Why nothing can be written to `text`, in one sentence; empty where something can."""
    if not text:
        return "Say where the file is to be written."
    path = Path(text).expanduser()
    if not path.parent.is_dir():
        return f"There is no folder '{path.parent}'."
    if path.is_dir():
        return f"'{path.name}' is a folder."
    if not os.access(path.parent, os.W_OK):
        return f"Nothing may be written into '{path.parent}'."
    return ""


def place_note(text: str) -> str:
    """What happens to a file that is there already; empty where there is none."""
    path = Path(text).expanduser()
    return f"'{path.name}' is there already and will be replaced." if path.is_file() else ""
