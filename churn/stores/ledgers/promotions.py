"""The append-only ledger of gate decisions: which version was promoted, when, why, and compared with which champion.

The champion is the version that was promoted last in this ledger. The alias in MLflow only repeats it.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Engine, RowMapping

from churn.contracts.decisions import Evidence, Promotion
from churn.errors import NotThere
from churn.stores.postgres.tables import promotions

_COLUMNS = [promotions.c[field.name] for field in fields(Promotion)]


def find_training(engine: Engine, training_fingerprint: str) -> Promotion | None:
    """Returns the latest decision on a model trained on exactly these examples and settings, or None."""
    return _last_promotion(engine, promotions.c.training_fingerprint == training_fingerprint)


def find_champion(engine: Engine) -> Promotion | None:
    """Returns the decision that promoted the current champion, or None if there is no champion yet."""
    return _last_promotion(engine, promotions.c.decision == "promote")


def find_champion_version(engine: Engine) -> int | None:
    """Returns the version of the current champion, without its evidence; None if there is no champion yet."""
    query = sa.select(promotions.c.model_version).where(promotions.c.decision == "promote")
    with engine.connect() as connection:
        version: int | None = connection.execute(query.order_by(promotions.c.promotion_id.desc()).limit(1)).scalar()
    return version


def require_champion(engine: Engine) -> Promotion:
    """Returns the decision that promoted the current champion.

    Raises:
        NotThere: no model has been promoted yet.
    """
    champion = find_champion(engine)
    if champion is None:
        raise _without_champion(_last_promotion(engine, sa.true()))
    return champion


def _without_champion(last: Promotion | None) -> NotThere:
    """Returns the error of a database without a champion: no training yet, or a gate that refused every model."""
    if last is None:
        return NotThere("No model has been promoted yet.", "train a model with `churn train`.")
    # Another training on the same examples would end in the same way.
    return NotThere(
        f"No model has been promoted yet. The gate did not promote version {last.model_version}: {last.reasons[0]}.",
        "look at `churn model history`. Load an extract with more customers or better labels, or change [gate] in the "
        f'policy file and run `churn train --retrain`, or run `churn model promote {last.model_version} --why "..."`.',
    )


def find_decision(engine: Engine, model_version: int) -> Promotion | None:
    """Returns the latest decision on a model version, or None."""
    return _last_promotion(engine, promotions.c.model_version == model_version)


def find_horizon(engine: Engine, model_version: int) -> str | None:
    """Returns the horizon of a model version's probabilities; None for the month of the extract."""
    decision = find_decision(engine, model_version)
    return None if decision is None else decision.horizon


def find_ranges(engine: Engine, model_version: int) -> Mapping[str, tuple[float, float]] | None:
    """Returns the range of each feature to which a model version clips; None if it does not clip."""
    decision = find_decision(engine, model_version)
    return None if decision is None else decision.evidence.ranges


def require_decision(engine: Engine, model_version: int) -> Promotion:
    """Returns the latest decision on a model version.

    Raises:
        NotThere: no decision on this version was ever recorded.
    """
    decision = find_decision(engine, model_version)
    if decision is None:
        raise NotThere(f"Model version {model_version} does not exist.", "run `churn model list` to see the versions.")
    return decision


def find_last_version(engine: Engine) -> int:
    """Returns the highest model version of the ledger; 0 if there is none."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.max(promotions.c.model_version))).scalar_one() or 0)


def find_last_training(engine: Engine) -> date | None:
    """Returns the as-of date of the newest training; None before the first one."""
    # A person's promotion and a rollback repeat the date of their model: the maximum is that of a training.
    with engine.connect() as connection:
        last: date | None = connection.execute(sa.select(sa.func.max(promotions.c.as_of_date))).scalar_one()
    return last


def _last_promotion(engine: Engine, condition: sa.ColumnElement[bool]) -> Promotion | None:
    query = sa.select(*_COLUMNS).where(condition).order_by(promotions.c.promotion_id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _read(row)


def record_promotion(engine: Engine, promotion: Promotion) -> None:
    """Appends a gate decision to the ledger."""
    with engine.begin() as connection:
        connection.execute(sa.insert(promotions).values(_stored(promotion)))


def _read(row: RowMapping) -> Promotion:
    return Promotion(**{**row, "reasons": tuple(row["reasons"]), "evidence": Evidence.from_json(row["evidence"])})


def _stored(promotion: Promotion) -> dict[str, object]:
    return {
        **{field.name: getattr(promotion, field.name) for field in fields(Promotion)},
        "reasons": list(promotion.reasons),
        "evidence": promotion.evidence.to_json(),
    }


def read_history(engine: Engine) -> list[Promotion]:
    """Returns every decision, the oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*_COLUMNS).order_by(promotions.c.promotion_id)).mappings()
        return [_read(row) for row in rows]
