"""The commands in packaging/ set up once, and say and do what they promise."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
LOCKS = [PACKAGING / "requirements.lock", PACKAGING / "requirements-tests.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SAMPLES = json.loads((ROOT / "resources" / "samples" / "samples.json").read_text(encoding="utf-8"))[
    "samples"
]

needs_bash = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs bash"
)

# Stands in for Python in the set-up: notes what it is asked to do, and makes what pip would make.
FAKE_PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$CALLS"
make_environment() {
    mkdir -p "$1/bin"
    cp "$FAKE_PYTHON" "$1/bin/python"
    echo "#!$PWD/$1/bin/python" >"$1/bin/pip"
}
case "$*" in
*ensurepip*) [ -z "${NO_ENSUREPIP:-}" ] ;;
*sys.version_info*) ;;
*importlib.metadata*) [ -n "${HAS_TORCH:-}" ] ;;
"-m venv "*) make_environment "${@: -1}" ;;
*"install"*"+cpu") [ -z "${NO_CPU_BUILD:-}" ] ;;
*"--index-url"*) [ -z "${NO_NETWORK:-}" ] ;;
*"-e .") touch .venv/bin/onnx-inspector && chmod +x .venv/bin/onnx-inspector ;;
--version) echo "Python 3.11.2" ;;
esac
"""


