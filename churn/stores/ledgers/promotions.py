"""The append-only ledger of gate decisions: which version was promoted, when, why, and compared with which champion.

The champion is the version that was promoted last in this ledger. The alias in MLflow only repeats it.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import NotThere
from churn.stores.postgres.tables import promotions


@dataclass(frozen=True)
class Promotion:
    """A decision on a model version, with its evidence: the figures of the challenger and of every candidate."""

    decided_at: datetime
    as_of_date: date
    model_name: str
    model_version: int
    family: str
    decision: str
    decided_by: str
    reasons: list[str]
    champion_version: int | None
    training_fingerprint: str
    mlflow_run_id: str
    evidence: dict[str, Any]


def find_training(engine: Engine, training_fingerprint: str) -> Promotion | None:
    """Returns the latest decision on a model trained on exactly these examples and settings, or None."""
    return _last_promotion(engine, promotions.c.training_fingerprint == training_fingerprint)


def find_champion(engine: Engine) -> Promotion | None:
    """Returns the decision that promoted the current champion, or None if there is no champion yet."""
    return _last_promotion(engine, promotions.c.decision == "promote")


def require_champion(engine: Engine) -> Promotion:
    """Returns the decision that promoted the current champion.

    Raises:
        NotThere: no model has been promoted yet.
    """
    champion = find_champion(engine)
    if champion is None:
        raise NotThere("No model has been promoted yet.", "train a model with `churn train`.")
    return champion


def find_decision(engine: Engine, model_version: int) -> Promotion | None:
    """Returns the latest decision on a model version, or None."""
    return _last_promotion(engine, promotions.c.model_version == model_version)


def _last_promotion(engine: Engine, condition: sa.ColumnElement[bool]) -> Promotion | None:
    chosen = [promotions.c[name] for name in Promotion.__dataclass_fields__]
    query = sa.select(*chosen).where(condition).order_by(promotions.c.promotion_id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Promotion(**row)


def record_promotion(engine: Engine, promotion: Promotion) -> None:
    """Appends a gate decision to the ledger."""
    with engine.begin() as connection:
        connection.execute(sa.insert(promotions).values(asdict(promotion)))


def read_history(engine: Engine) -> list[Promotion]:
    """Returns every decision, the oldest first."""
    chosen = [promotions.c[name] for name in Promotion.__dataclass_fields__]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*chosen).order_by(promotions.c.promotion_id)).mappings()
        return [Promotion(**row) for row in rows]
