"""`python -m tests.benchmarks [NAME …]`: measure what the budgets are about, print one table.

Every `bench_*.py` here has a function `rows()`; NAME picks `bench_NAME.py` alone. Exit code 1 where
a budget does not hold.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.benchmarks.table import Row, markdown


def main(names: list[str]) -> int:
    """Run the benchmarks that are named, or all."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    chosen = [f"bench_{name}" for name in names] or found
    rows: list[Row] = []
    for name in chosen:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows.extend(importlib.import_module(f"tests.benchmarks.{name}").rows())
    print(markdown(rows))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
