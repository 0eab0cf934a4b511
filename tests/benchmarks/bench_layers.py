"""Planted single-layer defects: in how many of them the right module is named first."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from inspector.core.failures import explain
from inspector.core.layers import Layer, Localisation
from inspector.core.progress import Report
from inspector.jobs.localise import run as localise
from inspector.jobs.requests import LocaliseRequest
from tests.benchmarks.table import Row
from tests.benchmarks.verdict_cases.planted import PLANTED, Planted
from tests.benchmarks.verdict_cases.workshop import MissingError, Workshop, quiet

BUDGET = 0.9
"""Least share of the defects whose module is named first."""


class Found(NamedTuple):
    """What became of one planted defect.

    Attributes:
        planted: The defect.
        first: Path of the module that was named; empty where none was.
        also: Paths of those named after it.
        sentence: What a person is told.
        seconds: How long the search took.
    """

    planted: Planted
    first: str
    also: tuple[str, ...]
    sentence: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the right module was named first."""
        return is_at(self.first, self.planted)

    @property
    def listed(self) -> bool:
        """Whether the right module was named at all."""
        return self.right or any(is_at(path, self.planted) for path in self.also)


def is_at(path: str, planted: Planted) -> bool:
    """Whether a path is that of the module, of a part of it, or of what is one with it."""
    places = [place for place in (planted.module, planted.one_with) if place]
    return any(path == place or path.startswith(f"{place}.") for place in places)


def rows() -> list[Row]:
    """Search for all of them; print what was named."""
    found, absent = search(PLANTED)
    print(table(found), end="\n\n")
    if absent:
        print(f"Not run, for lack of their files: {', '.join(absent)}.\n")
    right = sum(one.right for one in found)
    listed = sum(one.listed for one in found)
    seconds = [one.seconds for one in found]
    return [
        Row(
            f"planted single-layer defects, {len(found)}",
            f"the right module is named first in {right}",
            f"named at all in {listed}",
            f"{right / len(found):.0%}; {median(seconds):.1f} s each, at most {max(seconds):.1f}",
            f"at least {BUDGET:.0%}",
            right >= BUDGET * len(found),
        )
    ]


def search(cases: Sequence[Planted]) -> tuple[list[Found], tuple[str, ...]]:
    """What was found, and the names of those whose files are not on this machine."""
    found: list[Found] = []
    absent: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for place, planted in enumerate(cases):
            print(f"  {planted.name}", file=sys.stderr, flush=True)
            try:
                found.append(look_for(planted, Path(folder) / str(place)))
            except MissingError:
                absent.append(planted.name)
    return found, tuple(absent)


def look_for(planted: Planted, folder: Path) -> Found:
    """Make a defect's files in `folder`, and search.

    Raises:
        MissingError: A file that it needs is not on this machine.
    """
    job = folder / "job"
    with quiet():
        pair = planted.pair(Workshop(folder, planted.name))
        job.mkdir()
        began = time.perf_counter()
        try:
            known = localise(LocaliseRequest(*pair, blame=False), job, Report())
        except Exception as error:  # a worker explains it in the same way
            sentence = explain(error).sentence
            return Found(planted, "", (), sentence, time.perf_counter() - began)
    seconds = time.perf_counter() - began
    shutil.rmtree(folder, ignore_errors=True)
    first, also = named(known)
    return Found(planted, first, also, known.sentence, seconds)


def named(known: Localisation) -> tuple[str, tuple[str, ...]]:
    """Module of the birthplace, and of the layers that err by themselves beside it."""
    if known.birthplace is None:
        return "", ()
    also: list[Layer] = [known.layers[place] for place in known.also_born]
    return known.layers[known.birthplace].module, tuple(layer.module for layer in also)


def table(found: Sequence[Found]) -> str:
    """One line per defect; what is wrong is bold."""
    lines = ["| Planted in | Named first | Sentence |", "| --- | --- | --- |"]
    for one in found:
        first = one.first or "none"
        first = first if one.right else f"**{first}**"
        lines.append(f"| {one.planted.name} | {first} | {one.sentence} |")
    return "\n".join(lines)
