"""Every form that can be run is loaded, and every other one is explained."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.failures import InspectorError, TrustNeededError
from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes import pytorch
from inspector.runtimes.pytorch_load import Loaded, load
from inspector.runtimes.user_code import load_user_code
from inspector.runtimes.user_code_import import FOLDERS

SOURCE = '''
"""A network and several ways to build it."""
import torch
from torch import nn
import nowhere_at_all

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.fc = nn.Linear(3, width)
        self.seen = {1, 2}
    def forward(self, x, scale=1.0):
        return {"logits": self.fc(x) * scale, "none": None}
    @classmethod
    def small(cls):
        return cls(2)

def build(width):
    return Net(width)

def nothing():
    return 3

def fails():
    raise OSError("no such weights")
'''


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    FOLDERS.leave()
    pytorch.forget()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def save(tmp_path: Path, code: Path) -> Callable[..., str]:
    """Save what a function makes of the user's Net, as if another program had done it."""

    def save_file(make: Callable[[Any], Any], name: str = "net.pt", **options: Any) -> str:
        module = load_user_code(str(code)).module
        path = tmp_path / name
        torch.save(make(module), path, **options)
        FOLDERS.leave()
        assert "nets" not in sys.modules
        return str(path)

    return save_file


def run(loaded: Loaded) -> torch.Tensor:
    result: torch.Tensor = loaded.module(torch.ones(1, 3))["logits"]
    return result


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_whole_module_is_loaded_with_its_source(
    save: Callable[..., str], code: Path, legacy: bool
) -> None:
    options = {"_use_new_zipfile_serialization": not legacy}
    path = save(lambda nets: nets.Net().train(), **options)
    loaded = load(ModelSource(path, str(code), trust=True), Report())
    assert type(loaded.module).__name__ == "Net"
    assert not loaded.module.training
    assert not any(p.requires_grad for p in loaded.module.parameters())
    assert loaded.training == ("", "fc")
    assert "training-mode" in {finding.rule for finding in loaded.findings}
    assert loaded.parameters == 16


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_pickles_of_every_protocol_are_loaded(
    save: Callable[..., str], code: Path, legacy: bool, protocol: int
) -> None:
    options = {"_use_new_zipfile_serialization": not legacy, "pickle_protocol": protocol}
    whole = save(lambda nets: nets.Net(), **options)
    assert run(load(ModelSource(whole, str(code), trust=True), Report())).shape == (1, 4)
    state = save(lambda nets: {"model": nets.Net().state_dict(), "epoch": 3}, **options)
    assert run(load(ModelSource(state, str(code), trust=True), Report())).shape == (1, 4)


def test_a_module_saved_from_a_script_is_found_by_its_class(
    save: Callable[..., str], code: Path
) -> None:
    def from_main(nets: Any) -> Any:
        nets.Net.__module__ = "__main__"
        vars(sys.modules["__main__"])["Net"] = nets.Net
        return nets.Net().eval()

    path = save(from_main)
    del vars(sys.modules["__main__"])["Net"]
    loaded = load(ModelSource(path, str(code), trust=True), Report())
    assert run(loaded).shape == (1, 4)
    assert loaded.training == ()


def test_a_missing_source_is_named_with_its_remedy(save: Callable[..., str]) -> None:
    path = save(lambda nets: nets.Net())
    with pytest.raises(InspectorError, match=r"source of 'nets\.Net' is missing") as caught:
        load(ModelSource(path, trust=True), Report())
    assert "--code" in caught.value.failure.hint


def test_a_source_without_the_class_is_said(save: Callable[..., str], tmp_path: Path) -> None:
    path = save(lambda nets: nets.Net())
    other = tmp_path / "elsewhere" / "other.py"
    other.parent.mkdir()
    other.write_text("import nowhere_at_all\nclass Nut: pass\n")
    with pytest.raises(InspectorError, match=r"does not define 'nets\.Net'") as caught:
        load(ModelSource(path, str(other), trust=True), Report())
    assert "nowhere_at_all" in caught.value.failure.detail


def test_nothing_is_executed_without_consent(
    save: Callable[..., str], code: Path, tmp_path: Path
) -> None:
    whole = save(lambda nets: nets.Net(), "whole.pt")
    code.write_text(SOURCE + f"\nimport os\nX = os.mkdir({str(tmp_path / 'was-here')!r})\n")
    with pytest.raises(TrustNeededError) as caught:
        load(ModelSource(whole, str(code)), Report())
    detail = caught.value.failure.detail
    for text in ("nets.Net", "nets.py", "nowhere_at_all", "torch"):
        assert text in detail
    assert not (tmp_path / "was-here").exists()
    with pytest.raises(TrustNeededError):
        load(ModelSource(whole), Report())


