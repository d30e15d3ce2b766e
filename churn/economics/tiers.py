"""Risk tiers, and the money that a customer stands for. All amounts are in USD.

Worked example: a customer pays $70 per month, has been a customer for 10 months, has not left, and has a probability
of 0.6. With bounds of 0.7 and 0.5 the customer is in tier Medium, and so at risk. The revenue at risk is
70 x 12 = $840 per year, the expected annual loss is 0.6 x 840 = $504, and the lifetime value is 70 x 10 = $700. For a
customer who has left, revenue at risk and expected loss are $0. Without a value a month in the extract, both are NULL.

Worked example of the rule "lift": 4% of the training examples left. High begins at 4 x 0.04 = 0.16 and Medium at
2 x 0.04 = 0.08.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import TierRates
from churn.contracts.statuses import RiskTier
from churn.economics.policies import TierPolicy, TierRule
from churn.economics.value import paid

MONTHS_PER_YEAR = 12
BOUND_DECIMALS = 6

_probability = pl.col("churn_probability")
_charge = pl.col("monthly_charges")
_is_known = _charge.is_not_null()
_yearly = pl.when(_is_known & pl.col("is_active")).then(paid(_charge) * MONTHS_PER_YEAR).when(_is_known).then(0.0)
"""NULL for every customer of an extract without a value a month, also for those who have left."""


class Tier(NamedTuple):
    """One tier of one scored date, as ops.risk_tiers stores it.

    Attributes:
        urgency_rank: 1 for High, 2 for Medium, 3 for Low.
        probability_from: the smallest probability of the tier; above 1 if nobody can reach the tier.
        is_at_risk: whether customers of the tier count as at risk.
        rule: the rule that gave the bound.
        rule_value: the policy's value that gave the bound: a probability, a multiple or a share; None for Low.
        base_rate: the share of leavers among the training examples; None unless the rule is lift.
    """

    risk_tier: RiskTier
    urgency_rank: int
    probability_from: float
    is_at_risk: bool
    recommended_action: str
    rule: TierRule
    rule_value: float | None
    base_rate: float | None


@dataclass(frozen=True)
class Tiers:
    """The tiers in force for the scores of a date, from High to Low."""

    high: Tier
    medium: Tier
    low: Tier

    def rows(self) -> tuple[Tier, ...]:
        """Returns the tiers, High first."""
        return self.high, self.medium, self.low


def choose_rule(policy: TierPolicy, has_horizon: bool, own_base_rate: float | None = None) -> TierRule:
    """Returns the rule of the policy.

    The rule auto means lift for a label with a horizon, and probability for the public sample, whose label has none:
    bounds of 0.7 and 0.5 suit its base rate of 26.5%. For another company's extract it means whichever of the two has
    the lower bound of High. A quarter of the customers leaves: four times that is 1, and nobody could be High.

    Args:
        policy: the company's policy.
        has_horizon: whether the label has a horizon in days.
        own_base_rate: the share of leavers among the training examples of a declared extract; None for the public
            sample, or if it is not known.
    """
    if policy.rule != "auto":
        return policy.rule
    is_lower = own_base_rate is not None and policy.high_lift * own_base_rate <= policy.high_probability
    return "lift" if has_horizon or is_lower else "probability"


def resolve_tiers(
    policy: TierPolicy, rule: TierRule, base_rate: float | None = None, probabilities: NDArray[np.float64] | None = None
) -> Tiers:
    """Turns the values of a policy into bounds of the probability.

    Args:
        policy: the company's policy.
        rule: the rule to follow.
        base_rate: the share of leavers among the training examples, for the rule lift.
        probabilities: (n,) the scores of the active customers, for the rule share.
    """
    values = tuple(getattr(policy, f"{tier}_{rule}") for tier in ("high", "medium"))
    if rule == "lift" and base_rate is not None:
        # Rounded: 3 x 0.1 is 0.30000000000000004, and a customer with 0.3 belongs to the tier.
        bounds = tuple(round(value * base_rate, BOUND_DECIMALS) for value in values)
    elif rule == "share" and probabilities is not None:
        bounds = tuple(_find_bound(probabilities, value) for value in values)
    else:
        bounds = values
        assert rule == "probability", f"the rule {rule} lacks its input"
    base = base_rate if rule == "lift" else None
    return Tiers(
        Tier("High", 1, bounds[0], True, policy.high_action, rule, values[0], base),
        Tier("Medium", 2, bounds[1], True, policy.medium_action, rule, values[1], base),
        Tier("Low", 3, 0.0, False, policy.low_action, rule, None, base),
    )


def _find_bound(probabilities: NDArray[np.float64], share: float) -> float:
    """Returns the smallest of the highest probabilities; equal ones all belong to the tier. Above 1 for nobody."""
    count = round(share * len(probabilities))
    # partition finds one rank in linear time; sorting a million scores for two bounds would take longer.
    return float(np.partition(probabilities, -count)[-count]) if count else 1.1


def at_risk_flag(tiers: Tiers) -> pl.Expr:
    """Returns True for a customer in tier Medium or High."""
    return _probability >= tiers.medium.probability_from


def risk_tier(tiers: Tiers) -> pl.Expr:
    """Returns the name of the tier of each probability."""
    high, medium, low = tiers.rows()
    return (
        pl.when(_probability >= high.probability_from)
        .then(pl.lit(high.risk_tier))
        .when(_probability >= medium.probability_from)
        .then(pl.lit(medium.risk_tier))
        .otherwise(pl.lit(low.risk_tier))
    )


def count_tier_changes(tiers: Tiers, probabilities: NDArray[np.float64], others: NDArray[np.float64]) -> int:
    """Returns how many customers the two sets of probabilities put in different tiers."""
    names = [
        pl.DataFrame({"churn_probability": scores}).select(risk_tier(tiers)).to_series()
        for scores in (probabilities, others)
    ]
    return int((names[0] != names[1]).sum())


def tell_tiers(scored: pl.DataFrame, tiers: Tiers) -> tuple[TierRates, ...]:
    """Returns each tier's customers, its leavers, and its predicted and actual share of leavers; tier High comes first.

    Args:
        scored: has_churned and churn_probability. The probability comes from a model that was not trained on the row.
        tiers: the tiers. A tier without a customer is left out.
    """
    table = scored.group_by(risk_tier(tiers).alias("risk_tier")).agg(
        pl.len().alias("customers"),
        pl.col("has_churned").sum().alias("leavers"),
        pl.col("churn_probability").mean().alias("promised_rate"),
        pl.col("has_churned").mean().alias("left_rate"),
    )
    return tuple(TierRates(**row) for row in table.sort("promised_rate", descending=True).to_dicts())


def revenue_at_risk_usd(tiers: Tiers) -> pl.Expr:
    """Returns twelve monthly charges for an active customer at risk, and 0 for every other customer."""
    return pl.when(at_risk_flag(tiers)).then(_yearly).when(_is_known).then(0.0)


def expected_annual_loss_usd() -> pl.Expr:
    """Returns the probability times twelve monthly charges for an active customer, and 0 for one who has left."""
    return _probability * _yearly


def lifetime_value_usd() -> pl.Expr:
    """Returns the monthly charge times the months of tenure: the customer's revenue so far, at today's price.

    NULL if the extract does not say both.
    """
    return paid(_charge) * pl.col("tenure_months")
