"""The search of a layer on real exports of both exporters; planted defects are named first."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core import wire
from inspector.core.failures import InspectorError
from inspector.core.layers import Localisation, Status
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.jobs import localise
from inspector.jobs.requests import PARTIAL_LAYERS, LocaliseRequest

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
NETS = Path(__file__).with_name("localise_nets.py")
DYNAMO, SCRIPT = "dynamo", "torchscript"
INPUTS = {
    "Cnn": {"x": torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))},
    "Encoder": {
        "ids": torch.arange(12).reshape(2, 6),
        "mask": torch.tensor([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1]]).bool(),
    },
    "Recurrent": {"x": torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(2))},
    "Shared": {"x": torch.randn(2, 8, generator=torch.Generator().manual_seed(3))},
    "Unet": {"x": torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(4))},
}


def build(name):
    namespace: dict[str, Any] = {}
    exec(compile(NETS.read_text(), NETS.name, "exec"), namespace)
    torch.manual_seed(0)
    return namespace[name]().eval()


class Exports:
    """Exports of the models, each made once."""

    def __init__(self, folder):
        self.folder = folder

    def of(self, name, exporter):
        folder = self.folder / f"{name}-{exporter}"
        if not folder.exists():
            folder.mkdir()
            self._make(name, exporter, folder)
        return folder

    def _make(self, name, exporter, folder):
        module, inputs = build(name), INPUTS[name]
        torch.save(module.state_dict(), folder / "m.pt")
        np.savez(folder / "x.npz", **{key: value.numpy() for key, value in inputs.items()})
        fused = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if exporter == DYNAMO:
                program = torch.onnx.export(
                    module, tuple(inputs.values()), dynamo=True, opset_version=18, verbose=False
                )
                program.save(folder / "m.onnx", external_data=False)
            else:
                torch.onnx.export(
                    module, tuple(inputs.values()), folder / "m.onnx", dynamo=False,
                    opset_version=17, input_names=list(inputs),
                )  # fmt: skip
        torch.backends.mha.set_fastpath_enabled(fused)


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    return Exports(tmp_path_factory.mktemp("exports"))


def request(folder, name, candidate=None, **options):
    return LocaliseRequest(
        ModelSource(str(folder / "m.pt"), code=f"{NETS}:{name}", trust=True),
        ModelSource(str(candidate or folder / "m.onnx")),
        DataSource(paths=(str(folder / "x.npz"),)),
        **options,
    )


def plain(folder, name, tmp_path, candidate=None, **options):
    """The layers alone, which needs no export."""
    options = {"steps": False, "blame": False, **options}
    return localise.run(request(folder, name, candidate, **options), tmp_path, Report())


def planted(folder, tmp_path, edit):
    model = onnx.load(folder / "m.onnx")
    edit(model.graph)
    path = tmp_path / "planted.onnx"
    onnx.save(model, path)
    return path


def with_attribute(op_type, place, name, value):
    def edit(graph):
        node = [one for one in graph.node if one.op_type == op_type][place]
        kept = [one for one in node.attribute if one.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])

    return edit


def scaled(weight, factor=1.5):
    def edit(graph):
        (tensor,) = [one for one in graph.initializer if one.name == weight]
        values = onnx.numpy_helper.to_array(tensor) * np.float32(factor)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float32), weight))

    return edit


def swapped_inputs(op_type):
    def edit(graph):
        (node,) = [one for one in graph.node if one.op_type == op_type]
        node.input[0], node.input[1] = node.input[1], node.input[0]

    return edit


def born_in(found):
    assert found.birthplace is not None
    return found.layers[found.birthplace]


def by_status(found, status):
    return {layer.name: layer for layer in found.layers if layer.status is status}


@pytest.mark.parametrize("exporter", [DYNAMO, SCRIPT])
@pytest.mark.parametrize("name", INPUTS)
def test_no_healthy_export_has_a_layer_that_differs(exports, tmp_path, name, exporter):
    folder = exports.of(name, exporter)
    found = plain(folder, name, tmp_path)
    assert found.first_divergence is found.birthplace is None
    assert found.sentence == f"All {len(by_status(found, Status.AGREES))} layers agree."
    assert all(one.local_agrees for one in found.layers if one.compared)
    assert not by_status(found, Status.NOT_MAPPED)
    modules = {path for path, child in build(name).named_modules() if not [*child.children()]}
    unseen = modules - {one.module for one in found.layers}
    # Inside attention, this module holds weights and is not called.
    assert all(path.endswith("out_proj") for path in unseen)


@pytest.mark.parametrize(
    ("exporter", "kept", "gone", "rule"),
    [(DYNAMO, "b2", "c2", " (FuseBatchNormIntoConv)"), (SCRIPT, "c2", "b2", "")],
)
def test_what_was_merged_is_said_and_is_no_mismatch(exports, tmp_path, exporter, kept, gone, rule):
    found = plain(exports.of("Cnn", exporter), "Cnn", tmp_path)
    assert by_status(found, Status.MERGED)[gone].note == f"merged into {kept}{rule}"
    assert kept in by_status(found, Status.AGREES)
    assert by_status(found, Status.FOLDED)["drop"].note.startswith("left out")
    names = [one.name for one in found.layers]
    assert names.index("stem/2") < names.index("c2")
    assert {names.index("c2"), names.index("b2")} < {*range(names.index("fc"))}


@pytest.mark.parametrize("exporter", [DYNAMO, SCRIPT])
def test_calls_of_one_module_are_told_apart(exports, tmp_path, exporter):
    found = plain(exports.of("Shared", exporter), "Shared", tmp_path)
    names = ["fc (call 1)", "act (call 1)", "fc (call 2)", "act (call 2)", "out", "act (call 3)"]
    assert [one.name for one in found.layers] == names


PLANTED = [
    ("Cnn", DYNAMO, scaled("c2.weight"), "b2"),
    ("Cnn", DYNAMO, scaled("fc.weight"), "fc"),
    ("Cnn", SCRIPT, with_attribute("Conv", 1, "pads", [0, 0, 2, 2]), "c2"),
    ("Encoder", DYNAMO, with_attribute("LayerNormalization", 2, "epsilon", 0.1),
     "enc/layers/1/norm1"),
    ("Encoder", SCRIPT, with_attribute("LayerNormalization", 2, "epsilon", 0.1),
     "enc/layers/1/norm1"),
    ("Recurrent", DYNAMO, scaled("emb.bias", 3.0), "emb"),
    ("Recurrent", SCRIPT, scaled("out.bias", 3.0), "out"),
    ("Shared", SCRIPT, scaled("out.weight", 1.01), "out"),
    ("Unet", DYNAMO, swapped_inputs("Concat"), "cat"),
    ("Unet", SCRIPT, with_attribute("Conv", 2, "pads", [0, 0, 2, 2]), "up1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "exporter", "edit", "where"), PLANTED)
def test_a_planted_defect_is_named_first(exports, tmp_path, name, exporter, edit, where):
    folder = exports.of(name, exporter)
    found = plain(folder, name, tmp_path, planted(folder, tmp_path, edit))
    born = born_in(found)
    assert born.name == found.first_divergence == where
    assert found.sentence.startswith(f"The error is born in {where}. ")
    assert not born.local_agrees
    assert found.also_born == ()
    compared = [one for one in found.layers if one.compared]
    before = compared[: compared.index(born)]
    assert all(one.status is Status.AGREES for one in before)
    reference, candidate = np.load(found.reference_file), np.load(found.candidate_file)
    assert np.abs(candidate - reference).max() == pytest.approx(born.max_absolute_error, rel=1e-6)


def test_a_shared_module_with_another_weight_errs_in_its_first_call(exports, tmp_path):
    folder = exports.of("Shared", DYNAMO)
    path = planted(folder, tmp_path, scaled("fc.weight", 1.5))
    found = plain(folder, "Shared", tmp_path, path)
    assert born_in(found).name == "fc (call 1)"
    assert [found.layers[i].name for i in found.also_born] == ["fc (call 2)"]


@pytest.fixture(scope="module")
def searched(exports, tmp_path_factory):
    """A whole search, with steps and the question of blame, and what was told on the way."""
    job = tmp_path_factory.mktemp("searched")
    folder = exports.of("Encoder", DYNAMO)
    edit = with_attribute("LayerNormalization", 2, "epsilon", 0.1)
    told = []

    def listen(kind, step):
        partial = job / PARTIAL_LAYERS
        known = json.loads(partial.read_text()) if kind == "layers" else None
        told.append((kind, step, known))

    asked = request(folder, "Encoder", planted(folder, job, edit))
    return localise.run(asked, job, Report(listen)), told, job


def test_steps_inside_and_between_modules_are_looked_at_too(searched):
    found = searched[0]
    names = {one.name: one for one in found.layers}
    assert names["enc/layers/1/self_attn/linear_4"].inner
    assert names["enc/layers/1/add_2"].paired_by == "name"
    born = born_in(found)
    assert (born.name, born.op_type, born.inner) == (
        "enc/layers/1/norm1", "LayerNormalization", False,
    )  # fmt: skip
    assert born.source.startswith("localise_nets.py, line") or born.source.startswith("<string>")
    assert "eps=1e-05" in born.module_text
    assert "epsilon=0.1" in born.node_text
    assert born.growth > 1e4
    assert born.region == ("node_layer_norm_2",)
    assert born.inputs == ("add_2",)
    assert found.complete


def test_masks_with_infinities_agree(searched):
    masks = [one for one in searched[0].layers if "masked_fill" in one.name]
    assert masks
    assert all(one.status is Status.AGREES for one in masks)


def test_the_file_is_blamed_where_an_export_made_now_agrees(searched):
    blame = searched[0].blame
    assert blame.at_fault == "file"
    agree = {(one.file, one.level): one.agrees for one in blame.trials}
    assert len(agree) == 10
    assert not any(good for (row, _), good in agree.items() if row == "the file")
    assert all(good for (row, _), good in agree.items() if row != "the file")


def test_what_is_known_is_told_part_by_part(searched):
    found, told, job = searched
    parts = [known for kind, _, known in told if kind == "layers"]
    assert len(parts) >= 2
    assert not any(part["complete"] for part in parts)
    assert all(part["layers"] for part in parts)
    last = wire.load(job / PARTIAL_LAYERS, Localisation)
    assert last.layers == found.layers
    stages = [step.stage for kind, step, _ in told if kind == "stage"]
    assert stages.index("Measuring the layers") < stages.index("Exporting the model anew")
    assert not (job / "scratch").exists()


def test_an_exported_program_is_looked_into_by_its_steps(exports, tmp_path):
    folder = exports.of("Encoder", DYNAMO)
    path = tmp_path / "m.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = tuple(INPUTS["Encoder"].values())
        module = build("Encoder")
        module.load_state_dict(torch.load(folder / "m.pt"))
        torch.export.save(torch.export.export(module, inputs, strict=False), path)
    edit = with_attribute("LayerNormalization", 2, "epsilon", 0.1)
    asked = LocaliseRequest(
        ModelSource(str(path), trust=True),
        ModelSource(str(planted(folder, tmp_path, edit))),
        DataSource(paths=(str(folder / "x.npz"),)),
        blame=False,
    )
    found = localise.run(asked, tmp_path, Report())
    assert born_in(found).name == "enc/layers/1/norm1"


def test_the_onnx_file_may_be_the_reference(exports, tmp_path):
    folder = exports.of("Cnn", DYNAMO)
    asked = request(folder, "Cnn", planted(folder, tmp_path, scaled("fc.weight")))
    asked = LocaliseRequest(asked.candidate, asked.reference, asked.data, steps=False, blame=False)
    found = localise.run(asked, tmp_path, Report())
    assert born_in(found).name == "fc"
    assert found.reference is not None
    assert found.reference.runtime == "ONNX Runtime"


def test_a_model_that_cannot_be_exported_anew_is_searched_all_the_same(
    exports, tmp_path, monkeypatch
):
    def refuse(*arguments, **options):
        raise RuntimeError("no translation")

    folder = exports.of("Cnn", DYNAMO)
    path = planted(folder, tmp_path, scaled("fc.weight"))
    monkeypatch.setattr(torch.onnx, "export", refuse)
    found = plain(folder, "Cnn", tmp_path, path, steps=True, blame=True)
    assert born_in(found).name == "fc"
    assert "could not be exported anew" in found.not_checked[0]
    assert found.blame is not None
    assert found.blame.at_fault == "file"


def test_two_checkpoints_are_refused_and_so_are_recordings(exports, tmp_path):
    folder = exports.of("Cnn", DYNAMO)
    asked = request(folder, "Cnn")
    twice = LocaliseRequest(asked.reference, asked.reference, asked.data)
    with pytest.raises(InspectorError, match="neither side is one"):
        localise.run(twice, tmp_path, Report())
    np.savez(tmp_path / "recorded.npz", linear=np.zeros((2, 5), np.float32))
    recorded = ModelSource(str(tmp_path / "recorded.npz"))
    with pytest.raises(InspectorError, match="Recorded outputs"):
        localise.run(LocaliseRequest(recorded, asked.candidate, asked.data), tmp_path, Report())


def test_a_torchscript_model_is_held_against_its_outputs_and_that_is_said(exports, tmp_path):
    folder = exports.of("Shared", DYNAMO)
    path = tmp_path / "scripted.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = build("Shared")
        module.load_state_dict(torch.load(folder / "m.pt"))
        torch.jit.save(torch.jit.trace(module, tuple(INPUTS["Shared"].values())), path)
    edited = planted(folder, tmp_path, scaled("out.weight"))
    asked = LocaliseRequest(
        ModelSource(str(path), trust=True),
        ModelSource(str(edited)),
        DataSource(paths=(str(folder / "x.npz"),)),
        blame=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = localise.run(asked, tmp_path, Report())
    assert [one.is_output for one in found.layers] == [True]
    assert found.layers[0].status is Status.DIFFERS
    assert found.not_checked[0].startswith("Values inside the TorchScript model")
