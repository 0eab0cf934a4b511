"""What can be asked of a worker, and what it answers: the contract of every job.

Plain records, importable anywhere; the functions that carry them out are listed in `tasks.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.core.comparison import Slices, Worst
from inspector.core.findings import Finding
from inspector.core.input_spec import InputSpec
from inspector.core.layout import Layout
from inspector.core.model import Value
from inspector.core.sources import Binding as Binding
from inspector.core.sources import Bound as Bound
from inspector.core.sources import Choice as Choice
from inspector.core.sources import DataSource as DataSource
from inspector.core.sources import ModelSource as ModelSource


@dataclass(frozen=True, slots=True)
class InspectRequest:
    """Read the structure of `path`; nothing in it is executed.

    Attributes:
        path: The file.
        digest: Also compute its SHA-256.
        outline: Also write the tree's columns into the job's folder.
        target: Key of a runtime that the file is meant for, see `core.targets`; empty: none.
    """

    path: str
    digest: bool = False
    outline: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class DetailRequest:
    """Describe one row of the outline of `path`."""

    path: str
    row: int


@dataclass(frozen=True, slots=True)
class RowRequest:
    """Find the node `node` in the outline of `path`. The answer is a `Row`."""

    path: str
    node: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an outline; -1: there is none of that name."""

    row: int


@dataclass(frozen=True, slots=True)
class TensorRequest:
    """Look at the values of one stored tensor. The answer is a `core.tensor_facts.TensorFacts`.

    Attributes:
        path: The file.
        row: Its row in the outline; -1: it is found by name.
        name: Name of the tensor.
        npy: Also write the values as `.npy` into the job's folder.
    """

    path: str
    row: int = -1
    name: str = ""
    npy: bool = False


@dataclass(frozen=True, slots=True)
class TableRequest:
    """Write the table `nodes` or `tensors` of `path` as CSV into the job's folder."""

    path: str
    table: str


