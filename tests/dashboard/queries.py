"""What each card and table of the pages must hold, asked of `reporting` in SQL of our own, and how a cell is written.

A query's columns are those of the table, in order and by name; a table that is not here fails the test.
"""

from datetime import date, datetime
from decimal import Decimal

from churn.contracts.levers import LEVERS
from churn.stores.shown import calls
from tests.conftest import DAY

_KPI = f"FROM reporting.kpi_daily WHERE prediction_date = '{DAY}'"
_CALLS = f"FROM reporting.action_list WHERE prediction_date = '{DAY}' ORDER BY call_rank"
MOVED = f"""FROM (SELECT customer_id FROM reporting.customer_scores GROUP BY customer_id
    HAVING count(DISTINCT risk_tier) > 1 AND count(*) FILTER (WHERE is_active AND prediction_date = '{DAY}') > 0
    ORDER BY customer_id LIMIT 1) AS moved"""
"""A customer whose tier has changed."""
_SCORE = (
    f"FROM reporting.customer_scores WHERE prediction_date = '{DAY}' AND customer_id = (SELECT customer_id {MOVED})"
)
_CHAMPION = "WHERE promotion_id = (SELECT promotion_id FROM reporting.model_history WHERE is_champion)"
_FAMILIES = "('logistic_regression', 'Logistic regression'), ('random_forest', 'Random forest'), ('xgboost', 'XGBoost')"
_FAMILY = (
    f"(SELECT said FROM (VALUES {_FAMILIES}, ('average', 'Average of two')) AS one(name, said) WHERE name = family)"
)
_WORDS = """('contract', 'Contract'), ('tenure_band', 'Tenure band'), ('internet_service', 'Internet'),
    ('gender', 'Gender'), ('payment_method', 'Payment'),
    ('senior_citizen', 'Senior'), ('is_senior_citizen', 'Senior')"""
_DIMENSION = f"(SELECT said FROM (VALUES {_WORDS}) AS one(name, said) WHERE name = dimension) AS dimension"
_BASIS = "upper(left(basis, 1)) || replace(substr(basis, 2), '_', ' ') AS basis"
_SHARES = ("precision", "recall", "recall_at_10")
_MODEL_FIGURES = ("pr_auc", "roc_auc", "log_loss", "brier", "ece", "precision", "recall", "recall_at_10", "lift_at_10")

CARDS = {
    "today": f"""SELECT at_risk_customers_count, active_customers_count, revenue_at_risk_usd,
        expected_annual_loss_usd, average_churn_probability {_KPI}""",
    "calls?all_columns=true": f"""SELECT count(*) AS customers_count, sum(expected_profit_usd) AS expected_profit_usd,
        sum(expected_cost_usd) AS expected_cost_usd, sum(revenue_at_risk_usd) AS revenue_at_risk_usd
        FROM reporting.action_list WHERE prediction_date = '{DAY}'""",
    "segments": f"""SELECT active_customers_count, at_risk_customers_count,
        at_risk_customers_count::float8 / active_customers_count AS at_risk_rate, average_churn_probability,
        revenue_at_risk_usd, expected_annual_loss_usd {_KPI}""",
    "customer": f"""SELECT churn_probability, expected_annual_loss_usd, revenue_at_risk_usd, lifetime_value_usd,
        monthly_charges, tenure_months {_SCORE}""",
}


def _ask_segments(dimension: str) -> str:
    order = "segment" if dimension == "tenure_band" else "expected_annual_loss_usd DESC"
    return f"""SELECT segment AS {dimension}, active_customers_count, at_risk_customers_count, at_risk_rate,
        average_churn_probability, revenue_at_risk_usd, expected_annual_loss_usd FROM reporting.risk_by_segment
        WHERE prediction_date = '{DAY}' AND dimension = '{dimension}' AND active_customers_count > 0 ORDER BY {order}"""


def _ask_trend(period: str) -> str:
    return f"""SELECT period_start_date, at_risk_customers_count, high_count, medium_count, low_count,
        average_churn_probability, revenue_at_risk_usd, expected_annual_loss_usd, (SELECT model_version
            FROM reporting.publication_history AS one WHERE one.prediction_date = risk_trend.prediction_date), {_BASIS}
        FROM reporting.risk_trend WHERE period = '{period}' ORDER BY period_start_date DESC"""


