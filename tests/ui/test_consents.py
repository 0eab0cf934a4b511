"""Consent is remembered for one content, asked for again where it changed, and withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from inspector.formats import digests
from inspector.jobs.requests import Prepared
from inspector.ui.consents import MOST, Consents
from inspector.ui.dialogs.consents import ConsentList
from inspector.ui.document import REFERENCE, Document
from inspector.ui.settings import Consent, Settings


@pytest.fixture
def settings(settings_file: QSettings) -> Settings:
    return Settings(settings_file)


@pytest.fixture
def consents(document: Document, settings: Settings) -> Consents:
    return Consents(settings, document)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "net.pt"
    path.write_bytes(b"a checkpoint")
    return path


@pytest.fixture
def code(tmp_path: Path) -> str:
    (tmp_path / "net.py").write_text("import layers\nclass Net: ...\n")
    (tmp_path / "layers.py").write_text("WIDTH = 3\n")
    return f"{tmp_path / 'net.py'}:Net"


@pytest.fixture
def read(document: Document, checkpoint_inspection: Callable[..., Any]) -> Callable[[Path], None]:
    """Open a file, and have it read as a whole module."""

    def open_and_answer(path: Path) -> None:
        document.open_file(str(path), REFERENCE)
        found = checkpoint_inspection(str(path), form="whole-module")
        document.reader.answer("inspect", found)  # type: ignore[attr-defined]

    return open_and_answer


@pytest.fixture
def allow(
    document: Document, consents: Consents, read: Callable[[Path], None], qtbot: QtBot
) -> Callable[[Path, str], None]:
    """Open a file and run it, as the person says."""

    def allow_and_run(path: Path, code: str) -> None:
        read(path)
        with qtbot.waitSignal(consents.changed):
            document.set_plan(replace(document.plan, code=code, trusted=True))
            document.prepare()
        prepared = Prepared("Net", ("x",), (), (), False, 3)
        document.runner.answer("prepare", prepared)  # type: ignore[attr-defined]
        document.close_file(REFERENCE)

    return allow_and_run


def waiting(document: Document) -> list[Any]:
    return list(document.runner.waiting("prepare"))  # type: ignore[attr-defined]


def test_what_was_allowed_runs_again_without_a_question(
    document: Document, consents: Consents, allow: Any, read: Any, checkpoint: Path, code: str,
    qtbot: QtBot,
) -> None:  # fmt: skip
    allow(checkpoint, code)
    moved = checkpoint.rename(checkpoint.with_name("renamed.pt"))
    with qtbot.waitSignal(document.noticed, check_params_cb=lambda text: "allowed" in text):
        read(moved)
    assert document.plan.trusted
    assert document.plan.code == code
    assert waiting(document)[0].request.source.trust


@pytest.mark.parametrize("what", ["the file", "its source", "what its source imports"])
def test_what_has_changed_is_asked_about_again(
    document: Document, consents: Consents, allow: Any, read: Any, checkpoint: Path, code: str,
    what: str, qtbot: QtBot,
) -> None:  # fmt: skip
    allow(checkpoint, code)
    changed = {
        "the file": checkpoint,
        "its source": checkpoint.with_name("net.py"),
        "what its source imports": checkpoint.with_name("layers.py"),
    }[what]
    content = changed.read_bytes()
    changed.write_bytes(content[:-1] + b" ")
    assert changed.stat().st_size == len(content)
    with qtbot.waitSignal(consents._recognised) as recognised:
        read(checkpoint)
    assert recognised.args == [str(checkpoint), None]
    assert not document.plan.trusted
    assert waiting(document) == []


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A model that is a folder, as Hugging Face lays it out."""
    made = tmp_path / "bert"
    made.mkdir()
    (made / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Net"}}')
    (made / "modeling.py").write_text("WIDTH = 3\n")
    (made / "model.safetensors").write_bytes(b"weights")
    return made


def test_a_folder_is_known_again_until_one_of_its_files_changes(
    document: Document, consents: Consents, allow: Any, read: Any, model_folder: Path,
    qtbot: QtBot,
) -> None:  # fmt: skip
    allow(model_folder, "")
    with qtbot.waitSignal(document.noticed, check_params_cb=lambda text: "allowed" in text):
        read(model_folder)
    assert document.plan.trusted
    document.close_file(REFERENCE)
    (model_folder / "modeling.py").write_text("WIDTH = 4\n")
    with qtbot.waitSignal(consents._recognised) as recognised:
        read(model_folder)
    assert recognised.args == [str(model_folder), None]
    assert not document.plan.trusted


def test_consent_for_a_folder_that_is_too_large_is_not_remembered(
    document: Document, consents: Consents, read: Any, model_folder: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(digests, "MOST_FILES", 2)
    read(model_folder)
    with qtbot.waitSignal(
        document.noticed, check_params_cb=lambda text: "asked for each time" in text
    ):
        document.set_plan(replace(document.plan, trusted=True))
        document.prepare()
    assert consents.given == ()


def test_a_consent_that_is_withdrawn_is_over_at_once(
    document: Document, consents: Consents, allow: Any, read: Any, checkpoint: Path, code: str,
    qtbot: QtBot,
) -> None:  # fmt: skip
    allow(checkpoint, code)
    shown = ConsentList(consents)
    qtbot.addWidget(shown)
    assert [row.text for row in shown.rows] == ["net.pt, with net.py:Net"]
    read(checkpoint)
    qtbot.waitUntil(lambda: document.plan.trusted)
    shown.rows[0].withdraw.click()
    assert not document.plan.trusted
    assert consents.given == ()
    assert shown.rows == []
    document.close_file(REFERENCE)
    read(checkpoint)
    qtbot.wait(100)
    assert not document.plan.trusted


def test_a_file_that_was_only_looked_at_is_not_remembered(
    document: Document, consents: Consents, read: Any, checkpoint: Path, qtbot: QtBot
) -> None:
    read(checkpoint)
    document.prepare()
    qtbot.wait(100)
    assert consents.given == ()


def test_an_answer_for_once_is_not_remembered(
    document: Document, consents: Consents, read: Any, checkpoint: Path, qtbot: QtBot
) -> None:
    read(checkpoint)
    document.set_plan(replace(document.plan, trusted=True, again=False))
    document.prepare()
    qtbot.wait(100)
    assert consents.given == ()


def test_the_programs_own_samples_are_no_consents(
    document: Document,
    consents: Consents,
    checkpoint_inspection: Callable[..., Any],
    qtbot: QtBot,
) -> None:
    from inspector.ui import bundled

    sample = bundled.samples()[0]
    bundled.open_sample(document, sample)
    document.reader.answer("inspect", checkpoint_inspection(sample.reference))  # type: ignore[attr-defined]
    document.prepare()
    assert waiting(document)[0].request.source.trust
    qtbot.wait(100)
    assert consents.given == ()


def test_a_consent_takes_the_place_of_an_older_one_and_the_list_has_an_end(
    consents: Consents, settings: Settings, allow: Any, checkpoint: Path, code: str
) -> None:
    settings.consents = tuple(Consent(f"/{n}.pt", n, str(n)) for n in range(MOST))
    allow(checkpoint, code)
    allow(checkpoint, code)
    assert len(consents.given) == MOST
    assert [one.path for one in consents.given[:2]] == [str(checkpoint), "/0.pt"]


def test_other_code_than_the_one_allowed_is_another_question(
    document: Document, consents: Consents, allow: Any, read: Any, checkpoint: Path, code: str,
    qtbot: QtBot,
) -> None:  # fmt: skip
    allow(checkpoint, code)
    with qtbot.waitSignal(consents._recognised):
        read(checkpoint)
        document.set_plan(replace(document.plan, code="/elsewhere/other.py:Net"))
    assert document.plan.code == "/elsewhere/other.py:Net"
    assert not document.plan.trusted
