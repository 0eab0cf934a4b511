"""The architecture that weights belong to is found by names and shapes alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.core.suggestion import Suggestions
from inspector.core.tensor_fit import OTHER_SHAPE
from inspector.jobs import suggest
from inspector.jobs.requests import SuggestRequest
from inspector.runtimes import architectures
from inspector.runtimes.architectures import Candidate, Provider


class Tower(nn.Module):
    def __init__(self, depth: int, num_classes: int = 1000, in_chans: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_chans, 8, 3)
        self.blocks = nn.ModuleList(nn.Conv2d(8, 8, 3) for _ in range(depth))
        self.head = nn.Linear(8, num_classes)


class Flat(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.body = nn.Linear(8, 8)
        self.out = nn.Linear(8, num_classes)


built: list[str] = []


def tower(depth: int) -> Any:
    def build(**arguments: Any) -> nn.Module:
        built.append(f"tower{depth}")
        return Tower(depth, **arguments)

    return build


def broken(**arguments: Any) -> nn.Module:
    raise RuntimeError("this one needs a file that is not there")


def offered() -> tuple[str, Iterator[Candidate]]:
    towers = [
        Candidate(f"tower{n}", "towers", f"fake:tower{n}", tower(n), {}, "num_classes", "in_chans")
        for n in (2, 4, 8)
    ]
    flat = Candidate("flat", "flats", "fake:flat", Flat, {}, "num_classes")
    return "1.2", iter([*towers, flat, Candidate("broken", "broken", "fake:broken", broken)])


def fails() -> tuple[str, Iterator[Candidate]]:
    raise RuntimeError("operator torchvision::nms does not exist")


def absent() -> tuple[str, Iterator[Candidate]]:
    raise ModuleNotFoundError("No module named 'timm'", name="timm")


@pytest.fixture(autouse=True)
def _fake_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    built.clear()
    packages = Provider("fake", offered), Provider("broken", fails), Provider("timm", absent)
    monkeypatch.setattr(architectures, "PROVIDERS", packages)


def look(path: Path, holds: Any, **options: Any) -> Suggestions:
    torch.save(holds, path)
    return suggest.run(SuggestRequest(str(path), **options), path.parent, Report())


def test_the_best_match_is_named_with_what_differs(tmp_path: Path) -> None:
    found = look(tmp_path / "net.pt", {"state_dict": Tower(4, 7, 1).state_dict()})
    best = found.proposals[0]
    assert (best.name, best.package, best.code) == ("tower4", "fake 1.2", "fake:tower4")
    assert json.loads(best.code_args) == {"num_classes": 7, "in_chans": 1}
    assert (best.share, best.differs) == (1.0, ())
    assert "tower8" not in built[:-1]
    assert best.sentence == "All 12 tensors fit with num_classes=7, in_chans=1."


def test_what_cannot_be_adapted_is_listed(tmp_path: Path) -> None:
    state = Tower(2).state_dict()
    state["blocks.0.weight"] = torch.zeros(8, 8, 5, 5)
    best = look(tmp_path / "net.pt", state).proposals[0]
    assert (best.name, best.matched, best.total) == ("tower2", 7, 8)
    assert [(row.name, row.kind) for row in best.differs] == [("blocks.0.weight", OTHER_SHAPE)]
    assert best.sentence.endswith("1 of another shape (only blocks.0.*).")


def test_the_right_architecture_in_other_sizes_is_named_so(tmp_path: Path) -> None:
    state = {n: torch.zeros((*t.shape, 2)) for n, t in Tower(2).state_dict().items()}
    best = look(tmp_path / "net.pt", state).proposals[0]
    assert (best.name, best.matched) == ("tower2", 0)
    assert best.sentence == "The names are the same and the sizes are not: 8 of another shape."


def test_wrappers_do_not_hide_an_architecture(tmp_path: Path) -> None:
    state = {f"module.{name}": value for name, value in Tower(8).state_dict().items()}
    assert look(tmp_path / "net.pt", state).proposals[0].name == "tower8"


def test_the_families_whose_source_has_the_words_are_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, source = ModuleType("towers"), tmp_path / "towers.py"
    source.write_text(
        "class Tower:\n    def __init__(self):\n        self.stem = self.blocks = 0\n"
    )
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "towers", module)
    assert architectures.likeness("towers", ["stem.weight", "head.weight"]) == 0.5
    assert architectures.likeness("nowhere", ["stem.weight"]) == 0.0


def test_sizes_of_a_family_are_tried_in_turn() -> None:
    names = ("vit_tiny_16", "vit_tiny_32", "vit_base_16", "vit_base_32", "deit_small")
    offers = [("p", Candidate(name, "f", "", Flat)) for name in names]
    ordered = [one.name for _, one in architectures.in_turn(offers)]
    assert ordered == ["vit_tiny_16", "vit_base_16", "deit_small", "vit_tiny_32", "vit_base_32"]


def test_packages_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    found = look(tmp_path / "net.pt", Tower(2).state_dict())
    assert found.packages == ("fake 1.2",)
    assert found.unavailable == (
        "broken cannot be imported: operator torchvision::nms does not exist",
        "timm is not installed.",
    )


def test_weights_of_nothing_that_is_installed_have_no_proposal(tmp_path: Path) -> None:
    found = look(tmp_path / "net.pt", {"w": torch.zeros(3), "b": torch.zeros(1)})
    assert found.proposals == ()
    assert found.tried > 0


def test_no_more_is_built_when_the_time_is_over(tmp_path: Path) -> None:
    found = look(tmp_path / "net.pt", Tower(8).state_dict(), seconds=0.0)
    assert (found.tried, found.complete, built) == (0, False, [])


def test_the_name_of_the_file_says_what_to_try_first(tmp_path: Path) -> None:
    look(tmp_path / "tower_8-a1.pt", Tower(8).state_dict())
    assert built[0] == "tower8"


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="no weights"):
        look(tmp_path / "net.pt", {"epoch": 3})
