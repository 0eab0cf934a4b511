"""Healthy exports of networks on sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    Pair,
    Workshop,
)

_OPEN = {"ids": {0: "batch", 1: "time"}, "allowed": {0: "batch", 1: "time"}}


def tokens(w: Workshop, samples: int = 8, time: int = 12, words: int = 50) -> dict[str, Array]:
    """Token numbers, and which of them are there: at least the first three."""
    there = np.arange(time) < w.whole(3, time + 1, samples, 1)
    return {"ids": w.whole(0, words, samples, time), "allowed": there}


def encoder_by_dynamo(w: Workshop) -> Pair:
    """A transformer with a mask of -inf inside, by the dynamo exporter."""
    return w.pair(w.net("sequence.Encoder"), tokens(w), BY_DYNAMO)


def encoder_of_open_length(w: Workshop) -> Pair:
    """Any number of tokens, mean over those that are there, by the TorchScript exporter."""
    net = w.net("sequence.Encoder", take="mean")
    return w.pair(net, tokens(w), Exporting(symbols=_OPEN))


def causal_scores(w: Workshop) -> Pair:
    """A causal mask, scores of all words."""
    net = w.net("sequence.Encoder", take="scores", diagonal=1)
    return w.pair(net, tokens(w), replace(BY_DYNAMO, symbols=_OPEN))


def causal_words(w: Workshop) -> Pair:
    """The likeliest word of each place: whole numbers."""
    net = w.net("sequence.Encoder", take="words", diagonal=1)
    return w.pair(net, tokens(w, 16))


def encoder_in_half(w: Workshop) -> Pair:
    """A transformer in float16."""
    return w.pair(w.net("sequence.Encoder", "float16", take="first"), tokens(w))


def encoder_with_small_values(w: Workshop) -> Pair:
    """Embeddings so small that the epsilon of the normalisation counts."""
    return w.pair(w.net("sequence.Encoder", small=0.02), tokens(w), BY_DYNAMO)


def layers_of_pytorch(w: Workshop) -> Pair:
    """PyTorch's own layers, whose fast path the export does not have."""
    return w.pair(w.net("sequence.Layers"), {"x": w.normal(8, 10, 32)}, BY_DYNAMO)


def lstm_both_ways(w: Workshop) -> Pair:
    """Two layers of LSTM in both directions, with their states."""
    return w.pair(w.net("sequence.Recurrent"), {"x": w.normal(8, 20, 8)})


def gru_by_dynamo(w: Workshop) -> Pair:
    """A GRU, by the dynamo exporter."""
    net = w.net("sequence.Recurrent", kind="GRU", both=False)
    return w.pair(net, {"x": w.normal(8, 20, 8)}, BY_DYNAMO)


def lstm_step_with_state(w: Workshop) -> Pair:
    """One step, the state in and out."""
    data = {"x": w.normal(8, 8), "h": w.normal(8, 12), "c": w.normal(8, 12)}
    return w.pair(w.net("sequence.Stepwise"), data)


def spectrum_of_sound(w: Workshop) -> Pair:
    """The logarithm of a spectrum with quiet places, where rounding is large."""
    return w.pair(w.net("sequence.Speech"), {"sound": w.normal(8, 1024, scale=0.1)})


def turned_pairs_far_on(w: Workshop) -> Pair:
    """Rotary positions a hundred thousand places on: angles that rounding makes vague."""
    return w.pair(w.net("values.Turns", far=100_000), {"x": w.normal(8, 24, 16)}, BY_DYNAMO)


CASES: tuple[Case, ...] = (
    encoder_by_dynamo, encoder_of_open_length, causal_scores, causal_words, encoder_in_half,
    encoder_with_small_values, layers_of_pytorch, lstm_both_ways, gru_by_dynamo,
    lstm_step_with_state, spectrum_of_sound, turned_pairs_far_on,
)  # fmt: skip
