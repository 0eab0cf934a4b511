"""The commands: `inspect`, `export` and `compare`, clients of the same worker as the window.

Exit codes follow diff(1): 0 done, or PASS; 1 FAIL; 2 trouble; 3 REVIEW; 4 CANNOT JUDGE. A command
that is interrupted, or whose reader goes away, ends without a word with 130 or 141, as a shell
reports the signals.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence

from inspector.cli_console import INTERRUPTED, Console
from inspector.cli_options import build_parser
from inspector.core.failures import Failure, InspectorError

TROUBLE = 2
READER_GONE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: Without the program's name; None: those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(as_json="--json" in given)
    try:
        code = _run(given, console)
        console.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence_output()
        return READER_GONE
    return code


def _run(given: list[str], console: Console) -> int:
    try:
        options = build_parser().parse_args(given)
        return int(options.run(options, console))
    except InspectorError as error:
        console.fail(error.failure)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except SystemExit as done:  # argparse, after --help and --version
        return int(done.code or 0)
    except Exception as error:
        sentence = f"The program met something unexpected: {type(error).__name__}."
        hint = "Report it with the text below."
        console.fail(Failure(sentence, hint, traceback.format_exc()))
    return TROUBLE


def _silence_output() -> None:
    """Let the interpreter close standard output at its end without complaint."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
