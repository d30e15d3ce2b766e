"""Compares what each rule for the risk tiers would give, on customers whose answer is known.

Worked example: 100 customers, 4 of them left. A rule puts 10 customers into High and Medium, and 3 of those left. Its
precision is 3 / 10 = 30% and its share of the leavers is 3 / 4 = 75%. Its profit is that of contacting these 10.
"""

from dataclasses import dataclass
from typing import get_args

import polars as pl

from churn.economics.policies import Policies, TierRule
from churn.economics.tiers import at_risk_flag, resolve_tiers, risk_tier
from churn.economics.value import find_charges, profit_if_contacted_usd


@dataclass(frozen=True)
class Suggestion:
    """What one rule would give.

    Attributes:
        high_from: the smallest probability of tier High; above 1 if nobody can reach it.
        medium_from: the smallest probability of tier Medium.
        precision: the share of the customers in High and Medium who left; None without such a customer.
        leaver_share: the share of all leavers who are in High and Medium; None without a leaver.
        profit_usd: the profit of contacting every customer in High and Medium; None without a value a month.
    """

    rule: TierRule
    high_from: float
    medium_from: float
    high_count: int
    medium_count: int
    precision: float | None
    leaver_share: float | None
    profit_usd: float | None


def suggest_rules(scored: pl.DataFrame, policies: Policies) -> tuple[Suggestion, ...]:
    """Returns what each rule would give with the values of a policy.

    Args:
        scored: has_churned, churn_probability and monthly_charges of each customer. The probability comes from a model
            that was not trained on the customer.
        policies: the values of the rules, and the value of an offer.
    """
    return tuple(_suggest(rule, scored, policies) for rule in get_args(TierRule))


def _suggest(rule: TierRule, scored: pl.DataFrame, policies: Policies) -> Suggestion:
    left = scored["has_churned"].to_numpy()
    base_rate, probabilities = float(left.mean()), scored["churn_probability"].to_numpy()
    tiers = resolve_tiers(policies.tiers, rule, base_rate, probabilities)
    tier = scored.select(risk_tier(tiers)).to_series()
    is_chosen = scored.select(at_risk_flag(tiers)).to_series().to_numpy()
    charges = find_charges(scored)
    profit = None if charges is None else profit_if_contacted_usd(left, charges, policies.value)
    return Suggestion(
        rule=rule,
        high_from=tiers.high.probability_from,
        medium_from=tiers.medium.probability_from,
        high_count=int((tier == "High").sum()),
        medium_count=int((tier == "Medium").sum()),
        precision=float(left[is_chosen].mean()) if is_chosen.any() else None,
        leaver_share=float(left[is_chosen].sum() / left.sum()) if left.any() else None,
        profit_usd=None if profit is None else float(profit[is_chosen].sum()),
    )
