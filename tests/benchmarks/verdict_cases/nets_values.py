"""Small calculations that say something about numbers; `build` makes any of them.

What a case changes is an argument of the class: both sides are built here, with the same weights.
"""

# mypy: disable-error-code=no-any-return
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor


def build(name: str, dtype: str = "float32", **args: object) -> nn.Module:
    """The network `name`, with its weights in `dtype`."""
    module: nn.Module = globals()[name](**args)
    return module.to(getattr(torch, dtype))


class Mlp(nn.Module):
    """Three linear layers; the output times `scale`."""

    def __init__(
        self, scale: float = 1.0, classes: int = 8, final: str = "", slope: float = 0.01,
        axis: int = -1, width: int = 32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.one, self.two = nn.Linear(16, width), nn.Linear(width, width)
        self.three = nn.Linear(width, classes)
        self.scale, self.final, self.slope, self.axis = scale, final, slope, axis

    def forward(self, x: Tensor) -> Tensor:
        x = functional.leaky_relu(self.one(x), self.slope)
        x = self.three(torch.tanh(self.two(x)))
        if self.final == "softmax":
            return torch.softmax(x, self.axis)
        if self.final == "log_softmax":
            return torch.log_softmax(x, self.axis)
        if self.final == "sigmoid":
            return torch.sigmoid(x)
        if self.final == "positive":
            return x > 0
        return x * self.scale


class Wide(nn.Module):
    """Outputs of very different size side by side: `scales` along the last axis."""

    def __init__(self, scales: tuple[float, ...] = (1e6, 1.0, 1e-3)) -> None:
        super().__init__()
        self.net = Mlp(classes=len(scales))
        self.scales = list(scales)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x)
        return y * torch.tensor(self.scales, dtype=y.dtype)


class Apart(nn.Module):
    """Two outputs of the same form that mean different things."""

    def __init__(self, swapped: bool = False) -> None:
        super().__init__()
        self.left, self.right = Mlp(), Mlp()
        self.swapped = swapped

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        one, other = self.left(x), self.right(x)
        return (other, one) if self.swapped else (one, other)


class Delicate(nn.Module):
    """Normalisation of values whose mean is large beside their spread."""

    def __init__(self, mean: float = 1e4, eps: float = 1e-5) -> None:
        super().__init__()
        self.first = nn.Linear(16, 32)
        self.norm = nn.LayerNorm(32, eps)
        self.mean = mean

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.first(x) + self.mean)
        return y


class Choice(nn.Module):
    """Scores, and which are the best: `best`, `top`, `order` or `where`."""

    def __init__(self, what: str = "top", step: float = 0.0, shift: int = 0) -> None:
        super().__init__()
        self.net = Mlp(classes=12)
        self.what, self.step, self.shift = what, step, shift

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        scores: Tensor = self.net(x)
        if self.step:
            scores = torch.round(scores / self.step) * self.step
        if self.what == "best":
            return scores.argmax(-1) + self.shift
        if self.what == "top":
            values, places = scores.topk(5, -1)
            return values, places + self.shift
        if self.what == "order":
            values, places = scores.sort(-1, descending=True)
            return values, places
        if self.what == "upwards":
            values, places = scores.topk(5, -1)
            return values.flip(-1), places.flip(-1)
        return scores


class Whole(nn.Module):
    """Arithmetic of whole numbers: `division`, `rest`, `shift`, `sum`, `product`, `ids`."""

    def __init__(self, what: str = "division", how: str = "floor", by: int = 3) -> None:
        super().__init__()
        self.what, self.how, self.by = what, how, by

    def forward(self, x: Tensor) -> Tensor:
        if self.what == "division":
            return torch.div(x, self.by, rounding_mode=self.how)
        if self.what == "rest":
            return torch.remainder(x, self.by) if self.how == "floor" else torch.fmod(x, self.by)
        if self.what == "sum":
            return x.to(torch.int32 if self.how == "narrow" else torch.int64).sum(-1).long()
        if self.what == "product":
            y = x.to(torch.int32 if self.how == "narrow" else torch.int64)
            return (y * y * self.by).long()
        return x + self.by


