"""The story of the demo: weekly extracts whose price rises in the last week, and a campaign that is over by then."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.economics.offers import load_contact_policy
from churn.economics.policies import POLICY_FILE
from churn.simulation import story

LAST = date(2026, 11, 28)


def mean_charge(path: Path) -> float:
    charges = pl.read_csv(path)["MonthlyCharges"].mean()
    assert isinstance(charges, float)
    return charges


def test_the_calendar_has_26_weeks_that_end_on_the_given_day() -> None:
    calendar = story.plan_calendar(LAST)

    assert len(calendar.days) == 26
    assert calendar.days[-1] == LAST
    assert {after - before for before, after in zip(calendar.days, calendar.days[1:], strict=False)} == {
        timedelta(days=7)
    }
    assert calendar.before + calendar.after == calendar.days
    assert calendar.before[-1] == calendar.enrolled


def test_the_window_of_the_campaign_is_over_and_the_price_rise_is_news(tmp_path: Path) -> None:
    calendar, policy = story.plan_calendar(LAST), tmp_path / "policy.toml"
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + story.write_campaign_policy(calendar), "utf-8")
    campaign = load_contact_policy(policy).campaigns[story.CAMPAIGN]

    assert campaign.enrol_until + timedelta(days=campaign.window_days) <= LAST
    assert calendar.outage < calendar.enrolled < calendar.days[-2] < calendar.price_rise <= LAST


def test_the_extracts_before_and_after_the_wave_are_one_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "CUSTOMERS", 300)
    calendar = story.plan_calendar(LAST)
    before = story.write_before(tmp_path / "landing", calendar)
    contacts = pl.read_csv(before[calendar.enrolled], infer_schema=False).filter(Churn="No").head(40)
    sent = contacts.select(
        pl.format("contact {}", "customerID").alias("contact_id"),
        pl.col("customerID").alias("customer_id"),
        pl.lit("support_3m").alias("offer_id"),
        pl.lit(story.CHANNEL).alias("channel"),
    )
    story.write_contacts(sent, calendar.enrolled, tmp_path / "contacts.csv")
    story.write_answers(sent, calendar.enrolled, tmp_path / "answers.csv")
    kept = before[calendar.enrolled].read_bytes()
    after = story.write_after(tmp_path / "landing", calendar, tmp_path / "contacts.csv")

    assert list(after) == list(calendar.after)
    assert before[calendar.enrolled].read_bytes() == kept  # The same base, written a second time.
    assert mean_charge(after[LAST]) > 1.02 * mean_charge(after[calendar.days[-2]])
    effects = pl.read_parquet(tmp_path / "landing-effects.parquet")
    answers = pl.read_csv(tmp_path / "answers.csv")
    assert int((answers["event"] != "not_reached").sum()) == int(effects["is_reached"].sum()) > 20
