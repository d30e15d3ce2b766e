"""The training procedure beside settings one meets everywhere, on the same splits; and what a training costs.

uv run python -m tests.benchmarks.learning [EXTRACT] [SPLITS]

Candidates, selection and the widely copied settings are measured on the test parts of the same random 70/10/20 splits.
Seconds are CPU seconds of one fit, medians over the splits. Contributions and reasons are timed on a million customers,
medians of three.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from churn.contracts.features import FEATURES
from churn.learning.candidates import predict_leaving
from churn.learning.contributions import contribute
from churn.learning.evaluating import evaluate_splits, summarise
from churn.learning.figures import weighted_figures
from churn.learning.fitting import fit_candidates, fit_family
from churn.learning.params import ModelParams
from churn.learning.splitting import split_examples
from churn.scoring.reasons import tell_reasons
from churn.settings import load_settings
from churn.stages import intake, transforms
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import stop_embedded
from churn.stores.rows import features
from tests.conftest import PUBLIC_SAMPLE
from tests.support.workplaces import at

DAY = date(2026, 1, 31)
TOLD = ("pr_auc", "roc_auc", "log_loss", "brier", "ece", "recall_at_10", "lift_at_10")
COPIED: dict[str, Callable[[], Any]] = {
    "XGBoost depth 6, weight 3": lambda: XGBClassifier(
        n_estimators=100, max_depth=6, learning_rate=0.1, scale_pos_weight=3, n_jobs=1
    ),
    "XGBoost defaults": lambda: XGBClassifier(n_jobs=1),
    "forest depth 10, balanced": lambda: RandomForestClassifier(
        100, max_depth=10, class_weight="balanced", n_jobs=1, random_state=0
    ),
    "logistic, balanced": lambda: Pipeline(
        [("scale", StandardScaler()), ("model", LogisticRegression(class_weight="balanced", max_iter=1000))]
    ),
}


def read_examples(extract: Path) -> pl.DataFrame:
    """Features of the extract, as the pipeline makes them."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHURN_HOME"] = folder  # the SQLMesh project reads the environment too
        settings = load_settings()
        try:
            intake.load_extract(at(settings), extract, DAY)
            transforms.run_transforms(at(settings), DAY)
            return pl.concat(features.read_features(open_engine(settings), DAY))
        finally:
            stop_embedded(settings.home_dir)


def measure_copied(examples: pl.DataFrame, splits: int) -> dict[str, dict[str, float]]:
    """Mean test figures of the widely copied settings."""
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in COPIED}
    for number in range(splits):
        split = split_examples(examples, number)
        labels, once = split.test["has_churned"].to_numpy(), np.ones((1, split.test.height))
        for name, build in COPIED.items():
            model = build().fit(split.train.select(FEATURES).to_numpy(), split.train["has_churned"].to_numpy())
            scores = model.predict_proba(split.test.select(FEATURES).to_numpy())[:, 1].astype(np.float64)
            figures = weighted_figures(labels, scores, once)
            rows[name].append({figure: float(figures[figure][0]) for figure in TOLD})
    return {
        name: {figure: statistics.mean(row[figure] for row in own) for figure in TOLD} for name, own in rows.items()
    }


def cpu_seconds(work: Callable[[], Any], runs: int = 3) -> float:
    """Median CPU seconds of several runs."""
    spent = []
    for _ in range(runs):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def print_figures(examples: pl.DataFrame, splits: int) -> None:
    summary = summarise(evaluate_splits(examples, ModelParams(), splits))
    ours = {"selected pipeline": vars(summary.selected), **{f"  {k}": vars(v) for k, v in summary.candidates.items()}}
    print(
        f"{splits} splits of {examples.height:,} customers, test means; "
        f"a perfect model's ECE is {summary.selected.ece_floor:.4f}"
    )
    print(f"{'':28}" + "".join(f"{name:>13}" for name in TOLD))
    for name, means in {**ours, **measure_copied(examples, splits)}.items():
        print(f"{name:28}" + "".join(f"{means[figure]:13.4f}" for figure in TOLD))


def print_costs(examples: pl.DataFrame) -> None:
    train, params = split_examples(examples, 0).train, ModelParams()
    print(f"\n{'':28}{'fit, CPU s':>13}{'score 1M':>13}{'contribute 1M':>15}{'reasons 1M':>13}")
    million = pl.concat([examples] * (1_000_000 // examples.height + 1)).head(1_000_000)
    batches = [million[start : start + 100_000] for start in range(0, million.height, 100_000)]
    for family, model in fit_candidates(train, params).items():
        fit = f"{cpu_seconds(lambda f=family: fit_family(f, train, params)):13.2f}"
        score = cpu_seconds(lambda m=model: [predict_leaving(m, batch) for batch in batches], 1)
        if contribute(model, batches[0]) is None:
            print(f"{family:28}{fit}{score:13.2f}{'none':>15}{'':>13}")
            continue
        parts = cpu_seconds(lambda m=model: [contribute(m, batch) for batch in batches])
        told = contribute(model, batches[0])
        reasons = cpu_seconds(lambda t=told: [tell_reasons(batch, t.by_feature) for batch in batches])
        print(f"{family:28}{fit}{score:13.2f}{parts:15.2f}{reasons:13.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def main(extract: Path, splits: int) -> None:
    """Prints both tables."""
    examples = read_examples(extract)
    print_figures(examples, splits)
    print_costs(examples)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC_SAMPLE,
        int(sys.argv[2]) if len(sys.argv) > 2 else 30,
    )
