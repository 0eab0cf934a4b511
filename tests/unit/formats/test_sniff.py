"""Files are known by their bytes, and each that is no model is named for what it is."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Model
from inspector.formats.registry import FORMATS, open_file, sniff
from inspector.formats.sniff import classify

SaveModel = Callable[..., Path]


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def _npz() -> bytes:
    out = io.BytesIO()
    np.savez(out, x=np.ones(3))
    return out.getvalue()


def _npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.ones(3))
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("pickle")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 97\n"

FOREIGN = {
    "empty": (b"", "is empty"),
    "zeros": (bytes(9000), "zeros"),
    "pointer": (LFS, "git-lfs pointer"),
    "page": (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
    "npy": (_npy(), "numpy array"),
    "npz": (_npz(), "numpy arrays"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(50), "picture"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(50), "TensorFlow Lite"),
    "ort": (b"\x1c\0\0\0ORTM" + bytes(50), "ONNX Runtime's own format"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(50), "Keras"),
    "keras": (_zip(**{"metadata.json": b"{}", "model.weights.h5": b"x"}), "Keras"),
    "ggml": (b"lmgg" + bytes(50), "GGML"),
    "tar": (_tar(), "tar archive"),
    "gzip": (gzip.compress(b"abc"), "gzip"),
    "openvino": (b'<?xml version="1.0"?><net/>', "XML"),
    "json": (json.dumps({"architectures": ["A"]}).encode(), "JSON"),
    "text": (b"Dear reader,\nthis is no model.\n", "plain text"),
    "table": (b"a,b,c\n1,2,3\n4,5,6\n", "table"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "program": (b"\x7fELF" + bytes(50), "program"),
    "saved model": (b"\x08\x01\x12\x04abcd", "SavedModel"),
    "core ml": (b"\x08\x05\x12\x02ab\xa2\x1f\x02xy", "Core ML"),
    "document": (_zip(**{"[Content_Types].xml": b"<a/>"}), "document"),
    "foreign zip": (_zip(**{"notes.txt": b"hello"}), "PyTorch did not write it"),
    "noise": (bytes(range(255, 0, -1)) * 4, "not a model file that is known"),
}


@pytest.mark.parametrize(("content", "says"), FOREIGN.values(), ids=FOREIGN.keys())
def test_what_is_no_model_is_named_with_a_remedy(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InspectorError) as raised:
        open_file(path)
    failure = raised.value.failure
    assert says in failure.sentence
    assert "model.onnx" in failure.sentence
    assert failure.hint.endswith(".")


def test_a_single_tensor_is_sample_data(tmp_path: Path) -> None:
    path = tmp_path / "input_0.pb"
    path.write_bytes(numpy_helper.from_array(np.ones((2, 3), np.float32), "x").SerializeToString())
    assert classify(path) == "data"
    with pytest.raises(InspectorError, match="single tensor"):
        open_file(path)


def test_missing_files_and_folders_are_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match=r"no file gone\.onnx"):
        open_file(tmp_path / "gone.onnx")
    with pytest.raises(InspectorError, match="is a folder"):
        open_file(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(InspectorError, match="SavedModel"):
        open_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_does_not_hold_anybody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(InspectorError, match="pipe"):
        classify(tmp_path / "pipe.onnx")


def test_a_name_that_no_file_can_have_is_explained() -> None:
    with pytest.raises(InspectorError):
        open_file("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "secret.onnx"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(InspectorError, match="may not be read"):
        open_file(path)


def test_a_permission_error_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.onnx"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InspectorError, match="may not be read"):
        sniff(path)


def _checkpoint_bytes() -> dict[str, bytes]:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return {
        "safetensors": struct.pack("<Q", len(header)) + header + bytes(8),
        "pickle": pickle.dumps({"a": 1}),
        "zip": _zip(file__data_pkl=b"").replace(b"data_pkl", b"data.pkl"),
    }


@pytest.mark.parametrize("kind", ["safetensors", "pickle", "zip"])
def test_checkpoints_are_known_whatever_their_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "renamed.onnx"
    path.write_bytes(_checkpoint_bytes()[kind])
    assert classify(path) == "checkpoint"


def test_an_onnx_file_is_known_whatever_its_name(save_model: SaveModel) -> None:
    path = save_model([helper.make_node("Relu", ["x"], ["out"])], name="renamed.pt")
    assert classify(path) == "onnx"
    assert isinstance(open_file(path), Model)


def test_a_cut_onnx_file_is_said_to_be_cut(save_model: SaveModel, tmp_path: Path) -> None:
    data = save_model([helper.make_node("Relu", ["x"], ["out"])]).read_bytes()
    path = tmp_path / "cut.onnx"
    for end in (len(data) // 2, len(data) - 1, 20):
        path.write_bytes(data[:end])
        with pytest.raises(InspectorError, match="cut short"):
            open_file(path)


def test_sample_data_is_told_from_models(tmp_path: Path) -> None:
    kinds = {"a.npz": _npz(), "a.npy": _npy(), "a.csv": b"a,b\n1,2\n3,4\n", "a.png": b"\x89PNG\r\n"}
    for name, content in kinds.items():
        (tmp_path / name).write_bytes(content)
        assert classify(tmp_path / name) == "data"
    (tmp_path / "b").write_bytes(b"hello there")
    assert classify(tmp_path / "b") == "unknown"
    (tmp_path / "c").write_bytes(b"")
    assert classify(tmp_path / "c") == "unknown"


def test_a_damaged_safetensors_file_is_explained(tmp_path: Path) -> None:
    whole = _checkpoint_bytes()["safetensors"]
    path = tmp_path / "w.safetensors"
    path.write_bytes(whole)
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert found.tensors[0][:4] == ("w", "float32", (2,), 8)
    for content, says in (
        (whole[:-4], "cut short"),
        (whole[:30], "cut short"),
        (whole.replace(b"[0, 8]", b"[9, 8]"), "damaged"),
        (whole.replace(b'"shape"', b'"shade"'), "damaged"),
    ):
        path.write_bytes(content)
        with pytest.raises(InspectorError, match=says):
            open_file(path)


def test_every_format_names_suffixes_for_the_open_dialog() -> None:
    assert all(known.suffixes for known in FORMATS)
    assert all(s.startswith(".") for known in FORMATS for s in known.suffixes)


def test_telling_files_apart_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(_npy())
    script = (
        "import sys\n"
        "from inspector.formats.sniff import classify\n"
        "import inspector.formats.registry\n"
        f"assert classify({str(tmp_path / 'a.npy')!r}) == 'data'\n"
        "heavy = {'numpy', 'onnx', 'torch', 'google.protobuf'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_file_of_endless_small_fields_does_not_hold_up_the_window(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(b"\x08\x01" * 5_000_000)
    script = (
        "import time\n"
        "from inspector.formats.sniff import classify\n"
        "start = time.process_time()\n"
        f"assert classify({str(path)!r}) == 'unknown'\n"
        "assert time.process_time() - start < 1.0\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
