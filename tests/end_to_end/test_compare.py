"""Each verdict, from real files, through the real worker."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def digits(samples):
    return samples / "digits"


@pytest.fixture
def random_digits(digits):
    def options(candidate, *more):
        return ["compare", digits / "digits.onnx", digits / candidate, "--random", "20", *more]

    return options


def test_real_data_and_agreement_earn_pass(program, reference, digits, tmp_path):
    outcome = program(
        "compare", *reference, digits / "digits.onnx", "--data", digits / "samples.npz",
        "--report", tmp_path / "report.html", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.output
    plain = outcome.json
    assert plain["verdict"] == "PASS"
    assert plain["data"]["real"] is True
    assert plain["data"]["samples"] == 360
    assert [side["runtime"] for side in (plain["reference"], plain["candidate"])] == [
        "PyTorch",
        "ONNX Runtime",
    ]
    (output,) = plain["outputs"]
    assert (output["name"], output["elements"], output["over_tolerance"]) == ("logits", 3600, 0)
    assert sum(output["histogram"]["counts"]) + output["histogram"]["equal"] == 3600
    assert len(output["histogram"]["log10_edges"]) == len(output["histogram"]["counts"]) + 1
    assert len(output["worst"]) == 10
    assert (plain["layers"], plain["first_divergence"]) == ([], None)
    assert plain["environment"]["ONNX Runtime"] == plain["candidate"]["version"]
    assert list(plain["seconds"]) == [
        "Opening the reference",
        "Opening the candidate",
        "Reading the sample data",
        "Checking that each side repeats itself",
        "Running",
        "Judging",
        "Trying other sizes",
    ]
    assert "PASS" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_tutorials_pair_passes_with_its_data(command, exported, samples):
    net = samples / "simple_net"
    outcome = command(
        "compare", net / "simple_net.pt", exported[1], "--data", net / "samples.npz",
        "--code", net / "simple_net.py", "--trust",
    )  # fmt: skip
    assert outcome.code == 0, outcome.error
    assert outcome.output.startswith("PASS. All ")
    assert "Not checked" in outcome.output


def test_random_data_alone_earns_review(command, random_digits):
    plain = command(*random_digits("digits.onnx", "--json"))
    assert plain.code == 3
    assert plain.json["verdict"] == "REVIEW"
    assert "not real" in plain.json["sentence"]
    text = command(*random_digits("digits.onnx", "--seed", "7"))
    assert text.code == 3
    assert "random, seed 7" in text.output


def test_random_data_earns_pass_only_where_that_was_asked_for(command, random_digits):
    outcome = command(*random_digits("digits.onnx", "--accept-generated", "--json"))
    assert (outcome.code, outcome.json["verdict"]) == (0, "PASS")
    assert "not real" in outcome.json["sentence"]


def test_altered_weights_fail(command, random_digits, digits):
    outcome = command(*random_digits("digits_altered.onnx", "--json"))
    assert outcome.code == 1
    plain = outcome.json
    assert plain["verdict"] == "FAIL"
    assert plain["outputs"][0]["over_tolerance"] > 0
    worst = plain["outputs"][0]["worst"][0]
    assert worst["absolute_error"] > worst["allowed"] > 0
    assert set(worst) == {
        "sample", "index", "reference", "candidate", "absolute_error", "allowed"
    }  # fmt: skip
    assert "reference_file" not in plain["outputs"][0]


def test_an_active_dropout_cannot_be_judged_though_two_runs_agree(command, digits):
    outcome = command(
        "compare", digits / "digits.onnx", digits / "digits_training_mode.onnx", "--data",
        digits / "samples.npz", "--limit", "20", "--json",
    )  # fmt: skip
    assert outcome.code == 4
    plain = outcome.json
    assert plain["verdict"] == "CANNOT JUDGE"
    assert "candidate" in plain["sentence"].lower()
    first = next(one for one in plain["repeats"] if one["side"] == "candidate")
    assert first["same"] is True
    assert any(one["same"] is False for one in plain["repeats"])
    assert plain["outputs"][0]["verdict"] == "CANNOT JUDGE"


def test_a_random_operator_cannot_be_judged(command, write_model, tmp_path):
    helper = onnx.helper
    noise = helper.make_node("RandomNormalLike", ["x"], ["noise"], scale=1e-9)
    add = helper.make_node("Add", ["x", "noise"], ["y"])
    noisy = write_model([noise, add], "noisy.onnx")
    plain = write_model([helper.make_node("Identity", ["x"], ["y"])], "plain.onnx")
    outcome = command("compare", plain, noisy, "--random", "4", "--json")
    assert outcome.code == 4
    assert "RandomNormalLike" in outcome.json["sentence"]


@pytest.fixture
def write_model(tmp_path):
    """Write a model of the given nodes from `x` to `y`, float32 [batch, 3]."""

    def write(nodes, name, shape=("batch", 3), outputs=("y",)):
        helper, kind = onnx.helper, onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info("x", kind, shape)],
            [helper.make_tensor_value_info(one, kind, None) for one in outputs],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return path

    return write


def test_one_side_infinite_fails_at_any_count(command, write_model, tmp_path):
    helper = onnx.helper
    plain = write_model([helper.make_node("Identity", ["x"], ["y"])], "plain.onnx")
    other = write_model([helper.make_node("Reciprocal", ["x"], ["y"])], "other.onnx")
    data = np.ones((5, 3), np.float32)
    data[2, 1] = 0
    data[3, 0] = np.inf
    np.save(tmp_path / "x.npy", data)
    outcome = command("compare", plain, other, "--data", tmp_path / "x.npy", "--json")
    assert outcome.code == 1
    output = outcome.json["outputs"][0]
    assert (output["nonfinite_mismatch"], output["equal"]) == (2, 13)
    assert output["histogram"]["unbounded"] == 2
    assert output["worst"][0]["absolute_error"] == "inf"


def test_another_number_of_outputs_fails(command, write_model):
    helper = onnx.helper
    one = write_model([helper.make_node("Identity", ["x"], ["y"])], "one.onnx")
    nodes = [helper.make_node("Identity", ["x"], ["y"]), helper.make_node("Relu", ["x"], ["z"])]
    two = write_model(nodes, "two.onnx", outputs=("y", "z"))
    outcome = command("compare", one, two, "--random", "4", "--json")
    assert outcome.code == 1
    assert "1 output" in outcome.json["sentence"]
    assert "2 outputs" in outcome.json["sentence"]


def test_another_shape_fails_and_is_not_broadcast(command, write_model):
    helper = onnx.helper
    one = write_model([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)], "one.onnx")
    two = write_model([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)], "two.onnx")
    outcome = command("compare", one, two, "--random", "4", "--json")
    assert outcome.code == 1
    assert "shape" in outcome.json["sentence"]


def test_a_fixed_batch_takes_more_samples_run_by_run(command, write_model, tmp_path):
    helper = onnx.helper
    fixed = write_model([helper.make_node("Relu", ["x"], ["y"])], "fixed.onnx", (4, 3))
    free = write_model([helper.make_node("Relu", ["x"], ["y"])], "free.onnx")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((10, 3)).astype("f4"))
    outcome = command("compare", free, fixed, "--data", tmp_path / "x.npy", "--json")
    assert outcome.code == 0
    plain = outcome.json
    assert (plain["data"]["samples"], plain["data"]["batch_size"]) == (8, 4)
    assert plain["outputs"][0]["elements"] == 24
    assert any("last 2 samples" in line for line in plain["not_checked"])


def test_recorded_outputs_stand_for_a_side(command, digits, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    data = np.load(digits / "samples.npz")
    images = data["image"] if "image" in data else data[data.files[0]]
    session = ort.InferenceSession(digits / "digits.onnx", providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": images})[0]
    np.savez(tmp_path / "recorded.npz", logits=logits)
    options = ["--data", digits / "samples.npz", "--json"]
    outcome = command("compare", tmp_path / "recorded.npz", digits / "digits.onnx", *options)
    assert outcome.code == 0, outcome.output
    assert outcome.json["reference"]["runtime"] == "Recorded outputs"
    logits[7, 3] += 1
    np.savez(tmp_path / "changed.npz", logits=logits)
    outcome = command("compare", tmp_path / "changed.npz", digits / "digits.onnx", *options)
    assert outcome.code == 1
    worst = outcome.json["outputs"][0]["worst"][0]
    assert (worst["sample"], worst["index"]) == (7, [3])
    both = command("compare", tmp_path / "recorded.npz", tmp_path / "changed.npz", "--json")
    assert both.code == 1
    assert both.json["outputs"][0]["over_tolerance"] == 1


def test_two_recordings_are_held_against_each_other_as_they_are(command, tmp_path):
    def compare(reference, candidate, *options):
        for name, array in (("reference", reference), ("candidate", candidate)):
            np.savez(tmp_path / name, y=array)
        paths = tmp_path / "reference.npz", tmp_path / "candidate.npz"
        return command("compare", *paths, *options, "--json")

    flags = np.array([True, False, True])
    assert compare(flags, flags).code == 0
    outcome = compare(flags, ~flags)
    assert outcome.code == 1
    assert outcome.json["outputs"][0]["worst"][0]["reference"] == 1
    assert compare(np.float32(3.0), np.float32(3.0)).code == 0
    assert compare(np.float32(3.0), np.float32(3.1)).code == 1
    fewer = compare(np.zeros(5), np.zeros(4))
    assert fewer.code == 2
    assert "5 samples and the candidate 4" in fewer.failure["sentence"]
    assert compare(np.arange(5.0), np.arange(4.0), "--limit", "4").code == 0


def test_one_step_of_a_quantiser_is_for_a_person(command, write_model):
    def quantiser(zero):
        constants = [
            onnx.helper.make_node(
                "Constant", [], [name], value=onnx.numpy_helper.from_array(value, name)
            )
            for name, value in (("scale", np.float32(0.1)), ("zero", np.uint8(zero)))
        ]
        last = onnx.helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])
        path = write_model([*constants, last], f"zero_{zero}.onnx")
        model = onnx.load(path)
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
        onnx.save(model, path)
        return path

    one_off = command("compare", quantiser(128), quantiser(129), "--random", "4", "--json")
    assert one_off.code == 3
    assert "by one step at most" in one_off.json["sentence"]
    assert command("compare", quantiser(128), quantiser(130), "--random", "4").code == 1


def test_an_onnx_test_folder_brings_inputs_and_outputs(command, write_model, tmp_path):
    relu = write_model([onnx.helper.make_node("Relu", ["x"], ["y"])], "relu.onnx")
    values = np.array([[-1, 0, 2], [3, -4, 5]], np.float32)
    folder = tmp_path / "test_data_set_0"
    folder.mkdir()
    for name, array in (("input_0", values), ("output_0", np.maximum(values, 0))):
        tensor = onnx.numpy_helper.from_array(array, name[0].replace("i", "x").replace("o", "y"))
        (folder / f"{name}.pb").write_bytes(tensor.SerializeToString())
    outcome = command("compare", tmp_path, relu, "--data", tmp_path, "--json")
    assert outcome.code == 0, outcome.output
    assert outcome.json["outputs"][0]["equal"] == 6


def test_casting_is_offered_and_told(command, write_model, tmp_path):
    relu = write_model([onnx.helper.make_node("Relu", ["x"], ["y"])], "relu.onnx")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((4, 3)))
    refused = command("compare", relu, relu, "--data", tmp_path / "x.npy", "--json")
    assert refused.code == 2
    assert "float64" in refused.failure["sentence"]
    assert "--cast" in refused.failure["hint"]
    allowed = command("compare", relu, relu, "--data", tmp_path / "x.npy", "--cast", "--json")
    assert allowed.code == 0
    assert "float64 becomes float32" in allowed.json["data"]["casts"][0]


def test_a_chosen_batch_size_and_a_limit_are_kept(command, random_digits, digits):
    outcome = command(
        "compare", digits / "digits.onnx", digits / "digits.onnx", "--data",
        digits / "samples.npz", "--batch-size", "5", "--limit", "12", "--json",
    )  # fmt: skip
    plain = outcome.json
    assert (plain["data"]["samples"], plain["data"]["batch_size"]) == (12, 5)
    assert plain["outputs"][0]["samples"] == 12


def test_recorded_sets_are_runs_of_their_own(command, write_model, tmp_path):
    """Their sizes differ, and axis 0 is no batch: once they were joined along it."""
    nodes = [onnx.helper.make_node("Softmax", ["x"], ["y"], axis=0)]
    softmax = write_model(nodes, "softmax.onnx", shape=("n", "m"))
    for number, sizes in enumerate([(2, 3), (4, 5), (0, 3)]):
        folder = tmp_path / f"test_data_set_{number}"
        folder.mkdir()
        values = np.random.default_rng(number).standard_normal(sizes).astype(np.float32)
        found = np.exp(values) / np.exp(values).sum(0, keepdims=True)
        for name, array in (("input_0", values), ("output_0", found)):
            tensor = onnx.numpy_helper.from_array(array, "x" if name == "input_0" else "y")
            (folder / f"{name}.pb").write_bytes(tensor.SerializeToString())
    outcome = command("compare", tmp_path, softmax, "--data", tmp_path, "--json")
    assert outcome.code == 0, outcome.output
    assert outcome.json["data"]["samples"] == 3
    assert outcome.json["outputs"][0]["elements"] == 6 + 20
    empty = tmp_path / "test_data_set_2"
    outcome = command("compare", empty, softmax, "--data", empty, "--json")
    assert (outcome.code, outcome.json["verdict"]) == (4, "CANNOT JUDGE"), outcome.output
    both = command("compare", softmax, softmax, "--data", tmp_path, "--limit", "2", "--json")
    assert "cannot be joined" in both.failure["sentence"]


def test_a_person_may_choose_a_tolerance(command, write_model, tmp_path):
    helper = onnx.helper
    plain = write_model([helper.make_node("Identity", ["x"], ["y"])], "plain.onnx")
    exp = [helper.make_node("Tanh", ["x"], ["y"])]
    other = write_model(exp, "other.onnx")
    np.save(tmp_path / "x.npy", np.linspace(-0.1, 0.1, 15, dtype=np.float32).reshape(5, 3))

    def compare(*tolerances):
        options = [part for one in tolerances for part in ("--tolerance", one)]
        data = ("--data", tmp_path / "x.npy", "--json")
        return command("compare", plain, other, *data, *options)

    assert compare().code == 1
    loose = compare("y=1e-3,0")
    assert loose.code == 3
    assert "a looser tolerance that a person chose" in loose.json["sentence"]
    chosen = loose.json["outputs"][0]["chosen"]
    assert (chosen["loosened"], chosen["default_over"]) == (True, 14)
    assert compare("1e-3,0", "y=1e-9,0").code == 1
    assert "'z'" in compare("z=1,1").failure["sentence"]
    assert "ABS,REL" in compare("y=1").failure["sentence"]


def test_places_of_scores_that_tie_are_for_a_person(command, tmp_path):
    helper = onnx.helper
    info = helper.make_tensor_value_info
    scores, numbers = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64

    def write(name, *nodes):
        graph = helper.make_graph(
            list(nodes), "g", [info("x", scores, ["n", 4])],
            [info("s", scores, ["n", 4]), info("i", numbers, ["n"])],
        )  # fmt: skip
        opset = [helper.make_opsetid("", 18)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=10)
        (tmp_path / name).write_bytes(model.SerializeToString())
        return tmp_path / name

    same = helper.make_node("Identity", ["x"], ["s"])
    first, last = (
        helper.make_node("ArgMax", ["x"], ["i"], axis=1, keepdims=0, select_last_index=int(which))
        for which in (False, True)
    )
    worst = helper.make_node("ArgMin", ["x"], ["i"], axis=1, keepdims=0)
    reference = write("first.onnx", same, first)
    data = np.array([[1, 3, 3, 0], [5, 2, 1, 0], [2, 2, 2, 1]], np.float32)
    np.save(tmp_path / "x.npy", np.tile(data, (4, 1)))
    run = ("--data", tmp_path / "x.npy", "--json")
    tied = command("compare", reference, write("last.onnx", same, last), *run)
    assert tied.code == 3
    assert "the same scores, in different order among ties" in tied.json["sentence"]
    ties = tied.json["outputs"][1]["ties"]
    assert (ties["scores"], ties["differing"], ties["explained"]) == ("s", 8, 8)
    wrong = command("compare", reference, write("worst.onnx", same, worst), *run)
    assert wrong.code == 1
    assert "12 of these are no ties" in wrong.json["sentence"]
