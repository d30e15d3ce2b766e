"""What is learned from history: who really left within 30 days. The simulator knows how well that can be done."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.reporting.exporting import export
from churn.reporting.status import read_status
from churn.scoring.extrapolation import OutOfRange
from churn.stages import history, intake, learning, scoring
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features, label_windows, out_of_range
from churn.stores.workplace import open_workplace
from tests.support.days import ask, day_number, execute
from tests.support.factories import make_extract, write_extract
from tests.support.months import DAYS, LAST, Learned, learn_three_months, ranking
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at


@pytest.fixture(scope="module")
def learned(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learned]:
    folder = tmp_path_factory.mktemp("matured") / "landing"
    with telecoms.copy("deployed", folder.parent / "home") as settings:
        yield learn_three_months(settings, folder)


def test_three_closed_windows_are_learned_from_and_the_ledger_says_so(learned: Learned) -> None:
    assert learned.labels is not None
    assert (learned.labels.kind, learned.labels.horizon) == ("matured", "30 days")
    assert learned.labels.as_of_dates == tuple(DAYS[2::-1])
    assert learned.labels.leaver_share is not None
    assert 0.03 < learned.labels.leaver_share < 0.05
    assert "trained on who left within 30 days, 3 windows" in learned.reasons


def test_a_window_is_counted_once_the_features_of_its_last_extract_are_ready(learned: Learned) -> None:
    engine = open_engine(learned.settings)
    windows = label_windows.read_windows(engine)

    assert [one.window.as_of_date for one in windows] == DAYS[:3]
    for one in windows:
        labelled = pl.concat(features.read_matured(engine, one.window.as_of_date))["has_churned"].cast(pl.Int64)
        assert (one.customers_count, one.leavers_count) == (labelled.len(), labelled.sum())
        assert one.censored_count == 0
        assert 0.03 < one.leavers_count / one.customers_count < 0.05


def test_the_model_ranks_within_half_a_point_of_the_true_hazard(learned: Learned) -> None:
    assert ranking(learned.told, "monthly_hazard") - ranking(learned.told, "churn_probability") < 0.005


def test_its_probabilities_are_the_true_monthly_hazards_on_average_and_in_every_tenth(learned: Learned) -> None:
    rank = pl.col("churn_probability").rank("ordinal")
    tenths = learned.told.with_columns((rank * 10 // (pl.len() + 1)).alias("tenth"))
    by_tenth = tenths.group_by("tenth").agg(pl.col("churn_probability", "monthly_hazard").mean())
    promised, true = (float(learned.told[name].mean()) for name in ("churn_probability", "monthly_hazard"))

    assert promised == pytest.approx(true, rel=0.06)
    assert (by_tenth["churn_probability"] - by_tenth["monthly_hazard"]).abs().mean() < 0.005


def test_customers_who_had_left_are_no_examples(learned: Learned) -> None:
    examples, labels = learning.read_examples(open_engine(learned.settings), LAST)
    gone = """SELECT count(*) FROM analytics.fct_customer_features JOIN analytics.training_examples
              USING (as_of_date, customer_id) WHERE has_churned"""

    assert labels.as_of_dates == tuple(DAYS[2::-1])
    assert 0.03 < float(examples["has_churned"].cast(pl.Float64).mean()) < 0.05
    with open_engine(learned.settings).connect() as connection:
        assert connection.exec_driver_sql(gone).scalar_one() == 0


def test_where_leavers_vanish_from_the_extract_the_few_of_one_window_are_learned_from(
    telecoms: Telecoms, tmp_path: Path
) -> None:
    everyone = make_extract(100).with_columns(Churn=pl.lit("No"))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[churn]\nleft = "absence"\n', encoding="utf-8")
    with telecoms.copy("deployed", tmp_path / "home") as settings:
        for day, customers in zip(map(day_number, (0, 30, 60)), (100, 93, 93), strict=True):
            extract = write_extract(tmp_path / f"{day}.csv", everyone.head(customers))
            intake.load_extract(at(settings), extract, day, mapping)
            history.rebuild_features(at(settings), [day])
        examples, labels = learning.read_examples(open_engine(settings), day_number(60))

    assert (labels.kind, labels.as_of_dates) == ("matured", (day_number(0),))
    assert (examples.height, examples["has_churned"].sum()) == (100, 7)


def test_a_scored_day_says_how_many_customers_lie_outside_what_the_model_has_seen(learned: Learned) -> None:
    settings, engine = learned.settings, open_engine(learned.settings)
    # The longest tenures have grown since the training, as they do in every base.
    assert (
        "outside what the model has seen: the tenure of" in scoring.score_customers(at(settings), LAST, "test").summary
    )
    assert scoring.judge_ranges(at(settings), LAST) is None
    assert {one.feature for one in out_of_range.read_out_of_range(engine, LAST)} == set(FEATURES)

    prices = pl.concat(features.read_features(engine, LAST)).filter(~pl.col("has_churned"))["price_above_list_usd"]
    median = float(np.median(prices.to_numpy()))
    ranges = dict.fromkeys(FEATURES, (-1e9, 1e9)) | {"price_above_list_usd": (-1e9, median)}
    with engine.begin() as connection:
        out_of_range.replace_out_of_range(connection, [LAST], ranges)
    counts = out_of_range.read_out_of_range(engine, LAST)

    outside = int((prices > median).sum())
    assert 0 < outside < prices.len()
    assert [one for one in counts if one.outside_count] == [OutOfRange("price_above_list_usd", outside, prices.len())]
    told = scoring.judge_ranges(at(settings), LAST)
    assert told is not None
    assert told.fact.startswith("More than 10% of the active customers have prices outside what the model has seen.")


@pytest.fixture(scope="module")
def published(learned: Learned) -> Learned:
    scoring.score_customers(at(learned.settings), LAST, "test")
    scoring.publish(at(learned.settings), LAST)
    return learned


def test_the_money_of_a_scored_day_keeps_its_bounds(published: Learned) -> None:
    """A year's loss lies between what the first month takes of it and all bills; a future is at most every margin."""
    beyond = """SELECT customer_id FROM reporting.customer_scores WHERE is_active AND (
        expected_loss_12m_usd < expected_annual_loss_usd - 0.02 OR expected_loss_12m_usd > annual_revenue_usd + 0.02
        OR future_value_usd < 0 OR future_value_usd > 24 * 0.5 * monthly_charges + 0.02)"""

    assert ask(published.settings, beyond) == []
    ((loss, month, year),) = ask(
        published.settings,
        "SELECT expected_loss_12m_usd, expected_annual_loss_usd, annual_revenue_usd FROM reporting.kpi_daily",
    )
    assert 0 < month < loss < year


