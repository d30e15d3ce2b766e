"""What a published day must hold, on made-up customers: always run."""

import polars as pl
import pytest
import sqlalchemy as sa

from churn.reporting.status import read_status
from churn.settings import Settings
from churn.stages import intake, learning, scoring, transforms
from churn.stores.postgres.database import open_engine
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.workplaces import at

COLUMNS = {
    "raw_data.telco_churn_raw": """
        snapshot_date customer_id gender senior_citizen partner dependents tenure phone_service multiple_lines
        internet_service online_security online_backup device_protection tech_support streaming_tv streaming_movies
        contract paperless_billing payment_method monthly_charges total_charges churn loaded_at load_id""",
    "analytics.fct_customer_features": """
        as_of_date customer_id tenure_months monthly_charges total_charges has_churned is_senior_citizen has_partner
        has_dependents has_phone_service has_multiple_lines has_internet_service has_fiber_optic has_online_security
        has_online_backup has_device_protection has_tech_support has_streaming_tv has_streaming_movies
        is_month_to_month is_one_year_contract is_two_year_contract uses_electronic_check uses_paperless_billing
        services_count no_security_no_backup high_monthly_low_tenure avg_monthly_per_tenure churn_risk_score
        tenure_log uses_automatic_payment price_above_list_usd""",
    "analytics.predictions": """
        prediction_date customer_id churn_probability at_risk_flag risk_tier revenue_at_risk_usd
        expected_annual_loss_usd lifetime_value_usd is_active model_name model_version basis scored_at run_id""",
    "staging.stg_telco_churn": "snapshot_date customer_id tenure_months monthly_charges total_charges has_churned",
    "analytics.customer_risk": "prediction_date customer_id churn_probability risk_tier contract monthly_charges",
    "reporting.kpi_daily": "prediction_date customers_count active_customers_count revenue_at_risk_usd",
    "raw_data.loads": "load_id snapshot_date source sha256 rows_read rows_accepted rows_rejected status reason",
    "raw_data.rejected_rows": "load_id row_number reasons row",
    "ops.publications": "prediction_date status source_sha256 model_version run_id published_at",
    "ops.promotions": "decided_at model_version decision reasons champion_version evidence",
}


def fetch(settings: Settings, query: str) -> list[sa.Row]:
    with open_engine(settings).connect() as connection:
        return list(connection.execute(sa.text(query)))


@pytest.mark.parametrize("table", COLUMNS)
def test_every_promised_table_has_its_columns(published: Settings, table: str) -> None:
    schema, name = table.split(".")
    rows = fetch(
        published,
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = '{name}'",
    )

    assert set(COLUMNS[table].split()) <= {row[0] for row in rows}


def test_features_number_at_least_thirty(published: Settings) -> None:
    row = fetch(published, "SELECT * FROM analytics.fct_customer_features LIMIT 1")[0]
    keys_and_words = {"as_of_date", "customer_id", "has_churned", "gender", "internet_service", "contract"}

    assert len(set(row._fields) - keys_and_words - {"payment_method", "tenure_band"}) >= 30


def test_the_status_adds_up(published: Settings) -> None:
    status = read_status(open_workplace(published))

    assert status.as_of_date == DAY
    assert status.customers == 1200
    assert sum(status.tiers.values()) == status.active_customers
    assert status.tiers["high"] + status.tiers["medium"] == status.at_risk_customers
    assert 0 < status.revenue_at_risk_usd < status.annual_revenue_usd


def test_the_status_equals_the_predictions(published: Settings) -> None:
    status = read_status(open_workplace(published))
    (row,) = fetch(
        published,
        """SELECT count(*), avg(churn_probability), sum(revenue_at_risk_usd), sum(expected_annual_loss_usd)
           FROM analytics.predictions WHERE is_active""",
    )

    assert row[0] == status.active_customers
    assert row[1] == pytest.approx(status.average_churn_probability, abs=1e-12)
    assert row[2] == pytest.approx(status.revenue_at_risk_usd, abs=0.01)
    assert row[3] == pytest.approx(status.expected_annual_loss_usd, abs=0.01)


def test_the_model_is_told_with_intervals_beside_the_other_candidates(published: Settings) -> None:
    model = read_status(open_workplace(published)).model

    assert set(model.candidates) == {"logistic_regression", "random_forest", "xgboost", "xgboost_deep"}
    assert model.test == model.candidates[model.family]
    for figure in ("pr_auc", "roc_auc", "recall", "precision", "f1", "recall_at_10", "lift_at_10", "brier", "log_loss"):
        assert model.test[f"{figure}_low"] <= model.test[figure] <= model.test[f"{figure}_high"]


