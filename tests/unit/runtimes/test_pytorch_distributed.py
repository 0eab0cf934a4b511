"""Distributed checkpoints are read as tensors, and nothing that they pickle is called."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed.checkpoint.state_dict_saver import save

from inspector.core.failures import InspectorError
from inspector.runtimes.pytorch_distributed import METADATA, is_distributed, read_distributed

STATE: dict[str, Any] = torch.nn.Linear(3, 2).state_dict()


class Harmful:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "saved"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save({"model": STATE, "extra": Harmful(tmp_path / "was-here")}, checkpoint_id=str(place))
    return place


def test_tensors_come_back_under_their_keys(folder: Path, tmp_path: Path) -> None:
    assert is_distributed(folder)
    assert not is_distributed(tmp_path)
    found = read_distributed(folder)
    assert found.keys() == {"model"}
    assert all(torch.equal(found["model"][name], STATE[name]) for name in STATE)


def test_what_lies_beside_the_tensors_is_never_called(folder: Path, tmp_path: Path) -> None:
    read_distributed(folder)
    assert not (tmp_path / "was-here").exists()


def test_a_table_of_contents_that_calls_something_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / METADATA).write_bytes(pickle.dumps(Harmful(tmp_path / "was-here")))
    with pytest.raises(InspectorError, match="would run code"):
        read_distributed(folder)
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    "text",
    [
        "cbuiltins\neval\n.",
        "cbuiltins\ngetattr\n(ctorch.distributed.checkpoint.metadata\nMetadata\nS'mro'\ntR.",
        "cbuiltins\ngetattr\n(S'text'\nS'encode'\ntR.",
    ],
)
def test_builtins_are_not_found(folder: Path, text: str) -> None:
    (folder / METADATA).write_bytes(text.encode())
    with pytest.raises(InspectorError, match="would run code"):
        read_distributed(folder)


def test_a_table_of_contents_without_tensors_is_explained(folder: Path) -> None:
    (folder / METADATA).write_bytes(b"cbuiltins\ngetattr\n.")
    with pytest.raises(InspectorError, match="names no tensors"):
        read_distributed(folder)


def test_what_a_known_module_imports_is_not_reached_through_it(folder: Path) -> None:
    text = b"\x80\x04\x8c\x29torch.distributed.checkpoint.metadata\x8c\x09os.system\x93."
    (folder / METADATA).write_bytes(text.replace(b"\x8c\x29", b"\x8c\x25"))
    with pytest.raises(InspectorError, match="would run code"):
        read_distributed(folder)


def test_a_file_outside_the_folder_is_not_read(folder: Path) -> None:
    metadata = pickle.loads((folder / METADATA).read_bytes())
    for stored in metadata.storage_data.values():
        stored.relative_path = "../" + stored.relative_path
    (folder / METADATA).write_bytes(pickle.dumps(metadata))
    with pytest.raises(InspectorError, match="which is not in it"):
        read_distributed(folder)


def test_more_tensors_than_the_files_can_hold_are_refused(folder: Path) -> None:
    metadata = pickle.loads((folder / METADATA).read_bytes())
    metadata.state_dict_metadata["model.weight"].size = torch.Size([1 << 20, 1 << 20])
    (folder / METADATA).write_bytes(pickle.dumps(metadata))
    with pytest.raises(InspectorError, match="claims"):
        read_distributed(folder)
