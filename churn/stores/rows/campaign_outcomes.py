"""What became of the enrolled customers: who left within the window. Snapshots say it, never agents.

A customer matures with the first snapshot on or after the last day of the window. The customer left if a snapshot up
to that one marks the customer as churned, or if the customer is in no snapshot from that one on. A customer who is
missing from one snapshot and returns has not left.
"""

from datetime import date

import polars as pl
from sqlalchemy import Engine

from churn.contracts.campaigns import REACHED
from churn.stores.postgres.copying import read_batches

_OUTCOMES = """
    WITH snapshots AS (
        SELECT DISTINCT snapshot_date FROM raw_data.loads WHERE status = 'loaded' AND snapshot_date <= $2
    ), enrolled AS (
        SELECT a.*, (
            SELECT min(s.snapshot_date) FROM snapshots AS s WHERE s.snapshot_date >= a.enrolled_on + c.window_days
        ) AS matured_on
        FROM ops.assignments AS a JOIN ops.campaigns AS c USING (campaign_id) WHERE a.campaign_id = $1
    ), marked AS (
        SELECT e.customer_id, min(t.snapshot_date) AS left_on
        FROM enrolled AS e JOIN staging.stg_telco_churn AS t
            ON t.customer_id = e.customer_id AND t.has_churned
            AND t.snapshot_date > e.enrolled_on AND t.snapshot_date <= e.matured_on
        GROUP BY e.customer_id
    ), present AS (
        SELECT e.customer_id
        FROM enrolled AS e JOIN staging.stg_telco_churn AS t
            ON t.customer_id = e.customer_id AND t.snapshot_date >= e.matured_on AND t.snapshot_date <= $2
        GROUP BY e.customer_id
    ), reached AS (
        SELECT DISTINCT c.customer_id FROM ops.contacts AS c JOIN ops.contact_events AS v USING (contact_id)
        WHERE c.campaign_id = $1 AND v.event = ANY($3)
    ), costs AS (
        SELECT c.customer_id, sum(v.cost_usd) AS cost_usd, bool_or(v.event = 'accepted') AS has_accepted
        FROM ops.contacts AS c JOIN ops.contact_events AS v USING (contact_id)
        WHERE c.campaign_id = $1 GROUP BY c.customer_id
    )
    SELECT e.customer_id, e.arm, e.offer_id, e.channel, e.draw, e.churn_probability, e.monthly_charges, e.enrolled_on,
        e.matured_on, marked.customer_id IS NOT NULL OR present.customer_id IS NULL AS has_left,
        reached.customer_id IS NOT NULL AS is_reached, k.sent_on IS NOT NULL AS is_sent,
        coalesce(k.offer_worth_usd, 0) AS offer_worth_usd, coalesce(costs.has_accepted, false) AS has_accepted,
        costs.cost_usd
    FROM enrolled AS e
    LEFT JOIN marked USING (customer_id)
    LEFT JOIN present USING (customer_id)
    LEFT JOIN reached USING (customer_id)
    LEFT JOIN costs USING (customer_id)
    LEFT JOIN ops.contacts AS k ON k.campaign_id = e.campaign_id AND k.customer_id = e.customer_id
    WHERE e.matured_on IS NOT NULL
    ORDER BY e.customer_id
"""


def read_outcomes(engine: Engine, campaign_id: str, as_of_date: date) -> pl.DataFrame:
    """Returns one row for each enrolled customer whose window is over, with arm, frozen facts, has_left and costs.

    Args:
        engine: the engine of the database.
        campaign_id: the campaign.
        as_of_date: later snapshots are not known yet.
    """
    return pl.concat(read_batches(engine, _OUTCOMES, [campaign_id, as_of_date, list(REACHED)]))