class Copy:
    """A copy of the project's set-up files, with a Python that only notes what it is told."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "copy with a space"
        shutil.copytree(PACKAGING, self.root / "packaging")
        shutil.copy(ROOT / "pyproject.toml", self.root)
        self.tools = folder / "tools"
        self.tools.mkdir()
        self.python = self.tool("python", FAKE_PYTHON)
        self.calls = folder / "calls"
        # All libraries are there, whatever machine this is.
        script = (PACKAGING / "setup.sh").read_text(encoding="utf-8")
        self.libraries = re.findall(r"^(lib\S+\.so\.\d+) +(\S+)$", script, re.MULTILINE)
        self.list_libraries([library for library, _ in self.libraries])
        self.tool("Xvfb", "#!/bin/sh\n")
        self.tool("xauth", "#!/bin/sh\n")
        self.tool("apt-get", "#!/bin/sh\nexit 100\n")

    def tool(self, name: str, content: str) -> Path:
        path = self.tools / name
        path.write_text(content, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def list_libraries(self, names: list[str]) -> None:
        lines = "\n".join(f"{name} (libc6) => /lib/{name}" for name in names)
        self.tool("ldconfig", f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")

    def set_up(self, *arguments: str, **variables: str) -> tuple[int, str, list[str]]:
        """Exit code, what was said, and what Python was asked to do."""
        self.calls.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.tools),
            "PYTHON": str(self.python),
            "FAKE_PYTHON": str(self.python),
            "CALLS": str(self.calls),
            **variables,
        }
        done = subprocess.run(
            ["bash", str(self.root / "packaging" / "setup.sh"), *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        calls = self.calls.read_text(encoding="utf-8").splitlines()
        return done.returncode, done.stdout + done.stderr, calls


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def installs(calls: list[str]) -> list[str]:
    return [call.partition(" install ")[2] for call in calls if " install " in call]


def locked(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


# ---- locks


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_names_and_versions_only(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    assert entries == sorted(entries, key=lambda line: line.split("==")[0])
    for line in entries:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)


@pytest.mark.parametrize(
    ("requirements", "locks"),
    [
        (
            PROJECT["project"]["dependencies"]
            + PROJECT["project"]["optional-dependencies"]["images"]
            + PROJECT["build-system"]["requires"],
            LOCKS[:1],
        ),
        (PROJECT["project"]["optional-dependencies"]["dev"], LOCKS),
    ],
    ids=["program", "tests"],
)
def test_the_locks_cover_what_the_project_asks_for(
    requirements: list[str], locks: list[Path]
) -> None:
    versions = {name: version for path in locks for name, version in locked(path).items()}
    pending = [Requirement(text) for text in requirements]
    seen: set[str] = set()
    while pending:
        requirement = pending.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not locked"
        assert requirement.specifier.contains(versions[name], prereleases=True)
        if name not in seen:
            seen.add(name)
            pending += [Requirement(text) for text in importlib.metadata.requires(name) or []]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_the_tests_run_with_the_locked_versions(path: Path) -> None:
    for name, version in locked(path).items():
        if name != "editables":
            assert importlib.metadata.version(name).split("+")[0] == version, name


# ---- setup.sh


@needs_bash
def test_the_first_set_up_installs_and_the_second_does_nothing(copy: Copy) -> None:
    code, said, calls = copy.set_up()
    assert code == 0, said
    assert "Ready: .venv/bin/onnx-inspector" in said
    assert installs(calls) == [
        "-qq --no-deps torch==2.13.0+cpu",
        "-qq -r packaging/requirements.lock",
        "-qq --no-deps --no-build-isolation -e .",
    ]
    assert copy.set_up() == (0, "", [])
    assert copy.set_up("--check") == (0, "", [])


@needs_bash
def test_the_tests_need_more_and_then_the_program_needs_nothing(copy: Copy) -> None:
    copy.set_up()
    assert copy.set_up("--tests", "--check")[0] == 1
    code, said, calls = copy.set_up("--tests", HAS_TORCH="yes")
    assert code == 0, said
    assert "-m venv .venv" not in calls
    assert installs(calls)[0] == (
        "-qq -r packaging/requirements.lock -r packaging/requirements-tests.lock"
    )
    assert copy.set_up("--tests") == (0, "", [])
    assert copy.set_up() == (0, "", [])


@needs_bash
@pytest.mark.parametrize(
    "changed", ["packaging/requirements.lock", "packaging/setup.sh", "pyproject.toml"]
)
def test_a_change_of_what_it_depends_on_sets_up_again(copy: Copy, changed: str) -> None:
    copy.set_up()
    with (copy.root / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert copy.set_up("--check") == (1, "", [])
    _, _, calls = copy.set_up()
    assert "-qq -r packaging/requirements.lock" in installs(calls)
    assert "-m venv .venv" not in calls


@needs_bash
def test_a_folder_that_was_moved_gets_a_new_environment(copy: Copy) -> None:
    copy.set_up()
    copy.root = copy.root.rename(copy.root.with_name("moved"))
    _, said, calls = copy.set_up()
    assert "-m venv .venv" in calls
    assert "Ready" in said


@needs_bash
def test_a_set_up_that_broke_off_is_not_taken_for_done(copy: Copy) -> None:
    code, _, _ = copy.set_up(NO_CPU_BUILD="yes", NO_NETWORK="yes", FAKE_PYTHON="/nowhere")
    assert code != 0
    assert copy.set_up("--check")[0] == 1


@needs_bash
def test_without_ensurepip_the_system_pip_fills_the_environment(copy: Copy) -> None:
    code, said, calls = copy.set_up(NO_ENSUREPIP="yes")
    assert code == 0, said
    assert "-m venv --without-pip .venv" in calls
    assert "-m pip --python .venv/bin/python install -qq pip" in calls


@needs_bash
def test_the_cpu_build_of_torch_comes_from_its_own_index_where_it_must(copy: Copy) -> None:
    _, _, calls = copy.set_up(NO_CPU_BUILD="yes")
    wanted = installs(calls)
    assert wanted[1].endswith("--index-url https://download.pytorch.org/whl/cpu torch==2.13.0")
    assert "-qq torch==2.13.0" not in wanted


@needs_bash
def test_missing_libraries_are_named_where_they_cannot_be_installed(copy: Copy) -> None:
    copy.list_libraries([library for library, _ in copy.libraries[1:]])
    code, said, _ = copy.set_up()
    assert code == 0
    assert f"sudo apt-get install {copy.libraries[0][1]}\n" in said


@needs_bash
def test_an_argument_it_does_not_know_is_refused(copy: Copy) -> None:
    code, said, calls = copy.set_up("--verbose")
    assert code == 1
    assert "--verbose" in said
    assert not calls


@needs_bash
@pytest.mark.parametrize("path", [*sorted(PACKAGING.glob("*.sh")), ROOT / ".ci" / "run"])
def test_the_scripts_are_well_formed_bash(path: Path) -> None:
    subprocess.run(["bash", "-n", str(path)], check=True)


# ---- run.sh


@needs_bash
def test_without_a_display_the_sample_is_exported_and_compared(tmp_path: Path) -> None:
    check = ["bash", str(PACKAGING / "setup.sh"), "--check"]
    if subprocess.run(check, check=False).returncode != 0:
        pytest.skip("this folder was not set up by packaging/setup.sh")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY"}
    }
    report = ROOT / "artefacts" / "sample" / "report.html"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        ["bash", str(PACKAGING / "run.sh")], env=environment | {"HOME": str(tmp_path)},
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "There is no display here" in done.stdout
    assert "\nVerdict: PASS\n" in done.stdout
    assert done.stdout.endswith(f"Report:  {report}\n")
    assert "PASS" in report.read_text(encoding="utf-8")


# ---- the samples


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry["id"])
def test_a_sample_gets_the_verdict_it_promises(entry: dict[str, Any], tmp_path: Path) -> None:
    files = entry["files"]
    folder = ROOT / "resources" / "samples"
    source = ["--code", str(folder / files["code"]), "--trust", "--json"]

    def inspector(*arguments: str | Path) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "inspector", *map(str, arguments), *source],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout)

    reference = folder / files["reference"]
    if files["candidate"]:
        candidate = folder / files["candidate"]
    else:
        candidate = tmp_path / "exported.onnx"
        inputs = [part for text in entry["inputs"] for part in ("--input", text)]
        names = [part for text in entry["outputs"] for part in ("--output-name", text)]
        code, result = inspector("export", reference, "-o", candidate, *inputs, *names)
        assert code == 0, result
    code, result = inspector("compare", reference, candidate, "--data", folder / files["data"])
    assert result["verdict"] == (entry["verdict"] or "PASS"), result["sentence"]
    assert code == {"PASS": 0, "FAIL": 1, "CANNOT JUDGE": 4}[result["verdict"]]
    assert result["data"]["real"] is True
    assert [output["name"] for output in result["outputs"]] == entry["outputs"]


# ---- the wheel


def test_the_wheel_holds_the_resources_and_the_licence(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("inspector", "resources"):
        shutil.copytree(ROOT / name, tmp_path / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=tmp_path, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {
        f"inspector/resources/{path.relative_to(ROOT / 'resources').as_posix()}"
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert names >= shipped
    assert len(shipped) > 60
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.endswith(".pyc") for name in names)
