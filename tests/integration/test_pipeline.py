"""The stages one after another on a real Postgres, a real SQLMesh project and a real registry."""

from churn.settings import Settings
from churn.stages.status import read_status
from tests.conftest import DAY


def test_a_published_day_adds_up(published: Settings) -> None:
    status = read_status(published)

    assert status["as_of_date"] == DAY.isoformat()
    assert status["customers"] == 1200
    assert sum(status["tiers"].values()) == status["active_customers"]
    assert status["tiers"]["high"] + status["tiers"]["medium"] == status["at_risk_customers"]
    assert status["revenue_at_risk_usd"] <= status["annual_revenue_usd"]