def test_layers_of_pytorch_alone_need_no_consent(tmp_path: Path) -> None:
    path = tmp_path / "plain.pt"
    torch.save(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.GELU()), path)
    loaded = load(ModelSource(str(path)), Report())
    assert loaded.module(torch.ones(1, 3)).shape == (1, 2)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_what_a_pickle_would_call_is_never_called(
    save: Callable[..., str], code: Path, tmp_path: Path, legacy: bool, protocol: int
) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (os.mkdir, (str(tmp_path / "was-here"),))

    def trapped(nets: Any) -> Any:
        module = nets.Net()
        module.trap = Trap()
        return module

    path = save(trapped, _use_new_zipfile_serialization=not legacy, pickle_protocol=protocol)
    code.write_text(
        SOURCE + "\nfrom os import mkdir\n"
    )  # importing it gives the file no right to it
    with pytest.raises(InspectorError, match="mkdir"):
        load(ModelSource(path, str(code), trust=True), Report())
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    ("callable_name", "code_args", "width"),
    [
        ("", "{}", 4),
        (":Net", '{"width": 5}', 5),
        (":build", '{"width": 6}', 6),
        (":Net.small", "{}", 2),
    ],
)
def test_a_state_dict_goes_into_what_the_callable_builds(
    save: Callable[..., str], code: Path, callable_name: str, code_args: str, width: int
) -> None:
    path = save(lambda nets: nets.Net(width).state_dict())
    expected = torch.load(path, weights_only=True)["fc.bias"]
    loaded = load(ModelSource(path, f"{code}{callable_name}", code_args, True), Report())
    assert torch.equal(loaded.module.fc.bias, expected)
    assert loaded.signature.required == ("x",)


def test_a_training_checkpoint_with_foreign_settings_is_loaded(
    save: Callable[..., str], code: Path
) -> None:
    def checkpoint(nets: Any) -> Any:
        module = type(sys)("nowhere_config")
        kind = type("Config", (), {"__module__": "nowhere_config"})
        vars(module)["Config"] = kind
        sys.modules["nowhere_config"] = module
        config: Any = kind()
        config.depth = 3
        state = {"module." + k: v for k, v in nets.Net().state_dict().items()}
        return {"epoch": 3, "model_state": state, "config": config}

    path = save(checkpoint)
    del sys.modules["nowhere_config"]
    loaded = load(ModelSource(path, str(code), trust=True), Report())
    assert run(loaded).shape == (1, 4)
    assert "prefix-removed" in {finding.rule for finding in loaded.findings}


@pytest.mark.parametrize(
    ("name", "code_args", "width"),
    [("Net", "{}", 5), ("whole", "{}", 5), ("Net", '{"width": 6}', 6),
     ("whole", '{"args": {"width": 6}}', 6)],
)  # fmt: skip
def test_settings_of_a_training_program_build_the_module_where_names_match(
    tmp_path: Path, code: Path, name: str, code_args: str, width: int
) -> None:
    code.write_text(SOURCE + "\ndef whole(args):\n    return Net(args.width)\n")
    state = {"fc.weight": torch.ones(width, 3), "fc.bias": torch.ones(width)}
    settings = argparse.Namespace(width=5, lr=0.1, device="cuda", epochs=90)
    path = tmp_path / "last.pth"
    torch.save({"model": state, "args": settings, "epoch": 3}, path)
    loaded = load(ModelSource(str(path), f"{code}:{name}", code_args, trust=True), Report())
    assert run(loaded).shape == (1, width)
    remarks = {one.rule: one for one in loaded.findings}
    assert ("stored-arguments" in remarks) == (code_args == "{}")


def test_a_module_inside_a_training_checkpoint_is_found(
    save: Callable[..., str], code: Path
) -> None:
    path = save(lambda nets: {"epoch": 1, "model": nets.Net()})
    assert run(load(ModelSource(path, str(code), trust=True), Report())).shape == (1, 4)


def test_torchscript_is_loaded_with_its_numbers_and_flags(tmp_path: Path) -> None:
    class Scripted(torch.nn.Module):
        def forward(self, x: torch.Tensor, rate: int) -> torch.Tensor:
            return x * rate

    path = tmp_path / "net.jit"
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.script(Scripted().train()).save(str(path))
    with pytest.raises(TrustNeededError, match="executes code"):
        load(ModelSource(str(path)), Report())
    specs = (parse_input_spec("x=float32[2]"), parse_input_spec("rate=int64[]"))
    runtime = pytorch.open_runtime(ModelSource(str(path), trust=True, inputs=specs), Report())
    outputs = runtime.run({"x": np.ones(2, np.float32), "rate": np.array(3)})
    assert outputs[0].tolist() == [3, 3]
    assert "training-mode" in {finding.rule for finding in runtime.findings}


def test_safetensors_are_read_where_they_lie(tmp_path: Path, code: Path) -> None:
    import json

    weight, bias = np.arange(12, dtype="<f4").reshape(4, 3), np.ones(4, "<f4")
    header = json.dumps(
        {
            "fc.weight": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]},
            "fc.bias": {"dtype": "F32", "shape": [4], "data_offsets": [48, 64]},
        }
    ).encode()
    path = tmp_path / "net.safetensors"
    parts = (len(header).to_bytes(8, "little"), header, weight.tobytes(), bias.tobytes())
    path.write_bytes(b"".join(parts))
    loaded = load(ModelSource(str(path), str(code), trust=True), Report())
    assert torch.equal(loaded.module.fc.weight, torch.from_numpy(weight))


