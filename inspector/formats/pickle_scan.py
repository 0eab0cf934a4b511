"""What the pickles inside a file would import, wherever they lie: nothing is opened by Python."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_values import Call, Global, PickleError, PickleTooLongError
from inspector.formats.torch_archive import Archive
from inspector.formats.zip_guard import check_members

_HEADS = (b"PK\x03\x04", b"\x80")
_NESTED = 3
_MEMBER = 64 << 20
_PICKLES = (".pkl", ".pt", ".pth", ".pickle", ".bin")


class Scan(NamedTuple):
    """Names that pickles would import and calls that they would make."""

    names: tuple[Global, ...]
    calls: tuple[Call, ...]


def scan_archive(archive: Archive, skipped: Callable[[str], bool]) -> dict[str, Scan]:
    """What the pickles in an archive name, by member; nested archives are looked into."""
    found = {}
    for name in archive:
        if skipped(name):
            continue
        start = archive.start_of(name)
        if start.startswith(_HEADS[0]):
            with archive.opened(name) as (file, size):
                found[name] = _scan_zip(archive.path, file, size, 0)
        elif start.startswith(_HEADS[1]):
            found[name] = scan_bytes(archive.path, archive.read(name))
    return found


def scan_bytes(path: Path, data: bytes, depth: int = 0) -> Scan:
    """Every name in a pickle, a row of pickles, or an archive with pickles in it.

    A pickle that is damaged gives what it names before the damage: loading would come as far.
    """
    if data.startswith(_HEADS[0]):
        return _scan_zip(path, io.BytesIO(data), len(data), depth)
    machine, calls = Machine(data), list[Call]()
    try:
        # What torch.save wrote before zip is five pickles in a row.
        while machine.at < len(data) and data[machine.at] == 0x80:
            machine.load()
    except PickleTooLongError:
        raise  # what stands behind it was not seen, and could be anything
    except (PickleError, RecursionError):
        pass
    calls += machine.calls
    return Scan(tuple(machine.globals.values()), tuple(calls))


def _scan_zip(path: Path, file: IO[bytes], size: int, depth: int) -> Scan:
    found = []
    try:
        with zipfile.ZipFile(file) as archive:
            for name, member in check_members(path, archive, size).items():
                if name.endswith(_PICKLES) and depth < _NESTED:
                    with archive.open(member) as opened:
                        found.append(scan_bytes(path, opened.read(_MEMBER), depth + 1))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, zlib.error):
        pass  # what cannot be unpacked here cannot be loaded either
    return merged(found)


def merged(scans: list[Scan]) -> Scan:
    """One scan of several; a name of two pickles is one name."""
    names: dict[str, Global] = {}
    for scan in scans:
        for name in scan.names:
            known = names.setdefault(name.path, name)
            if known is not name:
                known.mentions += name.mentions
                known.uses += name.uses
                known.members += name.members
    return Scan(tuple(names.values()), tuple(call for scan in scans for call in scan.calls))
