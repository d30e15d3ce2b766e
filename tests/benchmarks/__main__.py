"""Runs every benchmark: `uv run python -m tests.benchmarks`."""

import runpy
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    print(f"\n== {path.stem}", flush=True)
    runpy.run_module(f"tests.benchmarks.{path.stem}", run_name="__main__")