@pytest.mark.parametrize(
    ("callable_name", "code_args", "said"),
    [
        (":Nothing", "{}", "does not define 'Nothing'"),
        (":nothing", "{}", "gives a int, not an nn.Module"),
        (":build", "{}", "missing a required argument: 'width'"),
        (":Net", '{"depth": 2}', "unexpected keyword argument 'depth'"),
        (":Net", "[1]", "not a JSON object"),
        (":Net", "{width: 1}", "not JSON"),
        (":fails", "{}", "OSError: no such weights"),
        (":Net", '{"width": 9}', "do not fit Net"),
    ],
)
def test_a_callable_that_does_not_do_is_explained(
    save: Callable[..., str], code: Path, callable_name: str, code_args: str, said: str
) -> None:
    path = save(lambda nets: nets.Net().state_dict())
    with pytest.raises(InspectorError, match=said.replace("(", r"\(")) as caught:
        load(ModelSource(path, f"{code}{callable_name}", code_args, True), Report())
    assert caught.value.failure.hint


def test_several_modules_must_be_told_apart(save: Callable[..., str], code: Path) -> None:
    path = save(lambda nets: nets.Net().state_dict())
    code.write_text(SOURCE + "\nclass Other(nn.Module): pass\n")
    with pytest.raises(InspectorError, match="defines 2 modules") as caught:
        load(ModelSource(path, str(code), trust=True), Report())
    assert "Net, Other" in caught.value.failure.hint


def test_weights_without_a_source_are_explained(save: Callable[..., str]) -> None:
    path = save(lambda nets: nets.Net().state_dict())
    with pytest.raises(InspectorError, match="weights only") as caught:
        load(ModelSource(path), Report())
    assert "--code" in caught.value.failure.hint


def test_a_form_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "optimizer.pt"
    torch.save({"state": {}, "param_groups": [{"lr": torch.tensor(0.1)}]}, path)
    with pytest.raises(InspectorError, match="cannot be run here") as caught:
        load(ModelSource(str(path)), Report())
    assert caught.value.failure.hint


def test_a_model_is_kept_until_one_of_its_files_changes(
    save: Callable[..., str], code: Path
) -> None:
    path = save(lambda nets: nets.Net().state_dict())
    source = ModelSource(path, str(code), trust=True)
    first = pytorch.load_cached(source, Report())
    assert pytorch.load_cached(source, Report()) is first
    code.write_text(textwrap.dedent(SOURCE) + "\nY = 1\n")
    assert pytorch.load_cached(source, Report()) is not first


def test_a_runtime_names_inputs_and_outputs(save: Callable[..., str], code: Path) -> None:
    path = save(lambda nets: nets.Net().state_dict())
    runtime = pytorch.open_runtime(ModelSource(path, str(code), trust=True), Report())
    assert (runtime.name, runtime.version) == ("PyTorch", torch.__version__)
    assert runtime.input_names == ("x",)
    (array,) = runtime.run({"x": np.ones((2, 3), np.float32)})
    assert runtime.output_names == ("out.logits",)
    assert array.shape == (2, 4)
    named = ModelSource(path, str(code), trust=True, output_names=("scores",))
    runtime = pytorch.open_runtime(named, Report())
    assert runtime.output_names == ("scores",)


class Harmful:
    """Pickles as a call of a function that the test can see the effect of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("whole", [True, False], ids=["module", "weights"])
def test_consent_does_not_cover_dangerous_code(
    save: Callable[..., str], code: Path, tmp_path: Path, whole: bool
) -> None:
    def make(nets: Any) -> Any:
        module = nets.Net()
        if not whole:
            return {"state_dict": module.state_dict(), "extra": Harmful(tmp_path / "was-here")}
        module.extra = Harmful(tmp_path / "was-here")
        return module

    path = save(make)
    with pytest.raises(InspectorError, match=r"dangerous code: '\w+\.mkdir'"):
        load(ModelSource(path, f"{code}:Net", trust=True), Report())
    assert not (tmp_path / "was-here").exists()


def test_a_module_without_weights_is_built_from_its_empty_state(tmp_path: Path) -> None:
    code = tmp_path / "plain.py"
    code.write_text(
        "from torch import nn\n"
        "class Double(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return 2 * x\n"
    )
    torch.save(torch.nn.ReLU().state_dict(), tmp_path / "empty.pt")
    loaded = load(ModelSource(str(tmp_path / "empty.pt"), str(code), trust=True), Report())
    assert loaded.module(torch.ones(1)) == 2


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_trace_of_training_is_told(tmp_path: Path) -> None:
    traced = torch.jit.trace(torch.nn.Dropout().train(), torch.ones(9), check_trace=False)
    traced.save(str(tmp_path / "traced.pt"))
    loaded = load(ModelSource(str(tmp_path / "traced.pt"), trust=True), Report())
    assert loaded.findings[0].rule == "traced-in-training-mode"