def test_the_money_of_every_segment_adds_up_to_the_day(published: Learned) -> None:
    money = "expected_loss_12m_usd, expected_annual_loss_usd, revenue_at_risk_usd, annual_revenue_usd"
    (day,) = ask(published.settings, f"SELECT {money} FROM reporting.kpi_daily")
    sums = ", ".join(f"sum({name})" for name in money.split(", "))
    by_dimension = ask(published.settings, f"SELECT dimension, {sums} FROM reporting.risk_by_segment GROUP BY 1")

    assert len(by_dimension) == 5
    for dimension, *added in by_dimension:
        assert list(map(float, added)) == pytest.approx(list(map(float, day)), abs=0.05), dimension


def test_status_and_exports_say_within_which_time(published: Learned, tmp_path: Path) -> None:
    workplace = open_workplace(published.settings)
    status = read_status(workplace)
    for what in ("action-list", "predictions"):
        export(workplace, what, "csv", tmp_path / what, LAST)
    called, scored = (pl.read_csv(tmp_path / what) for what in ("action-list", "predictions"))

    assert status.horizon == "30 days"
    assert called["horizon"].unique().to_list() == scored["horizon"].unique().to_list() == ["30 days"]
    active = scored.filter("is_active")
    assert status.expected_loss_12m_usd == pytest.approx(active["expected_loss_12m_usd"].sum(), abs=0.01)
    assert status.expected_leavers == pytest.approx(active["churn_probability"].sum(), abs=0.06)
    assert called["expected_loss_12m_usd"].null_count() == 0


def test_whom_a_campaign_contacts_is_no_example_and_the_held_out_stand_for_them(learned: Learned) -> None:
    settings, day = learned.settings, DAYS[2]
    before, _ = learning.read_examples(open_engine(settings), LAST)
    ids = before.filter(pl.col("as_of_date") == day)["customer_id"].sort().to_list()
    execute(
        settings,
        f"""INSERT INTO ops.campaigns VALUES ('autumn', 'running', '{{}}', 0.25, 60, '{day}', '{LAST}', '{LAST}', 0.2,
                0.8, 0.001, '', '{{}}', true);
            INSERT INTO ops.assignments
            SELECT 'autumn', id, '{day}', '{day}', 1, 0.1, arm, 'standard', 'call', 1, 0.1, 1
            FROM (VALUES ('{ids[0]}', 'treatment'), ('{ids[1]}', 'control')) AS drawn (id, arm)""",
    )
    label_windows.count_again(open_engine(settings), [day])
    examples, labels = learning.read_examples(open_engine(settings), LAST)
    of_day = examples.filter(pl.col("as_of_date") == day)

    assert ids[0] not in of_day["customer_id"]
    assert of_day.filter(pl.col("weight") != 1).select("customer_id", "weight").rows() == [(ids[1], 4.0)]
    assert "without 1 whom campaigns contacted: those held out count for them" in labels.told()


def test_a_window_from_before_a_feature_was_declared_is_left_out_and_told(learned: Learned) -> None:
    execute(
        learned.settings, f"UPDATE analytics.fct_customer_features SET tenure_log = NULL WHERE as_of_date = '{DAYS[0]}'"
    )
    examples, labels = learning.read_examples(open_engine(learned.settings), LAST)

    assert labels.as_of_dates == tuple(DAYS[2:0:-1])
    assert not examples["tenure_log"].is_null().any()
    assert "2 windows, without 1 from before a feature was declared" in labels.told()
