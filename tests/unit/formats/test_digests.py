"""One SHA-256 for a file or a folder: it changes with whatever would be loaded from there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.formats import digests
from inspector.formats.digests import digest_of, size_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    (made / "code").mkdir(parents=True)
    (made / "model.safetensors.index.json").write_text("{}")
    (made / "part.bin").write_bytes(b"weights")
    (made / "code" / "net.py").write_text("WIDTH = 3\n")
    return made


def test_a_file_is_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_of(str(tmp_path / "a")) == hashlib.sha256(b"abc").hexdigest()
    assert size_of(str(tmp_path / "a")) == 3


def test_a_folder_is_its_names_and_contents_wherever_it_lies(folder: Path) -> None:
    before = digest_of(str(folder))
    assert size_of(str(folder)) == 2 + 7 + 10
    assert digest_of(str(folder / "model.safetensors.index.json")) == before
    moved = folder.rename(folder.with_name("moved"))
    assert digest_of(str(moved)) == before


@pytest.mark.parametrize("change", ["content", "name", "new", "gone", "deeper"])
def test_every_change_in_a_folder_shows(folder: Path, change: str) -> None:
    before = digest_of(str(folder))
    if change == "content":
        (folder / "part.bin").write_bytes(b"Weights")
    elif change == "name":
        (folder / "part.bin").rename(folder / "part2.bin")
    elif change == "new":
        (folder / ".metadata").write_bytes(b"")
    elif change == "gone":
        (folder / "part.bin").unlink()
    else:
        (folder / "code" / "net.py").write_text("WIDTH = 4\n")
    assert digest_of(str(folder)) != before


@pytest.mark.skipif(os.name == "nt", reason="links need rights of their own there")
def test_links_to_files_are_those_files(folder: Path, tmp_path: Path) -> None:
    before = digest_of(str(folder))
    blob = (folder / "part.bin").rename(tmp_path / "blob")
    (folder / "part.bin").symlink_to(blob)
    assert digest_of(str(folder)) == before
    blob.write_bytes(b"another")
    assert digest_of(str(folder)) != before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("what", ["pipe", "linked folder", "many", "large"])
def test_what_cannot_be_read_each_time_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "pipe":
        os.mkfifo(folder / "pipe")
    elif what == "linked folder":
        (folder / "more").symlink_to(tmp_path)
    elif what == "many":
        monkeypatch.setattr(digests, "MOST_FILES", 2)
    else:
        monkeypatch.setattr(digests, "MOST_BYTES", 10)
    with pytest.raises(InspectorError, match="Consent for model is not remembered") as caught:
        digest_of(str(folder))
    assert caught.value.failure.hint == "It is asked for each time."
