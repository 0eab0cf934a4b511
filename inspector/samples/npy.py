"""`.npy`: one array, named by its file."""

from __future__ import annotations

from pathlib import Path

from inspector.samples.stored import SampleArray, StoredArray, cut_off, read_layout

MAGIC = b"\x93NUMPY"


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """List the array of an `.npy` file; its elements stay where they are.

    Raises:
        InspectorError: The file is cut off, or holds something else than numbers.
    """
    with path.open("rb") as stream:
        layout = read_layout(stream, f"'{path.name}'")
    if path.stat().st_size < layout.header_bytes + layout.bytes:
        raise cut_off(f"'{path.name}'")
    return (StoredArray(path.stem, layout, path, layout.header_bytes),)
