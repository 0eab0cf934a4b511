"""Where a worker may read and write for a request."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from inspector.core.sources import DataSource, ModelSource
from inspector.jobs.places import Place, place_of
from inspector.jobs.requests import (
    CompareRequest,
    ElementsRequest,
    ExportRequest,
    InspectRequest,
    ProvidersRequest,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    return made


def test_a_file_brings_its_folder_and_a_folder_itself(tmp_path: Path, home: Path) -> None:
    (tmp_path / "test_data_set_0").mkdir()
    models = tmp_path / "models"
    models.mkdir()
    request = CompareRequest(
        ModelSource(str(models / "net.pt")),
        ModelSource(str(tmp_path / "other" / "net.onnx")),
        DataSource(paths=(str(tmp_path / "test_data_set_0"),)),
    )
    place = place_of(request, tmp_path / "job")
    assert set(place.read) == {
        str(models), str(tmp_path / "other"), str(tmp_path / "test_data_set_0")
    }  # fmt: skip
    assert place.write == str(tmp_path / "job")
    assert not place.devices


def test_the_target_of_an_export_is_no_place_of_its_worker(tmp_path: Path, home: Path) -> None:
    source = ModelSource(str(tmp_path / "in" / "net.pt"))
    place = place_of(ExportRequest(source, str(tmp_path / "out" / "net.onnx")), tmp_path / "job")
    assert place.read == (str(tmp_path / "in"),)


def test_files_of_other_jobs_bring_their_folders(tmp_path: Path, home: Path) -> None:
    kept = tmp_path / "job-1"
    request = ElementsRequest(
        str(kept / "reference.npy"), str(kept / "candidate.npy"), "absolute", 0, 1, 0, 0, 1
    )
    assert place_of(request, tmp_path).read == (str(kept),)


def test_a_file_in_the_home_does_not_open_the_home(home: Path) -> None:
    for name in ("net.onnx", "net.onnx.data", ".netrc"):
        (home / name).touch()
    (home / ".ssh").mkdir()
    place = place_of(InspectRequest(str(home / "net.onnx")), home / "job")
    assert set(place.read) == {str(home / "net.onnx"), str(home / "net.onnx.data")}
    assert not place.may_read(str(home / ".ssh" / "id"))
    (home / "models").mkdir()
    inner = place_of(InspectRequest(str(home / "models" / "net.onnx")), home / "job")
    assert inner.read == (str(home / "models"),)


def test_a_link_brings_what_it_leads_to_and_nothing_beside_it(tmp_path: Path, home: Path) -> None:
    store, shown = tmp_path / "store", tmp_path / "shown"
    store.mkdir()
    shown.mkdir()
    (store / "abc").touch()
    (store / "private").touch()
    (shown / "net.onnx").symlink_to(store / "abc")
    place = place_of(InspectRequest(str(shown / "net.onnx")), tmp_path / "job")
    assert place.may_read(str(store / "abc"))
    assert not place.may_read(str(store / "private"))


def test_source_brings_the_folders_it_imports_from(tmp_path: Path, home: Path) -> None:
    package = tmp_path / "project" / "nets"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "small.py").write_text("from .layers import Layer\nimport common\n")
    (tmp_path / "project" / "common.py").touch()
    source = ModelSource(str(tmp_path / "weights" / "net.pt"), f"{package / 'small.py'}:Net")
    place = place_of(ExportRequest(source, "out.onnx"), tmp_path / "job")
    assert place.may_read(str(package / "layers.py"))
    assert place.may_read(str(tmp_path / "project" / "common.py"))
    assert not place.may_read(str(tmp_path / "elsewhere.py"))


@pytest.mark.parametrize("code", ["nowhere.py:Net", "no source", "broken.py"])
def test_source_that_cannot_be_read_is_left_to_the_worker(tmp_path: Path, code: str) -> None:
    (tmp_path / "broken.py").write_text("def (")
    source = ModelSource(str(tmp_path / "net.pt"), str(tmp_path / code))
    assert place_of(ExportRequest(source, "out.onnx"), tmp_path / "job").read


def test_a_place_holds_what_lies_in_it() -> None:
    place = Place(("/models", "/data/x.npy"), "/tmp/job")
    assert place.holds(Place(("/models/small",), "/tmp/job"))
    assert place.holds(Place(("/data/x.npy",), "/tmp/job"))
    assert not place.holds(Place(("/models2",), "/tmp/job"))
    assert not place.holds(Place(("/data",), "/tmp/job"))
    assert not place.holds(Place((), "/tmp/other"))
    assert not place.holds(Place((), "/tmp/job", devices=True))


def test_what_was_open_before_stays_readable_but_not_without_end() -> None:
    place = Place(("/new",), "/tmp/job")
    assert place.and_read(("/old", "/new")).read == ("/new", "/old")
    assert len(place.and_read(tuple(f"/old{n}" for n in range(99))).read) < 20


def test_a_file_of_a_home_that_was_replaced_is_let_in_anew(home: Path, tmp_path: Path) -> None:
    model = home / "net.onnx"
    model.write_bytes(b"old")
    request, job = InspectRequest(str(model)), tmp_path / "job"
    place = place_of(request, job)
    assert place.read == (str(model),)
    assert place.holds(place_of(request, job))
    time.sleep(0.05)
    (home / ".part").write_bytes(b"new")
    (home / ".part").replace(model)
    assert not place.holds(place_of(request, job))
    assert place_of(request, job).holds(place_of(request, job))


def test_a_file_in_a_folder_of_its_own_may_be_replaced(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    request = InspectRequest(str(folder / "net.onnx"))
    place = place_of(request, tmp_path / "job")
    time.sleep(0.05)
    (folder / "net.onnx").write_bytes(b"new")
    assert place.holds(place_of(request, tmp_path / "job"))


@pytest.mark.parametrize(
    ("providers", "devices"), [("CPUExecutionProvider", False), ("all", True), ("cuda", True)]
)
def test_several_providers_need_devices_like_one(providers, devices):
    source = ModelSource("/m/a.onnx")
    request = ProvidersRequest(source, source, DataSource(random=1), providers)
    assert place_of(request, Path("/w")).devices is devices
