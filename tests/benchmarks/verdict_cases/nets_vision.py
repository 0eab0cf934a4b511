"""Networks on pictures, as a user's own file would define them; `build` makes any of them.

What a case changes is an argument of the class: both sides are built here, with the same weights.
"""

# mypy: disable-error-code=no-any-return
from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor


def build(name: str, dtype: str = "float32", **args: object) -> nn.Module:
    """The network `name`, with its weights in `dtype`."""
    module: nn.Module = globals()[name](**args)
    return module.to(getattr(torch, dtype))


class ConvNet(nn.Module):
    """A classifier: convolutions with normalisation, pooled, one linear layer at the end."""

    def __init__(
        self,
        width: int = 16,
        classes: int = 10,
        eps: float = 1e-5,
        residual: bool = True,
        dropout: float = 0.2,
        final: str = "",
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width, eps), nn.ReLU()
        )
        self.middle = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width, eps), nn.ReLU()
        )
        self.groups = nn.Conv2d(width, 2 * width, 3, 2, 1, groups=4)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(2 * width, classes)
        self.residual, self.final = residual, final

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        x = x + self.middle(x) if self.residual else self.middle(x)
        x = functional.relu(self.groups(x)).mean((2, 3))
        scores = self.fc(self.dropout(x))
        if self.final == "sigmoid":
            return torch.sigmoid(scores)
        return torch.softmax(scores, 1) if self.final == "softmax" else scores


class UNet(nn.Module):
    """Down, up and across: a map as large as the picture."""

    def __init__(
        self,
        mode: str = "bilinear",
        align_corners: bool = False,
        padding_mode: Any = "zeros",
        labels: bool = False,
        skip: bool = True,
    ) -> None:
        super().__init__()
        c = nn.Conv2d
        self.down1 = nn.Sequential(c(3, 8, 3, padding=1, padding_mode=padding_mode), nn.ReLU())
        self.down2 = nn.Sequential(c(8, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.down3 = nn.Sequential(c(16, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.up2 = nn.Sequential(c(32, 16, 3, padding=1), nn.ReLU())
        self.up1 = nn.Sequential(c(24, 8, 3, padding=1), nn.ReLU())
        self.head = c(8, 4, 1)
        self.mode, self.align_corners = mode, align_corners
        self.labels, self.skip = labels, skip

    def larger(self, x: Tensor) -> Tensor:
        if self.mode in ("nearest", "nearest-exact"):
            return functional.interpolate(x, scale_factor=2.0, mode=self.mode)
        return functional.interpolate(
            x, scale_factor=2.0, mode=self.mode, align_corners=self.align_corners
        )

    def forward(self, image: Tensor) -> Tensor:
        one = self.down1(image)
        two = self.down2(one)
        up = self.larger(self.down3(two))
        up = self.up2(torch.cat((up, two if self.skip else torch.zeros_like(two)), 1))
        scores: Tensor = self.head(self.up1(torch.cat((self.larger(up), one), 1)))
        return scores.argmax(1) if self.labels else scores


class Detector(nn.Module):
    """Boxes in pixels of a picture of 640 beside scores from 0 to 1, in one tensor or in two."""

    def __init__(
        self, form: str = "xywh", final: bool = True, apart: bool = False, scale: float = 640.0
    ) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1), nn.SiLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.SiLU()
        )
        self.box, self.score = nn.Conv2d(32, 4, 1), nn.Conv2d(32, 6, 1)
        self.form, self.final, self.apart, self.scale = form, final, apart, scale

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.trunk(image)
        box = torch.sigmoid(self.box(x)).flatten(2).transpose(1, 2) * self.scale
        if self.form == "xyxy":
            half = box[..., 2:] / 2
            box = torch.cat((box[..., :2] - half, box[..., :2] + half), -1)
        score = self.score(x).flatten(2).transpose(1, 2)
        score = torch.sigmoid(score) if self.final else score
        return (box, score) if self.apart else torch.cat((box, score), -1)


class Pools(nn.Module):
    """Average and maximum pooling at edges that do not divide, and a transposed convolution."""

    def __init__(
        self, counted: bool = False, dilation: int = 2, flipped: bool = False, kind: str = "avg"
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=dilation, dilation=dilation)
        self.average = nn.AvgPool2d(3, 2, 1, count_include_pad=counted)
        self.largest = nn.MaxPool2d(3, 2, 1)
        self.up = nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1)
        self.flipped, self.kind = flipped, kind

    def forward(self, image: Tensor) -> Tensor:
        x = functional.leaky_relu(self.first(image), 0.1)
        x = self.average(x) if self.kind == "avg" else self.largest(x)
        x = self.up(self.largest(x))
        return x.flip(-1) if self.flipped else x


class Padder(nn.Module):
    """A border, made as `mode` says, and a convolution that sees it."""

    def __init__(
        self, mode: str = "reflect", pads: tuple[int, ...] = (1, 1, 1, 1), value: float = 0.0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2)
        self.mode, self.pads, self.value = mode, list(pads), value

    def forward(self, image: Tensor) -> Tensor:
        if self.mode == "constant":
            return self.conv(functional.pad(image, self.pads, value=self.value))
        return self.conv(functional.pad(image, self.pads, self.mode))


class Resize(nn.Module):
    """One interpolation, of what a convolution gives, to `size`."""

    def __init__(
        self, mode: str = "bilinear", size: int = 45, align_corners: bool = False,
        antialias: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.mode, self.size, self.antialias = mode, [size, size], antialias
        self.align_corners = None if mode.startswith("nearest") else align_corners

    def forward(self, image: Tensor) -> Tensor:
        return functional.interpolate(
            self.conv(image), self.size, mode=self.mode, align_corners=self.align_corners,
            antialias=self.antialias,
        )  # fmt: skip


class Sampler(nn.Module):
    """Looks at the picture through a grid that is turned by an angle."""

    def __init__(
        self, align_corners: bool = False, border: str = "zeros", mode: str = "bilinear"
    ) -> None:
        super().__init__()
        self.angle = nn.Parameter(torch.tensor(0.4))
        self.align_corners, self.border, self.mode = align_corners, border, mode

    def forward(self, image: Tensor) -> Tensor:
        c, s = torch.cos(self.angle), torch.sin(self.angle)
        zero = torch.zeros_like(c)
        theta = torch.stack((c, -s, zero, s, c, zero)).reshape(1, 2, 3)
        y, x = torch.meshgrid(
            torch.linspace(-1, 1, 20, dtype=image.dtype),
            torch.linspace(-1, 1, 24, dtype=image.dtype),
            indexing="ij",
        )
        flat = torch.stack((x, y, torch.ones_like(x)), -1).reshape(1, -1, 3)
        grid = (flat @ theta.transpose(1, 2)).reshape(1, 20, 24, 2)
        return functional.grid_sample(
            image, grid.expand(image.shape[0], -1, -1, -1), mode=self.mode,
            padding_mode=self.border, align_corners=self.align_corners,
        )  # fmt: skip


class Photo(nn.Module):
    """A picture of bytes, made ready inside the model, and a small classifier."""

    def __init__(
        self,
        scale: float = 255.0,
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        std: tuple[float, ...] = (0.229, 0.224, 0.225),
        reverse: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.reverse = scale, reverse
        self.mean, self.std = list(mean), list(std)
        self.net = ConvNet(classes=5)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2).to(self.net.fc.weight.dtype) / self.scale
        x = x.flip(1) if self.reverse else x
        mean = torch.tensor(self.mean, dtype=x.dtype).reshape(1, 3, 1, 1)
        std = torch.tensor(self.std, dtype=x.dtype).reshape(1, 3, 1, 1)
        scores: Tensor = self.net((x - mean) / std)
        return scores


class Larger(nn.Module):
    """Super-resolution: four times the pixels, from 0 to 255."""

    def __init__(self, rounded: bool = False, low: float = 0.0, high: float = 255.0) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 5, padding=2), nn.PReLU(16))
        self.last = nn.Conv2d(16, 12, 3, padding=1)
        self.rounded, self.low, self.high = rounded, low, high

    def forward(self, image: Tensor) -> Tensor:
        x = functional.pixel_shuffle(self.last(self.body(image)), 2) * 255 + 128
        x = x.clamp(self.low, self.high)
        return torch.round(x).to(torch.uint8) if self.rounded else x