def test_calls_come_with_the_largest_profit_first(published: Settings) -> None:
    profits = [call.expected_profit_usd for call in read_status(open_workplace(published)).first_calls]

    assert len(profits) == 10
    assert profits == sorted(profits, reverse=True)
    assert profits[-1] > 0


def test_customers_who_left_are_scored_but_counted_nowhere(published: Settings) -> None:
    (row,) = fetch(
        published,
        """SELECT count(*), sum(revenue_at_risk_usd), sum(expected_annual_loss_usd), count(churn_probability)
           FROM analytics.predictions WHERE NOT is_active""",
    )

    assert row[0] == row[3] > 0
    assert (row[1], row[2]) == (0, 0)


def test_a_run_with_nothing_new_does_nothing(published: Settings) -> None:
    before = checksum(published)

    outcomes = [
        transforms.run_transforms(at(published), DAY),
        learning.train_models(at(published), DAY, learning.ModelParams(forest_trees=40, boosting_rounds=40)),
        scoring.score_customers(at(published), DAY, "another run"),
        scoring.publish(at(published), DAY),
    ]

    assert [outcome.is_skipped for outcome in outcomes] == [True] * 4
    assert checksum(published) == before


def test_the_database_holds_what_the_ledger_says(published: Settings) -> None:
    outcome = intake.validate_extract(at(published), DAY)

    total = fetch(published, "SELECT sum(monthly_charges) FROM raw_data.telco_churn_raw")[0][0]
    assert outcome.summary == f"1,200 customers with monthly charges of ${total:,.2f}, as load 1 recorded"


def checksum(settings: Settings) -> str:
    """Of every prediction, whatever the order of rows."""
    query = "SELECT md5(string_agg(p::text, '|' ORDER BY prediction_date, customer_id)) FROM analytics.predictions AS p"
    return str(fetch(settings, query)[0][0])


def test_the_champion_can_be_loaded_by_its_alias(published: Settings) -> None:
    import mlflow

    from churn.contracts.features import FEATURES
    from churn.contracts.models import MODEL_NAME
    from churn.stores.ledgers.promotions import require_champion
    from churn.stores.model_registry import loading
    from churn.stores.rows import features

    loading.load_predictor(published, require_champion(open_engine(published)).model)
    champion = mlflow.sklearn.load_model(f"models:/{MODEL_NAME}@champion")
    rows = pl.concat(features.read_features(open_engine(published), DAY))
    stored = fetch(published, "SELECT churn_probability FROM analytics.predictions ORDER BY customer_id")

    probabilities = champion.predict_proba(rows.sort("customer_id").select(FEATURES))[:, 1]
    assert probabilities == pytest.approx([row[0] for row in stored], abs=1e-9)


def test_every_run_in_the_registry_has_its_artifacts(published: Settings) -> None:
    import mlflow

    from churn.contracts.models import MODEL_NAME
    from churn.stores.ledgers.promotions import require_champion
    from churn.stores.model_registry import loading

    loading.load_predictor(published, require_champion(open_engine(published)).model)
    version = mlflow.MlflowClient().get_model_version_by_alias(MODEL_NAME, "champion")
    paths = {item.path for item in mlflow.MlflowClient().list_artifacts(version.run_id)}

    assert {
        "confusion_matrix.png",
        "precision_recall_curve.png",
        "calibration_curve.png",
        "feature_importance.csv",
        "feature_importance.png",
    } <= paths
    run = mlflow.get_run(version.run_id)
    assert run.inputs.dataset_inputs[0].dataset.name == "training part"
    assert len(run.data.tags["git_commit"]) >= 7


def test_every_score_comes_with_the_three_reasons_that_move_it_most(published: Settings) -> None:
    rows = fetch(published, "SELECT customer_id, reasons, has_unseen_plan FROM analytics.predictions")
    calls = read_status(open_workplace(published)).first_calls

    assert {len(reasons) for _, reasons, _ in rows} == {3}
    assert {reason[:2] for _, reasons, _ in rows for reason in reasons} == {"+ ", "- "}
    assert not any(is_unseen for _, _, is_unseen in rows)
    assert calls[0].reasons == next(tuple(reasons) for customer, reasons, _ in rows if customer == calls[0].customer_id)
