"""Networks on sequences, as a user's own file would define them; `build` makes any of them.

What a case changes is an argument of the class: both sides are built here, with the same weights.
"""

# mypy: disable-error-code=no-any-return
from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor


def build(name: str, dtype: str = "float32", **args: object) -> nn.Module:
    """The network `name`, with its weights in `dtype`."""
    module: nn.Module = globals()[name](**args)
    return module.to(getattr(torch, dtype))


class Attention(nn.Module):
    """Attention with several heads, written out."""

    def __init__(
        self, width: int, heads: int, whole_scale: bool, diagonal: int | None, by_head: bool
    ) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads, self.diagonal, self.by_head = heads, diagonal, by_head
        self.scale = 1 / math.sqrt(width if whole_scale else width // heads)

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        n, t, width = x.shape
        shape = (n, t, self.heads, -1) if self.by_head else (n, t, -1, self.heads)
        q, k, v = (
            (y.reshape(shape) if self.by_head else y.reshape(shape).transpose(2, 3)).transpose(1, 2)
            for y in self.qkv(x).split(width, -1)
        )
        scores = q @ k.transpose(-1, -2) * self.scale
        if self.diagonal is not None:
            ones = torch.ones(t, t, dtype=torch.bool)
            later = torch.triu(ones, self.diagonal)
            scores = scores.masked_fill(later, float("-inf"))
        if allowed is not None:
            scores = scores.masked_fill(~allowed[:, None, None, :], float("-inf"))
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, t, width)
        out: Tensor = self.out(mixed)
        return out


class Block(nn.Module):
    """One layer of a transformer, normalised first."""

    def __init__(
        self, width: int, heads: int, gelu: str, eps: float, residual: bool, whole_scale: bool,
        diagonal: int | None, by_head: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.attention = Attention(width, heads, whole_scale, diagonal, by_head)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gelu, self.residual = gelu, residual

    def forward(self, x: Tensor, allowed: Tensor | None) -> Tensor:
        x = x + self.attention(self.norm1(x), allowed)
        more: Tensor = self.narrow(functional.gelu(self.wide(self.norm2(x)), approximate=self.gelu))
        return x + more if self.residual else more


class Encoder(nn.Module):
    """Tokens to what the last layers make of them: all of it, a mean, the first, or scores."""

    def __init__(
        self,
        width: int = 32,
        layers: int = 2,
        words: int = 50,
        heads: int = 4,
        gelu: str = "none",
        eps: float = 1e-5,
        residual: bool = True,
        whole_scale: bool = False,
        diagonal: int | None = None,
        by_head: bool = True,
        offset: int = 0,
        take: str = "all",
        swapped: bool = False,
        small: float = 1.0,
        masked: bool = True,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.blocks = nn.ModuleList(
            Block(width, heads, gelu, eps, residual, whole_scale, diagonal, by_head)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width, eps)
        self.head = nn.Linear(width, words)
        self.offset, self.take, self.swapped, self.small = offset, take, swapped, small
        self.masked = masked

    def places(self, t: int, dtype: torch.dtype) -> Tensor:
        """[t, width] sines and cosines of the place in the sequence."""
        width = self.norm.weight.shape[0]
        place = torch.arange(t, dtype=torch.float32)[:, None] + self.offset
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        waves = torch.sin(place * rate), torch.cos(place * rate)
        waves = waves[::-1] if self.swapped else waves
        return torch.cat(waves, -1).to(dtype)

    def forward(self, ids: Tensor, allowed: Tensor | None = None) -> Tensor:
        x = self.embed(ids) * self.small
        x = x + self.small * self.places(ids.shape[1], x.dtype)
        for block in self.blocks:
            x = block(x, allowed if self.masked else None)
        x = self.norm(x)
        if self.take == "first":
            return x[:, 0]
        if self.take == "last":
            return x[:, -1]
        if self.take == "mean":
            if allowed is None or not self.masked:
                return x.mean(1)
            weight = allowed[:, :, None].to(x.dtype)
            return (x * weight).sum(1) / weight.sum(1)
        if self.take == "words":
            return self.head(x).argmax(-1)
        return self.head(x) if self.take == "scores" else x


class Layers(nn.Module):
    """PyTorch's own transformer layers, with its fast path."""

    def __init__(self, width: int = 32, heads: int = 4) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, heads, 64, batch_first=True, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.encoder(x))
        return scores


class Recurrent(nn.Module):
    """LSTM or GRU over a sequence: the whole output and the states, or the last step."""

    def __init__(
        self, kind: str = "LSTM", both: bool = True, layers: int = 2, take: str = "all",
        place: int = -1,
    ) -> None:  # fmt: skip
        super().__init__()
        made = {"LSTM": nn.LSTM, "GRU": nn.GRU}[kind]
        self.rnn = made(8, 12, layers, batch_first=True, bidirectional=both)
        self.head = nn.Linear(24 if both else 12, 4)
        self.take, self.place = take, place

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        steps, states = self.rnn(x)
        if self.take == "step":
            return self.head(steps[:, self.place])
        if self.take == "state":
            state = states[0] if isinstance(states, tuple) else states
            return self.head(torch.cat((state[-2], state[-1]), -1))
        return self.head(steps), (states[0] if isinstance(states, tuple) else states).transpose(
            0, 1
        )


class Stepwise(nn.Module):
    """One step of an LSTM: what comes in, the state it had, and the state it has afterwards."""

    def __init__(self, forgets: bool = False, other_state: bool = False) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(8, 12)
        self.forgets, self.other_state = forgets, other_state

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        if self.forgets:
            h, c = torch.zeros_like(h), torch.zeros_like(c)
        h, c = self.cell(x, (c, h) if self.other_state else (h, c))
        return h, c


class Speech(nn.Module):
    """Sound to the logarithm of its spectrum, by a product with waves, and a convolution."""

    def __init__(self, base: str = "ln", floor: float = 1e-5, power: float = 2.0) -> None:
        super().__init__()
        self.conv = nn.Conv1d(33, 8, 3, padding=1)
        self.base, self.floor, self.power = base, floor, power

    def forward(self, sound: Tensor) -> Tensor:
        frames = sound.reshape(sound.shape[0], 16, 64)
        angle = torch.arange(33.0)[:, None] * torch.arange(64.0) * (2 * math.pi / 64)
        window = torch.hann_window(64)
        real = frames @ (torch.cos(angle) * window).T
        imaginary = frames @ (torch.sin(angle) * window).T
        loud = (real**2 + imaginary**2) ** (self.power / 2)
        loud = torch.clamp(loud, min=self.floor)
        loud = torch.log10(loud) if self.base == "10" else torch.log(loud)
        return self.conv(loud.transpose(1, 2))
