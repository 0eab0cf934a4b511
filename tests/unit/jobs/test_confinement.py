"""What a process is held to, and that no more is claimed than holds."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from inspector.jobs import confinement, confinement_limits, confinement_seccomp
from inspector.jobs.confinement_calls import LAST_KNOWN, REFUSED, SPECIAL
from inspector.jobs.confinement_places import needed_to_read
from inspector.jobs.places import Place
from inspector.jobs.requests import Protection

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

CONFINED = """
import resource, sys
from inspector.jobs import confinement
from inspector.jobs.places import Place
print(confinement.confine(Place((), sys.argv[1])).active)
"""


def in_confinement(folder: Path, code: str, **environment: str) -> str:
    """What a confined process prints after the parts it is held to."""
    done = subprocess.run(
        [sys.executable, "-c", CONFINED + code, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    first, _, rest = done.stdout.partition("\n")
    assert confinement.LIMITS in first
    return rest.strip()


def test_libraries_bring_no_homes_and_no_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").touch()
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path), "", str(tmp_path / "nowhere")])
    place = Place(needed_to_read(), "/nowhere")
    assert place.may_read(os.__file__)
    assert place.may_read(confinement.__file__)
    assert place.may_read(pytest.__file__)
    assert place.may_read(str(tmp_path / "module.py"))
    root = Path(confinement.__file__).parents[2]
    for path in (tmp_path, tmp_path / ".ssh", root, root / ".git", "/etc/passwd", "/", "/proc/1"):
        assert not place.may_read(str(path)), path


def test_packages_that_are_installed_as_links_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = types.ModuleType("__editable___nets_1_0_finder")
    monkeypatch.setattr(finder, "MAPPING", {"nets": str(tmp_path / "nets")}, raising=False)
    monkeypatch.setitem(sys.modules, finder.__name__, finder)
    place = Place(needed_to_read(), "/nowhere")
    assert place.may_read(str(tmp_path / "nets" / "small.py"))
    assert not place.may_read(str(tmp_path / "other"))


@ON_LINUX
def test_memory_is_bounded_and_no_core_is_dumped(tmp_path: Path) -> None:
    code = (
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "limit, hard = resource.getrlimit(resource.RLIMIT_AS)\n"
        "assert limit == hard > 100_000_000\n"
        "try:\n"
        "    bytearray(limit + 1)\n"
        "except MemoryError:\n"
        "    print('refused')\n"
    )
    assert in_confinement(tmp_path, code) == "refused"


@ON_LINUX
def test_limits_can_be_set_from_outside_and_not_be_raised_from_inside(tmp_path: Path) -> None:
    code = (
        "print(resource.getrlimit(resource.RLIMIT_FSIZE))\n"
        "try:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (10**9, 10**9))\n"
        "    print('raised')\n"
        "except (ValueError, OSError):\n"
        "    print('refused')\n"
    )
    said = in_confinement(tmp_path, code, **{confinement_limits.FILE_GB: "0.001"})
    first, second = said.splitlines()
    assert first == "(1000000, 1000000)"
    if os.getuid() != 0:  # root may raise what it likes; the disk is its bound
        assert second == "refused"


@ON_LINUX
def test_a_file_that_grows_too_large_is_explained(tmp_path: Path) -> None:
    code = (
        "from inspector.core.failures import explain\n"
        "try:\n"
        "    with open(sys.argv[1] + '/file', 'wb') as file:\n"
        "        file.write(bytes(2_000_000))\n"
        "except OSError as error:\n"
        "    print(explain(error).sentence)\n"
    )
    said = in_confinement(tmp_path, code, **{confinement_limits.FILE_GB: "0.001"})
    assert said == "A file grew beyond the size that the worker may write."


@ON_LINUX
def test_the_limit_leaves_room_beyond_what_is_mapped_already() -> None:
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        total = int(meminfo.readline().split()[1]) * 1024
    limit = confinement_limits.memory_limit()
    assert limit is not None
    assert limit > confinement_limits.MEMORY_SHARE * total
    assert confinement_limits.resident_memory() > 1_000_000


@pytest.mark.parametrize("asked", ["", "nonsense", "-1", "0", "inf", "nan"])
def test_a_limit_that_makes_no_sense_is_passed_over(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = confinement_limits.file_limit(str(tmp_path))
    monkeypatch.setenv(confinement_limits.FILE_GB, asked)
    assert confinement_limits.file_limit(str(tmp_path)) == pytest.approx(usual, rel=0.2)


def test_the_protection_is_named_without_more_than_holds() -> None:
    nothing = Protection((), ("Landlock: not in this kernel",))
    assert confinement.short_words(nothing) == "Separate process only"
    assert "Not ensured on this system: no network" in confinement.long_words(nothing)
    assert "Landlock: not in this kernel" in confinement.long_words(nothing)
    everything = Protection(confinement.PARTS)
    assert confinement.short_words(everything).startswith("Confined: no network")
    assert "Not ensured" not in confinement.long_words(everything)
    part = Protection((confinement.NETWORK,))
    assert confinement.short_words(part) == "Partly confined: no network"


def test_a_measure_that_is_not_there_is_named_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(place: Place) -> tuple[str, ...]:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")

    def half(place: Place) -> tuple[str, ...]:
        return ("commands to devices are not refused",)

    measures = (
        confinement.Measure("Landlock", (confinement.READING,), refuse),
        confinement.Measure("seccomp", (confinement.NETWORK,), half),
    )
    monkeypatch.setattr(confinement, "_measures", lambda: iter(measures))
    found = confinement.confine(Place((), "/tmp"))
    assert found.active == (confinement.NETWORK,)
    assert found.missing == (
        "Landlock: [Errno 38] this kernel has no Landlock",
        "seccomp: commands to devices are not refused",
    )


def test_what_was_refused_is_named_and_a_file_of_its_own_is_not() -> None:
    place = Place(("/models",), "/tmp/job")
    outside = PermissionError(errno.EACCES, "Permission denied", "/home/me/.ssh/id")
    assert confinement.refusal(outside, place) == "open or change '/home/me/.ssh/id'"
    own = PermissionError(errno.EACCES, "Permission denied", "/models/net.pt")
    assert confinement.refusal(own, place) == ""
    network = PermissionError(errno.EPERM, "Operation not permitted")
    wrapped = RuntimeError("it failed")
    wrapped.__cause__ = network
    assert "network" in confinement.refusal(wrapped, place)
    assert confinement.refusal(ValueError(), place) == ""


HEADERS = (
    Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    Path("/usr/include/asm-generic/unistd.h"),
)


@pytest.mark.skipif(not all(one.exists() for one in HEADERS), reason="no kernel headers here")
def test_the_numbers_of_the_calls_are_those_of_the_kernel() -> None:
    tables = []
    for header in HEADERS:
        text = header.read_text()
        found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text))
        tables.append({name: int(number) for name, number in found.items()})
    for name, numbers in {**SPECIAL, **REFUSED}.items():
        for table, number in zip(tables, numbers, strict=True):
            assert table.get(name) == number, name


def run_filter(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What a filter answers to a call, worked out step by step."""
    steps = [program[at : at + 8] for at in range(0, len(program), 8)]
    seen = number.to_bytes(4, "little") + architecture.to_bytes(4, "little") + bytes(8)
    seen += b"".join(one.to_bytes(8, "little") for one in (*arguments, 0, 0, 0)[:3])
    at = held = 0
    while True:
        code = int.from_bytes(steps[at][:2], "little")
        yes, no = steps[at][2], steps[at][3]
        value = int.from_bytes(steps[at][4:], "little")
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            held = int.from_bytes(seen[value : value + 4], "little")
            continue
        holds = {0x15: held == value, 0x25: held > value, 0x45: bool(held & value)}[code]
        at += yes if holds else no


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_refuses_what_is_listed_and_lets_the_rest_pass(machine: str) -> None:
    architecture, column, _ = confinement_seccomp._ARCHITECTURES[machine]
    program = confinement_seccomp.program(machine, process=4711)
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

    def answer(number: int, *arguments: int) -> int:
        return run_filter(program, architecture, number, *arguments)

    refused = {numbers[column] for numbers in REFUSED.values()} - {None}
    special = {name: numbers[column] for name, numbers in SPECIAL.items()}
    for number in range(LAST_KNOWN + 1):
        if number not in special.values():
            assert answer(number) == (refuse if number in refused else allow), number
    assert answer(LAST_KNOWN + 1) == unknown
    assert answer(special["clone3"]) == unknown
    assert answer(special["clone"], 0x003D0F00) == allow  # a thread, as pthread_create makes it
    assert answer(special["clone"], 0x01200011) == refuse  # a process, as fork makes it
    assert answer(special["clone"], 0x00010000 | 0x10000000) == refuse  # with a user namespace
    assert answer(special["kill"], 4711) == allow
    assert answer(special["tgkill"], 4711) == allow
    assert answer(special["kill"], 1) == refuse
    assert answer(special["prlimit64"], 0) == allow
    assert answer(special["prlimit64"], 1) == refuse
    assert answer(special["ioctl"], 1, 0x5401) == allow
    assert answer(special["ioctl"], 1, 0x5412) == refuse
    assert run_filter(program, 0x40000003, 20) == refuse  # 32-bit calls
