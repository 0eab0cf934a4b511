"""The job that looks for installed architectures with the tensors of a file.

Architectures are built on the meta device, where tensors have shapes and no values. Those come
first whose source has the words that the tensors' names consist of.
"""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.core.progress import Report
from inspector.core.suggestion import Proposal, Suggestions
from inspector.core.tensor_fit import MISSING, OTHER_SHAPE, UNEXPECTED, Fit, Shape, fit_tensors
from inspector.core.words import are, counted
from inspector.jobs.requests import SuggestRequest
from inspector.runtimes import architectures
from inspector.runtimes.architectures import Candidate, in_turn, likeness
from inspector.runtimes.pytorch_weights import read_listing

_LEAST = 0.2
"""Score below which nothing is proposed; nor is what has less than half of the best one's."""

_FAMILIES = 3
"""Families of which all members are tried."""


_NUMBERS = re.compile(r"\d+")

_SAME_STRUCTURE = 0.9
"""Share of names, numbers aside, from which on a family is the right one but for its sizes."""

_WORTH_OF_STRUCTURE = 0.25
"""Score of an architecture that has the file's structure and none of its sizes."""

_BY_NAME = 3
"""Architectures that are tried first because of the file's name."""

_Offer = tuple[str, Candidate]
"""A package with its version, and what it offers."""


class _Tried(NamedTuple):
    candidate: Candidate
    package: str
    arguments: dict[str, Any]
    fit: Fit
    score: float
    structure: float


def run(request: SuggestRequest, job_dir: Path, report: Report) -> Suggestions:
    """Build what installed packages offer, and rank it by names and shapes.

    Raises:
        InspectorError: The file cannot be read, or holds no weights.
    """
    report.stage("Reading the file", Path(request.path).name)
    given = _shapes(read_listing(request.path))
    if not given:
        raise InspectorError(
            "The file holds no weights by name.", "Open a state dict or a training checkpoint."
        )
    report.stage("Looking for packages")
    found, packages, unavailable = _candidates()
    search = _Search(given, time.monotonic() + request.seconds, report)
    report.stage("Trying architectures", ", ".join(packages))
    search.try_all(_by_likeness(found, Path(request.path).stem), packages)
    best = sorted(search.tried, key=lambda one: -one.score)[: request.limit]
    adapted = sorted((search.adapted(one) for one in best), key=lambda one: -one.score)
    least = max(_LEAST, adapted[0].score / 2) if adapted else _LEAST
    proposals = tuple(_proposal(one) for one in adapted if one.score > least)
    return Suggestions(proposals, len(search.tried), packages, unavailable, search.complete)


def _shapes(checkpoint: Checkpoint) -> dict[str, Shape]:
    path = checkpoint.state_path or (
        (checkpoint.state_dict_key,) if checkpoint.state_dict_key else ()
    )
    start = "".join(f"{part}." for part in path)
    tensors = [t for t in checkpoint.tensors if t.name.startswith(start)]
    return {t.name.removeprefix(start): tuple(t.shape) for t in tensors}


def _candidates() -> tuple[list[_Offer], tuple[str, ...], tuple[str, ...]]:
    found: list[_Offer] = []
    packages: list[str] = []
    unavailable: list[str] = []
    for provider in architectures.PROVIDERS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                version, offered = provider.list()
                found += [(f"{provider.name} {version}", one) for one in offered]
        except ModuleNotFoundError as error:
            lost = error.name or provider.name
            what = "" if lost == provider.name else f", because {lost} is not"
            unavailable.append(f"{provider.name} is not installed{what}.")
        except Exception as error:  # a package that does not fit this PyTorch fails in any way
            text = str(error).partition("\n")[0][:160]
            unavailable.append(f"{provider.name} cannot be imported: {text}")
        else:
            packages.append(f"{provider.name} {version}")
    return found, tuple(packages), tuple(unavailable)


def _by_likeness(found: list[_Offer], stem: str) -> list[_Offer]:
    """Those first whose name is in the file's name, then the shorter names."""
    plain = re.sub(r"[^a-z0-9]", "", stem.lower())

    def rank(offer: _Offer) -> tuple[bool, int]:
        name = re.sub(r"[^a-z0-9]", "", offer[1].name.lower())
        return not (name and name in plain), len(name)

    return sorted(found, key=rank)


