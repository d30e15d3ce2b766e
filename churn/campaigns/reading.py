"""Reads a campaign: what is known of its effect on a day, and whether that is enough for a verdict.

Before the agreed day only the 99% interval that holds on any day may give a verdict; from the agreed day on the 96%
interval may. Several offers are compared each with its own control customers, and their verdicts follow Holm's method,
so that many offers do not find by chance what one would not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from scipy import stats

from churn.campaigns.lift import (
    AGREED_DAY_ERROR,
    SAMPLE_RATIO_LEVEL,
    Estimate,
    estimate_effect,
    has_enough_leavers,
    newcombe_interval,
    sample_ratio_p,
)
from churn.contracts.campaigns import FEWEST_LEAVERS, Campaign, Outcome, Reading, Verdict
from churn.contracts.money import write_money
from churn.economics.offers import Terms

EVERYBODY = "all"


def read_campaign(campaign: Campaign, outcomes: pl.DataFrame, terms: Terms, as_of_date: date) -> list[Reading]:
    """Returns the readings of a day: leaving and money for everybody, and leaving for each of several offers.

    Args:
        campaign: the promise.
        outcomes: the enrolled customers whose window is over; see `campaign_outcomes.read_outcomes`.
        terms: what the campaign was started with: offers, costs, margin.
        as_of_date: the snapshot up to which leavers are known.
    """
    money = with_money(outcomes, terms)
    whole = [_read(campaign, money, outcome, EVERYBODY, as_of_date) for outcome in ("left", "money_usd")]
    if len(campaign.offers) == 1:
        return whole
    parts = [_read(campaign, money.filter(offer_id=offer), "left", offer, as_of_date) for offer in campaign.offers]
    return whole + correct_for_many(parts)


def with_money(outcomes: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Adds money_usd: the margin of a customer who stayed, less what the contact and the accepted offer really cost.

    Example: a customer who pays $65 stayed, accepted an offer worth $39, and the call cost $2: 65 x 0.5 x 12 - 39 - 2 =
    $349. One of the control group who stayed counts $390.
    """
    margin = pl.col("monthly_charges") * terms.value.margin_rate * terms.value.margin_months
    # A contact for which no cost came back costs what its channel costs.
    usual = pl.col("channel").replace_strict(dict(terms.contact_usd), default=0.0, return_dtype=pl.Float64)
    kept = pl.when("has_left").then(0.0).otherwise(margin)
    contact = pl.col("cost_usd").fill_null(pl.when("is_sent").then(usual).otherwise(0.0))
    offer = pl.when("has_accepted").then(pl.col("offer_worth_usd")).otherwise(0.0)
    return outcomes.with_columns((kept - contact - offer).alias("money_usd"), margin.alias("margin_usd"))


@dataclass(frozen=True)
class _Figures:
    """The estimate with its two intervals: the agreed day's and the any-day one."""

    estimate: Estimate
    agreed: tuple[float, float]
    any_day: tuple[float, float]


def _read(campaign: Campaign, rows: pl.DataFrame, outcome: Outcome, contrast: str, as_of_date: date) -> Reading:
    unknown = _count(campaign, rows, outcome, contrast, as_of_date)
    # Before any estimate: with a broken draw the arms are not alike, and every figure would be wrong in an unknown way.
    if unknown.sample_ratio_p < SAMPLE_RATIO_LEVEL:
        return replace(unknown, verdict="broken draw", why=_say_broken(unknown, campaign))
    if not rows.height or not has_enough_leavers(_bools(rows["has_left"]), _bools(rows["arm"] == "treatment")):
        return replace(unknown, why=_say_too_few(unknown))
    figures = _estimate(campaign, rows, outcome)
    verdict, why = _judge(campaign, figures, outcome, as_of_date)
    return replace(
        unknown,
        effect=figures.estimate.effect,
        standard_error=figures.estimate.standard_error,
        agreed_low=figures.agreed[0],
        agreed_high=figures.agreed[1],
        any_day_low=figures.any_day[0],
        any_day_high=figures.any_day[1],
        verdict=verdict,
        why=why,
    )


