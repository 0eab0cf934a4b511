"""What a job works on: a file to run, sample data, and how the data fits the inputs.

Runtimes and samples take these records, so they lie below the requests that carry them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.core.image_settings import ImageSettings
from inspector.core.input_spec import InputSpec
from inspector.core.model import Tensor, Value


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A file and what is needed to run it.

    Attributes:
        path: Checkpoint, `.onnx` file, or recorded outputs.
        code: `FILE.py[:CALLABLE]`, the user's own source; empty where none is needed.
        code_args: JSON object of keyword arguments for the callable.
        trust: The user's consent to execute what the file or `code` brings.
        inputs: What `forward()` takes, in its order; empty: derived where possible.
        output_names: Names for the outputs, in order; empty: by their place in the result.
        custom_ops: Libraries with operators that an ONNX file needs; loading one executes it.
        state: Dotted path of the state dict to take where a checkpoint holds several, or of the
            pickle in a torch.package; empty: the likeliest.
    """

    path: str
    code: str = ""
    code_args: str = "{}"
    trust: bool = False
    inputs: tuple[InputSpec, ...] = ()
    output_names: tuple[str, ...] = ()
    custom_ops: tuple[str, ...] = ()
    state: str = ""


@dataclass(frozen=True, slots=True)
class DataSource:
    """Sample data: files, or random numbers.

    Attributes:
        paths: Files and folders in a form that `samples.registry` lists, in the order given.
        random: Number of generated samples; 0 where `paths` are used.
        seed: Seed of the generator.
        binding: Model input to array name, where the person chose other than the default.
        cast: Consent to convert dtypes with possible loss (float64 to float32).
        batch_size: Samples per run where the model leaves it open; 0: chosen by the program.
        limit: Use at most this many samples; 0: all.
        kinds: Model input to how its generated values are drawn, see `core.kinds`; an empty name
            stands for all that have none of their own.
        images: How pictures become numbers.
        padding: Written behind shorter lines of whole numbers; None: lines must be equally long.
    """

    paths: tuple[str, ...] = ()
    random: int = 0
    seed: int = 0
    binding: dict[str, str] = field(default_factory=dict)
    cast: bool = False
    batch_size: int = 0
    limit: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    images: ImageSettings = field(default_factory=ImageSettings)
    padding: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One model input and what it gets.

    `status` is `as-is`, `widened` (exact), `narrowed` (needs consent), or `missing` / `unfit`
    with the reason in `note`.
    """

    input: Value
    array: str
    array_dtype: str
    array_shape: tuple[int, ...]
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The whole fit of data to inputs.

    Attributes:
        arrays: Every array found in the files.
        bound: One entry per model input.
        unused: Names of arrays that no input takes.
        samples: Samples along the batch axis.
        batch_size: Samples per run.
        real: False for generated data.
        source: Name of the data in words: `samples.npz`, `random, seed 7`.
        problem: Sentence that says why it cannot be run, empty where it can.
        hint: What to do about the problem.
    """

    arrays: tuple[Tensor, ...]
    bound: tuple[Bound, ...]
    unused: tuple[str, ...]
    samples: int
    batch_size: int
    real: bool
    source: str
    problem: str = ""
    hint: str = ""


class Choice(NamedTuple):
    """A tolerance that a person chose: `absolute + relative * |reference|` is allowed.

    `output` is the name of the output that it holds for; empty for all that have none of their own.
    """

    output: str
    absolute: float
    relative: float
