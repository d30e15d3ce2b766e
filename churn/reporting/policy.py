"""Reads the company's policy: the values in force, or those of a file that a person wants to check."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from churn.economics.keeping import load_keep
from churn.economics.limits import load_limits
from churn.economics.offers import ContactPolicy, load_contact_policy
from churn.economics.policies import POLICY_FILE, load_policies, load_section
from churn.economics.weights import TrainingPolicy
from churn.settings import Settings


@dataclass(frozen=True)
class PolicyReport:
    """A policy file that was read.

    Attributes:
        path: the path of the file.
        is_default: True if the file is the one that comes with the program.
        sha256: the digest of the file, which each publication records.
        values: each value by its section and name.
        notes: changes that the file needs although it is valid, such as an old section name.
    """

    path: str
    is_default: bool
    sha256: str
    values: dict[str, dict[str, object]]
    notes: tuple[str, ...]


def read_policy(settings: Settings, path: Path | None) -> PolicyReport:
    """Reads a policy file (default: the file in force).

    Raises:
        WrongUsage: the file cannot be read, or a value is missing, unknown or outside its range.
    """
    chosen = path or settings.policies or POLICY_FILE
    policies = load_policies(chosen)
    values = {section: asdict(getattr(policies, section)) for section in ("gate", "value", "tiers")}
    values["training"] = asdict(load_section("training", TrainingPolicy, chosen))
    values["limits"] = asdict(load_limits(chosen))
    values["keep"] = asdict(load_keep(chosen))
    values |= _describe_contacts(load_contact_policy(chosen))
    return PolicyReport(str(chosen), chosen == POLICY_FILE, policies.sha256, values, policies.notes)


def _describe_contacts(policy: ContactPolicy) -> dict[str, dict[str, object]]:
    """Returns channels, offers and campaigns by section and name; a limit that is not set is left out."""
    rules = {"cooldown_days": policy.cooldown_days}
    budget = {"usd_a_month": policy.budget_usd_a_month}
    sections: dict[str, Mapping[str, object]] = {
        "contact": rules,
        "budget": budget,
        **{f"channels.{name}": asdict(channel) for name, channel in policy.channels.items()},
        **{f"offers.{name}": asdict(offer) for name, offer in policy.offers.items()},
        **{f"campaign.{name}": asdict(plan) for name, plan in policy.campaigns.items()},
    }
    return {name: _plain(values) for name, values in sections.items() if _plain(values)}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Returns the values as JSON can hold them: dates as text, and no limit that is not set."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value != float("inf")
    }
