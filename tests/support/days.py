"""Days of a small telecom, run stage by stage: what the tests of publishing share.

The champion is a rule of thumb, so that what is tested is the way of the rows and not the training of a model.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import sqlalchemy as sa
from numpy.typing import NDArray

from churn.contracts.decisions import Evidence, Promotion
from churn.contracts.models import MODEL_NAME
from churn.settings import Settings
from churn.stages import history, intake, past_days, scoring, transforms
from churn.stores.ledgers import promotions, publications
from churn.stores.model_registry import loading
from churn.stores.postgres import tables
from churn.stores.postgres.database import open_engine
from tests.conftest import DAY
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

CUSTOMERS = 400
EVIDENCE = {
    "candidates": {
        "rule_of_thumb": {"test": {}},
        "xgboost": {"test": {"pr_auc": {"value": 0.5, "low": 0.4, "high": 0.6}}, "confusion": {"true_positive": 3}},
    },
    "curves": {
        "gain": {"01": {"x": 0.05, "y": 0.25, "customers": 20}},
        "slices": {
            "01": {
                "column": "gender",
                "value": "Male",
                "customers": 20,
                "leavers": 5,
                "promised_rate": 0.25,
                "left_rate": 0.25,
                "flagged_rate": 0.5,
                "roc_auc": {"value": 0.75, "low": 0.5, "high": 1.0},
            }
        },
    },
}
"""What the ledger says of the rule of thumb and of a candidate that was not chosen."""


class RuleOfThumb:
    """Month-to-month customers leave, the newer the sooner."""

    def predict_proba(self, features: pl.DataFrame) -> NDArray[np.float64]:
        leaving = 0.05 + 0.85 * features["is_month_to_month"] * features["tenure_inverse"].sqrt()
        return np.column_stack([1 - leaving, leaving])


def name_rule_of_thumb_champion(settings: Settings) -> None:
    """Makes the rule the champion of the ledger, and of this process' registry."""
    loading.load_model = lambda settings, model: loading.LoadedModel(RuleOfThumb())
    if promotions.find_champion(open_engine(settings)) is None:
        decided = datetime(2026, 1, 1, tzinfo=UTC)
        promotions.record_promotion(
            open_engine(settings),
            Promotion(
                decided_at=decided,
                as_of_date=DAY,
                model_name=MODEL_NAME,
                model_version=1,
                family="rule_of_thumb",
                decision="promote",
                decided_by="person",
                reasons=("first champion",),
                champion_version=None,
                training_fingerprint="none",
                mlflow_run_id="none",
                evidence=Evidence.from_json(EVIDENCE),
            ),
        )


def day_number(number: int) -> date:
    """The n-th day of the story; 0 is DAY."""
    return DAY + timedelta(days=number)


def write_day(folder: Path, day: date) -> Path:
    """An extract of its own for each day."""
    return write_extract(folder / f"{day}.csv", make_extract(CUSTOMERS, seed=day.toordinal()))


def show_day(settings: Settings, day: date, source_sha256: str = "") -> None:
    """A published date with no customer in it: for what looks at publications only."""
    moment = datetime(2026, 1, 31, 0, 4, tzinfo=UTC)
    publication = publications.Publication(
        prediction_date=day,
        status="published",
        basis="live",
        customers_count=0,
        eligible_count=0,
        refused_count=0,
        load_id=1,
        source_sha256=source_sha256,
        transforms_version="none",
        model_name=MODEL_NAME,
        model_version=1,
        run_id="test run",
        staged_at=moment,
        published_at=moment,
        policy_sha256=None,
    )
    with open_engine(settings).begin() as connection:
        connection.execute(sa.insert(tables.publications).values(asdict(publication)))


def run_until_scored(settings: Settings, extract: Path, day: date) -> str:
    """Every stage but training and the last; returns what scoring said."""
    intake.load_extract(at(settings), extract, day)
    intake.validate_extract(at(settings), day)
    transforms.run_transforms(at(settings), day)
    transforms.audit_transforms(at(settings), day)
    return scoring.score_customers(at(settings), day, f"test run of {extract.name}").summary


def run_day(settings: Settings, extract: Path, day: date) -> str:
    """Every stage; returns what scoring said."""
    said = run_until_scored(settings, extract, day)
    scoring.publish(at(settings), day)
    return said


def execute(settings: Settings, statement: str) -> None:
    """Does something to the database that the product would not."""
    with open_engine(settings).begin() as connection:
        connection.execute(sa.text(statement))


def ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    with open_engine(settings).connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def run_backfill(settings: Settings, days: int, until: date | None = None) -> past_days.Backfill:
    """Every stage of a backfill."""
    plan = past_days.plan_backfill(at(settings), days, until)
    for portion in plan.portions:
        history.rebuild_features(at(settings), portion)
        history.score_history(at(settings), portion, "test backfill")
        history.publish_history(at(settings), portion)
    return plan
