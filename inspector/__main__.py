"""Where the program starts: the window, a command, a worker, or the self-test."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

COMMANDS = ("inspect", "export", "compare", "merge", "--version", "--help", "-h")
"""First arguments that mean the command line; anything else is a file for the window."""

NO_DISPLAY = (
    "onnx-inspector: There is no display here, so no window can open.\n"
    "Use the commands, which need none: 'onnx-inspector --help' lists them.\n"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what the arguments ask for, importing only that; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    first = given[0] if given else ""
    if first == "--worker":
        from inspector.jobs import worker

        return worker.main(given)
    if first == "--self-test":
        from inspector import self_test

        return int(self_test.main(given[1:]))
    if first in COMMANDS or first.startswith("-"):
        from inspector import cli

        return int(cli.main(given))
    if _without_display():
        sys.stderr.write(NO_DISPLAY)
        return 2
    from inspector.ui import app

    return int(app.main(given))


def _without_display() -> bool:
    """Whether no window can open; Qt would end the program without saying so."""
    known = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform.startswith("linux") and not any(os.environ.get(name) for name in known)


if __name__ == "__main__":
    sys.exit(main())
