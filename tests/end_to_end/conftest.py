"""Run the real program, as a process of its own or in this one; its worker is always real."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "resources" / "samples"


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    output: str
    error: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.output)

    @property
    def failure(self) -> dict[str, str]:
        """The failure on standard output."""
        plain: dict[str, str] = self.json["failure"]
        return plain


@pytest.fixture(scope="session")
def program():
    """Run `python -m inspector` with arguments, as a user would."""

    def run(*arguments, env=None, cwd=None):
        done = subprocess.run(
            [sys.executable, "-m", "inspector", *map(str, arguments)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            timeout=300,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def command(capsys):
    """Run a command in this process."""
    from inspector import cli

    def run(*arguments):
        code = cli.main([str(one) for one in arguments])
        shown = capsys.readouterr()
        return Outcome(code, shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def samples():
    """The bundled samples."""
    return SAMPLES


@pytest.fixture(scope="session")
def reference(samples):
    """Options that name the bundled digits model as PyTorch runs it."""
    digits = samples / "digits"
    return [digits / "digits.pt", "--code", f"{digits / 'digits_net.py'}:DigitsNet", "--trust"]


@pytest.fixture(scope="session")
def exported(program, samples, tmp_path_factory):
    """The tutorial's export, made once: the options, the outcome, and the file."""
    folder = tmp_path_factory.mktemp("exported")
    path = folder / "simple_net.onnx"
    net = samples / "simple_net"
    outcome = program(
        "export", net / "simple_net.pt", "-o", path, "--code", net / "simple_net.py", "--trust",
        "--input", "input=float32[1,10]", "--output-name", "output", "--opset", "14", "--json",
    )  # fmt: skip
    return outcome, path
