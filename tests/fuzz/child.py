"""`python -m tests.fuzz.child FOLDER`: damage files and look at them, one order a line.

An order is a JSON list: base, seed, number. The answer is a JSON object. A hang or a crash is for
whoever gives the orders to see.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import shutil
import sys
import warnings
from pathlib import Path

from tests.fuzz.bases import PART
from tests.fuzz.look import MEMORY, look
from tests.fuzz.mutate import Mutator, mutate_bytes
from tests.fuzz.mutate_pickle import mutate_pickle
from tests.fuzz.mutate_protobuf import mutate_protobuf
from tests.fuzz.mutate_text import mutate_json, mutate_npy, mutate_safetensors
from tests.fuzz.mutate_zip import mutate_zip

MUTATORS: dict[str, Mutator] = {
    ".onnx": mutate_protobuf,
    ".pb": mutate_protobuf,
    ".pkl": mutate_pickle,
    ".safetensors": mutate_safetensors,
    ".npy": mutate_npy,
    ".json": mutate_json,
}
"""By suffix; zip archives are known by their bytes, and so are pickles."""


def fitting(base: Path, data: bytes) -> Mutator:
    """What damages a file where it is read."""
    if data.startswith(b"PK"):
        return mutate_zip
    if data.startswith(b"\x80"):
        return mutate_pickle
    return MUTATORS.get(base.suffix, mutate_bytes)


def make_mutant(base: Path, seed: int, number: int) -> tuple[bytes, random.Random]:
    """The same bytes for the same seed and number, and what chooses the questions."""
    rng = random.Random(f"{seed}/{base.name}/{number}")
    data = base.read_bytes()
    return fitting(base, data)(rng, data), rng


def main(folder: Path) -> None:
    """Serve until the input ends."""
    faulthandler.enable()
    warnings.simplefilter("error")
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY + (64 << 20),) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30,) * 2)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        name, seed, number = json.loads(line)
        base = Path(name)
        data, rng = make_mutant(base, seed, number)
        place = folder / f"{number}"
        shutil.rmtree(place, ignore_errors=True)
        (place / "scratch").mkdir(parents=True)
        (place / "weights.data").write_bytes(bytes(100))
        part = base.parent / "tensors.safetensors"
        if part.exists():
            shutil.copy(part, place / PART)
        path = place / base.name
        path.write_bytes(data)
        seen = look(path, base, place / "scratch", rng)
        shutil.rmtree(place, ignore_errors=True)
        answer = {"outcome": seen.outcome, "troubles": seen.troubles, "bytes": len(data)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