@dataclass(frozen=True, slots=True)
class FacetsRequest:
    """Write what the filter looks in besides the outline of `path`, into the job's folder."""

    path: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a job wrote: a file, or a folder with several, and how many rows they have."""

    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class AgainstRequest:
    """Hold two files against each other without running them.

    `match`: a checkpoint and an ONNX file, in whatever order; the answer is a
    `core.matching.Matching`. `difference`: two ONNX files, the earlier one first; the answer is a
    `core.difference.Difference`.

    Attributes:
        paths: Both files.
        limit: At most this many entries are listed, all are counted; 0: all.
    """

    paths: tuple[str, ...]
    limit: int = 0


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """Load a model and say what `forward()` takes, so that the export page can be filled in."""

    source: ModelSource


@dataclass(frozen=True, slots=True)
class Prepared:
    """A loaded model.

    Attributes:
        class_name: Class of the root module.
        arguments: Names of `forward()`'s arguments, in order, without `self`.
        optional: Those among them that have a default.
        inputs: Example inputs: as asked for, else guessed from the weights; empty if unknown.
        guessed: True where `inputs` is a guess.
        parameters: Number of elements of all parameters.
        training: Module paths that were saved in training mode.
        findings: Remarks made while loading (left-out statements, keys that did not fit, ...).
    """

    class_name: str
    arguments: tuple[str, ...]
    optional: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    guessed: bool
    parameters: int
    training: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """Look for installed architectures that the weights in `path` may belong to.

    The answer is `core.suggestion.Suggestions`; nothing of the file is executed.

    Attributes:
        path: A file of weights.
        limit: At most this many are proposed.
        seconds: No further architecture is built after this time.
    """

    path: str
    limit: int = 5
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Write `source` as an ONNX file.

    Attributes:
        source: The checkpoint.
        output: Path of the file to write.
        opset: Opset of the default domain.
        exporter: `dynamo` or `torchscript`.
        constant_folding: As in `torch.onnx.export` (TorchScript exporter).
        training_mode: Export as saved, dropout included; only when asked in so many words.
        keep_paths: Leave the local paths that the exporter writes into node metadata.
    """

    source: ModelSource
    output: str
    opset: int = 18
    exporter: str = "dynamo"
    constant_folding: bool = True
    training_mode: bool = False
    keep_paths: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that was written, re-read, checked and loaded.

    Attributes:
        output: The file.
        bytes: Its size, with external data.
        exporter: The exporter that was used, which may differ from the one asked for.
        requested_opset: As asked.
        opset_imports: As written.
        checked: What was verified, in words: `onnx.checker`, `ONNX Runtime`.
        inputs: As written.
        outputs: As written.
        findings: Remarks, the worst first.
        seconds: Stage to duration in seconds.
        specs: The example inputs that were used.
    """

    output: str
    bytes: int
    exporter: str
    requested_opset: int
    opset_imports: dict[str, int]
    checked: tuple[str, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    findings: tuple[Finding, ...]
    seconds: dict[str, float]
    specs: tuple[InputSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertRequest:
    """Write `path` anew for an older runtime; the file itself stays as it is.

    Attributes:
        path: An ONNX file.
        output: Path of the file to write.
        opset: Highest opset of the default domain; 0: what the installed ONNX Runtime reads.
        ir_version: Highest IR version; 0: likewise.
    """

    path: str
    output: str
    opset: int = 0
    ir_version: int = 0


@dataclass(frozen=True, slots=True)
class Converted:
    """A conversion that was written and checked.

    Attributes:
        output: The file.
        bytes: Its size.
        ir_version: As written.
        opset: As written.
        sentence: What was changed.
    """

    output: str
    bytes: int
    ir_version: int
    opset: int
    sentence: str


@dataclass(frozen=True, slots=True)
class BindRequest:
    """Say which array would go into which input; nothing is run."""

    inputs: tuple[Value, ...]
    data: DataSource


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """Look at one sample of the data. The answer is a `core.sample_preview.SamplePreview`.

    Attributes:
        inputs: What the model takes.
        data: The sample data.
        array: Name of an array in it.
        input: Name of the input that gets the array; empty: none does.
        sample: Number of the sample, from 0.
    """

    inputs: tuple[Value, ...]
    data: DataSource
    array: str
    input: str = ""
    sample: int = 0


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """Run both sides on the same data and judge. The answer is a `core.comparison.Comparison`.

    Attributes:
        reference: What is right.
        candidate: What is checked.
        data: What both compute.
        accept_generated: Let generated data alone earn PASS.
        provider: Execution provider for ONNX Runtime.
        keep_bytes: Largest total size of the outputs that are kept on disk for the pictures.
        convert: Run a converted copy of an ONNX file that is newer than ONNX Runtime reads.
        sizes: Also try other sizes than the data's own where the candidate leaves them open.
        tolerances: What may differ, per output, where a person chose other than the default.
        part: Number of this part of the data and how many there are, from 1: `(2, 4)` judges the
            second quarter and writes its counts as `PART_COUNTS`; `(0, 0)`: all of it at once.
        pairing: Output of the reference to output of the candidate, where a person chose other
            than by name, then by order.
        layouts: Axis orders of inputs and outputs that are not the reference's.
    """

    reference: ModelSource
    candidate: ModelSource
    data: DataSource
    accept_generated: bool = False
    provider: str = "CPUExecutionProvider"
    keep_bytes: int = 2_000_000_000
    convert: bool = False
    sizes: bool = True
    tolerances: tuple[Choice, ...] = ()
    part: tuple[int, int] = (0, 0)
    pairing: dict[str, str] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()


@dataclass(frozen=True, slots=True)
class LocaliseRequest:
    """Find the layer where the candidate parts from the reference.

    The answer is a `core.layers.Localisation`. While the job runs, what is known so far lies in
    its folder as `PARTIAL_LAYERS`, in the same form; an event `layers` says so each time.

    Attributes:
        reference: As in a comparison.
        candidate: As in a comparison. One of the two is an ONNX file.
        data: As in a comparison.
        samples: Samples to look at; `core.layers.samples_of` chooses them after a comparison.
        provider: Execution provider for ONNX Runtime.
        convert: As in a comparison.
        steps: Also look at single steps between and inside modules: the PyTorch model is exported
            anew for it, which takes some seconds.
        blame: Also ask which tool is at fault.
    """

    reference: ModelSource
    candidate: ModelSource
    data: DataSource
    samples: tuple[int, ...] = (0,)
    provider: str = "CPUExecutionProvider"
    convert: bool = False
    steps: bool = True
    blame: bool = True


PARTIAL_LAYERS = "layers.json"
"""File of a running `localise` job with what is known so far."""


PART_COUNTS = "part.json"
"""File in the folder of a comparison of one part: what `jobs/compare_parts.py` puts together."""

PARTIAL_COMPARISON = "judged.json"
"""File in the folder of a running comparison: what is judged so far, as a `Comparison`."""


@dataclass(frozen=True, slots=True)
class ProvidersRequest:
    """Run the candidate on several execution providers, beside the reference.

    The answer is a `core.providers.Providers`.

    Attributes:
        reference: What is right.
        candidate: An ONNX file.
        data: What all compute.
        providers: Execution providers: `all`, or names, in full or short, with commas.
        threads: Threads that each side may use; 0: one per core.
        convert: As in `CompareRequest`.
        tolerances: As in `CompareRequest`.
    """

    reference: ModelSource
    candidate: ModelSource
    data: DataSource
    providers: str = "all"
    threads: int = 0
    convert: bool = False
    tolerances: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementsRequest:
    """List the elements of one output whose metric lies in a histogram bar, worst first.

    Attributes:
        reference_file: `.npy` of the kept reference outputs, samples along axis 0.
        candidate_file: The candidate's.
        metric: `absolute`, `relative` or `ulp`.
        lower: Metric above this ...
        upper: ... and up to this; both 0: the equal ones; both inf: the unbounded ones.
        absolute: `allowed.absolute` of the output.
        relative: `allowed.relative` of the output.
        scale: `allowed.scale` of the output.
        limit: At most this many are listed.
        slices: `slices` of the output.
        rounding: `allowed.steps * allowed.eps` of the output, which slices are multiplied by.
    """

    reference_file: str
    candidate_file: str
    metric: str
    lower: float
    upper: float
    absolute: float
    relative: float
    scale: float
    limit: int = 500
    slices: Slices | None = None
    rounding: float = 0.0


@dataclass(frozen=True, slots=True)
class Elements:
    """What `ElementsRequest` found; `total` counts all, `worst` holds the first `limit`."""

    total: int
    worst: tuple[Worst, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """What a worker is held to, and what its system does not give.

    Attributes:
        active: What is ensured, in words (see `confinement.PARTS`).
        missing: Each measure that is not there or not whole, and why.
    """

    active: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a worker's standard output.

    Attributes:
        job: Directory of the job, empty for events of the worker itself.
        kind: `ready` (imports are done), `confined` (with `protection`), `stage` (a stage
            began), `progress` (inside a stage),
            `outline` (the tree's columns are in the folder `text`; findings follow),
            `judged` (`PARTIAL_COMPARISON` holds what is judged so far),
            `layers` (what is known of the layers so far is in the file `text`),
            `finished` (`result.json` is there), `failed` (`failure.json` is there).
        stage: Name of the stage.
        text: What is known about it, in words.
        fraction: Share done, 0 to 1, only where it is truly known.
        seconds: Time since the job began.
        memory: Resident memory of the worker in bytes, where the platform tells.
        protection: What the worker is held to from now on.
    """

    job: str
    kind: str
    stage: str = ""
    text: str = ""
    fraction: float | None = None
    seconds: float = 0.0
    memory: int = 0
    protection: Protection | None = None