def _tell_interval(name: str) -> str:
    """A figure with its interval: 0.853 (0.840 to 0.866)."""
    ends = (f"to_char(100 * {end}, 'FM990.0') || '%'" if name in _SHARES else f"to_char({end}, 'FM990.000')"
            for end in ("value", "low", "high"))  # fmt: skip
    told = "{} || ' (' || {} || ' to ' || {} || ')'".format(*ends)
    return f"max({told}) FILTER (WHERE figure = '{name}') AS {name}"


_ATTRIBUTES = {
    "Contract": "contract",
    "Internet": "internet_service",
    "Payment": "payment_method",
    "Services": "services_count::text",
    "Online security": "CASE WHEN has_online_security THEN 'yes' ELSE 'no' END",
    "Tech support": "CASE WHEN has_tech_support THEN 'yes' ELSE 'no' END",
    "Senior": "CASE WHEN is_senior_citizen THEN 'yes' ELSE 'no' END",
    "Total charges": "to_char(total_charges, 'FM$999,990')",
    "Above list price": "CASE WHEN price_above_list_usd <= -0.005 THEN '−' ELSE '' END "
    "|| to_char(abs(price_above_list_usd), 'FM$990.00')",
}
_CHECKS = {
    "The tiers add up to the active customers": "high_count + medium_count + low_count = active_customers_count",
    "High and Medium add up to the customers at risk": "high_count + medium_count = at_risk_customers_count",
    "Revenue at risk is at most the yearly revenue": "revenue_at_risk_usd <= annual_revenue_usd",
    "The figures count every scored customer": "kpi.customers_count = scored.customers_count",
    "Scored and rejected customers add up to the eligible customers": "eligible_count = scored.customers_count "
    "+ refused_count",
}

_KNOWN_CALLS = [name for name in calls.COLUMNS if name not in ("is_within_seats", "expected_loss_12m_usd")]
"""Without seats in the policy and without a horizon of the label, two columns are unknown and not shown."""

