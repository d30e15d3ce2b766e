"""What the business decided: the gate's thresholds and the economics of an offer, from policies.toml.

Every value is checked when it is loaded, so that a sign or a percent sign too many never reaches a decision.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from churn.errors import WrongUsage

POLICY_FILE = Path(__file__).with_name("policies.toml")


@dataclass(frozen=True)
class GatePolicy:
    """When a challenger may replace the champion. Meanings stand beside the values in policies.toml."""

    pr_auc_gain_floor: float
    calibration_slack: float
    slice_roc_auc_floor: float
    slice_fewest_customers: int
    slice_fewest_leavers: int

    def __post_init__(self) -> None:
        _check("gate", "pr_auc_gain_floor", self.pr_auc_gain_floor, 0, 1)
        _check("gate", "calibration_slack", self.calibration_slack, 0, 1)
        _check("gate", "slice_roc_auc_floor", self.slice_roc_auc_floor, 0, 1)
        _check("gate", "slice_fewest_customers", self.slice_fewest_customers, 1, float("inf"))
        _check("gate", "slice_fewest_leavers", self.slice_fewest_leavers, 1, float("inf"))


@dataclass(frozen=True)
class RetentionPolicy:
    """What a retention offer costs and brings. Meanings stand beside the values in policies.toml."""

    offer_monthly_charges: float
    contact_usd: float
    save_rate: float
    margin_rate: float
    margin_months: int

    def __post_init__(self) -> None:
        _check(
            "retention", "offer_monthly_charges", self.offer_monthly_charges, 0, self.margin_rate * self.margin_months
        )
        _check("retention", "contact_usd", self.contact_usd, 0, float("inf"))
        _check("retention", "save_rate", self.save_rate, 0, 1)
        _check("retention", "margin_rate", self.margin_rate, 0, 1)
        _check("retention", "margin_months", self.margin_months, 1, 120)


@dataclass(frozen=True)
class Policies:
    """Everything in the policy file."""

    gate: GatePolicy
    retention: RetentionPolicy


def load_policies(path: Path = POLICY_FILE) -> Policies:
    """Reads and checks a policy file.

    Raises:
        WrongUsage: a value is missing, unknown or out of its range; the message names it.
    """
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        return Policies(GatePolicy(**found["gate"]), RetentionPolicy(**found["retention"]))
    except (KeyError, TypeError) as error:
        raise WrongUsage(
            f"{path.name} is not complete: {error}.", "compare it with churn/economics/policies.toml."
        ) from error


def _check(section: str, name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise WrongUsage(
            f"policies.toml says {section}.{name} = {value}; it must lie from {low} to {high}.", "correct the file."
        )