class _Search:
    """Builds candidates until the time is over, and keeps how each one fits."""

    def __init__(self, given: Mapping[str, Shape], until: float, report: Report) -> None:
        self._given = given
        self._until = until
        self._report = report
        self._seen: list[Candidate] = []
        self._found = False
        self.tried: list[_Tried] = []
        self.complete = True

    def try_all(self, found: list[_Offer], packages: Sequence[str]) -> None:
        """One of each family, the likeliest first, and all of one with the file's structure."""
        families: dict[str, list[_Offer]] = {}
        for offer in found:
            families.setdefault(offer[1].family, []).append(offer)

        def rank(family: str) -> tuple[float, int]:
            return -likeness(family, self._given), packages.index(families[family][0][0])

        order = sorted(families, key=rank)
        self._try(found[:_BY_NAME])
        for family in order:
            self._try(families[family][:1])
            if self._structure_of(family) >= _SAME_STRUCTURE:
                self._try(in_turn(families[family]))
        for family in sorted(order, key=self._structure_of, reverse=True)[:_FAMILIES]:
            self._try(in_turn(families[family]))

    def _structure_of(self, family: str) -> float:
        found = (one.structure for one in self.tried if one.candidate.family == family)
        return max(found, default=0.0)

    def _try(self, offers: Sequence[_Offer]) -> None:
        for package, candidate in offers:
            if self._found or candidate in self._seen:
                continue
            if time.monotonic() > self._until:
                self.complete = False
                return
            self._seen.append(candidate)
            self._report.progress(None, candidate.name)
            tried = self._fit(package, candidate, {})
            if tried is not None:
                self.tried.append(tried)
                self._found = not tried.fit.rows or not self.adapted(tried).fit.rows

    def _fit(self, package: str, candidate: Candidate, more: Mapping[str, Any]) -> _Tried | None:
        arguments = {**candidate.fixed, **more}
        wanted = _built_shapes(candidate, arguments)
        if wanted is None:
            return None
        fit = fit_tensors(wanted, self._given)
        structure = _structure_in_common(wanted, map(fit.name_of, self._given))
        score = max(_score(fit), _WORTH_OF_STRUCTURE * structure)
        return _Tried(candidate, package, arguments, fit, score, structure)

    def adapted(self, tried: _Tried) -> _Tried:
        """The same architecture with the number of classes and channels that the file has."""
        changes = dict(_changes(tried.candidate, tried.fit))
        if not changes:
            return tried
        again = self._fit(tried.package, tried.candidate, changes)
        return again if again is not None and again.score > tried.score else tried


def _built_shapes(candidate: Candidate, arguments: Mapping[str, Any]) -> dict[str, Shape] | None:
    import torch

    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = candidate.build(**arguments)
        return {name: tuple(t.shape) for name, t in module.state_dict().items()}
    except Exception:  # some cannot be built without values, or need arguments
        return None


def _structure_in_common(wanted: Iterable[str], given: Iterable[str]) -> float:
    """Share of the names that both have when layers are not told apart by their numbers."""
    one, other = ({_NUMBERS.sub("#", name) for name in names} for names in (wanted, given))
    return len(one & other) / max(len(one | other), 1)


def _score(fit: Fit) -> float:
    """Share of the tensors that agree; one that has another shape only counts half."""
    total = fit.matched + len(fit.rows)
    return (fit.matched + len(fit.of(OTHER_SHAPE)) / 2) / total if total else 0.0


def _changes(candidate: Candidate, fit: Fit) -> Iterator[tuple[str, int]]:
    """Arguments that would give the shapes of the file, where only these differ."""
    rows = [(row.expected or (), row.found or ()) for row in fit.of(OTHER_SHAPE)]
    if candidate.classes:
        yield from _one(
            candidate.classes,
            ((e[0], f[0]) for e, f in rows if e and f and e[1:] == f[1:] and e[0] != f[0]),
        )
    if candidate.channels:
        first = [(e[1], f[1]) for e, f in rows if len(e) == len(f) == 4 and e[0] == f[0]]
        yield from _one(candidate.channels, first[:1])


def _one(argument: str, sizes: Iterable[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    different = set(sizes)
    if len(different) == 1:
        yield argument, different.pop()[1]


def _proposal(tried: _Tried) -> Proposal:
    fit, candidate = tried.fit, tried.candidate
    total = fit.matched + len(fit.rows)
    return Proposal(
        candidate.name,
        tried.package,
        candidate.code,
        json.dumps(tried.arguments),
        fit.matched,
        total,
        fit.rows,
        _sentence(tried, total),
    )


def _sentence(tried: _Tried, total: int) -> str:
    fit, fixed = tried.fit, tried.candidate.fixed
    chosen = ", ".join(f"{n}={v}" for n, v in tried.arguments.items() if n not in fixed)
    with_ = f" with {chosen}" if chosen else ""
    if not fit.rows:
        return f"All {total:,} tensors fit{with_}."
    parts = [
        f"{len(fit.of(kind)):,} {text}"
        for kind, text in (
            (OTHER_SHAPE, "of another shape"),
            (MISSING, "missing in the file"),
            (UNEXPECTED, "only in the file"),
        )
        if fit.of(kind)
    ]
    if tried.structure >= _SAME_STRUCTURE and not fit.matched:
        return f"The names are the same and the sizes are not: {', '.join(parts)}."
    modules = sorted({row.name.rpartition(".")[0] or row.name for row in fit.rows})
    only = f" (only {modules[0]}.*)" if len(modules) == 1 else ""
    fitting = f"{fit.matched:,} of {counted(total, 'tensor')} {are(fit.matched)} the same{with_}"
    return f"{fitting}; {', '.join(parts)}{only}."
