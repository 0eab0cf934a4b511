"""Forms of a PyTorch file, as far as the window treats them in different ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.core.inspection import CheckpointFacts

WEIGHT_FORMS = (
    "state-dict", "training-checkpoint", "lightning", "safetensors", "sharded", "distributed",
    "huggingface",
)  # fmt: skip
"""Forms that hold tensors by name, and no module."""

PROGRAM_FORMS = ("torchscript", "mobile", "exported-program", "torch-package", "aotinductor")
"""Forms that bring the code that is run."""

MODULE_FORMS = ("whole-module", "quantised", *PROGRAM_FORMS)
"""Forms that are run as they are, by consent."""

_NO_EXPORT = (
    "aotinductor", "mobile", "quantised-weights", "gguf", "pickle", "optimizer", "tensors",
    "no-tensors",
)  # fmt: skip


def needs_code(facts: CheckpointFacts) -> bool:
    """Whether only the person's own source can run it: weights, and no architecture is named."""
    return facts.form in WEIGHT_FORMS and not facts.architecture


def export_problem(facts: CheckpointFacts) -> str:
    """Why a form cannot be exported, and what to do instead; empty where it can."""
    return facts.next_step if facts.form in _NO_EXPORT else ""
