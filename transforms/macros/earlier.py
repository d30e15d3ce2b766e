"""What an extract of about a month before said of the same customers."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def charges_before(
    evaluator: MacroEvaluator,
    days: exp.Expression,
    tolerance: exp.Expression,
    start: exp.Expression,
    end: exp.Expression,
) -> exp.Expression:
    """Returns a query: snapshot_date, customer_id, and the monthly charge that the customer had some days before.

    Of the extracts within the tolerance the one nearest to the distance counts, of two the later distance. Only as many
    days are read as lie in the tolerance, however many are stored.

    Args:
        days: the distance in days.
        tolerance: how many days an extract may lie off it.
        start: the first date; end: the last one.
    """
    distance, off = int(days.name), int(tolerance.name)
    first, last = start.sql(dialect="postgres"), end.sql(dialect="postgres")
    earliest, latest = distance + off, distance - off
    return exp.maybe_parse(
        f"""
        SELECT nearest.snapshot_date, earlier.customer_id, earlier.monthly_charges
        FROM (
          SELECT later.snapshot_date, earlier.snapshot_date AS earlier_date,
            ROW_NUMBER() OVER (
              PARTITION BY later.snapshot_date
              ORDER BY ABS(later.snapshot_date - earlier.snapshot_date - {distance}), earlier.snapshot_date
            ) AS place
          FROM (
            SELECT DISTINCT snapshot_date FROM staging.stg_telco_churn WHERE snapshot_date BETWEEN {first} AND {last}
          ) AS later
          INNER JOIN (
            SELECT DISTINCT snapshot_date FROM staging.stg_telco_churn
            WHERE snapshot_date BETWEEN {first} - {earliest} AND {last} - {latest}
          ) AS earlier
            ON earlier.snapshot_date BETWEEN later.snapshot_date - {earliest} AND later.snapshot_date - {latest}
        ) AS nearest
        INNER JOIN staging.stg_telco_churn AS earlier
          ON earlier.snapshot_date = nearest.earlier_date
        WHERE nearest.place = 1
          AND earlier.snapshot_date BETWEEN {first} - {earliest} AND {last} - {latest}
        """,
        dialect="postgres",
    )
