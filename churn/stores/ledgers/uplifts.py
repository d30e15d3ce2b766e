"""The ledger of uplift: what was learned of whom a contact helps, its proof, and who is better left alone."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.campaigns.lift import Estimate
from churn.campaigns.uplift import ERROR, Proof, Uplift
from churn.stores.postgres.campaign_tables import campaigns
from churn.stores.postgres.copying import copy_in, read_batches
from churn.stores.postgres.uplift_tables import left_alone, uplifts

_FACTS = """
    SELECT a.customer_id, s.contract, s.internet_service, s.payment_method, s.tenure_band, s.has_online_security,
        s.has_tech_support, s.monthly_charges
    FROM ops.assignments AS a
    JOIN analytics.customer_risk AS s ON s.prediction_date = a.prediction_date AND s.customer_id = a.customer_id
    WHERE a.campaign_id = $1
"""


@dataclass(frozen=True)
class Learned:
    """What waves use: the model, the names of its facts, and above which expected effect a customer is left alone."""

    uplift_id: int
    uplift: Uplift
    names: tuple[str, ...]
    leave_alone_above: float | None


def read_facts(engine: Engine, campaign_id: str) -> pl.DataFrame:
    """Returns customer_id and the facts of the enrolled customers, as they were on the date of their wave."""
    return pl.concat(read_batches(engine, _FACTS, [campaign_id]))


def has_uplift(engine: Engine, campaign_id: str, as_of_date: date) -> bool:
    """Returns whether uplift was learned from a campaign with the leavers known on a date."""
    mine = (uplifts.c.campaign_id == campaign_id) & (uplifts.c.as_of_date == as_of_date)
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.literal(1)).where(mine)).first() is not None


def record_uplift(
    engine: Engine,
    campaign_id: str,
    as_of_date: date,
    counts: tuple[int, int],
    names: tuple[str, ...],
    learned: tuple[Uplift, Proof],
) -> None:
    """Appends what was learned.

    Args:
        engine: the engine of the database.
        campaign_id: the campaign.
        as_of_date: the snapshot up to which leavers are known.
        counts: matured customers of the treatment and of the control group.
        names: the names of the facts.
        learned: the model and its proof.
    """
    uplift, proof = learned
    model = {
        "names": list(names),
        "base": list(uplift.base),
        "alpha": uplift.alpha,
        **{part: getattr(uplift, part).tolist() for part in ("beta", "centre", "scale")},
    }
    row = {
        "campaign_id": campaign_id,
        "as_of_date": as_of_date,
        "treated_count": counts[0],
        "control_count": counts[1],
        **_columns("gain", "gain", proof.gain),
        **_columns("worst_effect", "worst", proof.worst),
        "beats_risk": proof.beats_risk,
        "leave_alone_above": proof.leave_alone_above,
        "model": model,
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(uplifts).values(row))


def _columns(name: str, prefix: str, estimate: Estimate) -> dict[str, float]:
    low, high = estimate.interval(ERROR)
    return {name: estimate.effect, f"{prefix}_low": low, f"{prefix}_high": high}


def find_in_use(engine: Engine, is_synthetic: bool) -> Learned | None:
    """Returns the newest uplift of each kind of customer, real or synthetic, if it beats the score; else None."""
    query = (
        sa.select(uplifts)
        .join(campaigns, campaigns.c.campaign_id == uplifts.c.campaign_id)
        .where(campaigns.c.is_synthetic == is_synthetic)
        .order_by(uplifts.c.uplift_id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None or not row["beats_risk"]:
        return None
    model = row["model"]
    beta, centre, scale = (np.array(model[part]) for part in ("beta", "centre", "scale"))
    uplift = Uplift((model["base"][0], model["base"][1]), model["alpha"], beta, centre, scale)
    return Learned(row["uplift_id"], uplift, tuple(model["names"]), row["leave_alone_above"])


def replace_left_alone(engine: Engine, prediction_date: date, rows: pl.DataFrame) -> None:
    """Replaces the customers of a date who are better left alone: customer_id, uplift_id, expected_effect."""
    with engine.begin() as connection:
        connection.execute(sa.delete(left_alone).where(left_alone.c.prediction_date == prediction_date))
        if not rows.is_empty():
            copy_in(connection, left_alone, rows.select(pl.lit(prediction_date).alias("prediction_date"), pl.all()))
