"""Settings: what is written is read back, and what cannot be read is the default."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from inspector.ui.settings import MOST_RECENT, Acceptance, Consent, RecentPair, Setting, Settings

OTHER = {
    "theme": "dark",
    "worker_interpreter": "/opt/python/bin/python",
    "recent": (RecentPair("a.pt", "b.onnx", ("c.npz",), "n.py:Net", "PASS", "All agree.", 5.0),),
    "consents": (Consent("a.pt", 3, "ab" * 32, "n.py:Net", "{}", "cd" * 32, 5.0),),
    "acceptances": (Acceptance("fixed-batch", "b.onnx", 3, 7, "Meant so.", "Ada", 5.0),),
    "pictures": "imagenet",
    "name": "Ada",
    "geometry": "AAEC",
    "splitters": {"model/0": (400, 300)},
    "last_folders": {"data": "/home/somebody/data"},
}
NAMES = [name for name, kind in vars(Settings).items() if isinstance(kind, Setting)]


def test_every_setting_is_tested_here() -> None:
    assert sorted(OTHER) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_survives_a_restart(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "settings.ini")
    first = Settings(QSettings(path, QSettings.Format.IniFormat))
    assert getattr(first, name) != OTHER[name]
    setattr(first, name, OTHER[name])
    first.store.sync()

    again = Settings(QSettings(path, QSettings.Format.IniFormat))

    assert getattr(again, name) == OTHER[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", "{", "12", '[{"when": "x"}]', "[[1]]"])
def test_a_damaged_setting_is_the_default(name: str, text: str, settings_file: QSettings) -> None:
    default = getattr(Settings(settings_file), name)

    settings_file.setValue(name, text)

    assert getattr(Settings(settings_file), name) == default


def test_a_settings_file_full_of_garbage_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_bytes(b"\x00\xff[[[=\n\x80=\x01")

    settings = Settings(QSettings(str(path), QSettings.Format.IniFormat))

    assert settings.theme == "system"
    assert settings.recent == ()


def test_the_newest_pair_comes_first_and_stands_there_once(settings_file: QSettings) -> None:
    settings = Settings(settings_file)
    settings.remember(RecentPair("a.pt", "a.onnx"))
    settings.remember(RecentPair("b.pt", "b.onnx"))
    settings.remember(RecentPair("a.pt", "a.onnx", verdict="PASS"))

    assert [(p.reference, p.verdict) for p in settings.recent] == [("a.pt", "PASS"), ("b.pt", "")]
    assert settings.recent[0].when > 0


def test_a_file_that_was_opened_alone_first_becomes_part_of_its_pair(
    settings_file: QSettings,
) -> None:
    settings = Settings(settings_file)
    settings.remember(RecentPair("a.pt"))
    settings.remember(RecentPair("", "other.onnx"))
    settings.remember(RecentPair("a.pt", "a.onnx"))

    assert [p.key for p in settings.recent] == [("a.pt", "a.onnx"), ("", "other.onnx")]


def test_a_pair_with_a_verdict_stays_when_one_of_its_files_meets_another(
    settings_file: QSettings,
) -> None:
    settings = Settings(settings_file)
    settings.remember(RecentPair("a.pt", "a.onnx", verdict="FAIL"))
    settings.remember(RecentPair("a.pt", "b.onnx"))

    assert [p.key for p in settings.recent] == [("a.pt", "b.onnx"), ("a.pt", "a.onnx")]


def test_only_so_many_pairs_are_remembered_and_nothing_is_no_pair(
    settings_file: QSettings,
) -> None:
    settings = Settings(settings_file)
    settings.remember(RecentPair())
    assert not settings.recent

    for number in range(MOST_RECENT + 3):
        settings.remember(RecentPair(f"{number}.pt"))

    assert settings.recent[0].reference == f"{MOST_RECENT + 2}.pt"
    assert len(settings.recent) == MOST_RECENT


def test_names_of_every_alphabet_survive(settings_file: QSettings) -> None:
    settings = Settings(settings_file)
    name = "модель, 模型 = [100%].pt"

    settings.remember(RecentPair(name))
    settings.store.sync()

    assert Settings(settings_file).recent[0].reference == name


def test_the_geometry_is_bytes_again(settings_file: QSettings) -> None:
    settings = Settings(settings_file)
    assert settings.restore_geometry().isEmpty()

    settings.keep_geometry(QByteArray(b"\x00\x01\xfe\xff"))

    assert settings.restore_geometry() == QByteArray(b"\x00\x01\xfe\xff")


def test_folders_are_remembered_by_purpose(settings_file: QSettings) -> None:
    settings = Settings(settings_file)
    settings.remember_folder("data", "/one")
    settings.remember_folder("save", "/two")

    assert (settings.folder("data"), settings.folder("save")) == ("/one", "/two")
    assert settings.folder("reference") == ""
