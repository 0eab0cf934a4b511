"""How pictures become numbers: every step is a setting that is shown and saved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from inspector.core.failures import InspectorError


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What is done to each picture, in this order.

    Attributes:
        resize: Pixels of the shorter side afterwards (the other side keeps the proportion);
            0: the picture keeps its size.
        crop: Pixels of a square cut from the middle; 0: nothing is cut.
        scale: Each value of 0 to 255 is multiplied by this; 0: whole bytes stay, as uint8.
        mean: Taken away from each channel, red first, after `scale`.
        std: Each channel is then divided by this, red first.
        order: `RGB`, `BGR`, or `L` for one channel of grey.
        layout: `NCHW` or `NHWC`.
    """

    resize: int = 0
    crop: int = 0
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    order: str = "RGB"
    layout: str = "NCHW"

    @property
    def channels(self) -> int:
        """Channels of the array."""
        return 1 if self.order == "L" else 3


PRESETS = {
    "plain": ImageSettings(),
    "bytes": ImageSettings(scale=0.0),
    "imagenet": ImageSettings(
        resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    ),
}
"""Settings by name.

Source of `imagenet`: `ImageClassification` in torchvision/transforms/_presets.py.
"""

_LARGEST = 16_384


def parse_image_settings(text: str) -> ImageSettings:
    """Settings from text: a preset, settings, or a preset changed by settings, with commas.

    Examples: `imagenet`; `imagenet,order=BGR`; `resize=256,crop=224,scale=1/255,mean=0.5`.
    Channels of `mean` and `std` are separated by `/` or `:` (`mean=0.485/0.456/0.406`).

    Raises:
        InspectorError: It is no such text.
    """
    settings = ImageSettings()
    for number, part in enumerate(part.strip() for part in text.split(",")):
        name, equals, value = part.partition("=")
        if not equals and number == 0 and name in PRESETS:
            settings = PRESETS[name]
            continue
        try:
            settings = _with(settings, name.strip(), value.strip())
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise InspectorError(
                f"'{part}' is no setting for pictures.",
                f"Presets are {', '.join(PRESETS)}; settings are resize, crop, scale, mean, std, "
                "order (RGB, BGR, L) and layout (NCHW, NHWC), as in 'imagenet,order=BGR'.",
            ) from error
    return settings


def _with(settings: ImageSettings, name: str, value: str) -> ImageSettings:
    if name in ("resize", "crop"):
        return replace(settings, **{name: _pixels(value)})  # type: ignore[arg-type]
    if name == "scale":
        over, slash, under = value.partition("/")
        return replace(settings, scale=_finite(over) / (_finite(under) if slash else 1.0))
    if name in ("mean", "std"):
        numbers = tuple(_finite(part) for part in value.replace(":", "/").split("/"))
        numbers = numbers * 3 if len(numbers) == 1 else numbers
        if len(numbers) != 3 or (name == "std" and not all(numbers)):
            raise ValueError(value)
        return replace(settings, **{name: numbers})  # type: ignore[arg-type]
    known = {"order": ("RGB", "BGR", "L"), "layout": ("NCHW", "NHWC")}.get(name, ())
    if value.upper() not in known:
        raise ValueError(value)
    return replace(settings, **{name: value.upper()})  # type: ignore[arg-type]


def _pixels(text: str) -> int:
    pixels = int(text)
    if not 0 <= pixels <= _LARGEST:
        raise ValueError(text)
    return pixels


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def settings_text(settings: ImageSettings) -> str:
    """The settings in the form that `parse_image_settings` takes."""
    for name, preset in PRESETS.items():
        if preset == settings:
            return name
    parts = [f"{name}={getattr(settings, name)}" for name in ("resize", "crop")]
    parts.append("scale=1/255" if settings.scale == 1 / 255 else f"scale={settings.scale!r}")
    for name in ("mean", "std"):
        parts.append(f"{name}=" + "/".join(repr(one) for one in getattr(settings, name)))
    return ",".join((*parts, f"order={settings.order}", f"layout={settings.layout}"))