def _count(campaign: Campaign, rows: pl.DataFrame, outcome: Outcome, contrast: str, as_of_date: date) -> Reading:
    """Returns a reading with the counts of both arms, and without an estimate."""
    treated, control = rows.filter(arm="treatment"), rows.filter(arm="control")
    ratio_p = sample_ratio_p(treated.height, control.height, campaign.holdout_share) if rows.height else 1.0
    return Reading(
        campaign_id=campaign.campaign_id,
        as_of_date=as_of_date,
        outcome=outcome,
        contrast=contrast,
        treated_count=treated.height,
        control_count=control.height,
        treated_leavers=int(treated["has_left"].sum()),
        control_leavers=int(control["has_left"].sum()),
        effect=None,
        standard_error=None,
        agreed_low=None,
        agreed_high=None,
        any_day_low=None,
        any_day_high=None,
        sample_ratio_p=ratio_p,
        reached_share=float(treated["is_reached"].mean() or 0.0),  # type: ignore[arg-type]
        verdict="not known yet",
        why="No window is over yet.",
    )


def _bools(values: pl.Series) -> np.ndarray:
    return np.asarray(values.to_numpy(), dtype=np.bool_)


def _estimate(campaign: Campaign, rows: pl.DataFrame, outcome: Outcome) -> _Figures:
    """Estimates an outcome with what was known at enrolment: the score, and for money the charge and their product."""
    score = rows["churn_probability"].to_numpy()
    planned = campaign.planned_variance
    if outcome == "left":
        happened, known = rows["has_left"].cast(pl.Float64).to_numpy(), score[:, None]
    else:
        happened, margin = rows["money_usd"].to_numpy(), rows["margin_usd"].to_numpy()
        known = np.column_stack([score, margin, score * margin])
        planned *= float(np.mean(margin)) ** 2  # A leaver takes about one margin along.
    estimate = estimate_effect(happened, _bools(rows["arm"] == "treatment"), known)
    return _Figures(estimate, estimate.interval(AGREED_DAY_ERROR), estimate.any_day_interval(planned))


def _judge(campaign: Campaign, figures: _Figures, outcome: Outcome, as_of_date: date) -> tuple[Verdict, str]:
    is_agreed = as_of_date >= campaign.read_on
    low, high = figures.agreed if is_agreed else figures.any_day
    shown = _say_effect(figures.estimate.effect, low, high, outcome, "96%" if is_agreed else "99%")
    if low <= 0 <= high:
        if is_agreed:
            return "no effect seen", f"{shown} The interval holds 0."
        return "not known yet", f"{shown} The interval holds 0; the agreed day is {campaign.read_on}."
    # Less leaving is good and so is more money: the sign of a good effect depends on the outcome.
    is_good = (high < 0) == (outcome == "left")
    return ("works", shown) if is_good else ("harms", shown)


def _say_effect(effect: float, low: float, high: float, outcome: Outcome, level: str) -> str:
    if outcome == "money_usd":
        return f"A contact brings {_usd(effect)} ({level} interval: {_usd(low)} to {_usd(high)})."
    return f"A contact changes leaving by {effect:+.1%} of the customers ({level} interval: {low:+.1%} to {high:+.1%})."


def _usd(amount: float) -> str:
    return write_money(amount, 2)


def _say_broken(reading: Reading, campaign: Campaign) -> str:
    share = reading.control_count / (reading.treated_count + reading.control_count)
    return (
        f"{share:.1%} are held out instead of {campaign.holdout_share:.0%}: the draw is broken, so the arms cannot be "
        "compared."
    )


def _say_too_few(reading: Reading) -> str:
    if not reading.treated_count or not reading.control_count:
        return "No window is over yet."
    counts = reading.treated_leavers, reading.treated_count, reading.control_leavers, reading.control_count
    low, high = newcombe_interval(*counts)
    return (
        f"{reading.treated_leavers} contacted and {reading.control_leavers} held-out customers have left; each group "
        f"needs {FEWEST_LEAVERS}. So far the difference lies between {low:+.1%} and {high:+.1%}."
    )


def correct_for_many(readings: Sequence[Reading]) -> list[Reading]:
    """Takes back the verdicts that Holm's method does not allow. Example: of p = 0.03 and 0.035 at 4% neither stays."""
    judged = [reading for reading in readings if reading.verdict in ("works", "harms")]
    by_p = sorted(judged, key=_p_value)
    for rank, reading in enumerate(by_p):
        if _p_value(reading) > AGREED_DAY_ERROR / (len(readings) - rank):
            taken_back = {id(later) for later in by_p[rank:]}
            return [_take_back(reading) if id(reading) in taken_back else reading for reading in readings]
    return list(readings)


def _p_value(reading: Reading) -> float:
    assert reading.effect is not None
    assert reading.standard_error is not None
    return float(2 * stats.norm.sf(abs(reading.effect) / reading.standard_error))


def _take_back(reading: Reading) -> Reading:
    return replace(reading, verdict="not known yet", why=f"{reading.why} Among several offers that may be chance.")
