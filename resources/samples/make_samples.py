"""Makes the bundled samples: two small networks, their ONNX files and real data for them.

Run it with `python resources/samples/make_samples.py`; it needs the `dev` extra (scikit-learn,
pillow) beside torch and onnx. It trains both networks from fixed seeds on data sets that come with
scikit-learn, so nothing is downloaded, and it stops with an error where a sample would not be what
`samples.json` says of it.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

HERE = Path(__file__).resolve().parent
SIMPLE = HERE / "simple_net"
DIGITS = HERE / "digits"
SEED = 20261121
OPSET = 18
IR_VERSION = 10
EPOCHS = 40
EARLIER_EPOCH = 30
PICTURES = 20
BUDGET_BYTES = 2_000_000
LEAST_ACCURACY = 0.97
# The exporter writes the stack of the exporting machine here; the other entries name modules.
PATHS_KEY = "pkg.torch.onnx.stack_trace"

SAMPLES: list[dict[str, Any]] = [
    {
        "id": "digits-good",
        "title": "A pair that agrees",
        "sentence": "A small reader of handwritten digits and {digits_samples} real pictures.",
        "verdict": "PASS",
        "files": {
            "reference": "digits/digits.pt",
            "code": "digits/digits_net.py:DigitsNet",
            "candidate": "digits/digits.onnx",
            "data": "digits/samples.npz",
        },
        "inputs": ["image=float32[batch=2,1,8,8]"],
        "outputs": ["logits"],
    },
    {
        "id": "digits-altered",
        "title": "A pair with a fault",
        "sentence": "One layer has the weights of an earlier training. Find it.",
        "verdict": "FAIL",
        "files": {
            "reference": "digits/digits.pt",
            "code": "digits/digits_net.py:DigitsNet",
            "candidate": "digits/digits_altered.onnx",
            "data": "digits/samples.npz",
        },
        "inputs": ["image=float32[batch=2,1,8,8]"],
        "outputs": ["logits"],
    },
    {
        "id": "digits-training-mode",
        "title": "Exported in training mode",
        "sentence": "Dropout is still active, and only one picture at a time goes in.",
        "verdict": "CANNOT JUDGE",
        "files": {
            "reference": "digits/digits.pt",
            "code": "digits/digits_net.py:DigitsNet",
            "candidate": "digits/digits_training_mode.onnx",
            "data": "digits/samples.npz",
        },
        "inputs": ["image=float32[1,1,8,8]"],
        "outputs": ["logits"],
    },
    {
        "id": "simple-net",
        "title": "A checkpoint to export",
        "sentence": "PyTorch only: make the ONNX file yourself.",
        "verdict": None,
        "files": {
            "reference": "simple_net/simple_net_state_dict.pt",
            "code": "simple_net/simple_net.py:SimpleNet",
            "candidate": None,
            "data": "simple_net/samples.npz",
        },
        "inputs": ["input=float32[batch=2,10]"],
        "outputs": ["output"],
    },
]


def main() -> None:
    """Make every sample, check them, and write `samples.json`."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # The checkpoints name their classes by these modules, as a user's own would.
    sys.path[:0] = [str(SIMPLE), str(DIGITS)]
    make_simple_net()
    facts = make_digits()
    samples = copy.deepcopy(SAMPLES)
    for sample in samples:
        sample["sentence"] = sample["sentence"].format(**facts)
    document = {"schema": 1, "digits": facts, "samples": samples}
    (HERE / "samples.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    total = sum(path.stat().st_size for path in HERE.rglob("*") if is_sample(path))
    require(total < BUDGET_BYTES, f"The samples take {total:,} bytes.")
    print(f"{total:,} bytes, digits {facts['test_accuracy']:.4f} right")


def make_simple_net() -> None:
    """Train `SimpleNet` on ten measurements per patient and write its files."""
    from simple_net import SimpleNet  # type: ignore[import-not-found]

    torch.manual_seed(SEED)
    measurements, progression = load_diabetes(return_X_y=True)
    scaled = (measurements / measurements.std(axis=0)).astype(np.float32)
    thirds = np.digitize(progression, np.quantile(progression, [1 / 3, 2 / 3]))
    model = SimpleNet()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-3)
    inputs, labels = torch.from_numpy(scaled[64:]), torch.from_numpy(thirds[64:])
    for _ in range(200):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(inputs), labels).backward()
        optimiser.step()
    model.eval()
    torch.save(model.state_dict(), SIMPLE / "simple_net_state_dict.pt")
    torch.save(model, SIMPLE / "simple_net.pt")
    np.savez(SIMPLE / "samples.npz", input=scaled[:64])


