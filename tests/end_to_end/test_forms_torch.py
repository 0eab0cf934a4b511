"""Every form that a PyTorch model comes in is exported and compared through the real program."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from torch.package.package_exporter import PackageExporter

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4, depth=1):
        super().__init__()
        self.fc = nn.Linear(3, width)
        self.rest = nn.Sequential(*(nn.Linear(width, width) for _ in range(depth)))

    def forward(self, x):
        return self.rest(torch.relu(self.fc(x)))

try:
    import lightning.pytorch as pl
except ImportError:
    import pytorch_lightning as pl

class Whole(pl.LightningModule):
    def __init__(self, width=4, depth=1, lr=0.1):
        super().__init__()
        self.save_hyperparameters(ignore="lr")
        self.model = Net(self.hparams.width, self.hparams["depth"])

    def training_step(self, batch, index):
        self.log("loss", 0.0)

    @pl.utilities.rank_zero_only
    def on_fit_start(self):
        self.trainer.logger.log()

    def forward(self, x):
        return self.model(x)

class Lit(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.model = Net(config.width, config["depth"])

    def forward(self, x):
        return self.model(x)
"""

Program = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("forms")
    (place / "form_nets.py").write_text(SOURCE)
    return place


@pytest.fixture(scope="module")
def nets(folder: Path) -> Iterator[Any]:
    """The user's module, as the program that saves a checkpoint has it."""
    lightning = types.ModuleType("pytorch_lightning")
    lightning.LightningModule = torch.nn.Module  # type: ignore[attr-defined]
    lightning.utilities = types.SimpleNamespace(rank_zero_only=lambda call: call)  # type: ignore[attr-defined]
    sys.modules[lightning.__name__] = lightning
    sys.path.insert(0, str(folder))
    import form_nets  # type: ignore[import-not-found]

    yield form_nets
    sys.path.remove(str(folder))
    del sys.modules["form_nets"], sys.modules[lightning.__name__]


@pytest.fixture
def works(program: Program, tmp_path: Path) -> Program:
    """Export a checkpoint, compare the file with it, and return what both commands said."""

    def run(checkpoint: Path, *options: Any, exporter: str = "dynamo") -> tuple[Any, Any]:
        output = tmp_path / "model.onnx"
        how = ("-o", output, "--exporter", exporter)
        first = program("export", checkpoint, *how, *options, "--json")
        assert first.code == 0, first.output + first.error
        onnx.checker.check_model(str(output))
        second = program(
            "compare", checkpoint, output, "--random", 4, "--accept-generated", *options, "--json"
        )
        assert second.code == 0, second.output + second.error
        return first.json, second.json

    return run


def rules(found: Any) -> set[str]:
    return {finding["rule"] for finding in found["findings"]}


def code(folder: Path, name: str = "Net") -> tuple[str, str, str]:
    return "--code", f"{folder / 'form_nets.py'}:{name}", "--trust"


def scripted(module: Any, trace: bool = False) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        if trace:
            return torch.jit.trace(module, (torch.randn(2, 3),))
        return torch.jit.script(module)


