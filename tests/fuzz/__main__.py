"""`python -m tests.fuzz --minutes N [--seed S]`: damaged files of every form, and what they do.

Each damaged copy must be answered within two seconds of processor time and 500 MB with a model or
an explained failure. Exit code 1 where one was not; what failed lies in the folder `--keep`, and
`--only BASE:NUMBER` with the same seed asks about it again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from tests.fuzz.bases import make_bases
from tests.fuzz.child import make_mutant

ROOT = Path(__file__).parents[2]
HANG = 20.0
"""Seconds on the wall after which a child is given up; one answer may take two of the processor."""


class Found(NamedTuple):
    """One mutant that was not answered as it must be."""

    base: Path
    number: int
    step: str
    kind: str
    text: str


class Child:
    """A process that looks at mutants, replaced when it dies or hangs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child", str(self._folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, cwd=ROOT,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        self._lines.get(timeout=120)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        lines = self._lines
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def ask(self, base: Path, seed: int, number: int) -> dict[str, Any]:
        """The answer, or how the process ended in place of one."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(base), seed, number]) + "\n")
        self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=HANG)
        except queue.Empty:
            line, kind = "", "hang"
            self._process.send_signal(signal.SIGABRT)  # the fault handler tells where it was
        else:
            kind = "crash"
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._errors.seek(0)
        text = f"exit code {code}\n{self._errors.read()[-3000:]}"
        self.close()
        self._start()
        return {"outcome": kind, "troubles": [["all", kind, text]], "bytes": 0}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()


class Run:
    """Asks one question after the other until the time is over, from several children."""

    def __init__(self, bases: list[Path], seed: int, until: float, most: int) -> None:
        self._seed, self._until, self._most = seed, until, most
        self._orders = ((base, number) for number in itertools.count() for base in bases)
        self._lock = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.by_base: Counter[str] = Counter()
        self.found: list[Found] = []

    def serve(self, folder: Path) -> None:
        """Keep one child busy."""
        folder.mkdir()
        child = Child(folder)
        while time.monotonic() < self._until:
            with self._lock:
                if sum(self.outcomes.values()) >= self._most:
                    break
                base, number = next(self._orders)
            answer = child.ask(base, self._seed, number)
            with self._lock:
                self.outcomes[answer["outcome"]] += 1
                self.by_base[base.name] += 1
                for step, kind, text in answer["troubles"]:
                    self.found.append(Found(base, number, step, kind, text))
        child.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--mutants", type=int, default=1 << 40, help="stop after this many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the mutants that fail")
    parser.add_argument("--only", help="BASE:NUMBER, one mutant alone")
    return parser.parse_args()


def main() -> int:
    """Run, and print what was found, each kind once."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "bases").mkdir()
        bases = make_bases(place / "bases")
        if options.only:
            return _only(bases, options, place)
        run = Run(bases, options.seed, time.monotonic() + options.minutes * 60, options.mutants)
        threads = [
            threading.Thread(target=run.serve, args=(place / f"child{at}",))
            for at in range(options.processes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = sum(run.outcomes.values())
        print(f"{total:,} mutants of {len(run.by_base)} files, seed {options.seed}: ", end="")
        print(", ".join(f"{count:,} {name}" for name, count in run.outcomes.most_common()))
        _tell(run.found, options)
    return 1 if run.found or not total else 0


def _tell(found: list[Found], options: argparse.Namespace) -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        last = one.text.strip().splitlines()[-3:]
        about = one.base.name if one.kind in ("slow", "memory") else last[0]
        same = (one.step, one.kind, about)
        seen[same] += 1
        if seen[same] > 1:
            continue
        shown = "\n".join(line[:300] for line in one.text.splitlines())
        print(f"\n{one.base.name}:{one.number}  {one.step}  {one.kind}\n{shown}")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            data, _ = make_mutant(one.base, options.seed, one.number)
            (options.keep / f"{one.number}-{one.base.name}").write_bytes(data)
    for same, count in seen.most_common():
        print(f"{count:6,}  {same[0]}  {same[1]}  {same[2][:200]}")


def _only(bases: list[Path], options: argparse.Namespace, place: Path) -> int:
    name, _, number = options.only.rpartition(":")
    (base,) = [base for base in bases if base.name == name]
    (place / "child").mkdir()
    child = Child(place / "child")
    answer = child.ask(base, options.seed, int(number))
    child.close()
    print(json.dumps({"outcome": answer["outcome"], "bytes": answer["bytes"]}))
    found = [Found(base, int(number), *trouble) for trouble in answer["troubles"]]
    _tell(found, options)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
