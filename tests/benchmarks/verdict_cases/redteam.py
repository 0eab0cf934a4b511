"""Cases that were thought out against the rule, by somebody who had no part in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.benchmarks.verdict_cases.workshop import BY_DYNAMO, Array, Case, Pair, Workshop

_LOWEST = float(np.finfo(np.float32).min)


def _choices(w: Workshop) -> dict[str, Array]:
    return {"x": w.normal(64, 16), "allowed": w.whole(0, 2, 64, 40)}


def _words(w: Workshop) -> dict[str, Array]:
    cache = {name: w.normal(4, 2, 7, 12) for name in ("past_keys", "past_values")}
    return {"ids": w.whole(0, 200, 4, 5), **cache}


def rare_classes(w: Workshop) -> Pair:
    """Probabilities down to a ten-millionth, each by its own sigmoid."""
    return w.pair(w.net("redteam.Tagger"), {"x": w.normal(64, 16)})


def masks_of_the_lowest_number(w: Workshop) -> Pair:
    """The lowest float32 number where a class is not allowed, beside scores of ordinary size."""
    return w.pair(w.net("redteam.Masked", fill=_LOWEST), _choices(w), BY_DYNAMO)


def words_with_a_cache(w: Workshop) -> Pair:
    """A language model that is given keys and values, and gives more of them."""
    return w.pair(w.net("redteam.Decoder"), _words(w))


def step_of_a_beam_search(w: Workshop) -> Pair:
    """The best five of all beams and words: scores and whole numbers."""
    data = {"x": w.normal(8, 4, 32), "scores": -np.abs(w.normal(8, 4, scale=10.0))}
    return w.pair(w.net("redteam.Beam"), data)


def running_products(w: Workshop) -> Pair:
    """Each column is half as large again as the one before."""
    return w.pair(w.net("redteam.Powers"), {"x": w.normal(64, 64)})


HEALTHY: tuple[Case, ...] = (
    rare_classes, masks_of_the_lowest_number, words_with_a_cache, step_of_a_beam_search,
    running_products,
)  # fmt: skip


def one_rare_class_likelier(w: Workshop) -> Pair:
    """One class of a hundred-thousandth is twice as likely."""
    net = w.net("redteam.Tagger")

    def rare(module: Any, bias: float = -10.8) -> torch.nn.Module:
        with torch.no_grad():
            module.two.bias[17] = bias
            module.two.weight[17] *= 0.1
        known: torch.nn.Module = module
        return known

    torch.save(rare(net.make(), -11.5).state_dict(), net.source.path)
    return w.pair(net, {"x": w.normal(64, 16)}, alter=rare)


def scores_beside_masks_shifted(w: Workshop) -> Pair:
    """All scores are half a point too high, beside masks of -1e9."""
    return w.pair(w.net("redteam.Masked"), _choices(w), instead={"shift": 0.5})


def scores_beside_masks_reversed(w: Workshop) -> Pair:
    """The classes are in reverse, beside masks of the lowest number there is."""
    net = w.net("redteam.Masked", fill=_LOWEST)
    return w.pair(net, _choices(w), instead={"reverse": True})


def last_word_seen_by_all(w: Workshop) -> Pair:
    """The mask of what comes later leaves out the last word."""
    return w.pair(w.net("redteam.Decoder"), _words(w), instead={"last_seen": True})


def tiny_number_dropped(w: Workshop) -> Pair:
    """The dynamo exporter takes 1e-10 for zero and drops the addition: silence becomes -inf."""
    x = w.normal(32, 16)
    x[5] = 0
    return w.pair(w.net("redteam.Loudness"), {"x": x}, BY_DYNAMO)


def spread_of_the_first_for_all(w: Workshop) -> Pair:
    """All samples are divided by the spread of the first, and the data has only one."""
    return w.pair(w.net("redteam.Steady"), {"x": w.normal(1, 32)}, instead={"first": True})


DEFECTS: tuple[Case, ...] = (
    one_rare_class_likelier, scores_beside_masks_shifted, scores_beside_masks_reversed,
    last_word_seen_by_all, tiny_number_dropped, spread_of_the_first_for_all,
)  # fmt: skip
