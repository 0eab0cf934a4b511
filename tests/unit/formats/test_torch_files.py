"""PyTorch files of every form, written by PyTorch and listed without it."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
import zipfile
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
from inspector.formats.inspect import checkpoint_facts
from inspector.formats.registry import open_file
from inspector.formats.weights import read_tensor

Net = Callable[[], nn.Module]


@pytest.fixture
def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Linear(5, 6))


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def save(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Any], Path]:
    def write(value: Any) -> Path:
        path = tmp_path / "file.pt"
        torch.save(value, path, _use_new_zipfile_serialization=request.param)
        return path

    return write


def _open(path: Path) -> Checkpoint:
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    return found


def test_a_state_dict_is_listed_with_places_of_its_values(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    state = net.state_dict()
    path = save(state)
    found = _open(path)
    assert (found.form, found.executes, found.training) == ("state-dict", False, None)
    assert [tensor.name for tensor in found.tensors] == list(state)
    for tensor, (name, value) in zip(found.tensors, state.items(), strict=True):
        assert tensor.shape == tuple(value.shape)
        assert tensor.dtype == str(value.dtype).removeprefix("torch.")
        assert tensor.bytes == value.numel() * value.element_size(), name
        np.testing.assert_array_equal(read_tensor(path, tensor), value.numpy())
    assert checkpoint_facts(found).parameters == sum(value.numel() for value in state.values())


def test_a_whole_module_shows_its_modules_and_their_mode(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    net.train()
    net.get_submodule("1").eval()
    found = _open(save(net))
    assert found.form == "whole-module"
    assert found.training is True
    assert [(module.path, module.training) for module in found.modules] == [
        ("", True), ("0", True), ("1", False), ("2", True), ("3", True),
    ]  # fmt: skip
    assert found.modules[1].class_name == "torch.nn.modules.conv.Conv2d"
    assert [tensor.name for tensor in found.tensors] == list(net.state_dict())
    assert not found.executes
    assert {item.judgement for item in found.imports} == {"harmless"}
    rules = {finding.rule: finding.severity for finding in check_checkpoint(found)}
    assert rules == {"saved-in-training-mode": "should"}


def test_a_module_saved_for_use_has_no_findings(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    assert check_checkpoint(_open(save(net.eval()))) == ()


def test_a_class_of_ones_own_needs_its_source(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        "import torch\n\nclass Net(torch.nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.fc = torch.nn.Linear(2, 3)\n"
    )
    script = (
        "import nets, torch\n"
        "torch.save(nets.Net(), 'old.pt', _use_new_zipfile_serialization=False)\n"
        "torch.save(nets.Net(), 'new.pt')\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
    )
    for name in ("old.pt", "new.pt"):
        found = _open(tmp_path / name)
        assert found.form == "whole-module"
        assert found.executes
        assert found.imports[0].name == "nets.Net"
        assert found.imports[0].judgement == "unknown"
        assert "needs-source" in {finding.rule for finding in check_checkpoint(found)}
    old = _open(tmp_path / "old.pt")
    assert old.source[0][0] == "nets.Net (nets.py)"
    assert "class Net(torch.nn.Module):" in old.source[0][1]


def test_a_training_checkpoint_names_its_state_dict(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    found = _open(
        save({"epoch": 3, "optimizer": optimizer.state_dict(), "model_state": net.state_dict()})
    )
    assert (found.form, found.state_dict_key) == ("training-checkpoint", "model_state")
    assert "model_state.0.weight" in {tensor.name for tensor in found.tensors}
    expected = sum(value.numel() for value in net.state_dict().values())
    assert checkpoint_facts(found).parameters == expected


def test_lightning_optimizers_tensors_and_settings_are_told_apart(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    state = net.state_dict()
    lightning = {"pytorch-lightning_version": "2.0", "state_dict": state, "hyper_parameters": {}}
    assert _open(save(lightning)).form == "lightning"
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.ones(1, 3, 7, 7)).sum().backward()
    optimizer.step()
    assert _open(save(optimizer.state_dict())).form == "optimizer"
    assert _open(save([torch.ones(3), torch.zeros(2)])).form == "tensors"
    assert _open(save(torch.ones(3))).tensors[0].shape == (3,)
    assert _open(save({"lr": 0.1})).form == "no-tensors"


def test_a_whole_module_inside_a_checkpoint_is_found(
    save: Callable[[Any], Path], net: nn.Module
) -> None:
    found = _open(save({"epoch": 1, "model": net.train()}))
    assert (found.form, found.state_dict_key, found.training) == (
        "training-checkpoint",
        "model",
        True,
    )
    assert [tensor.name for tensor in found.tensors] == [
        f"model.{name}" for name in net.state_dict()
    ]


def test_shared_weights_count_once(save: Callable[[Any], Path]) -> None:
    base = torch.arange(100.0)
    found = _open(save({"a": base, "b": base.view(10, 10), "c": base[:50], "d": base[50:]}))
    assert [tensor.shared for tensor in found.tensors] == [False, True, True, True]
    assert checkpoint_facts(found).parameters == 100
    halves = _open(save({"c": base[:50], "d": base[50:]}))
    assert checkpoint_facts(halves).parameters == 100


def test_an_expanded_tensor_does_not_claim_bytes_it_has_not(save: Callable[[Any], Path]) -> None:
    found = _open(save({"w": torch.zeros(1).expand(1_000_000, 1_000_000)}))
    assert found.tensors[0].shape == (1_000_000, 1_000_000)
    assert found.tensors[0].bytes == 4


def test_odd_tensors_are_listed(save: Callable[[Any], Path]) -> None:
    parts = {
        "half": torch.ones(3, dtype=torch.bfloat16),
        "complex": torch.ones(2, dtype=torch.complex64),
        "transposed": torch.ones(2, 5).t(),
        "parameter": nn.Parameter(torch.ones(4)),
        "scalar": torch.tensor(7),
        "empty": torch.ones(0, 3),
        "sparse": torch.eye(3).to_sparse(),
        "unsigned": torch.ones(3, dtype=torch.uint16),
    }
    found = {tensor.name: tensor for tensor in _open(save(parts)).tensors}
    assert {name: found[name].shape for name in parts} == {
        name: tuple(value.shape) for name, value in parts.items()
    }
    assert found["half"].dtype == "bfloat16"
    assert found["unsigned"].dtype == "uint16"
    assert found["transposed"].payload is None
    assert found["scalar"].bytes == 8


def _script(tmp_path: Path, *, traced: bool, training: bool) -> Path:
    net = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)).train(training)
    path = tmp_path / "script.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = (
            torch.jit.trace(net, torch.ones(1, 4), check_trace=False)
            if traced
            else torch.jit.script(net)
        )
        torch.jit.save(made, path)
    return path


def test_torchscript_shows_its_code_and_modules(tmp_path: Path) -> None:
    found = _open(_script(tmp_path, traced=False, training=False))
    assert (found.form, found.executes, found.training) == ("torchscript", True, False)
    assert [module.path for module in found.modules] == ["", "0", "1"]
    assert found.modules[1].class_name == "torch.nn.modules.linear.Linear"
    assert {tensor.name for tensor in found.tensors} == {"0.weight", "0.bias"}
    assert any("def forward" in text for _, text in found.source)
    assert found.imports == () or all(item.judgement == "harmless" for item in found.imports)


def test_a_program_traced_in_training_mode_is_said_to_be_so(tmp_path: Path) -> None:
    bad = check_checkpoint(_open(_script(tmp_path, traced=True, training=True)))
    assert "traced-in-training-mode" in {finding.rule for finding in bad}
    good = check_checkpoint(_open(_script(tmp_path, traced=True, training=False)))
    assert "traced-in-training-mode" not in {finding.rule for finding in good}


def test_an_exported_program_is_listed_and_refused_with_a_next_step(
    tmp_path: Path, net: nn.Module
) -> None:
    linear = nn.Linear(4, 2).eval()
    program = torch.export.export(linear, (torch.ones(2, 4),))
    path = tmp_path / "program.pt2"
    torch.export.save(program, path)
    found = _open(path)
    assert (found.form, found.executes) == ("exported-program", True)
    assert {(t.name, t.dtype, t.shape) for t in found.tensors} == {
        ("weight", "float32", (2, 4)), ("bias", "float32", (2,)),
    }  # fmt: skip
    weight = next(t for t in found.tensors if t.name == "weight")
    np.testing.assert_array_equal(read_tensor(path, weight), linear.weight.detach().numpy())
    assert "not-run-here" not in {finding.rule for finding in check_checkpoint(found)}


def test_a_torch_package_is_named(tmp_path: Path) -> None:
    path = tmp_path / "package.pt"
    from torch.package.package_exporter import PackageExporter

    with PackageExporter(str(path)) as exporter:
        exporter.save_source_string("mine", "VALUE = 3\n")
    found = _open(path)
    assert (found.form, found.executes) == ("torch-package", True)
    assert found.source == (("mine.py", "VALUE = 3\n"),)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\x80\x02}.")
        archive.writestr("bomb/data/0", bytes(200 << 20))
        archive.writestr("bomb/version", b"3\n")
    with pytest.raises(InspectorError, match="claims to hold"):
        open_file(path)


def test_every_cut_of_a_checkpoint_is_explained(
    save: Callable[[Any], Path], net: nn.Module, tmp_path: Path
) -> None:
    data = save(net.state_dict()).read_bytes()
    cut = tmp_path / "cut.pt"
    for end in range(20, len(data) - 1, 97):
        cut.write_bytes(data[:end])
        with pytest.raises(InspectorError, match=r"cut short|damaged") as failure:
            open_file(cut)
        assert failure.value.failure.hint


def test_quantised_modules_are_named_and_raise_no_alarm_about_training(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.ao.quantization import quantize_dynamic

        made = quantize_dynamic(nn.Sequential(nn.Linear(4, 4)).eval(), {nn.Linear})
        torch.save(made, tmp_path / "quantised.pt")
    found = _open(tmp_path / "quantised.pt")
    assert found.form == "quantised"
    assert "saved-in-training-mode" not in {finding.rule for finding in check_checkpoint(found)}


def test_listing_a_checkpoint_imports_no_torch(tmp_path: Path, net: nn.Module) -> None:
    torch.save(net, tmp_path / "net.pt")
    script = (
        "import sys\n"
        "from inspector.formats.registry import open_file\n"
        f"found = open_file({str(tmp_path / 'net.pt')!r})\n"
        "assert len(found.modules) == 5\n"
        "assert not {'torch', 'onnx'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