TABLES: dict[str, dict[str, str]] = {
    "today": {
        "tiers": f"""SELECT risk_tier, probability_from AS "from", count(customer_id) AS customers,
                count(customer_id)::float8 / sum(count(customer_id)) OVER () AS share
            FROM (SELECT * FROM reporting.risk_tiers WHERE prediction_date = '{DAY}') AS tiers
                LEFT JOIN (SELECT * FROM reporting.customer_scores
                WHERE prediction_date = '{DAY}' AND is_active) AS active USING (risk_tier)
            GROUP BY risk_tier, probability_from, urgency_rank ORDER BY urgency_rank""",
        "first_calls": f"""SELECT call_rank, customer_id, risk_tier, churn_probability, expected_profit_usd,
            contract, tenure_months, reasons {_CALLS} LIMIT 10""",
    },
    "calls?all_columns=true": {"calls": f"SELECT {', '.join(_KNOWN_CALLS)} {_CALLS} LIMIT 50"},
    "segments": {
        name: _ask_segments(name)
        for name in ("contract", "tenure_band", "internet_service", "payment_method", "senior_citizen")
    }
    | {
        "alike": f"""SELECT segment_number, segment_name, active_customers_count, active_share,
            at_risk_customers_count, average_churn_probability, expected_annual_loss_usd,
            array_to_string(strongest_features, ', ') AS strongest_features
            FROM reporting.segment_history WHERE prediction_date = '{DAY}' ORDER BY segment_number"""
    },
    "trend?span=All": {"trend": _ask_trend("day")},
    "trend?period=Week&span=All": {"trend": _ask_trend("week")},
    "customer": {
        "reasons": f"""SELECT reason, CASE WHEN reason = ANY(ARRAY{list(LEVERS)}) THEN 'yes' ELSE 'no' END AS is_lever
            FROM (SELECT unnest(reasons) AS reason {_SCORE}) AS each""",
        "profile": " UNION ALL ".join(
            f"(SELECT '{label}' AS label, {value} AS value {_SCORE})" for label, value in _ATTRIBUTES.items()
        ),
        "changes": f"""SELECT prediction_date AS day, 'Tier: ' || tier_before || ' to ' || risk_tier AS what,
                replace(to_char(100 * (churn_probability - before), 'FMSG990.0'), '-', '−') || ' pp' AS move
            FROM (SELECT *, lag(risk_tier) OVER days AS tier_before, lag(churn_probability) OVER days AS before
                FROM reporting.customer_scores WHERE customer_id = (SELECT customer_id {MOVED})
                WINDOW days AS (ORDER BY prediction_date)
            ) AS moves WHERE tier_before <> risk_tier ORDER BY prediction_date DESC""",
    },
    "model": {
        "candidates": f"""SELECT {_FAMILY} || CASE WHEN is_selected THEN ' ★ selected' ELSE '' END AS family,
            {", ".join(map(_tell_interval, _MODEL_FIGURES))}
            FROM reporting.model_figures {_CHAMPION} GROUP BY model_figures.family, is_selected
            ORDER BY model_figures.family""",
        "confusion": f"""WITH cells AS (SELECT figure, value::int FROM reporting.model_figures {_CHAMPION}
                AND is_selected)
            SELECT happened, flagged.value AS flagged, passed.value AS passed
            FROM (VALUES ('Left', 'true_positive', 'false_negative'), ('Stayed', 'false_positive', 'true_negative'))
                AS one(happened, yes, no)
            JOIN cells AS flagged ON flagged.figure = yes JOIN cells AS passed ON passed.figure = no
            ORDER BY happened""",
        "slices": f"""SELECT {_DIMENSION}, CASE segment WHEN 'True' THEN 'Yes' WHEN 'False' THEN 'No' ELSE segment END
                AS segment, customers_count, churned_customers_count, average_churn_probability, churn_rate,
            at_risk_rate, roc_auc FROM reporting.model_slices {_CHAMPION} ORDER BY slice_number""",
        "decisions": f"""SELECT decided_at, model_version, {_FAMILY} AS family, decision, decided_by, test_pr_auc,
            reasons FROM reporting.model_history ORDER BY promotion_id DESC""",
    },
    "data": {
        "checks": " UNION ALL ".join(
            f"""(SELECT '{name.replace("'", "''")}' AS check, {rule} AS holds FROM reporting.kpi_daily AS kpi
            JOIN reporting.publication_history AS scored USING (prediction_date) WHERE prediction_date = '{DAY}')"""
            for name, rule in _CHECKS.items()
        ),
        "mix": f"""WITH shares AS (SELECT dimension, segment, prediction_date, customers_count
                / sum(customers_count) OVER (PARTITION BY dimension, prediction_date) AS share
                FROM reporting.risk_by_segment),
            pairs AS (SELECT dimension, segment, before.share AS before, now.share AS now
                FROM shares AS before JOIN shares AS now USING (dimension, segment)
                WHERE before.prediction_date = (SELECT min(prediction_date) FROM reporting.kpi_daily)
                AND now.prediction_date = '{DAY}'),
            told AS (SELECT dimension, sum((now - before) * ln(now / before))::float8 AS stability_index,
                (array_agg(segment ORDER BY round(abs(now - before), 9) DESC, segment))[1] AS segment
                FROM pairs GROUP BY dimension)
            SELECT {_DIMENSION}, stability_index, CASE WHEN stability_index < 0.1 THEN 'stable'
                WHEN stability_index < 0.25 THEN 'shifting' ELSE 'changed' END AS verdict, segment,
                before AS share_before, now AS share_now
            FROM told JOIN pairs USING (dimension, segment) ORDER BY told.dimension""",
        "loads": """SELECT load_id, snapshot_date, status, rows_read, rows_accepted, rows_rejected, reason, started_at,
            source FROM reporting.load_history ORDER BY load_id DESC LIMIT 30""",
        "rejects": "SELECT load_id, reason, rows_count FROM reporting.reject_reasons ORDER BY load_id DESC, 3 DESC, 2",
        "publications": f"""SELECT prediction_date, status, {_BASIS}, customers_count, refused_count, model_version,
            is_synthetic, published_at, withdrawn_why
            FROM reporting.publication_history ORDER BY prediction_date DESC LIMIT 30""",
    },
}
CENTS = ("monthly_charges", "price_above_list_usd", "expected_profit_usd", "expected_cost_usd")
DOLLARS = ("revenue_at_risk_usd", "expected_annual_loss_usd", "lifetime_value_usd", "total_charges")
SHARES = (
    *("from", "share", "share_before", "share_now", "churn_probability", "average_churn_probability", "at_risk_rate"),
    *("churn_rate", "active_share"),
)


def write_cell(name: str, value: object) -> str:
    """A value of a column as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if name == "tenure_months":
        return "1 month" if value == 1 else f"{value} months"
    if isinstance(value, int):
        return f"{value:,}"
    return _write_number(name, float(value)) if isinstance(value, float | Decimal) else str(value)


def _write_number(name: str, value: float) -> str:
    if name in CENTS:
        return f"${value:,.2f}".replace("$-", "−$")
    if name in DOLLARS:
        return f"${value:,.0f}"
    return f"{100 * value:.1f}%" if name in SHARES else f"{value:.3f}"
