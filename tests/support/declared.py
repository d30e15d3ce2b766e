"""A day of another company: its extract by its declaration, from the door to a published list."""

from pathlib import Path

import sqlalchemy as sa

from churn.learning.params import ModelParams
from churn.settings import Settings
from churn.stages import intake, learning, scoring, transforms
from churn.stores.postgres.database import open_engine
from tests.conftest import DAY
from tests.support.workplaces import at


def publish_declared(settings: Settings, extract: Path, declaration: Path) -> None:
    """Every stage of DAY, with a model of few trees."""
    intake.load_extract(at(settings), extract, DAY, declaration)
    intake.validate_extract(at(settings), DAY)
    transforms.run_transforms(at(settings), DAY)
    transforms.audit_transforms(at(settings), DAY)
    learning.train_models(at(settings), DAY, ModelParams(forest_trees=20, boosting_rounds=60, deep_rounds=60))
    scoring.score_customers(at(settings), DAY, "run")
    scoring.publish(at(settings), DAY)


def ask_rows(settings: Settings, query: str) -> list[dict[str, object]]:
    """The rows of a query, by the names of their columns."""
    with open_engine(settings).connect() as connection:
        return [dict(row) for row in connection.execute(sa.text(query)).mappings()]
