"""Defects that are planted in one layer of a network, and the path of the module they are in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from tests.benchmarks.verdict_cases import corpus, edits
from tests.benchmarks.verdict_cases.healthy_sequence import tokens
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    DEFAULT,
    Array,
    Exporting,
    Net,
    Pair,
    Workshop,
)

Change = Callable[[Any], object]
Start = Callable[[Workshop], tuple[Net, dict[str, Array]]]


class Planted(NamedTuple):
    """One defect in one module.

    Attributes:
        start: The network and its data.
        module: Path of the module that is changed.
        change: What is done to it.
        how: How the network is exported.
        one_with: Path of the module that shares one node of the file with it: a normalisation that
            is merged into its convolution. Naming either is right.
    """

    start: Start
    module: str
    change: Change
    how: Exporting = DEFAULT
    one_with: str = ""

    @property
    def name(self) -> str:
        """Network, exporter and module."""
        return f"{self.start.__name__}, {self.how.exporter}, {self.module}"

    def pair(self, w: Workshop) -> Pair:
        """Both sides and the data."""
        net, data = self.start(w)
        with torch.no_grad():
            return w.pair(net, data, self.how, alter=self._alter)

    def _alter(self, root: Any) -> None:
        self.change(root.get_submodule(self.module))


def classifier(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("vision.ConvNet"), {"image": w.normal(4, 3, 32, 32)}


def unet(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("vision.UNet"), {"image": w.normal(2, 3, 32, 32)}


def detector(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("vision.Detector", apart=True), {"image": w.normal(2, 3, 32, 32)}


def deep(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("vision.Deep"), {"image": w.normal(2, 3, 16, 16)}


def transformer(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("sequence.Encoder", layers=3, take="scores"), tokens(w, 4)


def pytorch_transformer(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("sequence.Layers"), {"x": w.normal(4, 10, 32)}


def lstm(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("sequence.Recurrent"), {"x": w.normal(4, 20, 8)}


def gru(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return w.net("sequence.Recurrent", kind="GRU", both=False), {"x": w.normal(4, 20, 8)}


def faces(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return corpus.refiner(w), {"x": corpus.pictures(w, 4, 24, 24)}


def pitch(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return corpus.crepe(w, "tiny"), corpus.frames(w)


def voice(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return corpus.encoder_of_voices(w), corpus.mels(w)


def photographs(w: Workshop) -> tuple[Net, dict[str, Array]]:
    return corpus.lite(w), {"image": corpus.pictures(w, 1, 224, 224)}


def scaled(factor: float) -> Change:
    """All weights of the module times a factor."""
    return lambda module: module.weight.mul_(factor)


def bias_lost(module: Any) -> None:
    module.bias.zero_()


def rows_swapped(module: Any) -> None:
    module.weight[[0, 1]] = module.weight[[1, 0]]


def in_half(module: Any) -> None:
    _rounded(module, edits.as_half)


def in_int8(module: Any) -> None:
    _rounded(module, edits.as_int8)


def _rounded(module: Any, change: Callable[[Array], Array]) -> None:
    changed = change(module.weight.detach().numpy()).astype(np.float32)
    module.weight.copy_(torch.from_numpy(changed))


def epsilon(value: float) -> Change:
    """Another epsilon."""
    return lambda module: setattr(module, "eps", value)


def older(module: Any) -> None:
    module.running_var.mul_(1.1)


def padded_otherwise(module: Any) -> None:
    module.padding_mode = "replicate"
    module._reversed_padding_repeated_twice = [1, 1, 1, 1]


def gates_swapped(module: Any) -> None:
    for weight in module.parameters():
        i, f, g, o = weight.chunk(4)
        weight.copy_(torch.cat((i, g, f, o)))


def recurrent_bias_lost(module: Any) -> None:
    module.bias_hh_l1.zero_()


def slopes_shifted(module: Any) -> None:
    module.weight.copy_(module.weight.roll(1))


def word_lost(module: Any) -> None:
    module.weight[:10] = 0


PLANTED: tuple[Planted, ...] = (
    Planted(classifier, "stem.0", scaled(1.05), BY_DYNAMO, "stem.1"),
    Planted(classifier, "stem.1", older, BY_DYNAMO, "stem.0"),
    Planted(classifier, "middle.0", in_int8, BY_DYNAMO, "middle.1"),
    Planted(classifier, "middle.1", epsilon(1e-2), DEFAULT, "middle.0"),
    Planted(classifier, "groups", rows_swapped),
    Planted(classifier, "fc", bias_lost, BY_DYNAMO),
    Planted(unet, "down1.0", padded_otherwise),
    Planted(unet, "down2.1", older, BY_DYNAMO, "down2.0"),
    Planted(unet, "down3.0", in_half, BY_DYNAMO, "down3.1"),
    Planted(unet, "up2.0", in_half),
    Planted(unet, "up1.0", bias_lost, BY_DYNAMO),
    Planted(unet, "head", rows_swapped),
    Planted(detector, "trunk.2", scaled(1.01), BY_DYNAMO),
    Planted(detector, "score", in_half),
    Planted(deep, "layers.17", in_half),
    Planted(transformer, "embed", word_lost, BY_DYNAMO),
    Planted(transformer, "blocks.0.norm1", epsilon(1e-2), BY_DYNAMO),
    Planted(transformer, "blocks.0.attention.qkv", rows_swapped, BY_DYNAMO),
    Planted(transformer, "blocks.1.attention.out", scaled(1.02)),
    Planted(transformer, "blocks.1.norm2", epsilon(1e-2)),
    Planted(transformer, "blocks.1.wide", in_half, BY_DYNAMO),
    Planted(transformer, "blocks.2.narrow", bias_lost),
    Planted(transformer, "head", in_half, BY_DYNAMO),
    Planted(pytorch_transformer, "encoder.layers.0.norm2", epsilon(1e-2), BY_DYNAMO),
    Planted(pytorch_transformer, "encoder.layers.1.linear1", scaled(1.02), BY_DYNAMO),
    Planted(lstm, "rnn", gates_swapped),
    Planted(lstm, "head", in_half, BY_DYNAMO),
    Planted(gru, "rnn", recurrent_bias_lost, BY_DYNAMO),
    Planted(faces, "prelu2", slopes_shifted, BY_DYNAMO),
    Planted(faces, "dense5_2", bias_lost),
    Planted(pitch, "conv3", in_int8, BY_DYNAMO),
    Planted(pitch, "conv5_BN", older),
    Planted(voice, "lstm", recurrent_bias_lost),
    Planted(photographs, "_blocks.5._depthwise_conv", in_int8),
)
