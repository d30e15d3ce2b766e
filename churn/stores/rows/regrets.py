"""Reads the customers about whom a matured date was wrong at the highest price, by the list that readers saw."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Engine, RowMapping

from churn.stores.rows.enrolled import ENROLLED
from churn.stores.rows.outcomes import KEPT_SCORES, STORED_SCORES, Matured

MOST = 20


@dataclass(frozen=True)
class Regret:
    """A customer about whom the list was wrong.

    Attributes:
        amount_usd: a year's revenue of a leaver, or the expected cost of a call; None without a value a month.
        reasons: the reasons of the score; None if the model gives none.
    """

    customer_id: str
    churn_probability: float
    amount_usd: float | None
    reasons: tuple[str, ...] | None


def read_missed(engine: Engine, day: Matured) -> list[Regret]:
    """Returns the most expensive customers who left without being on the list."""
    return _read(engine, day, "left_within_window AND NOT is_listed", "revenue")


def read_needless(engine: Engine, day: Matured) -> list[Regret]:
    """Returns the customers of the list who stayed without a contact, the dearest call first."""
    return _read(engine, day, "NOT left_within_window AND is_listed", "cost")


def _read(engine: Engine, day: Matured, chosen: str, amount: str) -> list[Regret]:
    scores = KEPT_SCORES if day.was_replaced else STORED_SCORES.format(more="")
    query = _REGRETS.format(
        scores=scores.replace("$1", ":day").replace("$2", "CAST(:moment AS timestamptz)"),
        why=_KEPT_WHY if day.was_replaced else _STORED_WHY,
        enrolled=ENROLLED,
        chosen=chosen,
        amount=amount,
    )
    asked = {"day": day.prediction_date, "seats": day.seats_count or 2**62, "most": MOST}
    if day.was_replaced:
        asked["moment"] = day.known_from.isoformat()
    with engine.connect() as connection:
        return [_regret(row) for row in connection.execute(sa.text(query), asked).mappings()]


def _regret(row: RowMapping) -> Regret:
    reasons = None if row["reasons"] is None else tuple(row["reasons"])
    return Regret(row["customer_id"], row["churn_probability"], row["amount"], reasons)


_STORED_WHY = """
    SELECT customer_id, reasons, expected_cost_usd AS cost FROM analytics.predictions WHERE prediction_date = :day
"""
_KEPT_WHY = """
    SELECT customer_id, CASE WHEN jsonb_typeof(score -> 'reasons') = 'array'
            THEN ARRAY(SELECT jsonb_array_elements_text(score -> 'reasons')) END AS reasons,
        CAST(score ->> 'expected_cost_usd' AS float8) AS cost
    FROM ops.seen_scores WHERE prediction_date = :day AND known_from = CAST(:moment AS timestamptz)
"""
_REGRETS = """
    WITH judged AS (
        SELECT customer_id, churn_probability, left_within_window, coalesce(call_rank <= :seats, false) AS is_listed,
            greatest(monthly_charges, 0) * 12 AS revenue, cost, reasons
        FROM (SELECT * FROM analytics.training_examples WHERE as_of_date = :day) AS examples {enrolled}
        JOIN ({scores}) AS scores USING (customer_id) JOIN ({why}) AS why USING (customer_id)
        JOIN (SELECT as_of_date, customer_id, monthly_charges FROM analytics.fct_customer_features) AS features
            USING (as_of_date, customer_id)
        WHERE left_within_window IS NOT NULL AND is_contacted IS NOT TRUE
    )
    SELECT customer_id, churn_probability, {amount} AS amount, reasons FROM judged WHERE {chosen}
    ORDER BY {amount} DESC NULLS LAST, churn_probability DESC, customer_id LIMIT :most
"""
