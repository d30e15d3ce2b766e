"""The ledger of attempts to learn why customers leave, with the counts of the stated reasons."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine, RowMapping

from churn.contracts.leaving_reasons import ReasonCount, ReasonFigures, ReasonTraining
from churn.contracts.models import RegisteredModel
from churn.stores.postgres.portrait_tables import reason_trainings as trainings
from churn.stores.postgres.portrait_tables import stated_reasons


def find_newest(engine: Engine) -> ReasonTraining | None:
    """Returns the newest attempt; None if there is none yet."""
    with engine.connect() as connection:
        newest = sa.select(trainings).order_by(trainings.c.training_id.desc()).limit(1)
        row = connection.execute(newest).mappings().one_or_none()
        if row is None:
            return None
        own = sa.select(stated_reasons).where(stated_reasons.c.training_id == row["training_id"])
        counts = connection.execute(own).mappings().all()
    return _read(row, counts)


def find_last_version(engine: Engine) -> int:
    """Returns the highest version of a model of reasons; 0 if there is none."""
    with engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.max(trainings.c.model_version))) or 0)


def record_reasons(engine: Engine, made: ReasonTraining, trained_at: datetime) -> None:
    """Appends an attempt to the ledger."""
    model, figures = made.model, made.figures
    row = {
        "as_of_date": made.as_of_date,
        "trained_at": trained_at,
        "verdict": made.verdict,
        "leavers_count": made.leavers_count,
        "training_fingerprint": made.training_fingerprint,
        **({} if figures is None else vars(figures)),
        "model_name": model.name if model else None,
        "model_version": model.version if model else None,
        "mlflow_run_id": model.run_id if model else None,
        "model_sha256": model.sha256 if model else None,
    }
    with engine.begin() as connection:
        stored = sa.insert(trainings).values(row).returning(trainings.c.training_id)
        number = int(connection.execute(stored).scalar_one())
        counts = [
            {"training_id": number, "reason_group": one.group, "reason": one.reason, "leavers_count": one.leavers}
            for one in made.counts
        ]
        connection.execute(sa.insert(stated_reasons), counts)


def _read(row: RowMapping, counts: Sequence[RowMapping]) -> ReasonTraining:
    figures = {name: row[name] for name in ReasonFigures.__dataclass_fields__}
    model = RegisteredModel(
        row["model_name"], row["model_version"], row["mlflow_run_id"], row["training_fingerprint"], row["model_sha256"]
    )
    told = [ReasonCount(one["reason_group"], one["reason"], one["leavers_count"]) for one in counts]
    of_group = {one.group: sum(other.leavers for other in told if other.group == one.group) for one in told}
    return ReasonTraining(
        as_of_date=row["as_of_date"],
        verdict=row["verdict"],
        leavers_count=row["leavers_count"],
        counts=tuple(sorted(told, key=lambda one: (-of_group[one.group], one.group, -one.leavers, one.reason))),
        training_fingerprint=row["training_fingerprint"],
        figures=None if row["splits"] is None else ReasonFigures(**figures),
        model=None if row["model_version"] is None else model,
    )
