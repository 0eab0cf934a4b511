"""Which installed architecture the weights of a file may belong to."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.tensor_fit import TensorRow


@dataclass(frozen=True, slots=True)
class Proposal:
    """One architecture held against the names and shapes in a file.

    Attributes:
        name: Its name in the package, such as `resnet18`.
        package: Package and version, such as `torchvision 0.29.2`.
        code: What builds it, as `--code` takes it: `torchvision.models:resnet18`.
        code_args: JSON object of its keyword arguments, as `--code-args` takes it.
        matched: Tensors whose names and shapes agree.
        total: Tensors of either side.
        differs: The others.
        sentence: What fits and what differs, one sentence.
    """

    name: str
    package: str
    code: str
    code_args: str
    matched: int
    total: int
    differs: tuple[TensorRow, ...]
    sentence: str

    @property
    def share(self) -> float:
        """Share of the tensors that agree, 0 to 1."""
        return self.matched / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What was found.

    Attributes:
        proposals: The best ones, best first; none that has next to nothing in common.
        tried: Number of architectures that were built.
        packages: Packages that were searched, with their versions.
        unavailable: Packages that were not, each with the reason.
        complete: False where the time was over before all had been tried.
    """

    proposals: tuple[Proposal, ...]
    tried: int
    packages: tuple[str, ...]
    unavailable: tuple[str, ...]
    complete: bool
