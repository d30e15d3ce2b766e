"""Three months of a telecom whose hazards are known, learned from: what tests and the benchmark share."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from churn.contracts.decisions import TrainedLabels
from churn.learning.candidates import predict_leaving
from churn.learning.params import ModelParams
from churn.settings import Settings
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.world import World
from churn.stages import history, intake, learning
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features
from tests.support.workplaces import at

LAST = date(2026, 4, 1)
DAYS = [LAST - timedelta(days=back) for back in (90, 60, 30, 0)]
CUSTOMERS = 12_000


@dataclass(frozen=True)
class Learned:
    """A model trained on three months of matured labels, and what it says of the last day beside the truth.

    Attributes:
        told: customer_id, churn_probability and monthly_hazard of the active customers of the last day.
    """

    settings: Settings
    labels: TrainedLabels | None
    reasons: tuple[str, ...]
    told: pl.DataFrame


def learn_three_months(settings: Settings, folder: Path) -> Learned:
    """Four extracts a month apart are loaded and then refreshed, as a folder is, and learned from on the last day."""
    history.make_ready(at(settings))
    extracts = write_daily_extracts(folder, World(CUSTOMERS, seed=20), 91, LAST, every=30)
    for day, extract in zip(DAYS, extracts, strict=True):
        intake.load_extract(at(settings), extract, day)
    for day in DAYS:
        history.rebuild_features(at(settings), [day])
    learning.train_models(at(settings), LAST, ModelParams(forest_trees=40))
    champion = promotions.find_champion(open_engine(settings))
    assert champion is not None
    predictor = loading.load_predictor(settings, champion.model)
    rows = pl.concat(features.read_features(open_engine(settings), LAST))
    told = rows.select("customer_id", pl.Series("churn_probability", predict_leaving(predictor, rows)))
    truth = pl.read_parquet(folder.with_name(f"{folder.name}-truth.parquet")).filter(pl.col("as_of_date") == LAST)
    told = told.join(truth, left_on="customer_id", right_on="customerID")
    return Learned(settings, champion.evidence.labels, champion.reasons, told)


def ranking(told: pl.DataFrame, scores: str) -> float:
    """ROC-AUC over all that may happen, not over one draw of it: each customer leaves with the true hazard."""
    hazard = told["monthly_hazard"].to_numpy()
    both = np.tile(told[scores].to_numpy(), 2)
    leaves = np.repeat([1, 0], told.height)
    return float(roc_auc_score(leaves, both, sample_weight=np.concatenate([hazard, 1 - hazard])))
