"""The ledger of waves: who was enrolled, who is to be contacted, who was left out and why."""

from datetime import date

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Engine

from churn.errors import WrongUsage
from churn.stores.postgres.campaign_tables import assignments, contacts, exclusions
from churn.stores.postgres.copying import copy_in, read_batches

# $1 is the campaign, $2 the day, $3 the days of cooldown. A customer's own campaign is no other campaign.
_HISTORY = """
    SELECT
        customer_id,
        bool_or(campaign_id = $1) AS is_enrolled,
        bool_or(campaign_id <> $1 AND is_running) AS in_other_campaign,
        bool_or(coalesce(sent_on > $2::date - $3::int, false)) AS in_cooldown
    FROM (
        SELECT a.customer_id, a.campaign_id, c.status = 'running' AS is_running, NULL::date AS sent_on
        FROM ops.assignments AS a JOIN ops.campaigns AS c USING (campaign_id)
        UNION ALL
        SELECT customer_id, campaign_id, false, sent_on FROM ops.contacts
    ) AS known
    GROUP BY customer_id
"""
_CUSTOMERS = """
    SELECT customer_id, churn_probability, monthly_charges, reasons, model_version, contract, internet_service,
        payment_method, tenure_band, has_online_security, has_tech_support, risk_tier
    FROM reporting.customer_scores WHERE prediction_date = $1 AND is_active
"""


def read_active(engine: Engine, prediction_date: date) -> pl.DataFrame:
    """Returns the active customers of a published date: score, charge, reasons, and what an offer may ask for.

    Raises:
        WrongUsage: the extract of the date has no value a month, by which offers are weighed.
    """
    active = pl.concat(read_batches(engine, _CUSTOMERS, [prediction_date]))
    if active["monthly_charges"].null_count():
        raise WrongUsage(
            f"The extract of {prediction_date} has no value a month, so that no offer can be weighed.",
            "name its column as value in [core] of the declaration, then load and score the date again.",
        )
    return active


def read_history(engine: Engine, campaign_id: str, on: date, cooldown_days: int) -> pl.DataFrame:
    """Returns customer_id, is_enrolled, in_other_campaign and in_cooldown of every customer of any campaign."""
    return pl.concat(read_batches(engine, _HISTORY, [campaign_id, on, cooldown_days]))


def has_wave(engine: Engine, campaign_id: str, wave_date: date) -> bool:
    """Returns whether a campaign had a wave on a day."""
    mine = (exclusions.c.campaign_id == campaign_id) & (exclusions.c.wave_date == wave_date)
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.literal(1)).where(mine).limit(1)).first() is not None


def record_wave(engine: Engine, enrolled: pl.DataFrame, planned: pl.DataFrame, counted: pl.DataFrame) -> None:
    """Records a wave in one transaction: the enrolled customers, the contacts of the treatment group, the counts."""
    # The exclusions come last and tell `has_wave` that the day is done; all three commit together.
    with engine.begin() as connection:
        for table, rows in ((assignments, enrolled), (contacts, planned), (exclusions, counted)):
            if not rows.is_empty():
                copy_in(connection, table, rows)
        # The action list leaves out the control group at once. Without statistics Postgres takes the table for empty
        # and compares each customer with each row of it: a minute for 13 dates of 6,000 customers.
        connection.execute(sa.text("ANALYZE ops.assignments"))


def count_waiting(engine: Engine, on: date) -> dict[str, int]:
    """Returns for each channel how many planned contacts still wait for a seat on a day, over all campaigns."""
    same = (assignments.c.campaign_id == contacts.c.campaign_id) & (assignments.c.customer_id == contacts.c.customer_id)
    query = (
        sa.select(assignments.c.channel, sa.func.count().label("waiting"))
        .select_from(contacts.join(assignments, same))
        .where(contacts.c.sent_on.is_(None), contacts.c.expires_on >= on)
        .group_by(assignments.c.channel)
    )
    with engine.connect() as connection:
        return {row.channel: row.waiting for row in connection.execute(query)}
