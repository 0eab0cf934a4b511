"""Models that are a folder, or several files, open as one; other folders are named."""

from __future__ import annotations

import json
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.findings import check_checkpoint
from inspector.core.model import Checkpoint
from inspector.formats.inspect import inspect
from inspector.formats.outline import build_outline
from inspector.formats.registry import open_file
from inspector.formats.sniff import classify
from inspector.formats.weights import read_tensor

STATE = {f"model.layers.{index}.weight": torch.full((2, 3), float(index)) for index in range(4)}
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 3}


def save_file(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write a safetensors file."""
    header: dict[str, object] = {}
    raw = b""
    for name, tensor in tensors.items():
        part = tensor.numpy().tobytes()
        place = [len(raw), len(raw) + len(part)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": place}
        raw += part
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw)


def _open(path: Path) -> Checkpoint:
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    return found


def _halves() -> list[dict[str, torch.Tensor]]:
    names = list(STATE)
    return [{name: STATE[name] for name in part} for part in (names[:2], names[2:])]


def _model(folder: Path, end: str, save: Callable[[Any, Path], None], **more: Any) -> Path:
    folder.mkdir()
    table = {}
    for index, part in enumerate(_halves()):
        name = f"model-{index + 1:05}-of-00002.{end}"
        save(part, folder / name)
        table.update(dict.fromkeys(part, name))
    (folder / "config.json").write_text(json.dumps({**CONFIG, **more}))
    (folder / f"model.{end}.index.json").write_text(json.dumps({"weight_map": table}))
    return folder


def _safetensors(folder: Path, **more: Any) -> Path:
    return _model(folder, "safetensors", lambda part, path: save_file(part, path), **more)


@pytest.mark.parametrize("form", ["safetensors", "zip", "legacy"])
def test_a_hugging_face_folder_lists_the_weights_of_all_its_files(
    tmp_path: Path, form: str
) -> None:
    def save(part: Any, path: Path) -> None:
        torch.save(part, path, _use_new_zipfile_serialization=form == "zip")

    folder = tmp_path / "llama"
    folder = _safetensors(folder) if form == "safetensors" else _model(folder, "bin", save)
    assert classify(folder) == "checkpoint"
    found = _open(folder)
    assert (found.form, found.container, found.executes) == ("huggingface", "folder", False)
    assert (found.architecture, found.model_type) == ("LlamaForCausalLM", "llama")
    assert {tensor.name for tensor in found.tensors} == set(STATE)
    assert [(file.tensors, file.bytes, file.exists) for file in found.files] == [
        (2, 48, True), (2, 48, True),
    ]  # fmt: skip
    for tensor in found.tensors:
        np.testing.assert_array_equal(read_tensor(folder, tensor), STATE[tensor.name].numpy())
    assert "Files of weights" in build_outline(found).name
    assert "Hugging Face model" in inspect(folder).what
    assert inspect(folder, digest=True).sha256


def test_one_file_of_weights_needs_no_index(tmp_path: Path) -> None:
    folder = tmp_path / "bert"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    save_file(STATE, folder / "model.safetensors")
    torch.save(STATE, folder / "pytorch_model.bin")
    found = _open(folder)
    assert [file.location for file in found.files] == ["model.safetensors"]
    assert len(found.tensors) == 4


def test_missing_and_outside_files_are_named(tmp_path: Path) -> None:
    folder = _safetensors(tmp_path / "m")
    (folder / "model-00002-of-00002.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    table = json.loads(index.read_text())
    table["weight_map"] |= {"a": "../secret.safetensors", "b": "/etc/hostname", "c": "C:\\x"}
    index.write_text(json.dumps(table))
    found = _open(folder)
    assert len(found.tensors) == 2
    said = [finding.sentence for finding in check_checkpoint(found) if finding.severity == "must"]
    assert "'model-00002-of-00002.safetensors' with 2 tensors is missing." in said
    assert sum("outside its own folder" in sentence for sentence in said) == 3
    assert ("Not found", "5 tensors that the index names") in found.facts


@pytest.mark.skipif(os.name == "nt", reason="links need rights of their own there")
def test_links_lead_nowhere_but_into_the_cache_they_belong_to(tmp_path: Path) -> None:
    cache = tmp_path / "models--a--b"
    (cache / "blobs").mkdir(parents=True)
    (cache / "snapshots").mkdir()
    folder = _safetensors(cache / "snapshots" / "abc")
    for name in ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"):
        (folder / name).rename(cache / "blobs" / name)
        (folder / name).symlink_to(f"../../blobs/{name}")
    assert len(_open(folder).tensors) == 4
    elsewhere = tmp_path / "other.safetensors"
    save_file(STATE, elsewhere)
    (folder / "model-00001-of-00002.safetensors").unlink()
    (folder / "model-00001-of-00002.safetensors").symlink_to(elsewhere)
    found = _open(folder)
    assert [file.outside for file in found.files] == [True, False]
    assert "is a link out of the folder" in check_checkpoint(found)[0].sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipes_in_a_folder_are_remarked_and_never_opened(tmp_path: Path) -> None:
    folder = _safetensors(tmp_path / "m")
    shard = folder / "model-00001-of-00002.safetensors"
    shard.unlink()
    os.mkfifo(shard)
    (folder / "config.json").write_text('{"model_type": "a", "auto_map": {"A": "b.A"}}')
    os.mkfifo(folder / "modeling.py")
    found = _open(folder)
    assert [file.instead for file in found.files] == ["a pipe", ""]
    assert f"'{shard.name}', which is named as weights, is a pipe." in [
        finding.sentence for finding in check_checkpoint(found)
    ]
    index = folder / "model.safetensors.index.json"
    index.unlink()
    os.mkfifo(index)
    with pytest.raises(InspectorError, match="cannot be read as JSON"):
        open_file(folder)


def test_an_index_opens_what_it_names(tmp_path: Path) -> None:
    folder = _safetensors(tmp_path / "m")
    index = folder / "model.safetensors.index.json"
    assert classify(index) == "checkpoint"
    assert (_open(index).form, len(_open(index).tensors)) == ("huggingface", 4)
    (folder / "config.json").unlink()
    assert _open(index).form == "sharded"
    index.write_text('{"weight_map": [1, 2]}')
    with pytest.raises(InspectorError, match="no index of weights"):
        open_file(index)


def test_the_source_that_a_model_brings_is_listed_and_not_run(tmp_path: Path) -> None:
    folder = _safetensors(tmp_path / "m", auto_map={"AutoModel": "modeling_own.Own"})
    marker = tmp_path / "marker"
    (folder / "modeling_own.py").write_text(f"open({str(marker)!r}, 'w')\n")
    found = _open(folder)
    assert found.executes
    assert found.runs == ("the model's own Python source 'modeling_own.py'",)
    assert "modeling_own.py" in dict(found.source)
    assert not marker.exists()


def test_a_file_of_weights_that_is_a_pointer_is_said_to_be_one(tmp_path: Path) -> None:
    folder = _safetensors(tmp_path / "m")
    (folder / "model-00001-of-00002.safetensors").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    )
    with pytest.raises(InspectorError, match="git-lfs pointer"):
        open_file(folder)


def _distributed(tmp_path: Path) -> Path:
    from torch.distributed.checkpoint.state_dict_saver import save

    folder = tmp_path / "step-100"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save({"model": nn.Linear(3, 2).state_dict(), "step": 3}, checkpoint_id=folder)
    return folder


def test_a_distributed_checkpoint_is_listed_from_its_metadata(tmp_path: Path) -> None:
    folder = _distributed(tmp_path)
    assert classify(folder) == "checkpoint"
    found = _open(folder)
    assert found.form == "distributed"
    assert {(t.name, t.dtype, t.shape, t.bytes) for t in found.tensors} == {
        ("model.weight", "float32", (2, 3), 24), ("model.bias", "float32", (2,), 8),
    }  # fmt: skip
    (file,) = found.files
    assert (file.location, file.exists) == ("__0_0.distcp", True)
    assert "dangerous-imports" not in {finding.rule for finding in check_checkpoint(found)}
    with pytest.raises(InspectorError, match="part of a distributed"):
        open_file(folder / "__0_0.distcp")
    (folder / "__0_0.distcp").unlink()
    assert "missing-shards" in {finding.rule for finding in check_checkpoint(_open(folder))}


class _Trap:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


def test_a_trap_in_the_metadata_does_not_spring(tmp_path: Path) -> None:
    folder, marker = tmp_path / "trap", tmp_path / "marker"
    folder.mkdir()
    (folder / ".metadata").write_bytes(pickle.dumps(_Trap(marker)))
    with pytest.raises(InspectorError, match="damaged"):
        open_file(folder)
    assert not marker.exists()


REFUSED = {
    "SavedModel": (["saved_model.pb"], "SavedModel", "tf2onnx"),
    "pipeline": (["model_index.json"], "pipeline of several models", "unet"),
    "Core ML": (["Manifest.json", "Data"], "Core ML package", "made from"),
    "compiled": (["coremldata.bin"], "compiled Core ML", "made from"),
    "unpacked": (["data.pkl", "data"], "unpacked PyTorch checkpoint", "zip -0"),
    "web": (["model.json", "group1-shard1of1.bin"], "TensorFlow.js", "tf2onnx"),
    "Paddle": (["inference.pdmodel"], "PaddlePaddle", "paddle2onnx"),
    "MXNet": (["net-symbol.json", "net-0000.params"], "MXNet", "ONNX"),
    "adapter": (["adapter_config.json"], "adapter", "peft"),
    "ONNX": (["a.onnx", "b.txt"], "ONNX files", "Open 'a.onnx'"),
    "weights": (["x.safetensors"], "folder with weights", "Open 'x.safetensors'"),
    "no weights": (["config.json"], "weights are missing", "Download"),
    "OpenVINO": (["model.xml", "model.bin"], "OpenVINO", "made from"),
    "anything": (["notes.txt"], "is a folder, not a file", "Open one of the files"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_folders_are_named_with_a_way_on(tmp_path: Path, kind: str) -> None:
    names, says, hint = REFUSED[kind]
    for name in names:
        (tmp_path / name).mkdir() if "." not in name else (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InspectorError, match=says) as raised:
        classify(tmp_path)
    assert hint in raised.value.failure.hint
