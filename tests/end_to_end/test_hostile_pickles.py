"""Hostile files through the real program: nothing in them runs, whatever is asked without consent.

Each trap leaves marks in several places, and ends its process: a worker in which one sprang would
be gone, however little its confinement lets it write.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch.package import package_exporter

from inspector.core.failures import InspectorError
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import (
    InspectRequest,
    ModelSource,
    PrepareRequest,
)

Program = Callable[..., Any]


class Scene(NamedTuple):
    """A folder of models, what a trap would change, and where it would call."""

    folder: Path
    marker: Path
    victim: Path
    server: socket.socket

    @property
    def code(self) -> bytes:
        """What a trap does: Python source without line breaks."""
        port = self.server.getsockname()[1]
        return (
            "import os,socket,threading\n"
            f"p={str(self.marker)!r}\n"
            "def tried(f,*a):\n try: f(*a)\n except BaseException: pass\n"
            f"tried(open,p,'w');tried(os.remove,{str(self.victim)!r});"
            f"tried(socket.create_connection,('127.0.0.1',{port}));tried(os.system,'touch '+p);"
            "os._exit(77)"
        ).encode()

    def untouched(self) -> bool:
        """Whether no trap has sprung."""
        self.server.settimeout(0)
        try:
            self.server.accept()
        except BlockingIOError:
            return not self.marker.exists() and self.victim.exists()
        return False


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("hostile")
    victim = folder / "victim"
    victim.write_text("still there")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Scene(folder, folder / "marker", victim, server)


def text(value: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value


def traps(code: bytes) -> dict[str, bytes]:
    """A pickle for each instruction that can call something; all of them call `exec`."""
    exec_ = b"cbuiltins\nexec\n"
    lazy = b"cbuiltins\ntuple\ncbuiltins\nmap\n" + exec_ + b"]" + text(code) + b"a"
    plain, name = b"ctypes\nSimpleNamespace\n", text(b"__setstate__")
    return {
        "GLOBAL REDUCE": b"\x80\x02" + exec_ + text(code) + b"\x85R.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93" + text(code) + b"\x85R.",
        "INST": b"(" + text(code) + b"ibuiltins\nexec\n.",
        "OBJ": b"\x80\x02(" + exec_ + text(code) + b"o.",
        "BUILD": b"\x80\x02" + plain + b")R}" + name + exec_ + b"sb" + text(code) + b"b.",
        "NEWOBJ": b"\x80\x02" + lazy + b"\x86\x81\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04" + lazy + b"\x86}\x92\x85}\x92.",
        "EXT1": b"\x80\x02\x82\x42" + text(code) + b"\x85R.",
        "EXT2": b"\x80\x02\x83\x42\0" + text(code) + b"\x85R.",
        "EXT4": b"\x80\x02\x84\x42\0\0\0" + text(code) + b"\x85R.",
        "PERSID": b"Pbuiltins.exec\n0" + exec_ + text(code) + b"\x85R.",
        "BINPERSID": b"\x80\x02" + exec_ + text(code) + b"\x85RQ.",
        "hang": b"\x80\x02ctime\nsleep\nJ\xff\xff\xff\x7f\x85R.",
        "recursion": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "endless": b"\x80\x02citertools\ncount\n)Rq\0cbuiltins\nlist\nh\0\x85R.",
    }


OPCODES = tuple(traps(b""))
SPRING = OPCODES[:-3]
"""Those whose code would run; the others hang, recurse or fill the memory."""


@pytest.mark.parametrize("opcode", SPRING)
def test_the_traps_spring_where_pickles_are_loaded(scene: Scene, opcode: str) -> None:
    """Were a trap wrong, the other tests here would prove nothing."""
    data = traps(b"print('sprung')")[opcode]
    script = (
        "import copyreg, pickle, io\n"
        "copyreg.add_extension('builtins', 'exec', 0x42)\n"
        "class Loader(pickle.Unpickler):\n    def persistent_load(self, what): return what\n"
        f"try: Loader(io.BytesIO({data!r})).load()\nexcept Exception: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"sprung"


def planted(whole: bytes, trap: bytes) -> bytes:
    """An archive with the trap in place of every pickle, also of those in archives in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(made, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            if data.startswith(b"PK"):
                data = planted(data, trap)
            elif data.startswith(b"\x80") or name.endswith(".pkl"):
                data = trap
            out.writestr(name, data)
    return made.getvalue()


def saved(save: Callable[[Any], object]) -> bytes:
    held = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(held)
    return held.getvalue()


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    """Real files that hold pickles, by what they are saved as."""
    net = torch.nn.Linear(3, 2).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(net)
        program = torch.export.export(net, (torch.ones(1, 3),))
        mobile = scripted._save_to_buffer_for_lite_interpreter()

    def package(held: Any) -> None:
        with package_exporter.PackageExporter(held) as exporter:
            exporter.extern("torch.**")
            exporter.save_pickle("model", "model.pkl", net)

    return {
        "zip.pt": saved(lambda held: torch.save(net.state_dict(), held)),
        "scripted.pt": saved(lambda held: torch.jit.save(scripted, held)),
        "mobile.ptl": mobile,
        "package.pt": saved(package),
        "program.pt2": saved(lambda held: torch.export.save(program, held)),
    }


LEGACY = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
OBJECTS = b"\x93NUMPY\x01\0\x36\0{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"

FORMS = (
    "zip.pt", "scripted.pt", "mobile.ptl", "package.pt", "program.pt2", "legacy.pt", "plain.pkl",
    "objects.npy", "objects.npz", "renamed.onnx", "nested.pkl",
)  # fmt: skip


def trapped(scene: Scene, whole: dict[str, bytes], form: str, opcode: str) -> Path:
    """A file of this form with this trap in it."""
    trap = traps(scene.code)[opcode]
    legacy = LEGACY + trap + pickle.dumps([], 2)
    held = b"\x80\x03ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(legacy)) + legacy
    array = io.BytesIO()
    with zipfile.ZipFile(array, "w") as archive:
        archive.writestr("x.npy", OBJECTS + trap)
    data = {
        "legacy.pt": legacy, "plain.pkl": trap, "objects.npy": OBJECTS + trap,
        "objects.npz": array.getvalue(), "renamed.onnx": trap, "nested.pkl": held + b"\x85R.",
    }.get(form)  # fmt: skip
    path = scene.folder / form
    path.write_bytes(planted(whole[form], trap) if data is None else data)
    return path


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


def explained(worker: WorkerClient, request: InspectRequest, what: str) -> None:
    """Ask about a file, which is listed or explained; the worker lives on."""
    try:
        worker.run("inspect", request)
    except InspectorError as error:
        sentence = error.failure.sentence
        if "stopped" in sentence or sentence.startswith("Something went wrong"):
            pytest.fail(f"{what}: {error.failure}")


@pytest.mark.parametrize("form", FORMS)
def test_inspecting_runs_nothing(
    scene: Scene, whole: dict[str, bytes], worker: WorkerClient, form: str
) -> None:
    for opcode in OPCODES:
        path = str(trapped(scene, whole, form, opcode))
        began = time.monotonic()
        explained(worker, InspectRequest(path, outline=True), opcode)
        assert time.monotonic() - began < 10, opcode
        assert scene.untouched(), opcode


RUN = ("zip.pt", "scripted.pt", "package.pt", "program.pt2", "legacy.pt", "plain.pkl")


@pytest.mark.parametrize("form", RUN)
def test_without_consent_nothing_is_loaded_for_an_export(
    scene: Scene, whole: dict[str, bytes], worker: WorkerClient, form: str
) -> None:
    for opcode in OPCODES:
        source = ModelSource(str(trapped(scene, whole, form, opcode)))
        with pytest.raises(InspectorError) as caught:
            worker.run("prepare", PrepareRequest(source))
        assert "stopped unexpectedly" not in caught.value.failure.sentence, opcode
        assert not caught.value.failure.sentence.startswith("Something went wrong"), opcode
        assert scene.untouched(), opcode


@pytest.mark.parametrize("form", ["zip.pt", "program.pt2", "objects.npz"])
def test_the_command_line_runs_nothing(
    program: Program, scene: Scene, whole: dict[str, bytes], samples: Path, form: str
) -> None:
    path = trapped(scene, whole, form, "GLOBAL REDUCE")
    good = samples / "digits" / "digits.onnx"
    commands: list[list[Any]] = [["inspect", path]]
    if form == "objects.npz":
        commands.append(["compare", good, good, "--data", path])
    else:
        commands.append(["export", path, "-o", scene.folder / "out.onnx"])
        commands.append(["compare", path, good, "--random", 2])
    for command in commands:
        done = program(*command)
        assert done.code in (0, 2), done
        assert "stopped unexpectedly" not in done.error
        assert "Traceback" not in done.output + done.error.split("\n    ")[0]
        assert scene.untouched(), command
    assert not (scene.folder / "out.onnx").exists()
