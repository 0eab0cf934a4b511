"""Whole files of every form, made by the libraries that make them, to be damaged afterwards."""

from __future__ import annotations

import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

RESOURCES = Path(__file__).parents[2] / "resources" / "samples"
PART = "part.safetensors"
"""Name of a file of tensors that lies beside every mutant; its index names it."""

_LARGEST = 700_000
_MODELS = {".onnx", ".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".jit", ".pt2", ".npz", ".npy"}

Maker = Callable[[Path], None]
MAKERS: list[Maker] = []


def maker(function: Maker) -> Maker:
    """Note a function that makes files of one family in a folder."""
    MAKERS.append(function)
    return function


def make_bases(folder: Path) -> list[Path]:
    """Make every base file; those of the corpus are named where they lie."""
    for make in MAKERS:
        make(folder)
    made = sorted(path for path in folder.iterdir() if path.is_file())
    return made + sorted(_real())


def _real() -> Iterator[Path]:
    """Bundled samples, and the small ones among the real models where they are at hand."""
    corpus = os.environ.get("ONNX_INSPECTOR_CORPUS", "")
    for place in (RESOURCES, *([Path(corpus)] if corpus else [])):
        for path in place.rglob("*"):
            small = path.is_file() and 0 < path.stat().st_size <= _LARGEST
            if small and path.suffix in _MODELS:
                yield path


@maker
def _torch_saved(folder: Path) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3, dtype=torch.half))
    odd = {
        "bf": torch.ones(3, dtype=torch.bfloat16), "f8": torch.ones(4).to(torch.float8_e4m3fn),
        "complex": torch.ones(2, dtype=torch.complex64), "view": torch.ones(6, 4).t()[1:3],
        "sparse": torch.eye(3).to_sparse(), "parameter": nn.Parameter(torch.ones(2)),
        "quantised": _quantised(), "empty": torch.zeros(0, 3), "none": None,
    }  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters())
    optimizer.step()
    training = {
        "epoch": 3, "model_state_dict": net.state_dict(), "optimizer": optimizer.state_dict(),
    }  # fmt: skip
    lightning = {
        "pytorch-lightning_version": "2.5.0", "state_dict": net.state_dict(),
        "hyper_parameters": {"width": 7, "lr": 1e-3, "names": ["a", "b"]},
    }  # fmt: skip
    saved = {
        "state": net.state_dict(), "module": net, "odd": odd, "training": training,
        "lightning": lightning,
    }  # fmt: skip
    for name, value in saved.items():
        torch.save(value, folder / f"{name}.pt")
        torch.save(value, folder / f"{name}_legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(net.state_dict(), folder / "protocol4.pt", pickle_protocol=4)


def _quantised() -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8)


@maker
def _torch_programs(folder: Path) -> None:
    import torch
    from torch import nn
    from torch.package.package_exporter import PackageExporter

    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net).save(folder / "scripted.pt")
        torch.jit.trace(net, (torch.ones(1, 4),)).save(folder / "traced.pt")
        torch.jit.script(net)._save_for_lite_interpreter(str(folder / "mobile.ptl"))
        torch.export.save(torch.export.export(net, (torch.ones(1, 4),)), folder / "program.pt2")
        with PackageExporter(folder / "package.pt") as exporter:
            exporter.extern("torch.**")
            exporter.save_pickle("model", "model.pkl", net)