class Norms(nn.Module):
    """Instance, group and local response normalisation, and a standard deviation by hand."""

    def __init__(self, eps: float = 1e-5, correction: int = 0, groups: int = 2) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.instance = nn.InstanceNorm2d(8, eps, affine=True)
        self.group = nn.GroupNorm(groups, 8, eps)
        self.local = nn.LocalResponseNorm(3)
        self.correction = correction

    def forward(self, image: Tensor) -> Tensor:
        x = self.local(self.group(functional.hardswish(self.instance(self.conv(image)))))
        spread = x.var((2, 3), correction=self.correction, keepdim=True).sqrt()
        return x / (spread + 1e-3)


class Deep(nn.Module):
    """Many residual layers without normalisation: values that grow from layer to layer."""

    def __init__(self, layers: int = 30, width: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.layers = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(layers))

    def forward(self, image: Tensor) -> Tensor:
        x = self.first(image)
        for layer in self.layers:
            x = x + 3.0 * functional.relu(layer(x))
        return x.mean((2, 3))


class FirstOfAll(nn.Module):
    """Python code that looks at values or sizes, which a trace bakes in as it finds them."""

    def __init__(self, what: str = "branch") -> None:
        super().__init__()
        self.one, self.other = nn.Linear(12, 4), nn.Linear(12, 4)
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        if self.what == "branch":
            return self.one(x) if bool(x.mean() > 0) else self.other(x)
        if self.what == "loop":
            return torch.stack([self.one(x[k]) for k in range(x.shape[0])])
        if self.what == "count":
            return self.one(x) / float(x.shape[0])
        if self.what == "rows":
            rows = int(x.shape[0])
            return self.one(x.reshape(rows, 12)[:rows]) + self.other(x).mean(0, keepdim=True) * rows
        if self.what == "length":
            return self.one(x.sum(1) / float(x.shape[1]))
        if self.what == "largest":
            return self.one(x / float(x.abs().max()))
        if self.what == "noise":
            return self.one(x) + 0.1 * torch.randn(4)
        return self.one(x)
