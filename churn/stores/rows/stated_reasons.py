"""Reads the reasons that leavers stated, each with the features of the last date on which the customer was active."""

from datetime import date

import polars as pl
from sqlalchemy import Engine

from churn.contracts.declaration import BLANK_WORD
from churn.stores.postgres.copying import read_batches

YEARS_DAYS = 365
"""Reasons of a year at most: older ones are about other offers and other competitors."""


def read_stated(engine: Engine, as_of_date: date, names: tuple[str, ...], column: str | None) -> pl.DataFrame:
    """Returns customer_id, reason and the features of each leaver with a reason, in the order of customers.

    The reason is that of the declared column, else the last one that a contact brought back. Features are those of the
    last date on which the customer was active; of one who never was, those of the date that shows the leaving.

    Args:
        engine: the engine of the database.
        as_of_date: what is known on this date.
        names: the features.
        column: the declared column of stated reasons; None if there is none.
    """
    own = f"nullif(\"{column}\", '{BLANK_WORD}')" if column else "NULL"
    wanted = ", ".join(f'features."{name}"' for name in names)
    query = f"""
        WITH leavers AS (
            SELECT DISTINCT ON (customer_id) customer_id, {own}::text AS reason
            FROM analytics.fct_customer_features
            WHERE has_churned AND as_of_date <= $1 AND as_of_date > $1::date - {YEARS_DAYS}
            ORDER BY customer_id, as_of_date DESC
        ), told AS (
            SELECT DISTINCT ON (contacts.customer_id) contacts.customer_id, events.stated_reason AS reason
            FROM ops.contact_events AS events JOIN ops.contacts AS contacts USING (contact_id)
            WHERE events.stated_reason <> '' ORDER BY contacts.customer_id, events.occurred_at DESC
        ), stated AS (
            SELECT customer_id, coalesce(leavers.reason, told.reason) AS reason
            FROM leavers LEFT JOIN told USING (customer_id)
        )
        SELECT DISTINCT ON (customer_id) customer_id, stated.reason, {wanted}
        FROM analytics.fct_customer_features AS features JOIN stated USING (customer_id)
        WHERE stated.reason IS NOT NULL AND as_of_date <= $1 AND as_of_date > $1::date - {YEARS_DAYS}
        ORDER BY customer_id, has_churned, as_of_date DESC
    """
    rows = pl.concat(read_batches(engine, query, [as_of_date]))
    typed = [
        pl.col(name).fill_null(BLANK_WORD) if rows.schema[name] == pl.String else pl.col(name).cast(pl.Float64)
        for name in names
    ]
    return rows.with_columns(typed)
