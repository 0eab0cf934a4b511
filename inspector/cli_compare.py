"""`compare`: run two models on the same data and judge."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
from pathlib import Path
from typing import Any

from inspector import cli_layers, cli_providers, cli_samples
from inspector.cli_compare_text import text_of
from inspector.cli_console import INTERRUPTED, Console
from inspector.cli_export import source_of
from inspector.core import wire
from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import InspectorError
from inspector.core.providers import Providers
from inspector.core.sources import DataSource
from inspector.core.stopped import as_stopped
from inspector.jobs.client import WorkerClient
from inspector.jobs.output import put
from inspector.jobs.requests import PART_COUNTS, PARTIAL_COMPARISON, CompareRequest

EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.REVIEW: 3, Verdict.CANNOT_JUDGE: 4}

_OF_THIS_RUN = ("reference_file", "candidate_file", "kept_samples")
"""Fields of an output that name files of the job, which are gone when the command ends."""


def run(options: argparse.Namespace, console: Console) -> int:
    """Carry out the command."""
    require_place(options.report)
    _require_part(options)
    cli_samples.require_plain_layout(options)
    _keep_inputs(options)
    request = CompareRequest(
        reference=source_of(options, options.reference),
        candidate=source_of(options, options.candidate),
        data=DataSource(
            paths=tuple(options.data),
            random=cli_samples.random_count(options),
            seed=options.seed,
            binding=dict(options.bind),
            cast=options.cast,
            batch_size=options.batch_size,
            limit=options.limit,
            kinds=dict(options.kind),
            images=options.images,
            padding=options.pad,
        ),
        accept_generated=options.accept_generated,
        provider=options.provider,
        convert=options.convert,
        tolerances=tuple(options.tolerance),
        part=options.part,
        pairing=dict(options.pair_output),
        layouts=tuple(options.layout),
        sizes=not options.no_sizes,
    )
    inside: cli_layers.Found | None = None
    providers: Providers | None = None
    with WorkerClient() as worker:
        comparison, stopped = _compare(worker, request, console)
        if options.save_part and worker.job is not None and not stopped:
            put(str(worker.job / PART_COUNTS), options.save_part)
        if options.layers and not stopped:
            inside = cli_layers.find(worker, request, comparison, console)
        if options.providers and not stopped:
            providers = cli_providers.find(options.providers, options.threads, request, console)
        if options.report:
            from inspector.report.html import write_report

            write_report(comparison, Path(options.report), providers)
    plain, text = to_json(comparison), text_of(comparison, options.report)
    if inside is not None:
        plain = cli_layers.to_json(plain, inside)
        text = itertools.chain(text, cli_layers.text(inside))
    if providers is not None:
        plain = cli_providers.to_json(plain, providers)
        text = itertools.chain(text, cli_providers.text(providers))
    console.result(plain, text)
    return INTERRUPTED if stopped else EXIT_CODES[comparison.verdict]


def _compare(
    worker: WorkerClient, request: CompareRequest, console: Console
) -> tuple[Comparison, bool]:
    """The comparison; where the person stopped it, what was judged until then, and True."""
    try:
        return worker.run("compare", request, console.show), False
    except KeyboardInterrupt:
        path = worker.job / PARTIAL_COMPARISON if worker.job is not None else None
        if path is None or not path.is_file():
            raise
        return as_stopped(wire.load(path, Comparison)), True


def _require_part(options: argparse.Namespace) -> None:
    """Refuse to judge a part whose counts go nowhere."""
    if bool(options.save_part) != any(options.part):
        raise InspectorError(
            "--part K/N and --save-part FILE belong together.",
            "Name the part that is to be judged, and the file for its counts.",
        )


def require_place(report: str) -> None:
    """Refuse a report that could not be written before the work for it is done."""
    if not report:
        return
    folder = Path(report).parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or Path(report).is_dir():
        raise InspectorError(
            f"The report cannot be written to '{report}'.",
            "Choose a file name in a folder that exists and can be written to.",
        )


def _keep_inputs(options: argparse.Namespace) -> None:
    """Refuse a report that would take the place of a file that is compared."""
    code = options.code.rpartition(":")[0] or options.code
    for file in (options.reference, options.candidate, code, options.code, *options.data):
        with contextlib.suppress(OSError):
            if options.report and os.path.samefile(options.report, file):
                raise InspectorError(
                    f"The report cannot be written to '{options.report}', which is compared.",
                    "Choose another name for the report, so that nothing is lost.",
                )


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The object that `--json` writes, without `schema`."""
    plain: dict[str, Any] = wire.to_plain(comparison)
    for output in plain["outputs"]:
        for name in _OF_THIS_RUN:
            del output[name]
    return {**plain, "layers": [], "first_divergence": None}
