"""From the job's folder into its place: whole or not at all, and nothing else with it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.jobs import export_place
from inspector.jobs.export_place import (
    MADE,
    CancelledError,
    made_files,
    put_in_place,
    require_place,
)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job that made a model with its weights."""
    made = tmp_path / "job" / MADE
    made.mkdir(parents=True)
    (made / "model.onnx").write_bytes(b"new one")
    (made / "model.onnx.data").write_bytes(b"weights")
    return made.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the target, with an older file in it."""
    place = tmp_path / "models"
    place.mkdir()
    (place / "model.onnx").write_bytes(b"the last good file")
    return place


@pytest.fixture(params=["same disk", "another disk"])
def disks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "another disk":
        monkeypatch.setattr(export_place, "_moves", lambda file, folder: False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("disks")
def test_a_file_and_its_weights_take_their_place(job: Path, folder: Path) -> None:
    assert put_in_place(job, str(folder / "model.onnx")) == folder / "model.onnx"
    assert (folder / "model.onnx").read_bytes() == b"new one"
    assert (folder / "model.onnx.data").read_bytes() == b"weights"
    assert names(folder) == ["model.onnx", "model.onnx.data"]


@pytest.mark.usefixtures("disks")
def test_nothing_but_the_file_and_its_weights_is_moved(job: Path, folder: Path) -> None:
    (job / MADE / ".bashrc").write_text("echo hello")
    put_in_place(job, str(folder / "model.onnx"))
    assert ".bashrc" not in names(folder)


def test_a_link_is_not_followed(job: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (job / MADE / "model.onnx").unlink()
    (job / MADE / "model.onnx").symlink_to(tmp_path / "secret")
    assert [path.name for path in made_files(job / MADE, "model.onnx")] == ["model.onnx.data"]
    with pytest.raises(InspectorError, match="left no file"):
        put_in_place(job, str(folder / "model.onnx"))
    assert (folder / "model.onnx").read_bytes() == b"the last good file"


@pytest.mark.usefixtures("disks")
def test_cancelling_leaves_what_was_there(job: Path, folder: Path) -> None:
    with pytest.raises(CancelledError):
        put_in_place(job, str(folder / "model.onnx"), lambda: True)
    assert names(folder) == ["model.onnx"]
    assert (folder / "model.onnx").read_bytes() == b"the last good file"


def test_a_full_disk_is_explained_and_leaves_what_was_there(
    job: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path, cancelled: object) -> Path:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(export_place, "_moves", lambda file, folder: False)
    monkeypatch.setattr(export_place, "_copy", full)
    with pytest.raises(InspectorError, match="not enough room") as caught:
        put_in_place(job, str(folder / "model.onnx"))
    assert caught.value.failure.stage == "Saving"
    assert names(folder) == ["model.onnx"]
    assert (folder / "model.onnx").read_bytes() == b"the last good file"


def test_a_place_that_cannot_be_is_said_before_the_work(tmp_path: Path, folder: Path) -> None:
    for output, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "nowhere" / "model.onnx", "does not exist"),
    ):
        with pytest.raises(InspectorError, match=said):
            require_place(str(output))
    require_place(str(folder / "model.onnx"))
    assert names(folder) == ["model.onnx"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody may write to")
def test_a_folder_that_is_not_writable_is_said() -> None:
    with pytest.raises(InspectorError, match="cannot be written to"):
        require_place("/proc/self/model.onnx")
