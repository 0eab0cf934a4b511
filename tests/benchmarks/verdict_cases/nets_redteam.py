"""Networks as they are shipped, made to lead the verdict astray; `build` makes any of them.

What a case changes is an argument of the class: both sides are built here, with the same weights.
"""

# mypy: disable-error-code=no-any-return
from __future__ import annotations

import math

import torch
from torch import nn

Tensor = torch.Tensor


def build(name: str, dtype: str = "float32", **args: object) -> nn.Module:
    """The network `name`, with its weights in `dtype`."""
    module: nn.Module = globals()[name](**args)
    return module.to(getattr(torch, dtype))


class Tagger(nn.Module):
    """Probabilities of many classes, each by itself, most of them rare."""

    def __init__(self, classes: int = 300) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(16, 64), nn.Linear(64, classes)
        nn.init.normal_(self.two.bias, -9.0, 2.0)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.two(torch.relu(self.one(x))))


class Masked(nn.Module):
    """Scores; those of classes that are not allowed become `fill`."""

    def __init__(self, fill: float = -1e9, reverse: bool = False, shift: float = 0.0) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(16, 32), nn.Linear(32, 40)
        self.fill, self.reverse, self.shift = fill, reverse, shift

    def forward(self, x: Tensor, allowed: Tensor) -> Tensor:
        y = self.two(torch.tanh(self.one(x)))
        y = (y.flip(-1) if self.reverse else y) + self.shift
        return y.masked_fill(allowed == 0, self.fill)


class Decoder(nn.Module):
    """One layer of a language model: rotary positions, fewer keys than queries, a cache."""

    def __init__(self, eps: float = 1e-6, last_seen: bool = False) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(200, 48), nn.Linear(48, 200, bias=False)
        self.query, self.out = (nn.Linear(48, 48, bias=False) for _ in range(2))
        self.key, self.value = (nn.Linear(48, 24, bias=False) for _ in range(2))
        self.wide, self.gate = (nn.Linear(48, 96, bias=False) for _ in range(2))
        self.narrow = nn.Linear(96, 48, bias=False)
        self.scales = nn.ParameterList(nn.Parameter(torch.rand(48) + 0.5) for _ in range(3))
        self.eps, self.last_seen = eps, last_seen

    def _normal(self, x: Tensor, place: int) -> Tensor:
        mean = x.pow(2).mean(-1, keepdim=True)
        return x * torch.rsqrt(mean + self.eps) * self.scales[place]

    def _heads(self, x: Tensor, heads: int) -> Tensor:
        return x.view(x.shape[0], x.shape[1], heads, 12).transpose(1, 2)

    def _turned(self, x: Tensor, places: Tensor) -> Tensor:
        speeds = 10000.0 ** (-torch.arange(0, 12, 2) / 12)
        angles = (places[:, None] * speeds).repeat(1, 2)
        one, other = x.chunk(2, -1)
        return x * angles.cos() + torch.cat((-other, one), -1) * angles.sin()

    def forward(
        self, ids: Tensor, past_keys: Tensor, past_values: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        steps, past = ids.shape[1], past_keys.shape[2]
        x = self.embed(ids)
        y, places = self._normal(x, 0), torch.arange(steps) + past
        queries = self._turned(self._heads(self.query(y), 4), places)
        keys = torch.cat((past_keys, self._turned(self._heads(self.key(y), 2), places)), 2)
        values = torch.cat((past_values, self._heads(self.value(y), 2)), 2)
        scores = queries @ keys.repeat_interleave(2, 1).transpose(-1, -2) / math.sqrt(12)
        hidden = torch.ones(steps, steps + past).tril(past) == 0
        if self.last_seen:
            hidden = hidden & (torch.arange(steps + past) != steps + past - 1)
        scores = scores.masked_fill(hidden, torch.finfo(torch.float32).min)
        found = scores.softmax(-1) @ values.repeat_interleave(2, 1)
        x = x + self.out(found.transpose(1, 2).reshape(ids.shape[0], steps, 48))
        y = self._normal(x, 1)
        x = x + self.narrow(nn.functional.silu(self.gate(y)) * self.wide(y))
        return self.head(self._normal(x, 2)), keys, values


class Beam(nn.Module):
    """One step of a beam search: scores, which beam, which word."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(32, 500)

    def forward(self, x: Tensor, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = self.line(x).log_softmax(-1) + scores[..., None]
        values, places = found.flatten(1).topk(5, -1)
        return values, places // 500, places % 500


class Powers(nn.Module):
    """Running products over twelve decades."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        return torch.log1p(torch.sigmoid(self.line(x))).cumsum(-1).exp()


class Loudness(nn.Module):
    """The logarithm of a sum of squares, kept from that of zero by a tiny number."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.log(x.square().sum(-1) + 1e-10)


class Steady(nn.Module):
    """Samples divided by their own spread, or all by that of the first."""

    def __init__(self, first: bool = False) -> None:
        super().__init__()
        self.line, self.first = nn.Linear(32, 8), first

    def forward(self, x: Tensor) -> Tensor:
        return self.line(x / (x[:1] if self.first else x).std(-1, keepdim=True))
