"""Survival and the loss of a year, as the champion expects them, beside who really left in the following twelve months.

uv run python -m tests.benchmarks.survival             (20,000 synthetic customers)
uv run python -m tests.benchmarks.survival 100000
"""

import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from churn.economics.future import expected_loss_usd
from churn.learning.params import ModelParams
from churn.scoring.survival import predict_survival
from churn.settings import Settings
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.world import World
from churn.stages import history, intake, learning
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import stop_embedded
from churn.stores.rows import features
from tests.support.months import LAST
from tests.support.workplaces import at

MONTHS = (1, 3, 6, 12)
LEARNED_MONTHS, MONTH_DAYS = 3, 30
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def main() -> None:
    """Learns from three months, looks ahead twelve, and prints what came of it."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        os.environ["CHURN_HOME"] = str(settings.home_dir)  # SQLMesh's configuration reads the environment
        extracts = simulate(Path(folder) / "landing", customers)
        try:
            rows, survival = look_ahead(settings, extracts)
        finally:
            stop_embedded(settings.home_dir)
        show(customers, rows, survival, months_until_leaving(rows, extracts[LEARNED_MONTHS + 1 :]))


def simulate(folder: Path, customers: int) -> list[Path]:
    """Writes an extract every 30 days, for 15 months; the fourth is of LAST."""
    until = LAST + timedelta(days=12 * MONTH_DAYS)
    return write_daily_extracts(folder, World(customers, seed=20), 15 * MONTH_DAYS + 1, until, every=MONTH_DAYS)


def look_ahead(settings: Settings, extracts: list[Path]) -> tuple[pl.DataFrame, Floats]:
    """Returns the active customers of LAST and their survival by the champion that was trained on that day."""
    history.make_ready(at(settings))
    for number, extract in enumerate(extracts[: LEARNED_MONTHS + 1]):
        day = LAST - timedelta(days=(LEARNED_MONTHS - number) * MONTH_DAYS)
        intake.load_extract(at(settings), extract, day)
        history.rebuild_features(at(settings), [day])
    learning.train_models(at(settings), LAST, ModelParams())
    engine = open_engine(settings)
    champion = promotions.find_champion(engine)
    assert champion is not None
    rows = pl.concat(features.read_features(engine, LAST)).filter(~pl.col("has_churned"))
    predictor = loading.load_predictor(settings, champion.model)
    return rows, predict_survival(rows, predictor, horizon_days=MONTH_DAYS)


def months_until_leaving(rows: pl.DataFrame, later: list[Path]) -> Ints:
    """Returns (n,) the month in which each customer left; a large number for who stayed."""
    left: dict[str, int] = {}
    for month, extract in enumerate(later, 1):
        gone = pl.scan_csv(extract, infer_schema=False).filter(pl.col("Churn") == "Yes").select("customerID").collect()
        for customer in gone.to_series():
            left.setdefault(customer, month)
    return np.array([left.get(customer, 999) for customer in rows["customer_id"]])


def show(customers: int, rows: pl.DataFrame, survival: Floats, left_in: Ints) -> None:
    """Prints mean survival, its calibration slope, and the loss of a year, expected and real."""
    charges = rows["monthly_charges"].to_numpy()
    lost = float((charges * np.maximum(0, 13 - np.minimum(left_in, 13))).sum())
    expected = float(expected_loss_usd(survival, charges).sum())
    print(f"{customers:,} customers, {rows.height:,} of them active{'expected':>18}{'real':>12}{'slope':>9}")
    for months in MONTHS:
        alive, stays = survival[:, months - 1], left_in > months
        print(f"survival of {months:>2} months{alive.mean():>40.4f}{stays.mean():>12.4f}{_slope(alive, stays):>9.2f}")
    print(f"loss within 12 months, USD{expected:>35,.0f}{lost:>12,.0f}{expected / lost - 1:>+9.1%}")


def _slope(alive: Floats, stays: NDArray[np.bool_]) -> float:
    """Returns the slope of a logistic regression of staying on the log-odds of survival; 1 is calibrated."""
    log_odds = np.log(alive) - np.log1p(-alive)
    return float(LogisticRegression(C=np.inf).fit(log_odds[:, None], stays).coef_[0, 0])


if __name__ == "__main__":
    main()
