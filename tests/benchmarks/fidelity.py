"""How like the real customers the made-up ones are.

uv run python -m tests.benchmarks.fidelity [EXTRACT]

Prints: ROC-AUC on the real file of a model trained on made-up customers, beside five-fold real on real; total variation
of each margin and each pair of columns; AUC of a classifier that tries to tell real from made up (0.5: it cannot).
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from churn.simulation.customers import simulate_customers
from tests.conftest import PUBLIC_SAMPLE

SEED = 20


def read_extract(path: Path) -> pl.DataFrame:
    """The real file with the types of a made-up frame."""
    rows = pl.read_csv(path, infer_schema=False)
    number = {"SeniorCitizen": pl.Int64, "tenure": pl.Int64, "MonthlyCharges": pl.Float64, "TotalCharges": pl.Float64}
    return rows.with_columns(pl.col(name).str.strip_chars().cast(kind, strict=False) for name, kind in number.items())


def encode(customers: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One-hot words, tenure with its non-linear terms, amounts; and the label."""
    words = [name for name, kind in customers.drop("customerID", "Churn").schema.items() if kind == pl.String]
    numbers = customers.select(
        "SeniorCitizen",
        "tenure",
        "MonthlyCharges",
        pl.col("TotalCharges").fill_null(0),
        log_tenure=pl.col("tenure").log1p(),
        inverse_tenure=1 / (1 + pl.col("tenure")),
    )
    one_hot = customers.select(words).to_dummies()
    ordered = one_hot.select(sorted(one_hot.columns))
    return pl.concat([numbers, ordered], how="horizontal").to_numpy(), (customers["Churn"] == "Yes").to_numpy()


def bin_columns(customers: pl.DataFrame) -> pl.DataFrame:
    """Every column as a few levels: numbers in the sample's tenure bins and in bins of 10 and 1,000 USD."""
    return customers.drop("customerID").with_columns(
        pl.col("SeniorCitizen").cast(pl.String),
        pl.Series("tenure", np.digitize(customers["tenure"], [1, 4, 13, 25, 37, 49, 61, 72])).cast(pl.String),
        (pl.col("MonthlyCharges") // 10).cast(pl.String),
        (pl.col("TotalCharges").fill_null(0) // 1000).cast(pl.String),
    )


def total_variation(ours: pl.DataFrame, real: pl.DataFrame, columns: list[str]) -> float:
    """Half the sum of absolute differences of shares."""
    shares = [frame.group_by(columns).len().with_columns(pl.col("len") / frame.height) for frame in (ours, real)]
    joined = shares[0].join(shares[1], on=columns, how="full", suffix="_real").fill_null(0)
    return float((joined["len"] - joined["len_real"]).abs().sum() / 2)


def main(path: Path) -> None:
    """Prints the table."""
    real = read_extract(path)
    ours = simulate_customers(10 * real.height, np.random.default_rng(SEED))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    real_x, real_y = encode(real)
    our_x, our_y = encode(ours)
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    on_real = cross_val_predict(model, real_x, real_y, cv=folds, method="predict_proba")[:, 1]
    from_ours = model.fit(our_x, our_y).predict_proba(real_x)[:, 1]
    print(f"{'tested on the real customers':40}{'ROC-AUC':>10}{'PR-AUC':>10}")
    for name, scores in (("trained on real, five folds", on_real), ("trained on made up", from_ours)):
        print(f"{name:40}{roc_auc_score(real_y, scores):10.4f}{average_precision_score(real_y, scores):10.4f}")
    print_distances(bin_columns(ours), bin_columns(real))
    same_size = our_x[: real.height]
    both = np.vstack([real_x, same_size])
    is_real = np.repeat([1, 0], real.height)
    guesser = XGBClassifier(n_estimators=150, max_depth=4, n_jobs=1)
    told = cross_val_predict(guesser, both, is_real, cv=folds, method="predict_proba")
    print(f"{'AUC of telling real from made up':40}{roc_auc_score(is_real, told[:, 1]):10.4f}")


def print_distances(ours: pl.DataFrame, real: pl.DataFrame) -> None:
    """Prints total variation of margins (worst and mean) and of pairs (mean)."""
    margins = {name: total_variation(ours, real, [name]) for name in real.columns}
    worst = max(margins, key=lambda name: margins[name])
    pairs = [total_variation(ours, real, list(pair)) for pair in combinations(real.columns, 2)]
    print(f"{'total variation of margins, mean':40}{np.mean(list(margins.values())):10.4f}")
    print(f"{f'total variation of margins, worst ({worst})':40}{margins[worst]:10.4f}")
    print(f"{'total variation of pairs, mean':40}{np.mean(pairs):10.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC_SAMPLE)
