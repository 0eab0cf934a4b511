"""Where an exporter is, read from the lines that it prints."""

from __future__ import annotations

import io
import re
from typing import TextIO

from inspector.core.progress import Report

CAPTURING, DECOMPOSING = "Capturing graph", "Decomposing"
TRANSLATING, OPTIMISING = "Translating to ONNX", "Optimising"

STAGES = (
    ("Obtain model graph", CAPTURING),
    ("Run decompositions", DECOMPOSING),
    ("Translate the graph into ONNX", TRANSLATING),
    ("Optimize the ONNX graph", OPTIMISING),
)
"""How a line of the dynamo exporter begins, and the stage that begins with it."""

_LINE = re.compile(r"\[torch\.onnx\] (?P<what>.*)")
_ATTEMPT = re.compile(r"strict=(True|False)")


class StageWriter(io.TextIOBase):
    """Stands for `sys.stdout` while an exporter runs: tells its stages, and writes everything on.

    Every step is printed twice, when it begins and again with a mark when it is over; only the
    beginning counts.
    """

    def __init__(self, log: TextIO, report: Report) -> None:
        self._log = log
        self._report = report
        self._line = ""
        self._strict = ""

    def write(self, text: str) -> int:
        """Take text as `print` gives it: in parts of lines."""
        self._log.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._take(line)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back from the log."""
        self._log.flush()

    def _take(self, line: str) -> None:
        match = _LINE.match(line)
        if match is None or not line.endswith("..."):
            return
        for beginning, stage in STAGES:
            if match["what"].startswith(beginning):
                self._report.stage(stage)
                attempt = _ATTEMPT.search(line)
                if attempt is not None and self._strict not in ("", attempt[1]):
                    self._report.progress(None, "a second way, since the first did not succeed")
                self._strict = attempt[1] if attempt else ""
