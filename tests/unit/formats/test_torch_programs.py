"""Programs that PyTorch wrote show their signature, graph and sources; nothing of them runs."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.findings import check_checkpoint
from inspector.core.model import Checkpoint, Node, Value
from inspector.formats.detail import describe
from inspector.formats.inspect import checkpoint_facts
from inspector.formats.outline import build_outline
from inspector.formats.registry import open_file
from inspector.formats.torch_graph import size_text
from inspector.formats.torch_script import split
from inspector.formats.weights import read_tensor


class Net(nn.Module):
    """Takes a picture and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)

    def forward(self, image: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        """Features of the picture."""
        found: torch.Tensor = self.drop(self.norm(self.conv(image))) * scale
        return found


IMAGE = torch.ones(2, 3, 8, 8)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _open(path: Path) -> Checkpoint:
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    return found


def _rows(found: Checkpoint) -> list[tuple[str, str, str]]:
    outline = build_outline(found)
    for row in range(len(outline)):
        assert describe(found, outline, row).title is not None
    return list(zip(outline.name, outline.type, outline.shape, strict=True))


def _rules(found: Checkpoint) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in check_checkpoint(found)}


def test_a_scripted_program_tells_what_forward_takes(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.jit.save(torch.jit.script(Net().eval()), path)
    found = _open(path)
    assert (found.form, found.traced) == ("torchscript", False)
    assert found.inputs == (Value("image", "Tensor", None), Value("scale", "float", None))
    assert found.outputs == (Value("output", "Tensor", None),)
    assert dict(found.facts)["forward"] == "(image: Tensor, scale: float=1.) -> Tensor"
    assert "conv.py" in " ".join(name for name, _ in found.source)
    names = [name for name, _, _ in _rows(found)]
    assert {"Inputs", "image", "Source", "conv.py"} <= set(names)


def test_a_traced_program_tells_the_example_it_was_traced_with(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.jit.save(torch.jit.trace(Net().eval(), (IMAGE,)), path)
    found = _open(path)
    assert found.traced is True
    assert found.inputs == (Value("image", "float32", (2, 3, 8, 8)),)
    assert "traced-in-training-mode" not in _rules(found)
    constants = [tensor for tensor in found.tensors if tensor.name.startswith("CONSTANTS.")]
    assert constants
    assert read_tensor(path, constants[0]).shape == ()


def test_several_outputs_and_types_with_commas_are_told_apart(tmp_path: Path) -> None:
    class Two(nn.Module):
        """Gives two values."""

        def forward(
            self, x: dict[str, torch.Tensor], y: torch.Tensor | None
        ) -> tuple[torch.Tensor, dict[str, int]]:
            """The first input, and a number."""
            return x["a"], {"n": 1}

    torch.jit.save(torch.jit.script(Two()), tmp_path / "two.pt")
    found = _open(tmp_path / "two.pt")
    assert [value.dtype for value in found.inputs] == ["Dict[str, Tensor]", "Optional[Tensor]"]
    assert [value.dtype for value in found.outputs] == ["Tensor", "Dict[str, int]"]
    assert split("a: Dict[str, int], b: int=(1, 2), ") == ["a: Dict[str, int]", " b: int=(1, 2)"]


def test_a_program_for_phones_is_told_by_its_bytecode(tmp_path: Path) -> None:
    path = tmp_path / "net.ptl"
    torch.jit.script(Net().eval())._save_for_lite_interpreter(str(path))
    found = _open(path)
    assert dict(found.facts)["Bytecode for phones"].startswith("version ")
    assert len(found.tensors) == 7


def _exported(path: Path, module: nn.Module, *, dynamic: bool = False) -> Checkpoint:
    shapes = {"image": {0: torch.export.Dim("batch", min=2, max=64)}} if dynamic else None
    torch.export.save(torch.export.export(module, (IMAGE,), dynamic_shapes=shapes), path)
    return _open(path)


def test_an_exported_program_shows_its_graph(tmp_path: Path) -> None:
    found = _exported(tmp_path / "net.pt2", Net().eval(), dynamic=True)
    (size,) = [label for label, text in found.facts if text == "2 to 64"]
    symbol = size.split("'")[1]
    assert found.inputs == (Value("image", "float32", (symbol, 3, 8, 8)),)
    assert found.outputs[0].shape == (symbol, 4, 6, 6)
    assert found.graph is not None
    first = found.graph.nodes[0]
    assert (first.domain, first.op_type, first.overload) == ("aten", "conv2d", "default")
    assert first.inputs == ("image", "conv.weight", "conv.bias")
    assert {tensor.name for tensor in found.tensors} >= {"conv.weight", "norm.running_mean"}
    assert ("PyTorch", torch.__version__) in found.facts
    assert "exported-in-training-mode" not in _rules(found)


def test_a_node_of_a_program_is_linked_and_explained(tmp_path: Path) -> None:
    found = _exported(tmp_path / "net.pt2", Net().eval())
    outline = build_outline(found)
    row = outline.name.index("norm")
    detail = describe(found, outline, row)
    assert dict(detail.facts)["Calls"] == "aten.batch_norm.default"
    assert "test_torch_programs.py" in dict(detail.facts)["PyTorch source"]
    assert detail.inputs[0].links[0].text == "conv2d"
    weight = detail.inputs[1]
    assert (weight.value.name, weight.kind) == ("norm.weight", "initializer")
    tensor = describe(found, outline, weight.links[0].row)
    assert tensor.outputs[0].links[0].text == "batch_norm"


def test_a_program_exported_in_training_mode_is_said_to_be_so(tmp_path: Path) -> None:
    found = _exported(tmp_path / "net.pt2", Net().train())
    (remark,) = [f for f in check_checkpoint(found) if f.rule == "exported-in-training-mode"]
    assert (remark.severity, set(remark.where)) == ("must", {"dropout", "batch_norm"})


class Branch(nn.Module):
    """Runs one of two graphs."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One more, or one less."""
        return torch.cond(x.sum() > 0, lambda a: a + 1, lambda a: a - 1, (x,))  # type: ignore[no-any-return]


def test_graphs_inside_a_node_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "branch.pt2"
    torch.export.save(torch.export.export(Branch(), (torch.ones(3),)), path)
    names = [name for name, _, _ in _rows(_open(path))]
    assert {"true_graph_0", "false_graph_0"} <= set(names)


def test_the_older_form_of_an_exported_program_is_read(tmp_path: Path) -> None:
    from torch._export.serde.serialize import serialize

    net = Net().eval()
    parts = serialize(torch.export.export(net, (IMAGE,)))
    path = tmp_path / "old.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", parts.exported_program)
        archive.writestr("serialized_state_dict.pt", parts.state_dict)
        archive.writestr("serialized_constants.pt", parts.constants)
        archive.writestr("serialized_example_inputs.pt", parts.example_inputs)
        archive.writestr("version", "8.2")
    found = _open(path)
    assert (found.form, found.inputs[0].name) == ("exported-program", "image")
    weight = next(tensor for tensor in found.tensors if tensor.name == "conv.weight")
    np.testing.assert_array_equal(read_tensor(path, weight), net.conv.weight.detach().numpy())
    assert "the pickle 'serialized_state_dict.pt'" in found.runs


def _replaced(path: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {item: archive.read(item) for item in archive.namelist()}
    (inside,) = [item for item in members if item.endswith(name)]
    with zipfile.ZipFile(path, "w") as archive:
        for item, held in members.items():
            archive.writestr(item, data if item == inside else held)


def test_the_pickles_of_an_exported_program_are_looked_into(tmp_path: Path) -> None:
    path, marker = tmp_path / "net.pt2", tmp_path / "marker"
    _exported(path, Net().eval())
    torch.save({"x": _Trap(marker)}, tmp_path / "trap.pt")
    _replaced(path, "sample_inputs/model.pt", (tmp_path / "trap.pt").read_bytes())
    found = _open(path)
    assert found.runs[0] == ("the pickle 'data/sample_inputs/model.pt', which names posix.system")
    assert found.imports[0].judgement == "dangerous"
    assert "dangerous-imports" in _rules(found)
    assert not marker.exists()


class _Trap:
    """Would write a file if it were loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, (f"touch {self._marker}",)


def test_graphs_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    _exported(path, Net().eval())
    with zipfile.ZipFile(path) as archive:
        (name,) = [item for item in archive.namelist() if item.endswith("models/model.json")]
        document = json.loads(archive.read(name))
    nodes = document["graph_module"]["graph"]["nodes"]
    inner: dict[str, Any] = {"inputs": [], "outputs": [], "nodes": [], "tensor_values": {}}
    for _ in range(60):
        arg = {"name": "g", "arg": {"as_graph": {"name": "g", "graph": inner}}}
        node = {"target": "a.b", "inputs": [arg], "outputs": [], "metadata": {}}
        inner = {"inputs": [], "outputs": [], "nodes": [node], "tensor_values": {}}
    nodes += inner["nodes"]
    _replaced(path, "models/model.json", json.dumps(document).encode())
    with pytest.raises(InspectorError, match="damaged"):
        open_file(path)


def test_sizes_are_written_as_people_write_them() -> None:
    assert size_text("Mul(Integer(2), Symbol('s0', positive=True, integer=True))") == "2*s0"
    assert size_text("Add(Mul(Integer(2), Symbol('s0')), Integer(-1))") == "2*s0 + -1"
    assert size_text("s0//2") == "s0//2"


def test_a_package_shows_its_own_sources_and_its_pickles(tmp_path: Path) -> None:
    from torch.package.package_exporter import PackageExporter

    path = tmp_path / "package.pt"
    with PackageExporter(str(path)) as exporter:
        exporter.extern("torch.**")
        exporter.save_source_string("mine.layers", "VALUE = 3\n")
        exporter.save_pickle("model", "model.pkl", nn.Linear(3, 4).eval())
    found = _open(path)
    assert found.form == "torch-package"
    assert [tensor.name for tensor in found.tensors] == ["weight", "bias"]
    assert read_tensor(path, found.tensors[0]).shape == (4, 3)
    assert found.modules[0].class_name == "torch.nn.modules.linear.Linear"
    assert ("mine/layers.py", "VALUE = 3\n") in found.source
    assert "torch" in dict(found.facts)["Modules from outside"]
    assert "the package's own source 'mine/layers.py'" in found.runs


def test_a_package_lists_its_modules_to_choose_from_and_no_other_object(tmp_path: Path) -> None:
    from torch.package.package_exporter import PackageExporter

    path = tmp_path / "package.pt"
    with PackageExporter(str(path)) as exporter:
        exporter.extern("torch.**")
        exporter.save_pickle("model", "settings.pkl", {"classes": 3})
        exporter.save_pickle("model", "critic.pkl", nn.Linear(4, 1).eval())
        exporter.save_pickle("model", "model.pkl", nn.Linear(3, 4).eval())
    found = checkpoint_facts(_open(path))
    assert [tuple(state) for state in found.states] == [
        ("model/model.pkl", 2, 16),
        ("model/critic.pkl", 2, 5),
    ]


def test_native_code_is_named_and_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "native.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/archive_format", "pt2")
        archive.writestr("m/data/aotinductor/model/c1.wrapper.so", b"\x7fELF" + bytes(96))
        archive.writestr(
            "m/data/aotinductor/model/c1.wrapper_metadata.json",
            json.dumps({"AOTI_DEVICE_KEY": "cpu", "AOTI_PLATFORM": "linux",
                        "AOTI_MACHINE": "x86_64", "AOTI_CPU_ISA": "AVX2"}),
        )  # fmt: skip
    found = _open(path)
    assert (found.form, found.runs) == ("aotinductor", ("the native code 'c1.wrapper.so'",))
    assert ("c1.wrapper.so", "100 bytes") in found.facts
    (remark,) = check_checkpoint(found)
    assert remark.sentence == "The file holds native code for cpu, linux, x86_64, and no module."
    assert "xport the module that it was made from" in remark.mend


def test_only_operators_that_act_differently_are_found_active() -> None:
    from inspector.core.checkpoint_rules import _is_active
    from inspector.core.model import Attribute

    def node(kind: str, name: str, value: bool) -> Node:
        return Node("n", kind, "aten", (), (), (Attribute(name, "BOOL", value),))

    assert _is_active(node("dropout", "train", True))
    assert _is_active(node("batch_norm", "training", True))
    assert not _is_active(node("dropout", "train", False))
    assert not _is_active(node("conv2d", "training", True))
