"""The commands as a user or a script calls them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.jobs import confinement


def test_without_arguments_that_are_needed_it_says_which(command):
    outcome = command("inspect")
    assert outcome.code == 2
    assert outcome.output == ""
    assert "FILE" in outcome.error


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "a", "b", "--random", "0"),
        ("compare", "a", "b", "--random", "3", "--data", "x.npz"),
        ("compare", "a", "b", "--bind", "x"),
        ("compare", "a", "b", "--random", "3", "--input", "x=float31[2]"),
        ("compare", "a", "b", "--random", "3", "--code-args", "[1]"),
        ("export", "a"),
        ("export", "a", "-o", "b", "--exporter", "magic"),
        ("export", "a", "-o", "b", "--opset", "many"),
        ("inspect", "a", "--nonsense"),
    ],
)
def test_what_cannot_be_asked_for_is_a_failure_in_both_forms(command, arguments):
    text = command(*arguments)
    assert (text.code, text.output) == (2, "")
    assert text.error.startswith("onnx-inspector: ")
    outcome = command(*arguments, "--json")
    assert (outcome.code, outcome.error) == (2, "")
    assert set(outcome.json) == {"schema", "failure"}
    assert set(outcome.failure) == {"sentence", "hint", "detail"}
    assert outcome.failure["hint"]


def test_without_a_display_it_says_so_and_names_the_commands(program):
    hidden = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    outcome = program(env=hidden)
    assert (outcome.code, outcome.output) == (2, "")
    assert "no display" in outcome.error
    assert "Traceback" not in outcome.error
    assert program("--nonsense", env=hidden).code == 2


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_are_no_failures(command, option):
    outcome = command(option)
    assert outcome.code == 0
    assert "onnx-inspector" in outcome.output


def test_every_option_is_explained_by_its_command(command):
    for name in ("inspect", "export", "compare"):
        assert f"onnx-inspector {name}" in command(name, "--help").output


def test_inspect_tells_the_facts_of_an_onnx_file(command, samples):
    path = samples / "digits" / "digits.onnx"
    plain = command("inspect", path, "--json").json
    assert plain["path"] == str(path)
    assert plain["bytes"] == path.stat().st_size
    assert "sha256" not in plain
    facts = plain["onnx"]
    assert facts["opset_imports"] == {"ai.onnx": 18}
    assert facts["inputs"] == [{"name": "image", "dtype": "float32", "shape": ["batch", 1, 8, 8]}]
    assert facts["nodes"] == facts["top_level_nodes"] == sum(facts["op_types"].values())
    assert set(facts["constants"]) == {"count", "parameters", "bytes"}
    assert plain["checkpoint"] is None


def test_inspect_tells_the_facts_of_a_checkpoint(command, samples):
    import hashlib

    path = samples / "simple_net" / "simple_net.pt"
    plain = command("inspect", path, "--digest", "--json").json
    assert plain["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    facts = plain["checkpoint"]
    assert {"name": "fc1.weight", "dtype": "float32", "shape": [16, 10]} in facts["tensors"]
    assert facts["parameters"] == 10 * 16 + 16 + 16 * 3 + 3
    assert facts["modules"][0]["path"] == ""
    assert any("SimpleNet" in name for name in facts["imports"])
    assert plain["onnx"] is None


def test_inspect_for_people_names_inputs_and_findings(command, samples):
    outcome = command("inspect", samples / "digits" / "digits_training_mode.onnx")
    assert outcome.code == 0
    assert "image  float32  [1, 1, 8, 8]" in outcome.output
    assert "Findings" in outcome.output
    assert outcome.error == ""


def test_names_in_a_file_cannot_steer_the_terminal(command, tmp_path):
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Relu", ["\x1b[2Jx"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("\x1b[2Jx", kind, [1])],
        [helper.make_tensor_value_info("y", kind, [1])],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    path = tmp_path / "steering.onnx"
    path.write_bytes(model.SerializeToString())
    text = command("inspect", path)
    assert "\x1b" not in text.output
    assert "\\x1b[2Jx" in text.output
    plain = command("inspect", path, "--json").json
    assert plain["onnx"]["inputs"][0]["name"] == "\x1b[2Jx"


def test_export_writes_what_the_tutorial_asks_for(exported):
    onnx = pytest.importorskip("onnx")
    outcome, path = exported
    assert outcome.code == 0, outcome.error
    plain = outcome.json
    assert plain["opset_imports"] == {"ai.onnx": 14}
    assert plain["requested_opset"] == 14
    assert plain["inputs"] == [{"name": "input", "dtype": "float32", "shape": [1, 10]}]
    assert plain["outputs"] == [{"name": "output", "dtype": "float32", "shape": [1, 3]}]
    assert plain["output"] == str(path)
    assert all(seconds >= 0 for seconds in plain["seconds"].values())
    model = onnx.load(path)
    assert [one.version for one in model.opset_import if not one.domain] == [14]
    assert [one.name for one in model.graph.input] == ["input"]


def test_json_is_the_only_thing_on_standard_output(exported):
    outcome, _ = exported
    assert outcome.output.startswith("{")
    assert outcome.error == ""
    json.loads(outcome.output)


def test_code_is_not_run_without_consent(command, samples, tmp_path):
    path = samples / "simple_net" / "simple_net.pt"
    outcome = command("export", path, "-o", tmp_path / "out.onnx", "--json")
    assert outcome.code == 2
    assert "--trust" in outcome.failure["hint"]
    assert "SimpleNet" in outcome.failure["detail"]
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_failure(samples):
    """As in `onnx-inspector inspect FILE | head -1`."""
    script = "import sys; from inspector.cli import main; sys.exit(main(sys.argv[1:]))"
    path = str(samples / "digits" / "digits.onnx")
    process = subprocess.Popen(
        [sys.executable, "-c", script, "inspect", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    error = process.communicate(timeout=60)[1] if process.stderr else b""
    assert (process.returncode, error) == (141, b"")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_ends_it_without_a_word(samples, tmp_path):
    import signal
    import time

    script = "import sys; from inspector.cli import main; sys.exit(main(sys.argv[1:]))"
    digits = samples / "digits"
    process = subprocess.Popen(
        [
            sys.executable, "-c", script, "export", str(digits / "digits.pt"), "-o",
            str(tmp_path / "x.onnx"), "--code", f"{digits / 'digits_net.py'}:DigitsNet", "--trust",
            "--input", "image=float32[2,1,8,8]",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell starts background jobs deaf to it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    limit = time.monotonic() + 30
    while children.exists() and not children.read_text() and time.monotonic() < limit:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert (process.returncode, output, error) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_something_unexpected_is_said_with_its_trace(command, monkeypatch):
    def explode(*_):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("inspector.cli_inspect.run", explode)
    outcome = command("inspect", "x", "--json")
    assert outcome.code == 2
    assert "ZeroDivisionError" in outcome.failure["sentence"]
    assert "a fault of ours" in outcome.failure["detail"]


def test_main_takes_the_arguments_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["onnx-inspector", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("onnx-inspector ")


def test_a_result_says_what_the_worker_was_held_to(command, samples, tmp_path):
    net = samples / "simple_net"
    asked = [
        ("inspect", net / "simple_net.pt"),
        (
            "export", net / "simple_net.pt", "-o", tmp_path / "net.onnx", "--trust",
            "--code", net / "simple_net.py", "--input", "input=float32[1,10]",
        ),
    ]  # fmt: skip
    for arguments in asked:
        held = command(*arguments, "--json").json["protection"]
        assert set(held) == {"active", "missing"}
        assert set(held["active"]) >= set(confinement.expected().active)
    assert command("inspect", tmp_path / "nothing", "--json").json.keys() == {"schema", "failure"}
