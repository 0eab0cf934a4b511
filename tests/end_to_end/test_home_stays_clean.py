"""No command writes into the home folder: no caches, no identifiers, no databases."""

import sys

import pytest

COMMANDS = {
    "inspect": lambda digits, out, reference: ["inspect", digits / "digits.onnx", "--digest"],
    "export": lambda digits, out, reference: [
        "export", *reference, "-o", out / "digits.onnx", "--input",
        "image=float32[batch=2,1,8,8]",
    ],
    "compare": lambda digits, out, reference: [
        "compare", *reference, digits / "digits.onnx", "--data", digits / "samples.npz",
        "--limit", "4", "--report", out / "report.html",
    ],
    "self-test": lambda digits, out, reference: ["--self-test"],
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="HOME decides elsewhere only")
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_left_at_home(name, program, samples, reference, tmp_path, monkeypatch):
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    out.mkdir()
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(variable, raising=False)
    environment = {"HOME": str(home), "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    arguments = COMMANDS[name](samples / "digits", out, reference)
    outcome = program(*arguments, env=environment, cwd=out)
    assert outcome.code == 0, outcome.output + outcome.error
    assert list(home.rglob("*")) == []
    assert list((tmp_path / "tmp").iterdir()) == []
