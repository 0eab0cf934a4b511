"""What is shipped under resources/ is complete, small, and what samples.json says of it."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from PIL import Image

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
SAMPLES = RESOURCES / "samples"
DIGITS = SAMPLES / "digits"
INDEX = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
ICONS = sorted((RESOURCES / "icons").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"

NEEDED_ICONS = {
    "model", "export", "compare", "findings", "report", "settings", "open", "search", "close",
    "more", "check", "chevron-right", "chevron-down", "play", "refresh", "stop", "copy",
    "external-link", "download", "shield", "target", "eye", "arrow-right", "plus", "info",
    "layers", "file", "document", "box", "pencil", "undo", "folder", "grid", "log", "pass",
    "review", "fail", "cannot-judge", "not-compared", "running", "waiting", "info-ring",
    "onnx-inspector",
}  # fmt: skip


def sample(name: str) -> Any:
    return next(entry for entry in INDEX["samples"] if entry["id"] == name)


def initializers(model: onnx.ModelProto) -> dict[str, np.ndarray[Any, Any]]:
    return {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}


def dimensions(value: onnx.ValueInfoProto) -> list[int | str]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def active_dropouts(model: onnx.ModelProto) -> list[str]:
    """Names of the Dropout nodes whose third input is a constant true."""
    constants = initializers(model)
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Dropout"
        and len(node.input) > 2
        and bool(constants.get(node.input[2], np.array(False)))
    ]


def evaluate(path: Path, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    outputs: Any = ReferenceEvaluator(str(path)).run(None, {"image": images})
    return np.asarray(outputs[0])


# ---- samples


def test_the_samples_stay_under_their_budget() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < 2_000_000


@pytest.mark.parametrize("entry", INDEX["samples"], ids=lambda entry: entry["id"])
def test_every_sample_names_files_that_are_there(entry: dict[str, Any]) -> None:
    files = entry["files"]
    source, _, name = files["code"].partition(":")
    for path in (files["reference"], source, files["data"], files["candidate"]):
        assert path is None or (SAMPLES / path).is_file()
    assert f"class {name}(nn.Module):" in (SAMPLES / source).read_text(encoding="utf-8")
    assert entry["title"]
    assert entry["sentence"].endswith(".")
    assert "{" not in entry["sentence"]
    assert entry["verdict"] in {"PASS", "FAIL", "CANNOT JUDGE", None}
    assert (entry["verdict"] is None) == (files["candidate"] is None)


@pytest.mark.parametrize("entry", INDEX["samples"], ids=lambda entry: entry["id"])
def test_the_inputs_and_outputs_of_a_sample_are_those_of_its_files(entry: dict[str, Any]) -> None:
    name, _, kind = entry["inputs"][0].partition("=")
    with np.load(SAMPLES / entry["files"]["data"]) as data:
        array = data[name]
        assert str(array.dtype) == kind.partition("[")[0]
        fixed = [int(part) for part in kind[:-1].partition("[")[2].split(",")[1:]]
        assert list(array.shape[1:]) == fixed
    if entry["files"]["candidate"]:
        graph = onnx.load(SAMPLES / entry["files"]["candidate"]).graph
        assert [value.name for value in graph.input] == [name]
        assert [value.name for value in graph.output] == entry["outputs"]


def test_sample_identifiers_and_titles_are_told_apart() -> None:
    for key in ("id", "title"):
        values = [entry[key] for entry in INDEX["samples"]]
        assert len(values) == len(set(values)) == 4


def test_the_digits_network_has_learned_to_read() -> None:
    assert 0.97 < INDEX["digits"]["test_accuracy"] <= 1


def test_the_digit_pictures_are_the_first_arrays_enlarged() -> None:
    pictures = sorted((DIGITS / "images").glob("*.png"))
    with np.load(DIGITS / "samples.npz") as data:
        assert data["image"].dtype == np.float32
        assert data["image"].shape == (INDEX["digits"]["digits_samples"], 1, 8, 8)
        assert data["image"].min() >= 0
        assert data["image"].max() == 1
        assert data["label"].dtype == np.int64
        assert set(data["label"]) == set(range(10))
        assert len(pictures) == 20
        for number, path in enumerate(pictures):
            assert path.stem == f"sample_{number:02d}_digit_{data['label'][number]}"
            with Image.open(path) as picture:
                grey = np.asarray(picture)[4::8, 4::8]
            np.testing.assert_array_equal(grey, np.rint(data["image"][number, 0] * 255))


@pytest.mark.parametrize("path", sorted(DIGITS.glob("*.onnx")), ids=lambda path: path.name)
def test_every_bundled_onnx_file_is_valid_and_carries_no_local_path(path: Path) -> None:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 18}
    assert model.ir_version == 10
    for node in model.graph.node:
        assert "pkg.torch.onnx.stack_trace" not in {entry.key for entry in node.metadata_props}
    content = path.read_bytes()
    for piece in (b"/home/", b"/root/", b"/tmp/", b"site-packages", b'File "'):
        assert piece not in content


def test_the_good_digits_file_is_an_evaluation_export_with_a_dynamic_batch() -> None:
    model = onnx.load(DIGITS / "digits.onnx")
    assert dimensions(model.graph.input[0]) == ["batch", 1, 8, 8]
    assert dimensions(model.graph.output[0]) == ["batch", 10]
    assert not any(node.op_type == "Dropout" for node in model.graph.node)


def test_the_altered_digits_file_differs_in_exactly_one_layer() -> None:
    good = initializers(onnx.load(DIGITS / "digits.onnx"))
    altered = initializers(onnx.load(DIGITS / "digits_altered.onnx"))
    assert good.keys() == altered.keys()
    different = {name for name in good if not np.array_equal(good[name], altered[name])}
    assert different == {
        f"{INDEX['digits']['altered_layer']}.{part}" for part in ("weight", "bias")
    }
    weight = f"{INDEX['digits']['altered_layer']}.weight"
    change = np.abs(good[weight] - altered[weight]).mean() / np.abs(good[weight]).mean()
    assert 1e-3 < change < 0.5


def test_the_altered_digits_file_is_far_beyond_rounding_and_still_reads_every_digit() -> None:
    with np.load(DIGITS / "samples.npz") as data:
        images, labels = data["image"][:16], data["label"][:16]
    good = evaluate(DIGITS / "digits.onnx", images)
    altered = evaluate(DIGITS / "digits_altered.onnx", images)
    allowed = 1e-5 * np.abs(good) + 64 * np.finfo(np.float32).eps * np.abs(good).max()
    assert (np.abs(altered - good) > 10 * allowed).mean() > 0.5
    np.testing.assert_array_equal(good.argmax(axis=1), labels)
    np.testing.assert_array_equal(altered.argmax(axis=1), labels)


def test_the_training_mode_file_has_an_active_dropout_and_a_fixed_batch() -> None:
    model = onnx.load(DIGITS / "digits_training_mode.onnx")
    assert active_dropouts(model)
    assert dimensions(model.graph.input[0]) == [1, 1, 8, 8]
    assert dimensions(model.graph.output[0]) == [1, 10]
    assert not active_dropouts(onnx.load(DIGITS / "digits.onnx"))


# ---- fonts


@pytest.mark.parametrize(
    ("family", "styles"),
    [
        ("Inter", ["Regular", "Medium", "SemiBold", "Bold"]),
        ("JetBrainsMono", ["Regular", "Medium", "Bold"]),
    ],
)
def test_every_font_is_there_with_its_licence(family: str, styles: list[str]) -> None:
    fonts = RESOURCES / "fonts"
    licence = (fonts / f"{family}-OFL.txt").read_text(encoding="utf-8")
    assert licence.startswith("Copyright")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    found = {path.stem: path for path in fonts.glob(f"{family}-*.?tf")}
    assert set(found) == {f"{family}-{style}" for style in styles}
    for path in found.values():
        magic, tables = struct.unpack(">4sH", path.read_bytes()[:6])
        assert magic in {b"OTTO", b"\x00\x01\x00\x00"}
        assert tables > 8


# ---- icons


def test_every_icon_the_window_needs_is_there() -> None:
    assert {path.stem for path in ICONS} >= NEEDED_ICONS
    png = (RESOURCES / "icons" / "onnx-inspector.png").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (256, 256)


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_every_icon_is_a_picture_of_its_own_in_one_colour(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    colours = set()
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {"svg", "title", "g", "path", "circle", "rect"}
        colours |= {element.get("fill"), element.get("stroke")} - {None, "none"}
        assert not any("href" in key or key.startswith("on") for key in element.attrib)
    if path.stem == "onnx-inspector":
        return
    assert len(colours) == 1
    assert root.get("viewBox") == "0 0 24 24"


@pytest.mark.parametrize("name", ["pass", "review", "fail", "cannot-judge"])
def test_the_sign_in_a_filled_verdict_shape_is_cut_out(name: str) -> None:
    root = ElementTree.parse(RESOURCES / "icons" / f"{name}.svg").getroot()
    paths = root.findall(f"{SVG}path")
    assert [path.get("fill-rule") for path in paths] == ["evenodd"]
    assert (paths[0].get("d") or "").count("M") >= 2
