"""Pictures: a PNG or JPEG file, or a folder of them as one array whose rows are read when asked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.image_settings import ImageSettings, settings_text
from inspector.samples.folder_files import files_in
from inspector.samples.stored import Array, SampleArray

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg")
MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
MOST_PIXELS = 100_000_000
"""A picture that says it has more is not decoded."""


def read(path: Path, scratch: Path, settings: ImageSettings) -> tuple[SampleArray, ...]:
    """A picture, or those of a folder, as [pictures, channels, height, width].

    Only the first one's header is read; the others are decoded when their rows are asked for.

    Args:
        path: A file, or a folder with PNG and JPEG files.
        scratch: Not used.
        settings: What is done to each picture.

    Raises:
        InspectorError: Pillow is not installed, or the first picture cannot be read.
    """
    files = files_in(path, SUFFIXES) if path.is_dir() else (path,)
    if not files:
        return ()
    with _opened(files[0]) as image:
        width, height = _sizes(image, settings)
    name = path.name if path.is_dir() else path.stem
    return (ImagesArray(name, files, settings, height, width),)


@dataclass(frozen=True, slots=True)
class ImagesArray:
    """Pictures of one size after the settings; nothing is kept in memory.

    Attributes:
        name: Name of the folder or the file.
        files: One picture each.
        settings: What is done to them.
        height: Pixels afterwards.
        width: Pixels afterwards.
    """

    name: str
    files: tuple[Path, ...]
    settings: ImageSettings
    height: int
    width: int

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """float32, or uint8 where the bytes stay as they are."""
        return np.dtype(np.float32 if self.settings.scale else np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        """[pictures, channels, height, width], or channels last."""
        channels, sizes = self.settings.channels, (self.height, self.width)
        one = (*sizes, channels) if self.settings.layout == "NHWC" else (channels, *sizes)
        return (len(self.files), *one)

    @property
    def note(self) -> str:
        """The settings in words."""
        return f"Pictures prepared with {settings_text(self.settings)}."

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Pictures `start` to `stop`."""
        if axis:
            return np.ascontiguousarray(self.whole()[(slice(None),) * axis + (slice(start, stop),)])
        found = np.empty((stop - start, *self.shape[1:]), self.dtype)
        for place, file in enumerate(self.files[start:stop]):
            found[place] = self._picture(file)
        return found

    def whole(self) -> Array:
        """All pictures."""
        return self.rows(0, len(self.files))

    def _picture(self, file: Path) -> Array:
        array = prepared(file, self.settings)
        if array.shape != self.shape[1:]:
            raise InspectorError(
                f"'{file.name}' has another size than '{self.files[0].name}': "
                f"{list(array.shape)} and {list(self.shape[1:])}.",
                "Bring the pictures to one size with --images resize=256,crop=224 on the command "
                "line, or under Samples.",
            )
        return array


def prepared(file: Path, settings: ImageSettings) -> Array:
    """One picture as numbers: [channels, height, width], or channels last.

    It is turned as its EXIF orientation says; transparent parts lie on white; grey ones get three
    equal channels, and coloured ones become grey as ITU-R 601-2 weighs them (Pillow's `L`).

    Raises:
        InspectorError: It cannot be decoded.
    """
    with _opened(file) as image:
        try:
            array = _values(_flat(image, settings))
            array = _ordered(array, settings)
        except (OSError, ValueError, SyntaxError, MemoryError) as error:
            raise _unreadable(file, str(error)) from error
    array = _numbers(array, settings)
    if settings.layout == "NCHW":
        array = array.transpose(2, 0, 1)
    return np.ascontiguousarray(array)


def _flat(image: Image, settings: ImageSettings) -> Image:
    """Turned upright, on white, and in the colours asked for."""
    import PIL.Image
    from PIL import ImageOps

    turned: Any = ImageOps.exif_transpose(image) or image
    if "A" in turned.getbands() or "transparency" in turned.info:
        over = turned.convert("RGBA")
        white = PIL.Image.new("RGBA", over.size, (255, 255, 255, 255))
        turned = PIL.Image.alpha_composite(white, over)
    elif turned.mode.startswith("I"):
        # Sixteen bits per value: the upper eight are what a screen shows.
        turned = PIL.Image.fromarray((np.asarray(turned).astype(np.uint32) >> 8).astype(np.uint8))
    flat: Image = turned.convert("L" if settings.order == "L" else "RGB")
    return _cut(flat, settings)


def _cut(image: Image, settings: ImageSettings) -> Image:
    """Resized by its shorter side, then cut from the middle.

    Source: `Resize` (its length of the longer side is rounded down) and `CenterCrop` (rounded
    half to even) in torchvision/transforms/functional.py; bilinear with antialiasing, as Pillow.
    """
    import PIL.Image

    if settings.resize:
        size = _by_shorter(image.size, settings.resize)
        if size[0] * size[1] > MOST_PIXELS:
            raise ValueError(f"{size[0]} x {size[1]} pixels after resizing")
        image = image.resize(size, PIL.Image.Resampling.BILINEAR)
    if settings.crop:
        left = round((image.width - settings.crop) / 2)
        top = round((image.height - settings.crop) / 2)
        image = image.crop((left, top, left + settings.crop, top + settings.crop))
    return image


def _by_shorter(size: tuple[int, int], wanted: int) -> tuple[int, int]:
    width, height = size
    if width <= height:
        return wanted, int(wanted * height / width)
    return int(wanted * width / height), wanted


def _values(image: Image) -> Array:
    array: Array = np.asarray(image, np.uint8)
    return array[:, :, None] if array.ndim == 2 else array


def _ordered(array: Array, settings: ImageSettings) -> Array:
    """Channels in the order asked for."""
    return array[:, :, ::-1] if settings.order == "BGR" else array


def _numbers(array: Array, settings: ImageSettings) -> Array:
    """Scaled and normalised, in float32 as the PyTorch transforms do."""
    if not settings.scale:
        return array
    mean = np.array(settings.mean[: settings.channels], np.float32)
    std = np.array(settings.std[: settings.channels], np.float32)
    if settings.order == "BGR":
        mean, std = mean[::-1], std[::-1]
    scaled = array.astype(np.float32) * np.float32(settings.scale)
    return (scaled - mean) / std


def _sizes(image: Image, settings: ImageSettings) -> tuple[int, int]:
    """Width and height after the settings, from the header alone."""
    size = image.size
    if image.getexif().get(0x0112) in (5, 6, 7, 8):
        size = size[1], size[0]
    if settings.crop:
        return settings.crop, settings.crop
    return _by_shorter(size, settings.resize) if settings.resize else size


def _opened(file: Path) -> Image:
    """The picture with its header read.

    Raises:
        InspectorError: It is none, too large, or Pillow is not installed.
    """
    try:
        import PIL.Image
    except ImportError as error:
        raise InspectorError(
            "Pictures need the package Pillow, which is not installed.",
            "Install it with 'pip install pillow', or save the pictures as an array (.npy).",
            str(error),
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(file, formats=("PNG", "JPEG"))
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise _unreadable(file, str(error)) from error
    width, height = image.size
    if width * height > MOST_PIXELS or not width * height:
        image.close()
        raise InspectorError(
            f"'{file.name}' says it has {width:,} x {height:,} pixels, which is not decoded.",
            f"Use pictures of at most {MOST_PIXELS:,} pixels.",
        )
    return image


def _unreadable(file: Path, detail: str) -> InspectorError:
    return InspectorError(
        f"'{file.name}' is no PNG or JPEG picture that can be decoded.",
        "Save it again, or leave it out.",
        detail,
    )
