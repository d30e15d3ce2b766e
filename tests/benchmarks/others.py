"""Files of other companies: what a drafted and reviewed declaration gives, by the evaluation of the product.

uv run python -m tests.benchmarks.others FOLDER             (every .csv and .csv.gz in it, 10 splits)
uv run python -m tests.benchmarks.others FOLDER 3           (3 splits)
"""

import os
import sys
import tempfile
from datetime import date
from pathlib import Path

from churn.intake.draft_file import write_draft
from churn.intake.guessing import guess_declaration
from churn.intake.profiling import profile_file
from churn.learning.params import ModelParams
from churn.reporting.evaluation import evaluate_training
from churn.settings import Settings
from churn.stages import intake, transforms
from churn.stores.postgres.embedded import stop_embedded
from tests.support.workplaces import at

DAY = date(2026, 11, 14)
REVIEW = {"iranian.csv": {'known = "after leaving"': 'known = "at snapshot"', 'use = "show"': 'use = "model"'}}
"""What a person who knows the company corrects in a draft: Status is whether a customer is active, and is known."""
MOST_BYTES = 100_000_000


def main() -> None:
    """Prints a line for each file: customers, leavers, features, and the mean PR-AUC of each family."""
    if len(sys.argv) < 2:
        print("Name a folder with the files of other companies.")
        return
    folder, splits = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10
    print(f"{'file':24}{'customers':>10}{'log. reg.':>10}{'additive':>10}{'deep':>10}{'average':>10}{'selected':>10}")
    for path in sorted(folder.glob("*.csv*")):
        print(measure(path, splits), flush=True)


def measure(path: Path, splits: int) -> str:
    """Returns the line of a file."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        os.environ["CHURN_HOME"] = str(settings.home_dir)  # SQLMesh's configuration reads the environment
        declaration = Path(folder) / "extract.toml"
        draft = write_draft(guess_declaration(profile_file(path, path.name, MOST_BYTES)))
        for guess, known in {'reviewed_by = ""': 'reviewed_by = "the benchmark"', **REVIEW.get(path.name, {})}.items():
            draft = draft.replace(guess, known)
        declaration.write_text(draft, encoding="utf-8")
        try:
            intake.load_extract(at(settings), path, DAY, declaration)
            transforms.run_transforms(at(settings), DAY)
            summary = evaluate_training(at(settings), DAY, ModelParams(), splits)
        finally:
            stop_embedded(settings.home_dir)
    families = ("logistic_regression", "xgboost", "xgboost_deep", "average")
    figures = [*(summary.candidates[family].pr_auc for family in families), summary.selected.pr_auc]
    return f"{path.name:24}{summary.examples:10,}" + "".join(f"{figure:10.3f}" for figure in figures)


if __name__ == "__main__":
    main()
