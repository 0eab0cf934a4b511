"""What keeps a worker from harming the rest of the system, and honest words about it.

The door to the platforms: `confinement_landlock.py` and `confinement_seccomp.py` (Linux),
`confinement_macos.py`, `confinement_windows.py`, and `confinement_limits.py` everywhere. None of
them ever fails a worker: what a system does not give is named in the `Protection`.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inspector.jobs.places import Place
    from inspector.jobs.requests import Protection

NETWORK = "no network"
PROGRAMS = "no other programs"
READING = "reads only the folders of the opened files"
WRITING = "writes only into a folder of its own"
OTHERS = "no reach into other programs"
LIMITS = "bounded memory, processor time and file size"
PARTS = (NETWORK, PROGRAMS, READING, WRITING, OTHERS, LIMITS)
"""What a worker may be held to, in the order in which it is told."""

CONFINED = "Confined: no network, no programs"
UNCONFINED = "Separate process only"

_current: list[Protection] = []
"""What this process is held to, once it is."""


class Measure(NamedTuple):
    """One thing that a platform offers.

    `run` binds this process and returns what stays open all the same, in words; `parts` is what
    it ensures.
    """

    name: str
    parts: tuple[str, ...]
    run: Callable[[Place], tuple[str, ...]]


def confine(place: Place) -> Protection:
    """Bind this process to `place`, as far as the platform can, for the rest of its life.

    To be called by the main thread while it is the only one, after the heavy imports and before
    the first file of a person is opened.
    """
    from inspector.jobs.requests import Protection

    active: dict[str, None] = {}
    missing: list[str] = []
    for measure in _measures():
        try:
            gaps = measure.run(place)
        except Exception as error:  # whatever the platform says, the worker goes on
            missing.append(f"{measure.name}: {error}")
        else:
            active.update(dict.fromkeys(measure.parts))
            missing.extend(f"{measure.name}: {gap}" for gap in gaps)
    _current[:] = [Protection(tuple(part for part in PARTS if part in active), tuple(missing))]
    return _current[0]


def words_here() -> str:
    """One line about the process that asks; a window or a test is not confined."""
    return short_words(_current[0]) if _current else "Not confined"


@functools.cache
def expected() -> Protection:
    """What a worker on this system will be held to, before one has said so."""
    from inspector.jobs.requests import Protection

    if not sys.platform.startswith("linux"):
        return Protection((), ("known when the first file is opened",))
    from inspector.jobs import confinement_landlock, confinement_seccomp

    found = {
        "Landlock": confinement_landlock.version() > 0,
        "seccomp": confinement_seccomp.available(),
        "limits": True,
    }
    measures = list(_measures())
    active = {part for one in measures if found[one.name] for part in one.parts}
    lacking = tuple(f"{one.name}: not in this kernel" for one in measures if not found[one.name])
    return Protection(tuple(part for part in PARTS if part in active), lacking)


def short_words(protection: Protection) -> str:
    """One line for the status bar."""
    held = [part for part in (NETWORK, PROGRAMS, READING, WRITING) if part in protection.active]
    if not held:
        return UNCONFINED
    if len(held) == 4:
        return CONFINED
    return f"Partly confined: {held[0]}"


def long_words(protection: Protection) -> str:
    """Sentences that say what holds, and what does not."""
    said = "Files are opened in a process of its own"
    said += f": {', '.join(protection.active)}." if protection.active else "."
    lacking = [part for part in PARTS if part not in protection.active]
    if lacking:
        said += f" Not ensured on this system: {', '.join(lacking)}."
    if protection.missing:
        said += f" ({'; '.join(protection.missing)})"
    return said


def refusal(error: BaseException, place: Place) -> str:
    """What a failed job tried that its worker may not; empty where it was none of that."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, PermissionError):
        seen = seen.__cause__ or seen.__context__
    if seen is None:
        return ""
    if not seen.filename:
        return "reach the network, start a program, touch another process or change the system"
    name = os.path.abspath(os.fsdecode(seen.filename))
    return "" if place.may_read(name) else f"open or change '{name}'"


def _measures() -> Iterator[Measure]:
    """What this platform offers, in the order in which it is to be applied."""
    if sys.platform.startswith("linux"):
        # A filter binds every thread and needs the calls of Landlock afterwards, not before.
        yield Measure("limits", (LIMITS,), _limit)
        yield Measure("seccomp", (NETWORK, PROGRAMS, OTHERS), _filter)
        yield Measure("Landlock", (READING, WRITING), _fence)
    elif sys.platform == "darwin":
        yield Measure("limits", (), _limit)
        yield Measure("sandbox", (NETWORK, PROGRAMS, READING, WRITING), _sandbox)
    elif sys.platform == "win32":
        # In this order: once there may be no second process, no folder can be given any more.
        yield Measure("low integrity", (WRITING,), _low_integrity)
        yield Measure("job object", (PROGRAMS, LIMITS), _job_object)


def _limit(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_limits

    confinement_limits.restrict(place.write)
    return ()


def _filter(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_seccomp

    confinement_seccomp.restrict()
    return ()


def _fence(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_landlock
    from inspector.jobs.confinement_places import needed_devices, needed_to_read

    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
    read, devices = needed_to_read(), needed_devices(place.devices)
    gaps = confinement_landlock.restrict((*read, *place.read), (place.write,), devices)
    if threads > 1 and confinement_landlock.version() < confinement_landlock.BINDS_ALL_THREADS:
        others = f"{threads - 1} threads of libraries began before and may read and write more"
        return (*gaps, others)
    return gaps


def _sandbox(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_macos
    from inspector.jobs.confinement_places import needed_to_read

    confinement_macos.restrict((*needed_to_read(), *place.read), (place.write,))
    return ()


def _job_object(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_windows

    confinement_windows.restrict_job()
    return ()


def _low_integrity(place: Place) -> tuple[str, ...]:
    from inspector.jobs import confinement_windows

    confinement_windows.allow_low_integrity(place.write)
    confinement_windows.lower_integrity()
    return ("files can be read wherever the user can, and the network reached",)
