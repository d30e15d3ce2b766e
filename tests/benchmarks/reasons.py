"""Stated reasons of a real file: whether the columns tell them beforehand, by the product's own verdict.

uv run python -m tests.benchmarks.reasons FOLDER/ibm_11_1_3.csv.gz
"""

import os
import sys
import tempfile
from pathlib import Path

import polars as pl

from churn.intake.draft_file import quote, write_draft
from churn.intake.guessing import guess_declaration
from churn.intake.profiling import profile_file
from churn.reporting.leaving_reasons import read_reasons
from churn.settings import Settings
from churn.stages import intake, transforms
from churn.stages.reasoning import renew_reasons
from churn.stores.postgres.embedded import stop_embedded
from churn.terminal.display.leaving_reasons import show_reasons
from tests.benchmarks.others import DAY, MOST_BYTES
from tests.support.workplaces import at

COLUMN = "Churn Reason"
GROUPS = {
    "competitor": "competitor",
    "attitude": "attitude",
    "price": "price",
    "charges": "price",
    "dissatisf": "service",
    "reliab": "service",
    "limited": "service",
    "lack of": "service",
    "expertise": "service",
}
"""A word of a reason -> its group, as a person would group them."""


def main() -> None:
    """Prints the reasons by group and the verdict."""
    if len(sys.argv) < 2:
        print("Name the file.")
        return
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        os.environ["CHURN_HOME"] = str(settings.home_dir)  # SQLMesh's configuration reads the environment
        declaration = Path(folder) / "extract.toml"
        declaration.write_text(declare(path), encoding="utf-8")
        try:
            intake.load_extract(at(settings), path, DAY, declaration)
            transforms.run_transforms(at(settings), DAY)
            renew_reasons(at(settings), DAY, retrain=True)
            show_reasons(read_reasons(at(settings)))
        finally:
            stop_embedded(settings.home_dir)


def declare(path: Path) -> str:
    """Returns the draft of the file with its column of reasons."""
    draft = write_draft(guess_declaration(profile_file(path, path.name, MOST_BYTES)))
    reasons = pl.read_csv(path, columns=[COLUMN], infer_schema=False)[COLUMN].drop_nulls().unique().sort()
    pairs = [f"{quote(reason)} = {quote(group)}" for reason in reasons if (group := group_of(reason))]
    head, found, section = draft.partition("[columns.churn_reason]")
    assert found, "the draft has no churn_reason"
    lines = section.replace('use = "reason"', f'use = "reason"\ngroups = {{ {", ".join(pairs)} }}', 1)
    return (head + found + lines).replace('reviewed_by = ""', 'reviewed_by = "the benchmark"')


def group_of(reason: str) -> str | None:
    """Returns the group of a reason; None for a reason that is a group of its own."""
    return next((group for word, group in GROUPS.items() if word in reason.lower()), None)


if __name__ == "__main__":
    main()