class Parts(nn.Module):
    """A function of numbers by itself: `what` names it."""

    def __init__(self, what: str = "round") -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        return _PARTS[self.what](x)


def _special(x: Tensor) -> Tensor:
    return functional.softplus(x) + torch.special.erf(x) * torch.atan(x)


_PARTS = {
    "nothing": lambda x: 1.0 * x,
    "round": lambda x: torch.round(x),
    "round half up": lambda x: torch.floor(x + 0.5),
    "log": lambda x: torch.log(x),
    "exp": lambda x: torch.exp(x),
    "sum": lambda x: x.sum(-1),
    "cumsum": lambda x: x.cumsum(-1),
    "waves": lambda x: torch.cat((torch.sin(x), torch.cos(x)), -1),
    "special": _special,
    "clamp": lambda x: x.clamp(-1.0, 1.0),
}


class Masked(nn.Module):
    """Scores with -inf where `allowed` is false; `value` stands there instead where it is given."""

    def __init__(self, value: float | None = None) -> None:
        super().__init__()
        self.net = Mlp(classes=8)
        self.value = float("-inf") if value is None else value

    def forward(self, x: Tensor, allowed: Tensor) -> Tensor:
        scores: Tensor = self.net(x)
        return scores.masked_fill(~allowed, self.value)


class Quantised(nn.Module):
    """Two layers whose weights and values lie on steps of 8 bits, as for QDQ."""

    def __init__(self, step: float = 0.02, zero: int = 10, weight_step: float = 0.01) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(16, 32), nn.Linear(32, 6)
        self.step, self.zero, self.weight_step = step, zero, weight_step

    def forward(self, x: Tensor) -> Tensor:
        fake = torch.fake_quantize_per_tensor_affine
        x = fake(x, self.step, self.zero, 0, 255)
        weight = fake(self.one.weight, self.weight_step, 0, -128, 127)
        x = fake(
            functional.relu(functional.linear(x, weight, self.one.bias)),
            self.step,
            self.zero,
            0,
            255,
        )
        weight = fake(self.two.weight, self.weight_step, 0, -128, 127)
        return fake(functional.linear(x, weight, self.two.bias), self.step, 128, 0, 255)


class Shapes(nn.Module):
    """The same numbers in another form: `what` names the layout."""

    def __init__(self, what: str = "rows") -> None:
        super().__init__()
        self.net = Mlp(classes=16)
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x)
        if self.what == "flat":
            return y
        if self.what == "one more":
            return y[:, None]
        square = y.reshape(-1, 4, 4)
        if self.what == "double":
            return square.double()
        return square.transpose(1, 2) if self.what == "columns" else square


class Turns(nn.Module):
    """Rotary positions: pairs of values turned by an angle that grows with the place."""

    def __init__(self, base: float = 10000.0, pairs: str = "halves", far: int = 0) -> None:
        super().__init__()
        self.net = nn.Linear(16, 16)
        self.base, self.pairs, self.far = base, pairs, far

    def forward(self, x: Tensor) -> Tensor:
        y = self.net(x)
        rate = self.base ** (-torch.arange(0, 16, 2) / 16.0)
        angle = (torch.arange(y.shape[1])[:, None] + self.far) * rate
        c, s = torch.cos(angle).to(y.dtype), torch.sin(angle).to(y.dtype)
        if self.pairs == "halves":
            one, other = y[..., :8], y[..., 8:]
            return torch.cat((one * c - other * s, one * s + other * c), -1)
        one, other = y[..., ::2], y[..., 1::2]
        return torch.stack((one * c - other * s, one * s + other * c), -1).flatten(-2)
