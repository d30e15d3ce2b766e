"""No state adds up over dates by default: a customer counted on each of thirty days would be thirty customers."""

import pytest

from churn.contracts.measures import find_kind


@pytest.mark.parametrize(
    ("view", "column", "type_name", "kind"),
    [
        ("kpi_daily", "revenue_at_risk_usd", "numeric(18,2)", "state"),
        ("kpi_daily_latest", "revenue_at_risk_usd", "numeric(18,2)", "additive"),
        ("customer_scores", "monthly_charges", "double precision", "state"),
        ("customer_scores_latest", "churn_probability", "double precision", "average"),
        ("risk_trend", "high_count", "bigint", "state"),
        ("action_list", "call_rank", "bigint", "label"),
        ("campaign_history", "sent_count", "bigint", "additive"),
        ("kpi_daily", "average_churn_probability", "double precision", "average"),
        ("kpi_daily", "expected_loss_12m_usd", "numeric(18,2)", "state"),
        ("action_list", "contract", "text", "label"),
    ],
)
def test_a_column_says_how_it_may_be_added_up(view: str, column: str, type_name: str, kind: str) -> None:
    assert find_kind(view, column, type_name) == kind
