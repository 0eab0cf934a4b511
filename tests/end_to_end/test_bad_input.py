"""Whatever goes in, the command line says what is wrong and what to do, and exits with 2."""

import os
import re
import shutil
import sys
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

CASES: dict[str, Any] = {}


def case(function):
    """List a function that makes a bad input and gives the command that meets it."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


class Shop:
    """What the cases are made of."""

    def __init__(self, folder, samples):
        self.folder = folder
        self.digits = samples / "digits"
        self.net = samples / "simple_net"
        self.good = self.digits / "digits.onnx"
        self.data = self.digits / "samples.npz"

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def array(self, name="image", shape=(4, 1, 8, 8), dtype="float32"):
        path = self.folder / "data.npz"
        arrays: Any = {name: np.zeros(shape, dtype)}
        np.savez(path, **arrays)
        return path

    def compare(self, *, reference=None, candidate=None, data=None):
        reference, candidate = reference or self.good, candidate or self.good
        return ["compare", reference, candidate, "--data", data or self.data]

    def model(self, nodes, name="model.onnx", domains=()):
        helper, kind = onnx.helper, onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info("x", kind, ["n", 3])],
            [helper.make_tensor_value_info("y", kind, None)],
        )
        opsets = [helper.make_opsetid("", 18), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        return self.file(name, model.SerializeToString())

    def source(self, body, name="net.py"):
        text = (
            "import torch\n\n\nclass Net(torch.nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.scale = torch.nn.Parameter(torch.ones(3))\n\n"
            f"    def forward(self, x):\n{body}\n"
        )
        return self.file(name, text.encode())

    def weights(self):
        torch = pytest.importorskip("torch")
        path = self.folder / "weights.pt"
        torch.save({"scale": torch.ones(3)}, path)
        return path

    def export(self, code, checkpoint, *options):
        return [
            "export", checkpoint, "-o", self.folder / "out.onnx", "--code", code, "--trust",
            "--input", "x=float32[2,3]", *options,
        ]  # fmt: skip


@case
def empty_model(shop):
    return "empty", ["inspect", shop.file("model.onnx", b"")]


@case
def truncated_model(shop):
    half = shop.good.read_bytes()[:30_000]
    return "cut|damaged|end", shop.compare(candidate=shop.file("model.onnx", half))


@case
def web_page_instead_of_a_model(shop):
    page = shop.file("model.onnx", b"<!DOCTYPE html><html><body>404</body></html>")
    return "web page|HTML", shop.compare(candidate=page)


@case
def git_lfs_pointer(shop):
    text = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    return "[Ll][Ff][Ss]", ["inspect", shop.file("model.onnx", text)]


@case
def renamed_picture(shop):
    path = shop.folder / "model.onnx"
    shutil.copy(next(shop.digits.glob("images/*.png")), path)
    return "picture|PNG|image", shop.compare(candidate=path)


@case
def folder_instead_of_a_model(shop):
    return "folder", ["inspect", shop.folder]


@case
def missing_model(shop):
    return "no file|not exist", shop.compare(candidate=shop.folder / "nowhere.onnx")


@case
def missing_external_data(shop):
    weight = onnx.numpy_helper.from_array(np.ones((3, 3), np.float32), "w")
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, text in (("location", "weights.data"), ("offset", "0"), ("length", "36")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, text
    model = onnx.load(shop.model([onnx.helper.make_node("MatMul", ["x", "w"], ["y"])]))
    model.graph.initializer.append(weight)
    path = shop.file("model.onnx", model.SerializeToString())
    data = shop.array("x", (4, 3))
    return "weights", shop.compare(reference=path, candidate=path, data=data)


@case
def data_of_another_name(shop):
    np.savez(shop.folder / "d.npz", a=np.zeros((4, 7)), b=np.zeros((4, 9)))
    return "No array is named 'image'", shop.compare(data=shop.folder / "d.npz")


@case
def data_of_another_rank(shop):
    return "4 dimensions .* has 3", shop.compare(data=shop.array(shape=(4, 8, 8)))


@case
def data_of_another_size(shop):
    return "size 8 along axis 3", shop.compare(data=shop.array(shape=(4, 1, 8, 9)))


@case
def data_of_another_type(shop):
    return "float32, .* holds float64", shop.compare(data=shop.array(dtype="float64"))


@case
def data_of_text(shop):
    return "holds string", shop.compare(data=shop.array(dtype="U4"))


@case
def no_data(shop):
    return "no sample data", ["compare", shop.good, shop.good]


@case
def missing_data(shop):
    return "does not exist", shop.compare(data=shop.folder / "nowhere.npz")


@case
def data_that_was_cut_off(shop):
    half = shop.data.read_bytes()[:5000]
    return "damaged or cut off", shop.compare(data=shop.file("d.npz", half))


@case
def data_of_python_objects(shop):
    path = shop.folder / "d.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    return "Python objects", shop.compare(data=path)


@case
def operator_without_kernel(shop):
    node = onnx.helper.make_node("Whirl", ["x"], ["y"], domain="com.acme")
    path = shop.model([node], domains=["com.acme"])
    command = shop.compare(reference=path, candidate=path, data=shop.array("x", (4, 3)))
    return "com.acme:Whirl", command


@case
def provider_that_is_not_there(shop):
    return "CUDAExecutionProvider", [*shop.compare(), "--provider", "CUDAExecutionProvider"]


@case
def report_into_a_missing_folder(shop):
    return "report cannot be written", [
        *shop.compare(), "--report", shop.folder / "no" / "report.html",
    ]  # fmt: skip


@case
def checkpoint_without_its_source(shop):
    return "SimpleNet", [
        "export", shop.net / "simple_net.pt", "-o", shop.folder / "out.onnx", "--trust",
        "--input", "input=float32[1,10]",
    ]  # fmt: skip


@case
def state_dict_without_a_callable(shop):
    return "weights only", [
        "export", shop.digits / "digits.pt", "-o", shop.folder / "out.onnx",
        "--input", "image=float32[2,1,8,8]",
    ]  # fmt: skip


@case
def forward_that_raises(shop):
    code = shop.source("        raise ValueError('out of milk')")
    return "out of milk", shop.export(f"{code}:Net", shop.weights())


@case
def input_of_the_wrong_shape(shop):
    command = [
        "export", shop.net / "simple_net.pt", "-o", shop.folder / "out.onnx", "--trust",
        "--code", shop.net / "simple_net.py", "--input", "input=float32[1,7]",
    ]  # fmt: skip
    return "10", command


@case
def operator_without_translation(shop):
    code = shop.source("        return torch.special.i1e(self.scale * x)")
    return "bessel_i1e|special_i1e", shop.export(
        f"{code}:Net", shop.weights(), "--exporter", "torchscript"
    )


@case
def output_folder_that_is_not_there(shop):
    command = shop.export(f"{shop.source('        return self.scale * x')}:Net", shop.weights())
    command[command.index("-o") + 1] = shop.folder / "no" / "out.onnx"
    return "folder|written", command


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_explained_in_both_forms(name, command, samples, tmp_path):
    pattern, arguments = CASES[name](Shop(tmp_path, samples))
    before = {path.name for path in tmp_path.rglob("*")}
    outcome = command(*arguments, "--json")
    assert (outcome.code, outcome.error) == (2, "")
    assert set(outcome.json) == {"schema", "failure"}
    failure = outcome.failure
    assert re.search(pattern, failure["sentence"]), failure
    assert failure["hint"], failure
    assert not failure["sentence"].startswith("Something went wrong"), failure
    assert "Traceback" not in failure["sentence"] + failure["hint"]
    assert "\n" not in failure["sentence"] + failure["hint"]
    assert {path.name for path in tmp_path.rglob("*")} == before


def test_people_read_the_sentence_first_and_then_what_to_do(command, samples, tmp_path):
    (tmp_path / "model.onnx").touch()
    outcome = command("inspect", tmp_path / "model.onnx")
    assert (outcome.code, outcome.output) == (2, "")
    sentence, hint = outcome.error.splitlines()[:2]
    assert sentence.startswith("onnx-inspector: ")
    assert "empty" in sentence
    assert hint


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="permissions hold nobody back here"
)
def test_a_file_without_read_permission_is_explained(command, samples, tmp_path):
    path = tmp_path / "model.onnx"
    shutil.copy(samples / "digits" / "digits.onnx", path)
    path.chmod(0)
    outcome = command("inspect", path, "--json")
    assert outcome.code == 2
    assert "may not be read" in outcome.failure["sentence"]


def test_a_failed_export_leaves_the_file_of_before(command, samples, tmp_path):
    shop = Shop(tmp_path, samples)
    output = shop.file("out.onnx", b"the last good file")
    code = shop.source("        raise ValueError('out of milk')")
    assert command(*shop.export(f"{code}:Net", shop.weights())).code == 2
    assert output.read_bytes() == b"the last good file"


def test_nothing_is_written_over_what_it_is_made_from(command, samples, tmp_path):
    shop = Shop(tmp_path, samples)
    weights, code = shop.weights(), shop.source("        return x * self.scale")
    link = tmp_path / "link.onnx"
    link.symlink_to(weights)
    for output in (weights, code, link):
        before = output.read_bytes()
        options = ["-o", output, "--code", f"{code}:Net", "--trust", "--input", "x=float32[2,3]"]
        outcome = command("export", weights, *options, "--json")
        assert outcome.code == 2
        assert "made from" in outcome.failure["sentence"]
        assert output.read_bytes() == before
    data = shop.array()
    for report in (data, shop.file("copy.onnx", shop.good.read_bytes())):
        before = report.read_bytes()
        arguments = shop.compare(candidate=tmp_path / "copy.onnx", data=data)
        assert command(*arguments, "--report", report).code == 2
        assert report.read_bytes() == before


def test_a_hidden_fixed_batch_is_explained(command, samples, tmp_path):
    """The header says any number of samples, and a Reshape inside says 2."""
    shop = Shop(tmp_path, samples)
    shape = onnx.helper.make_node(
        "Constant", [], ["shape"],
        value=onnx.numpy_helper.from_array(np.array([2, 3], np.int64)),
    )  # fmt: skip
    path = shop.model([shape, onnx.helper.make_node("Reshape", ["x", "shape"], ["y"])])
    data = shop.folder / "data.npz"
    np.savez(data, x=np.arange(12, dtype=np.float32).reshape(4, 3))
    compare = shop.compare(reference=path, candidate=path, data=data)
    outcome = command(*compare, "--batch-size", 4, "--json")
    assert outcome.code == 2
    assert "(Reshape)" in outcome.failure["sentence"]
    assert "--batch-size" in outcome.failure["hint"]
    found = command(*compare, "--json")
    assert found.code == 0, "a batch that both sides take is found"
    trials = found.json["trials"]
    stopped = {size: t["outcome"] for t in trials for size in t["sizes"].values()}
    assert stopped == {1: "reference stopped", 3: "reference stopped"}
    assert found.json["findings"][0]["rule"] == "baked-sizes"