def test_a_lightning_checkpoint_is_built_with_its_own_hyper_parameters(
    works: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    net = nets.Net(width=7, depth=2)
    saved = {
        "pytorch-lightning_version": "2.5.0",
        "epoch": 3,
        "state_dict": {f"model.{name}": value for name, value in net.state_dict().items()},
        "hyper_parameters": {"width": 7, "depth": 2, "lr": 1e-3},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": []}],
    }
    path = tmp_path / "last.ckpt"
    torch.save(saved, path)
    exported, _ = works(path, *code(folder), "--input", "x=float32[batch=2,3]")
    found = {finding["rule"]: finding for finding in exported["findings"]}
    assert found["stored-arguments"]["where"] == ["width=7", "depth=2"]
    assert "prefix-removed" in found
    # The class of the LightningModule itself, without Lightning.
    exported, _ = works(path, *code(folder, "Whole"), "--input", "x=float32[batch=2,3]")
    assert "stored-arguments" in rules(exported)
    assert "prefix-removed" not in rules(exported)


def test_settings_that_lightning_keeps_as_one_argument_are_given_as_one(
    works: Program, folder: Path, nets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("nowhere_settings")
    vars(module)["AttributeDict"] = AttributeDict
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(AttributeDict, "__module__", module.__name__)
    settings = AttributeDict(width=5, depth=1)
    net = nets.Lit(settings)
    saved = {
        "pytorch-lightning_version": "2.5.0",
        "state_dict": net.state_dict(),
        "hparams_name": "config",
        "hyper_parameters": settings,
    }
    path = tmp_path / "config.ckpt"
    torch.save(saved, path)
    works(path, *code(folder, "Lit"), "--input", "x=float32[batch=2,3]")


class AttributeDict(dict):  # type: ignore[type-arg]
    """As Lightning keeps settings: a dictionary that is read by attributes too."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def test_arguments_that_are_given_come_before_stored_ones(
    program: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    path = tmp_path / "last.ckpt"
    saved = {
        "pytorch-lightning_version": "2.5.0",
        "state_dict": nets.Net(width=7).state_dict(),
        "hyper_parameters": {"width": 5},
    }
    torch.save(saved, path)
    ended = program(
        "export", path, "-o", tmp_path / "x.onnx", *code(folder), "--code-args", '{"width": 7}'
    )
    assert ended.code == 0, ended.error


def test_one_of_several_state_dicts_is_chosen(
    works: Program, program: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    path = tmp_path / "train.pth"
    averaged = {"module." + n: v for n, v in nets.Net(width=6).state_dict().items()}
    torch.save({"ema": averaged, "model_state_dict": nets.Net().state_dict(), "epoch": 1}, path)
    exported, _ = works(path, *code(folder), "--input", "x=float32[batch=2,3]")
    chosen = next(f for f in exported["findings"] if f["rule"] == "state-dict-chosen")
    assert (chosen["where"], "'model_state_dict'" in chosen["sentence"]) == (["ema"], True)
    other = ("--state", "ema", "--code-args", '{"width": 6}')
    works(path, *code(folder), "--input", "x=float32[batch=2,3]", *other)
    lost = program("export", path, "-o", tmp_path / "x", *code(folder), "--state", "best", "--json")
    assert lost.code == 2
    assert "'best'" in lost.failure["sentence"]


def test_tensors_that_do_not_fit_are_a_table(
    program: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    path = tmp_path / "net.pt"
    state = nets.Net(width=5).state_dict()
    state["extra.weight"] = state.pop("rest.0.bias")
    torch.save(state, path)
    options = ("export", path, "-o", tmp_path / "x.onnx", *code(folder))
    failed = program(*options, "--json")
    rows = {row["name"]: row for row in failed.json["failure"]["table"]}
    assert rows["fc.weight"] == {
        "name": "fc.weight", "kind": "other shape", "expected": [4, 3], "found": [5, 3],
    }  # fmt: skip
    assert (rows["rest.0.bias"]["found"], rows["extra.weight"]["expected"]) == (None, None)
    lines = program(*options).error.splitlines()
    heading = next(line for line in lines if "in the model" in line)
    row = next(line for line in lines if "fc.weight" in line and line.startswith("  "))
    assert row.index("[4, 3]") == heading.index("in the model")
    assert row.index("[5, 3]") == heading.index("in the file")


def save_safetensors(path: Path, tensors: dict[str, Any]) -> None:
    header, raw = {}, b""
    for name, tensor in tensors.items():
        part = tensor.numpy().tobytes()
        place = [len(raw), len(raw) + len(part)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": place}
        raw += part
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw)


def save_shards(place: Path, state: dict[str, Any], ending: str) -> Path:
    names = list(state)
    halves = {f"part-1{ending}": names[:2], f"part-2{ending}": names[2:]}
    for file, inside in halves.items():
        tensors = {name: state[name] for name in inside}
        if ending == ".bin":
            torch.save(tensors, place / file)
        else:
            save_safetensors(place / file, tensors)
    stem = "pytorch_model.bin" if ending == ".bin" else "model.safetensors"
    index = place / f"{stem}.index.json"
    weight_map = {name: file for file, inside in halves.items() for name in inside}
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return index


@pytest.mark.parametrize("ending", [".safetensors", ".bin"])
def test_weights_in_several_files_are_put_together(
    works: Program, folder: Path, nets: Any, tmp_path: Path, ending: str
) -> None:
    index = save_shards(tmp_path, nets.Net().state_dict(), ending)
    works(index, *code(folder), "--input", "x=float32[batch=2,3]")


def test_a_folder_of_weights_is_opened_as_it_is(
    works: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    place = tmp_path / "published"
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"architectures": ["NetForTests"]}))
    save_safetensors(place / "model.safetensors", nets.Net().state_dict())
    works(place, *code(folder), "--input", "x=float32[batch=2,3]")


def test_an_architecture_of_a_package_that_is_missing_is_named_with_its_remedy(
    program: Program, nets: Any, tmp_path: Path
) -> None:
    place = tmp_path / "published"
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"architectures": ["BertModel"]}))
    save_safetensors(place / "model.safetensors", nets.Net().state_dict())
    asked = program("export", place, "-o", tmp_path / "x.onnx", "--json")
    assert "consent" in asked.failure["sentence"]
    failed = program("export", place, "-o", tmp_path / "x.onnx", "--trust", "--json")
    assert failed.code == 2
    assert "'BertModel' of the package transformers" in failed.failure["sentence"]
    assert "Install" in failed.failure["hint"]


@pytest.mark.filterwarnings("ignore:Lite Interpreter is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", ["scripted", "traced", "ptl"])
def test_torchscript_is_exported_with_inputs_of_its_own(
    works: Program, nets: Any, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"net.{'ptl' if form == 'ptl' else 'pt'}"
    module = scripted(nets.Net().eval(), trace=form == "traced")
    if form == "ptl":
        module._save_for_lite_interpreter(str(path))
    else:
        module.save(str(path))
    exported, _ = works(path, "--trust")
    assert exported["exporter"] == "torchscript"
    assert exported["inputs"][0]["shape"] == ["batch", 3]
    assert "exporter-switched" in rules(exported)


@pytest.mark.parametrize("dynamic", [True, False])
def test_an_exported_program_keeps_its_dimensions(
    works: Program, program: Program, nets: Any, tmp_path: Path, dynamic: bool
) -> None:
    path = tmp_path / "net.pt2"
    dims = {"x": {0: torch.export.Dim("batch", min=1, max=64)}} if dynamic else None
    captured = torch.export.export(nets.Net().eval(), (torch.randn(2, 3),), dynamic_shapes=dims)
    torch.export.save(captured, path)
    asked = program("export", path, "-o", tmp_path / "x.onnx", "--json")
    assert "consent" in asked.failure["sentence"]
    exported, _ = works(path, "--trust")
    assert exported["exporter"] == "dynamo"
    shape = exported["inputs"][0]["shape"]
    assert (isinstance(shape[0], str), shape[1]) == (dynamic, 3)
    other, _ = works(path, "--trust", exporter="torchscript")
    assert (other["exporter"], "exporter-switched" in rules(other)) == ("dynamo", True)


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning")
def test_a_package_runs_the_source_that_it_brings(
    works: Program, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.package"
    (tmp_path / "packed.py").write_text(SOURCE.partition("try:")[0])
    monkeypatch.syspath_prepend(tmp_path)
    packed = importlib.import_module("packed")
    with PackageExporter(str(path)) as package:
        package.intern("packed")
        package.extern("torch.**")
        package.save_pickle("model", "settings.pkl", {"classes": 3})
        package.save_pickle("model", "model.pkl", packed.Net().eval())
    asked = program("export", path, "-o", tmp_path / "x.onnx", "--json")
    assert "consent" in asked.failure["sentence"]
    exported, _ = works(path, "--trust")
    assert "package-object-chosen" in rules(exported)
    works(path, "--trust", exporter="torchscript")
    lost = program(
        "export", path, "-o", tmp_path / "x", "--trust", "--state", "model/settings.pkl", "--json"
    )
    assert "holds no module" in lost.failure["sentence"]


@pytest.mark.skipif(not shutil.which("g++"), reason="compiling needs a C++ compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_compiled_code_runs_and_says_why_it_cannot_be_exported(
    program: Program, nets: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    net, path = nets.Net().eval(), tmp_path / "net.pt2"
    captured = torch.export.export(net, (torch.randn(2, 3),))
    torch._inductor.aoti_compile_and_package(captured, package_path=str(path))
    torch.save(net, tmp_path / "whole.pt")
    failed = program("export", path, "-o", tmp_path / "x.onnx", "--trust", "--json")
    assert "native code and no graph" in failed.failure["sentence"]
    compared = program(
        "compare", tmp_path / "whole.pt", path, "--random", 2, "--accept-generated", "--trust",
        "--code", Path(nets.__file__), "--input", "x=float32[2,3]", "--json",
    )  # fmt: skip
    assert compared.code == 0, compared.output


def test_a_distributed_checkpoint_is_read_without_unpickling_it(
    works: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    from torch.distributed.checkpoint.state_dict_saver import save

    place = tmp_path / "sharded"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save({"model": nets.Net().state_dict(), "epoch": 3}, checkpoint_id=str(place))
    works(place, *code(folder), "--input", "x=float32[batch=2,3]")


@pytest.mark.filterwarnings("ignore:.*quantiz.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*quantiz.*:UserWarning")
def test_a_quantised_module_is_exported_where_it_can_be_and_advised_where_not(
    program: Program, folder: Path, nets: Any, tmp_path: Path
) -> None:
    quantised = torch.ao.quantization.quantize_dynamic(nets.Net().eval(), {torch.nn.Linear})
    path = tmp_path / "quantised.pt"
    torch.save(quantised, path)
    options = ("--code", folder / "form_nets.py", "--trust", "--json")
    failed = program("export", path, "-o", tmp_path / "x.onnx", *options)
    assert "quantised" in failed.failure["sentence"]
    assert "quantise the ONNX file with ONNX Runtime" in failed.failure["hint"]
    data = ("--random", 2, "--accept-generated", "--input", "x=float32[2,3]")
    same = program("compare", path, path, *data, *options)
    assert same.code == 0, same.output


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_module_quantised_with_an_example_is_exported_as_torchscript(
    program: Program, tmp_path: Path
) -> None:
    """Saved whole, PyTorch itself cannot put its convolution together again."""
    kinds = torch.ao.quantization
    torch.manual_seed(0)  # with other weights a value may fall on the edge between two steps
    net = torch.nn.Sequential(kinds.QuantStub(), torch.nn.Conv2d(3, 2, 3), kinds.DeQuantStub())
    net.eval().qconfig = kinds.get_default_qconfig(torch.backends.quantized.engine)
    prepared = kinds.prepare(net)
    prepared(torch.randn(4, 3, 8, 8))
    quantised = kinds.convert(prepared)
    paths = [tmp_path / name for name in ("whole.pt", "state.pt", "net.jit", "net.onnx")]
    torch.save(quantised, paths[0])
    torch.save(quantised.state_dict(), paths[1])
    torch.jit.script(quantised).save(str(paths[2]))
    asked = ("--trust", "--input", "x=float32[2,3,8,8]", "--json")
    failed = program("export", paths[0], "-o", paths[3], *asked)
    assert "without what every module has" in failed.failure["sentence"]
    assert "TorchScript" in failed.failure["hint"]
    assert program("inspect", paths[1], "--json").json["format"] == "quantised-weights"
    assert program("export", paths[2], "-o", paths[3], *asked).code == 0
    data = ("--random", 3, "--accept-generated")
    same = program("compare", paths[2], paths[3], *data, *asked)
    assert (same.code, same.json["verdict"]) == (0, "PASS"), same.output
