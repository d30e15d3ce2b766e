"""Plans a wave: who is enrolled on a day, in which arm, with which offer, and who is left out and why.

The order is what keeps the comparison fair. Offer and channel are chosen for every candidate before the draw, so that
an offer can be compared with the control customers who would have got it. The draw cannot see the offer, and whoever
is enrolled stays in the count, reached or not.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.campaigns.allocation import Options
from churn.campaigns.assignment import arm_of, draw_all
from churn.campaigns.eligibility import find_eligible
from churn.campaigns.options import Choice, channel_names, list_choices, weigh_choices
from churn.campaigns.seating import Advice, Seating, give_seats
from churn.contracts.campaigns import EVERY_CHANNEL, Campaign
from churn.contracts.declaration import SHIPPED_DECLARATION, Declaration
from churn.contracts.horizons import MONTH_DAYS
from churn.contracts.levers import find_levers
from churn.economics.offers import Channel, ContactPolicy
from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]

CONTACT_DAYS = 14
"""A contact that got no seat within this many days is no longer made: the score behind it is too old."""
_CONTACT_IDS = uuid.UUID("8f1d4c0e-5a55-5f0a-9a3e-0c6f1c1d7b21")


@dataclass(frozen=True)
class Wave:
    """What a wave adds to the ledger.

    Attributes:
        enrolled: rows of ops.assignments.
        planned: rows of ops.contacts: the treatment group only.
        counted: rows of ops.exclusions: enrolled and excluded customers together are the active customers.
        seat_prices_usd: what one more seat of each channel would bring.
    """

    enrolled: pl.DataFrame
    planned: pl.DataFrame
    counted: pl.DataFrame
    seat_prices_usd: Mapping[str, float]


def describe_customers(
    customers: pl.DataFrame, history: pl.DataFrame, suppressed: pl.DataFrame, policy: ContactPolicy
) -> pl.DataFrame:
    """Adds to the active customers what decides whether they may be contacted.

    Args:
        customers: the active customers of a published date; see `ledgers.waves.read_active`.
        history: customer_id, is_enrolled, in_other_campaign, in_cooldown; see `ledgers.waves.read_history`.
        suppressed: customer_id, channel, has_consent; see `ledgers.suppressions.read_suppressed`.
        policy: channels and rules for contacts.
    """
    # maintain_order: Polars promises no order of a join otherwise, and the draw and the ranks follow the rows.
    known = customers.join(history, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("is_enrolled", "in_other_campaign", "in_cooldown").fill_null(False)
    )
    never = suppressed.filter((pl.col("channel") == EVERY_CHANNEL) & ~pl.col("has_consent"))["customer_id"]
    is_suppressed = pl.col("customer_id").is_in(never.implode())
    rights = [_may(channel, suppressed).alias(f"may_{channel.name}") for channel in policy.channels.values()]
    return known.with_columns(is_suppressed.alias("is_suppressed"), *rights).with_columns(
        has_consent=pl.any_horizontal(f"may_{name}" for name in policy.channels)
    )


def _may(channel: Channel, suppressed: pl.DataFrame) -> pl.Expr:
    """Returns whether a channel may be used: the last statement about it, else the policy's default."""
    said = suppressed.filter(pl.col("channel") == channel.name)
    words = dict(said.select("customer_id", "has_consent").iter_rows())
    return pl.col("customer_id").replace_strict(words, default=channel.default_consent, return_dtype=pl.Boolean)


def plan_wave(
    campaign: Campaign,
    policy: ContactPolicy,
    value: ValuePolicy,
    on: date,
    known: pl.DataFrame,
    free_seats: Mapping[str, float],
    declaration: Declaration = SHIPPED_DECLARATION,
    advice: Advice | None = None,
) -> Wave:
    """Plans the wave of a day.

    Args:
        campaign: the campaign.
        policy: channels, offers and rules for contacts.
        value: margin and months of a customer who stays.
        on: the published date that the customers come from.
        known: the active customers of the date; see `describe_customers`.
        free_seats: the contacts that each channel can still make.
        declaration: which declared columns are levers, whose reasons may be said.
        advice: what uplift says of `known` (default: it is silent).
    """
    choices = list_choices([policy.offers[name] for name in campaign.offers], list(policy.channels.values()))
    limits = _limits(campaign, policy, choices, free_seats)
    weighed = weigh_choices(known, choices, value, *limits)
    has_offer = pl.Series("has_offer", (weighed.values > 0).any(axis=1))
    split = find_eligible(known.with_row_index("position").with_columns(has_offer))
    positions = split.eligible["position"].to_numpy()
    advised = (
        _take_advice(weigh_choices(known, choices, value, *limits, advice.save_factors), advice) if advice else None
    )
    draws = draw_all(f"{campaign.campaign_id}, seats", split.eligible["customer_id"]).to_numpy()
    seating = give_seats(weighed.only(positions), advised.only(positions) if advised else None, draws)
    enrolled = _enrol(campaign, on, split.eligible, choices, seating)
    prices = zip(channel_names(choices), map(float, seating.seat_prices_usd), strict=True)
    return Wave(
        enrolled.drop("reasons"),
        _plan_contacts(enrolled, policy, on, declaration),
        _count(campaign, on, split.excluded, _count_rest(seating, advised, advice, positions)),
        dict(prices),
    )


