"""What must hold in a database at every moment between two transactions, whatever was killed before."""

from churn.settings import Settings
from tests.support.days import ask

_SCORED = """
    LEFT JOIN (SELECT {day} AS day, {count} AS customers FROM {table} GROUP BY 1) AS held
        ON held.day = shown.prediction_date
    WHERE shown.status = 'published' AND shown.customers_count IS DISTINCT FROM held.customers
"""
_TABLES = {
    "analytics.predictions": ("prediction_date", "count(*)"),
    "analytics.customer_risk": ("prediction_date", "count(*)"),
    "analytics.risk_by_profile": ("prediction_date", "sum(customers_count)"),
    "analytics.fct_customer_features": ("as_of_date", "count(*)"),
}
QUERIES = {
    **{
        f"{table} has the customers of each published date": (
            f"SELECT shown.prediction_date FROM ops.publications AS shown "
            f"{_SCORED.format(table=table, day=day, count=count)}"
        )
        for table, (day, count) in _TABLES.items()
    },
    "a customer has one score on a date": """
        SELECT prediction_date FROM analytics.predictions GROUP BY 1 HAVING count(*) <> count(DISTINCT customer_id)""",
    "raw rows agree with the ledger": """
        SELECT load.snapshot_date FROM raw_data.loads AS load
        LEFT JOIN (SELECT load_id, count(*) AS rows FROM raw_data.telco_churn_raw GROUP BY 1) AS held USING (load_id)
        WHERE load.status = 'loaded' AND load.rows_accepted IS DISTINCT FROM held.rows""",
    "raw rows belong to a current load": """
        SELECT DISTINCT held.snapshot_date FROM raw_data.telco_churn_raw AS held
        LEFT JOIN raw_data.loads AS load
            ON load.load_id = held.load_id AND load.status = 'loaded' AND load.snapshot_date = held.snapshot_date
        WHERE load.load_id IS NULL""",
    "a published date has the money of its scores": """
        SELECT shown.prediction_date FROM ops.publications AS shown
        JOIN (SELECT prediction_date, sum(revenue_at_risk_usd) AS usd FROM analytics.predictions GROUP BY 1) AS held
            USING (prediction_date)
        JOIN reporting.kpi_daily AS kpi USING (prediction_date)
        WHERE abs(held.usd - CAST(kpi.revenue_at_risk_usd AS float8)) > 0.02""",
    "a published date comes from its current load": """
        SELECT shown.prediction_date FROM ops.publications AS shown
        JOIN raw_data.loads AS load ON load.snapshot_date = shown.prediction_date AND load.status = 'loaded'
        WHERE shown.status = 'published' AND shown.basis <> 'reconstructed' AND shown.load_id <> load.load_id""",
    "the model of a date is in the ledger": """
        SELECT shown.prediction_date FROM ops.publications AS shown
        WHERE NOT EXISTS (SELECT FROM ops.promotions AS decided WHERE decided.model_version = shown.model_version)""",
    "scores belong to the features of their date": """
        SELECT DISTINCT score.prediction_date FROM analytics.predictions AS score
        JOIN ops.publications AS shown ON shown.prediction_date = score.prediction_date AND shown.status = 'published'
        LEFT JOIN analytics.fct_customer_features AS features
            ON features.as_of_date = score.prediction_date AND features.customer_id = score.customer_id
        WHERE features.customer_id IS NULL
            OR abs(score.lifetime_value_usd - features.monthly_charges * features.tenure_months) > 0.01""",
}


def find_broken(settings: Settings) -> dict[str, list[object]]:
    """Every sentence above that does not hold, with the dates for which it does not."""
    found = {sentence: [day for (day,) in ask(settings, query)] for sentence, query in QUERIES.items()}
    return {sentence: days for sentence, days in found.items() if days}
