"""Days of a small telecom, run stage by stage: what the tests of publishing share."""

from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa

from churn.learning.params import ModelParams
from churn.settings import Settings
from churn.stages import intake, learning, scoring, transforms
from churn.stores import warehouse
from churn.stores.database import open_engine
from tests.conftest import DAY
from tests.factories import make_extract, write_extract

CUSTOMERS = 400
SMALL = ModelParams(forest_trees=20, boosting_rounds=20)


def day_number(number: int) -> date:
    """The n-th day of the story; 0 is DAY."""
    return DAY + timedelta(days=number)


def write_day(folder: Path, day: date) -> Path:
    """An extract of its own for each day."""
    return write_extract(folder / f"{day}.csv", make_extract(CUSTOMERS, seed=day.toordinal()))


def run_until_scored(settings: Settings, extract: Path, day: date) -> None:
    """Every stage but the last; the first day also trains the champion."""
    intake.load_extract(settings, extract, day)
    intake.validate_extract(settings, day)
    transforms.run_transforms(settings, day)
    transforms.audit_transforms(settings, day)
    if warehouse.find_champion(open_engine(settings)) is None:
        learning.train_models(settings, day, SMALL)
    scoring.score_customers(settings, day, "test run")


def run_day(settings: Settings, extract: Path, day: date) -> None:
    """Every stage."""
    run_until_scored(settings, extract, day)
    scoring.publish(settings, day)


def execute(settings: Settings, statement: str) -> None:
    """Does something to the database that the product would not."""
    with open_engine(settings).begin() as connection:
        connection.execute(sa.text(statement))


def ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    with open_engine(settings).connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]