def make_digits() -> dict[str, Any]:
    """Train `DigitsNet`, write its files, and return what is to be said of them."""
    from digits_net import DigitsNet  # type: ignore[import-not-found]

    pixels, digits = load_digits(return_X_y=True)
    pictures = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = digits.astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(
        pictures, labels, test_size=360, random_state=SEED, stratify=labels
    )
    torch.manual_seed(SEED)
    model = DigitsNet()
    earlier = train(model, torch.from_numpy(train_x), torch.from_numpy(train_y))
    accuracy = share_right(model, test_x, test_y)
    require(accuracy > LEAST_ACCURACY, f"Only {accuracy:.4f} of the test digits are right.")

    torch.save(model.state_dict(), DIGITS / "digits.pt")
    torch.save(model, DIGITS / "digits_module.pt")
    np.savez(DIGITS / "samples.npz", image=test_x, label=test_y)
    write_pictures(test_x, test_y)

    altered = copy.deepcopy(model)
    altered.fc1.load_state_dict(earlier)
    export(model, DIGITS / "digits.onnx", batch=True)
    export(altered, DIGITS / "digits_altered.onnx", batch=True)
    export(copy.deepcopy(model).train(), DIGITS / "digits_training_mode.onnx", batch=False)
    return {
        "test_accuracy": accuracy,
        "altered_test_accuracy": share_right(altered, test_x, test_y),
        "altered_layer": "fc1",
        "digits_samples": len(test_y),
    }


def train(
    model: nn.Module, pictures: torch.Tensor, labels: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Train `model` in place and return the weights that `fc1` had some epochs before the end."""
    earlier: dict[str, torch.Tensor] = {}
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    model.train()
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(labels)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(pictures[batch]), labels[batch]).backward()
            optimiser.step()
        schedule.step()
        if epoch + 1 == EARLIER_EPOCH:
            earlier = copy.deepcopy(model.get_submodule("fc1").state_dict())
    model.eval()
    return earlier


def share_right(
    model: nn.Module, pictures: NDArray[np.float32], labels: NDArray[np.int64]
) -> float:
    """Return the share of pictures whose highest score is at the right digit, 0 to 1."""
    with torch.no_grad():
        best = model(torch.from_numpy(pictures)).argmax(dim=1).numpy()
    return round(float((best == labels).mean()), 4)


def write_pictures(pictures: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Write the first test pictures as PNG, each pixel enlarged to 8 by 8."""
    folder = DIGITS / "images"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for sample, (picture, label) in enumerate(
        zip(pictures[:PICTURES], labels[:PICTURES], strict=True)
    ):
        grey = np.rint(picture[0] * 255).astype(np.uint8)
        large = Image.fromarray(np.kron(grey, np.ones((8, 8), np.uint8)))
        large.save(folder / f"sample_{sample:02d}_digit_{label}.png", optimize=True)


def export(model: nn.Module, path: Path, *, batch: bool) -> None:
    """Export `model` as it is, training mode included, and strip this machine's paths.

    Args:
        model: A `DigitsNet`.
        path: Where the ONNX file goes.
        batch: Whether the batch dimension is dynamic; otherwise it is fixed to 1.
    """
    program = torch.onnx.export(
        model,
        (torch.zeros(2 if batch else 1, 1, 8, 8),),
        input_names=["image"],
        output_names=["logits"],
        opset_version=OPSET,
        dynamic_shapes=({0: "batch"},) if batch else None,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise SystemExit("The exporter returned nothing.")
    proto = program.model_proto
    for node in proto.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key != PATHS_KEY]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    onnx.checker.check_model(proto, full_check=True)
    opsets = {entry.domain: entry.version for entry in proto.opset_import}
    require(opsets.get("") == OPSET, f"The exporter wrote the opset imports {opsets}.")
    require(proto.ir_version == IR_VERSION, f"The exporter wrote IR version {proto.ir_version}.")
    require(str(HERE).encode() not in proto.SerializeToString(), "A local path is in the file.")
    path.write_bytes(proto.SerializeToString(deterministic=True))


def is_sample(path: Path) -> bool:
    """Tell whether `path` is one of the files that are shipped."""
    return path.is_file() and "__pycache__" not in path.parts


def require(holds: bool, otherwise: str) -> None:
    """Stop with the sentence `otherwise` unless `holds`."""
    if not holds:
        raise SystemExit(otherwise)


if __name__ == "__main__":
    main()
