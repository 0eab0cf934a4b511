"""Reads a file's outline beside the event loop: numpy may have to be imported for it."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance

from inspector.core.failures import Failure
from inspector.ui.models.tree_rows import Kinds, TreeRows


class TreeLoader(QObject):
    """Arranges outlines for the tree, one thread for each; the last one asked for counts."""

    loaded = Signal(str, object)
    """Folder of the outline and its TreeRows."""
    failed = Signal(str, object)
    """Folder of the outline and a Failure."""

    def load(self, folder: str) -> None:
        """Read the outline in `folder`; `loaded` or `failed` answers."""
        threading.Thread(target=self._read, args=(folder,), daemon=True).start()

    def _read(self, folder: str) -> None:
        try:
            from inspector.formats import columns

            rows = TreeRows(columns.load(Path(folder)), _kinds())
        except (OSError, ValueError, KeyError) as error:
            failure = Failure(
                "The structure of the file could not be read back.",
                "Open the file again.",
                f"{type(error).__name__}: {error}",
            )
            self._tell(self.failed, folder, failure)
        else:
            self._tell(self.loaded, folder, rows)
            rows.prepare()

    def _tell(self, signal: SignalInstance, folder: str, answer: object) -> None:
        # The window may be gone by now; then nobody waits for the answer.
        with contextlib.suppress(RuntimeError):
            signal.emit(folder, answer)


def _kinds() -> Kinds:
    from inspector.formats import columns

    return Kinds(
        groups=frozenset({columns.SECTION, columns.SCOPE}),
        tagged=frozenset({columns.NODE, columns.MODULE}),
        counted={"Nodes": columns.NODE, "Modules": columns.MODULE},
    )
