"""`.wav`: sound as numbers from -1 to 1, one file or a folder of them.

Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF WAVE); the form of
`WAVE_FORMAT_EXTENSIBLE` in Microsoft's `WAVEFORMATEXTENSIBLE`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from inspector.core.failures import InspectorError
from inspector.samples.folder_files import files_in
from inspector.samples.stored import Array, SampleArray, cut_off

SUFFIXES = (".wav",)
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_CHUNKS = 1000
"""Parts of a file that are looked through for its sound."""

_FORMS = {(_PCM, 8), (_PCM, 16), (_PCM, 24), (_PCM, 32), (_FLOAT, 32), (_FLOAT, 64)}


class Sound(NamedTuple):
    """Where the values of a file lie, and what they are."""

    form: int
    bits: int
    channels: int
    rate: int
    frames: int
    offset: int


def is_wav(head: bytes) -> bool:
    """Whether the first bytes are those of a WAV file."""
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """A sound, or those of a folder: [files, frames], or [files, channels, frames].

    Raises:
        InspectorError: The first file is damaged, or its sound is compressed.
    """
    files = files_in(path, SUFFIXES) if path.is_dir() else (path,)
    if not files:
        return ()
    name = path.name if path.is_dir() else path.stem
    return (SoundsArray(name, files, listed(files[0])),)


@dataclass(frozen=True, slots=True)
class SoundsArray:
    """Sounds of one length, read when they are asked for."""

    name: str
    files: tuple[Path, ...]
    first: Sound

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """float32; float64 for files of float64."""
        return np.dtype(np.float64 if self.first.bits == 64 else np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """[files, frames] for one channel, else [files, channels, frames]."""
        sound = self.first
        channels = (sound.channels,) if sound.channels > 1 else ()
        return (len(self.files), *channels, sound.frames)

    @property
    def note(self) -> str:
        """The sampling rate in words."""
        channels = self.first.channels
        named = {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")
        return f"Sound of {self.first.rate:,} Hz, {named}."

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Sounds `start` to `stop`."""
        if axis:
            return np.ascontiguousarray(self.whole()[(slice(None),) * axis + (slice(start, stop),)])
        found = np.empty((stop - start, *self.shape[1:]), self.dtype)
        for place, file in enumerate(self.files[start:stop]):
            sound = listed(file)
            if (sound.channels, sound.frames, sound.rate) != (
                self.first.channels, self.first.frames, self.first.rate,
            ):  # fmt: skip
                raise InspectorError(
                    f"'{file.name}' has {_text(sound)}, and '{self.files[0].name}' "
                    f"{_text(self.first)}.",
                    "Use sounds of one length, rate and number of channels.",
                )
            found[place] = values_of(file, sound)
        return found

    def whole(self) -> Array:
        """All sounds."""
        return self.rows(0, len(self.files))


def _text(sound: Sound) -> str:
    return f"{sound.frames:,} frames, {sound.channels} x {sound.rate:,} Hz"


def listed(path: Path) -> Sound:
    """Where the sound of a file lies; its values are not read.

    Raises:
        InspectorError: It is damaged, or its sound is compressed.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        if not is_wav(stream.read(12)):
            raise cut_off(f"'{path.name}'")
        form = b""
        for _ in range(_CHUNKS):
            kind, length = _chunk(stream, path)
            if kind == b"data":
                return _sound(path, form, stream.tell(), min(length, size - stream.tell()), length)
            if kind == b"fmt ":
                form = stream.read(min(length, 64))
                stream.seek(length - len(form) + length % 2, 1)
            else:
                stream.seek(length + length % 2, 1)
    raise cut_off(f"'{path.name}'")


def _chunk(stream: BinaryIO, path: Path) -> tuple[bytes, int]:
    head = stream.read(8)
    if len(head) < 8:
        raise cut_off(f"'{path.name}'")
    return head[:4], int.from_bytes(head[4:], "little")


def _sound(path: Path, form: bytes, offset: int, there: int, said: int) -> Sound:
    if len(form) < 16:
        raise cut_off(f"'{path.name}'")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == _EXTENSIBLE and len(form) >= 26:
        kind = struct.unpack_from("<H", form, 24)[0]
    if (kind, bits) not in _FORMS or not channels:
        raise InspectorError(
            f"'{path.name}' holds sound in a form that is not read here (format {kind}, "
            f"{bits} bits).",
            "Save it as PCM of 8, 16, 24 or 32 bits, or as 32-bit or 64-bit floats.",
        )
    # Written while it was not known how long it would be: what is there counts.
    streamed = said in (0, 0xFFFFFFFF)
    if there < said and not streamed:
        raise cut_off(f"'{path.name}'")
    return Sound(kind, bits, channels, rate, there // (channels * bits // 8), offset)


def values_of(path: Path, sound: Sound) -> Array:
    """[frames], or [channels, frames]: whole numbers divided by 2 ** (bits - 1)."""
    count = sound.frames * sound.channels
    width = sound.bits // 8
    with path.open("rb") as stream:
        stream.seek(sound.offset)
        raw = np.frombuffer(stream.read(count * width), np.uint8)
    if raw.size != count * width:
        raise cut_off(f"'{path.name}'")
    if sound.form == _FLOAT:
        values: Array = raw.view(f"<f{width}").astype(f"f{width}")
    elif width == 1:
        values = (raw.astype(np.float32) - 128) / 128
    elif width == 3:
        wide = np.zeros((count, 4), np.uint8)
        wide[:, 1:] = raw.reshape(count, 3)
        values = ((wide.view("<i4")[:, 0] >> 8) / 2**23).astype(np.float32)
    else:
        values = (raw.view(f"<i{width}") / 2 ** (sound.bits - 1)).astype(np.float32)
    if sound.channels > 1:
        return np.ascontiguousarray(values.reshape(sound.frames, sound.channels).T)
    return values
