"""`merge`: put parts of a comparison together and judge the whole."""

from __future__ import annotations

import argparse
from pathlib import Path

from inspector.cli_compare import EXIT_CODES, require_place, to_json
from inspector.cli_compare_text import text_of
from inspector.cli_console import Console


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command."""
    from inspector.jobs.compare_parts import merge_parts

    require_place(options.report)
    comparison = merge_parts([Path(part) for part in options.parts])
    if options.report:
        from inspector.report.html import write_report

        write_report(comparison, Path(options.report))
    console.result(to_json(comparison), text_of(comparison, options.report))
    return EXIT_CODES[comparison.verdict]