def _take_advice(weighed: Options, advice: Advice) -> Options:
    """Takes every option from the customers who are better left alone; only the draw may give them a seat."""
    return replace(weighed, values=np.where(advice.is_left_alone[:, None], -np.inf, weighed.values))


def _count_rest(
    seating: Seating, advised: Options | None, advice: Advice | None, positions: NDArray[np.int64]
) -> dict[str, int]:
    """Returns how many eligible customers are enrolled, and how many of the others have which reason."""
    has_none = seating.chosen < 0
    counts = {"enrolled": int((~has_none).sum()), "beyond the seats": int(has_none.sum())}
    if advised is None or advice is None:
        return counts
    alone = has_none & advice.is_left_alone[positions]
    pays_nothing = has_none & ~alone & (advised.values[positions] <= 0).all(axis=1)
    counts["beyond the seats"] -= int(alone.sum() + pays_nothing.sum())
    return {"better left alone": int(alone.sum()), "no offer pays": int(pays_nothing.sum()), **counts}


def _limits(
    campaign: Campaign, policy: ContactPolicy, choices: Sequence[Choice], free_seats: Mapping[str, float]
) -> tuple[Floats, float]:
    """Returns seats and budget of the candidates: more than of the contacts, since a share of them is held out."""
    contacted = 1 - campaign.holdout_share
    seats = np.array([free_seats[name] for name in channel_names(choices)], dtype=np.float64)
    # Rounded down: a draw may hold out fewer than planned, and a seat cannot be used twice.
    return np.floor(seats / contacted), policy.budget_usd_a_month / MONTH_DAYS / contacted


def _enrol(
    campaign: Campaign,
    on: date,
    eligible: pl.DataFrame,
    choices: Sequence[Choice],
    seating: Seating,
) -> pl.DataFrame:
    """Returns the rows of ops.assignments, and the reasons of each score, the largest expected profit first."""
    is_chosen = seating.chosen >= 0
    chosen = seating.chosen[is_chosen]
    candidates = eligible.filter(pl.Series(is_chosen))
    # After offer and channel are chosen: the draw must not depend on what a customer would get.
    draws = draw_all(campaign.campaign_id, candidates["customer_id"])
    return candidates.select(
        pl.lit(campaign.campaign_id).alias("campaign_id"),
        "customer_id",
        pl.lit(on).alias("enrolled_on"),
        pl.lit(on).alias("prediction_date"),
        "model_version",
        draws,
        arm_of(draws, campaign.holdout_share),
        pl.Series("offer_id", [choices[option].offer.id for option in chosen], dtype=pl.String),
        pl.Series("channel", [choices[option].channel.name for option in chosen], dtype=pl.String),
        pl.Series("expected_profit_usd", seating.profits_usd[is_chosen], dtype=pl.Float64),
        pl.Series("chosen_by", np.where(seating.is_drawn[is_chosen], "draw", "profit"), dtype=pl.String),
        "churn_probability",
        "monthly_charges",
        "reasons",
        # The number breaks ties, so that a repeated plan has the same ranks.
    ).sort("expected_profit_usd", "customer_id", descending=[True, False])


def _plan_contacts(enrolled: pl.DataFrame, policy: ContactPolicy, on: date, declaration: Declaration) -> pl.DataFrame:
    """Returns the rows of ops.contacts: the treatment group, with the reasons that may be said."""
    treated = enrolled.filter(pl.col("arm") == "treatment")
    pairs = treated.select("campaign_id", "customer_id").iter_rows()
    levers = find_levers(treated["reasons"].explode().drop_nulls().unique().sort(), declaration)
    worth = {offer.id: offer.worth_months for offer in policy.offers.values()}
    return treated.select(
        pl.Series("contact_id", [contact_id_of(*pair) for pair in pairs], dtype=pl.String),
        "campaign_id",
        "customer_id",
        pl.lit(on).alias("wave_date"),
        pl.int_range(1, treated.height + 1, dtype=pl.Int64).alias("priority_rank"),
        pl.col("reasons").list.eval(pl.element().filter(pl.element().is_in(levers))).fill_null([]).alias("say_why"),
        (pl.col("offer_id").replace_strict(worth, return_dtype=pl.Float64) * pl.col("monthly_charges")).alias(
            "offer_worth_usd"
        ),
        pl.lit(on + timedelta(days=CONTACT_DAYS)).alias("expires_on"),
    )


def contact_id_of(campaign_id: str, customer_id: str) -> str:
    """Returns the id of a contact: always the same for a campaign and a customer, so that no delivery is doubled."""
    return str(uuid.uuid5(_CONTACT_IDS, f"{campaign_id}\x1f{customer_id}"))


def _count(campaign: Campaign, on: date, excluded: pl.DataFrame, others: Mapping[str, int]) -> pl.DataFrame:
    """Returns the rows of ops.exclusions."""
    more = pl.DataFrame({"reason": list(others), "customers_count": list(others.values())})
    counted = pl.concat([excluded, more.filter(pl.col("customers_count") > 0)])
    # Uplift may find that no offer pays for customers for whom one seemed to: the two counts are one reason.
    counted = counted.group_by("reason", maintain_order=True).agg(pl.col("customers_count").sum())
    return counted.select(pl.lit(campaign.campaign_id).alias("campaign_id"), pl.lit(on).alias("wave_date"), pl.all())
