"""Says what a planned campaign can show on this base: how long until an answer, and what the holdout costs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from churn.campaigns.planning import (
    EFFECTS,
    HOLDOUTS,
    Enrolment,
    months_to_answer,
    price_of_holdout_usd,
    variance_of_one,
)
from churn.campaigns.waves import Wave
from churn.contracts.horizons import MONTH_DAYS
from churn.economics.offers import CampaignPlan, ContactPolicy

ASSUMED_NEW_SHARE = 0.1


@dataclass(frozen=True)
class Forecast:
    """What a campaign can show, and what it costs.

    Attributes:
        eligible_count: active customers for whom an offer pays and whom nothing excludes.
        excluded: reason and customers_count of the others.
        new_a_month: customers who become worth a contact in a month.
        is_new_assumed: whether new_a_month is assumed, for want of a published day a month ago.
        leaving_share: the share of the enrolled who would leave within the window without a contact.
        months: for each reduction of leaving, for each holdout share, the months to an answer; None beyond 60.
        months_of_plan: the months to an answer for the plan's own reduction and holdout.
        months_given: the months that the plan gives itself.
        planned_variance: the variance of the estimate on the agreed day.
        holdout_usd: the expected profit of a month that is given up for the control group.
        seat_prices_usd: what one more contact a day would bring, for each channel.
    """

    eligible_count: int
    excluded: Mapping[str, int]
    new_a_month: float
    is_new_assumed: bool
    leaving_share: float
    months: Mapping[float, Mapping[float, int | None]]
    months_of_plan: int | None
    months_given: float
    planned_variance: float
    holdout_usd: float
    seat_prices_usd: Mapping[str, float]

    def is_answerable(self) -> bool:
        """Returns whether the plan gives itself enough time for its own reduction."""
        return self.months_of_plan is not None and self.months_of_plan <= self.months_given


def forecast_campaign(
    plan: CampaignPlan, policy: ContactPolicy, wave: Wave, open_wave: Wave, horizon_days: float, new: float | None
) -> Forecast:
    """Forecasts a campaign.

    Args:
        plan: the plan of the policy file.
        policy: channels and their seats.
        wave: what a wave of today would be.
        open_wave: the same without a limit of seats: everybody who could be enrolled.
        horizon_days: the days that the scores are for.
        new: the customers who became worth a contact in the last 30 days; None if that is not known.
    """
    leaving = _leaving_within(open_wave.enrolled, plan.window_days / horizon_days)
    share = float(leaving.mean()) if len(leaving) else 0.0
    new_a_month = ASSUMED_NEW_SHARE * open_wave.enrolled.height if new is None else new
    seats = sum(channel.seats for channel in policy.channels.values())
    explained = float(leaving.var() / (share * (1 - share))) if 0 < share < 1 else 0.0
    capacity = seats * MONTH_DAYS / (1 - plan.holdout_share)
    enrolment = Enrolment(open_wave.enrolled.height, new_a_month, capacity, share, explained)
    given = (plan.read_on - plan.enrol_from).days / MONTH_DAYS
    return Forecast(
        eligible_count=open_wave.enrolled.height,
        excluded={reason: count for reason, count in _counts(open_wave) if reason != "enrolled"},
        new_a_month=new_a_month,
        is_new_assumed=new is None,
        leaving_share=share,
        months={effect: _by_holdout(enrolment, effect, plan) for effect in EFFECTS},
        months_of_plan=_months(enrolment, plan.smallest_effect, plan.holdout_share, plan),
        months_given=given,
        planned_variance=_planned_variance(enrolment, plan, given),
        holdout_usd=price_of_holdout_usd(float(wave.enrolled["expected_profit_usd"].sum()), plan.holdout_share),
        seat_prices_usd=wave.seat_prices_usd,
    )


def _leaving_within(enrolled: pl.DataFrame, horizons: float) -> np.ndarray:
    """Returns (n,) probabilities of leaving within the window: 1 - (1 - p) ** horizons. Example: 10% twice is 19%."""
    return np.asarray(1 - (1 - enrolled["churn_probability"].to_numpy()) ** horizons)


def _counts(wave: Wave) -> list[tuple[str, int]]:
    return list(wave.counted.select("reason", "customers_count").iter_rows())


def _by_holdout(enrolment: Enrolment, effect: float, plan: CampaignPlan) -> dict[float, int | None]:
    return {holdout: _months(enrolment, effect, holdout, plan) for holdout in HOLDOUTS}


def _months(enrolment: Enrolment, effect: float, holdout: float, plan: CampaignPlan) -> int | None:
    if not enrolment.leaving_share:
        return None
    return months_to_answer(enrolment, effect, holdout, plan.power, plan.window_days)


def _planned_variance(enrolment: Enrolment, plan: CampaignPlan, months_given: float) -> float:
    window = plan.window_days / MONTH_DAYS
    enrolled = enrolment.after(max(round(min(plan.enrol_days / MONTH_DAYS, months_given - window)), 1))
    return variance_of_one(enrolment, plan.holdout_share) / max(enrolled, 1.0)
