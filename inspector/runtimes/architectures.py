"""Architectures that installed packages can build: where to look, and how one is built.

Every package is optional, imported inside functions only, and may be broken in any way.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple


class Candidate(NamedTuple):
    """One architecture.

    Attributes:
        name: Its name.
        family: Those of one family have most of their tensors' names in common.
        code: What builds it, as `--code` takes it.
        build: Makes the module, from keyword arguments.
        fixed: Arguments that `code` needs to mean this one.
        classes: Argument that sets the number of classes; empty where there is none.
        channels: Argument that sets the number of input channels; empty where there is none.
    """

    name: str
    family: str
    code: str
    build: Callable[..., Any]
    fixed: dict[str, Any] = {}  # noqa: RUF012
    classes: str = ""
    channels: str = ""


class Provider(NamedTuple):
    """A package that brings architectures; `list` imports it and gives its version first."""

    name: str
    list: Callable[[], tuple[str, Iterator[Candidate]]]


_NO_WORDS = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}


def likeness(family: str, names: Iterable[str]) -> float:
    """Share of the words in tensors' names that the source of a family has, 0 to 1.

    A family is a module that is imported already; where it is not, nothing is known and it is 0.
    """
    module = sys.modules.get(family)
    words = {word for name in names for word in name.split(".") if not word.isdigit()} - _NO_WORDS
    try:
        source = set(re.findall(r"\w+", inspect.getsource(module))) if module else set()
    except (OSError, TypeError):
        return 0.0
    return len(words & source) / len(words) if words else 0.0


def in_turn(offers: Sequence[tuple[str, Candidate]]) -> list[tuple[str, Candidate]]:
    """The members of a family so that different sizes come early: `vit_tiny_...`, `vit_base_...`.

    The first of each size comes before the second of any.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int]] = []
    for place, (_, candidate) in enumerate(offers):
        size = "_".join(candidate.name.split("_")[:2])
        ranked.append((seen[size], place))
        seen[size] += 1
    return [offers[place] for _, place in sorted(ranked)]


def _torchvision() -> tuple[str, Iterator[Candidate]]:
    models = importlib.import_module("torchvision.models")

    def found() -> Iterator[Candidate]:
        for name in models.list_models():
            build = models.get_model_builder(name)
            if "quantization" in build.__module__:
                continue
            bare = {"weights": None}
            if "weights_backbone" in _parameters(build):
                bare["weights_backbone"] = None
            yield Candidate(
                name,
                build.__module__,
                f"{build.__module__}:{build.__name__}",
                build,
                bare if len(bare) > 1 else {},
                classes="num_classes",
            )

    return _version("torchvision"), found()


def _version(package: str) -> str:
    return str(getattr(sys.modules[package], "__version__", ""))


def _parameters(build: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(build).parameters)


def _timm() -> tuple[str, Iterator[Candidate]]:
    timm = importlib.import_module("timm")

    def found() -> Iterator[Candidate]:
        for name in timm.list_models():
            entry = timm.model_entrypoint(name)
            yield Candidate(
                name,
                entry.__module__,
                "timm:create_model",
                timm.create_model,
                {"model_name": name},
                "num_classes",
                "in_chans",
            )

    return _version("timm"), found()


_TRANSFORMERS = (
    "BertModel", "BertForMaskedLM", "DistilBertModel", "RobertaModel", "ElectraModel",
    "AlbertModel", "MPNetModel", "DebertaV2Model", "GPT2Model", "GPT2LMHeadModel", "T5Model",
    "BartModel", "ViTModel", "ViTForImageClassification", "CLIPModel", "Wav2Vec2Model",
    "WhisperModel", "LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM",
)  # fmt: skip
"""Classes whose default settings are those of a model that many use."""


def _transformers() -> tuple[str, Iterator[Candidate]]:
    transformers = importlib.import_module("transformers")

    def found() -> Iterator[Candidate]:
        for name in _TRANSFORMERS:
            model = getattr(transformers, name, None)
            if model is not None:
                code = f"transformers:{name}"
                yield Candidate(name, model.__module__, code, _configured(model))

    return _version("transformers"), found()


def _configured(model: Any) -> Callable[..., Any]:
    return lambda **settings: model(model.config_class(**settings))


PROVIDERS: tuple[Provider, ...] = (
    Provider("torchvision", _torchvision),
    Provider("timm", _timm),
    Provider("transformers", _transformers),
)
"""Packages that are searched, in this order."""