@maker
def _plain_pickles(folder: Path) -> None:
    import joblib  # type: ignore[import-untyped]
    import torch

    value = {"weights": [1, 2.5, None, True, b"x" * 300], "array": np.arange(6.0), "t": ("a", {1})}
    for protocol in range(6):
        (folder / f"plain{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
    (folder / "tensors.pkl").write_bytes(pickle.dumps({"w": torch.ones(3, 4)}, 4))
    joblib.dump({"coef": np.ones((3, 4)), "odd": np.array([None, "x"])}, folder / "joblib.pkl")


@maker
def _tensor_files(folder: Path) -> None:
    (folder / "tensors.safetensors").write_bytes(_safetensors())
    np.save(folder / "array.npy", np.arange(24.0, dtype=np.float32).reshape(2, 3, 4))
    np.save(folder / "fortran.npy", np.asfortranarray(np.arange(12).reshape(3, 4)))
    np.save(folder / "text.npy", np.array(["a", "bcd"]))
    np.save(folder / "objects.npy", np.array([{}, None], object), allow_pickle=True)
    np.savez(folder / "stored.npz", x=np.ones((4, 3), np.float32), y=np.arange(4))
    np.savez_compressed(folder / "packed.npz", x=np.ones((40, 30), np.float32))
    (folder / "model.gguf").write_bytes(_gguf())
    index = {"metadata": {"total_size": 88}, "weight_map": dict.fromkeys(("a", "b.c", "c"), PART)}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _safetensors() -> bytes:
    header = {
        "__metadata__": {"format": "pt", "note": "x"},
        "a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
        "b.c": {"dtype": "I64", "shape": [5], "data_offsets": [48, 88]},
        "c": {"dtype": "BF16", "shape": [0, 2], "data_offsets": [88, 88]},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(88)


def _gguf() -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("general.alignment") + struct.pack("<II", 4, 32),
        text("tokens") + struct.pack("<IIQ", 9, 8, 12) + b"".join(text(c) for c in "abcdefghijkl"),
        text("scores") + struct.pack("<IIQ", 9, 6, 10) + struct.pack("<10f", *range(10)),
    ]
    tensors = [
        text("weight") + struct.pack("<IQQIQ", 2, 32, 2, 8, 0),
        text("bias") + struct.pack("<IQIQ", 1, 4, 0, 96),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    made = head + b"".join(entries) + b"".join(tensors)
    return made + bytes(-len(made) % 32) + bytes(160)


@maker
def _onnx_files(folder: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", None])
    weight = numpy_helper.from_array(np.ones((4, 4), np.float32), "w")
    inner = numpy_helper.from_array(np.arange(300, dtype=np.int64), "indices")
    constant = helper.make_node("Constant", [], ["c"], value=inner, name="constant")
    half = helper.make_tensor("h", TensorProto.FLOAT16, [3], np.ones(3, np.float16).tobytes(), True)
    four = helper.make_tensor("f", TensorProto.INT4, [5], b"\x12\x34\x05", True)
    words = numpy_helper.from_array(np.array(["a", "bc"], np.object_), "s")
    typed = helper.make_tensor("t", TensorProto.FLOAT, [600], [0.5] * 600)
    brain = helper.make_tensor("b", TensorProto.BFLOAT16, [4], b"\0\x3f" * 4, True)
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(np.ones(2, np.float32), "sp"),
        numpy_helper.from_array(np.array([1, 5], np.int64), ""), [3, 4],
    )  # fmt: skip
    then = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["a"])], "then", [],
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, None)], [typed],
    )  # fmt: skip
    other = helper.make_graph(
        [constant, helper.make_node("Identity", ["x"], ["a"])], "else", [],
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, None)],
    )  # fmt: skip
    choose = helper.make_node("If", ["flag"], ["r"], "choose", then_branch=then, else_branch=other)
    function = helper.make_function(
        "local", "Double", ["p"], ["q"], [helper.make_node("Add", ["p", "p"], ["q"])],
        [helper.make_opsetid("", 18)], ["alpha"],
    )  # fmt: skip
    call = helper.make_node("Double", ["r"], ["y"], domain="local", alpha=1.5, beta=[1, 2], g="x")
    flag = helper.make_tensor("flag", TensorProto.BOOL, [], [True])
    kinds = (
        helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, [2, "m"])),
        helper.make_map_type_proto(7, helper.make_tensor_type_proto(1, None)),
        helper.make_optional_type_proto(helper.make_tensor_type_proto(8, ["k"])),
        helper.make_sparse_tensor_type_proto(1, [3, 4]),
    )
    values = [helper.make_value_info(f"v{at}", kind) for at, kind in enumerate(kinds)]
    graph = helper.make_graph(
        [choose, call], "main", [x], [y], [weight, half, four, words, brain, flag], "doc", values,
        [sparse],
    )  # fmt: skip
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("local", 1)],
        functions=[function], ir_version=9, producer_name="fuzz",
    )  # fmt: skip
    helper.set_model_props(model, {"author": "nobody"})
    node = model.graph.node[1].metadata_props.add()
    node.key, node.value = "namespace", "/root: Net/fc: Linear/double"
    (folder / "everything.onnx").write_bytes(model.SerializeToString())
    _external(folder, onnx.ModelProto.FromString(model.SerializeToString()))
    for name, tensor in (("input_0", weight), ("input_1", words), ("input_2", four)):
        (folder / f"{name}.pb").write_bytes(tensor.SerializeToString())
    sequence = onnx.SequenceProto(elem_type=1, tensor_values=[weight, weight])
    (folder / "input_3.pb").write_bytes(sequence.SerializeToString())


def _external(folder: Path, model: Any) -> None:
    """Weights beside the model: in the folder of every copy there is a file `weights.data`."""
    for tensor in list(model.graph.initializer)[:2]:
        size = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        for key, text in (("location", "weights.data"), ("offset", "0"), ("length", str(size))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, text
    (folder / "external.onnx").write_bytes(model.SerializeToString())


@maker
def _old_tar(folder: Path) -> None:
    """The form before PyTorch 0.1.10, by its description: PyTorch writes it no more."""
    import io
    import tarfile

    import torch

    parts = {
        "sys_info": pickle.dumps({"protocol_version": 1000}, 2),
        "storages": pickle.dumps(1, 2)
        + pickle.dumps((1, "cpu", torch.FloatStorage), 2)
        + struct.pack("<q", 4) + bytes(16) + pickle.dumps([], 2),
        "tensors": pickle.dumps(1, 2)
        + pickle.dumps((2, 1, torch.FloatTensor), 2)
        + struct.pack("<ii", 2, 0) + struct.pack("<5q", 2, 2, 2, 1, 0),
        "pickle": b"\x80\x02}X\x01\x00\x00\x00wU\x012Qs.",
    }  # fmt: skip
    with tarfile.open(folder / "old.tar", "w") as archive:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def is_zip(path: Path) -> bool:
    """Whether a base is a zip archive."""
    return zipfile.is_zipfile(path)
