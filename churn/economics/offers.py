"""What a company may offer, by which channel, how often, and the campaigns that it plans: sections of the policy file.

    [channels.call]
    seats = 60                     # contacts a day
    contact_usd = 2.0
    reach = 0.6                    # share of the contacts that reach the customer
    to = "view"                    # or an address "https://..."; default: `churn campaign send` writes a file
    [budget]
    usd_a_month = 8000             # offers and contacts together
    [contact]
    cooldown_days = 60
    default_consent = { call = true, email = false }
    codes = { NA = "not_reached" } # the company's own codes of what came of a contact = the product's words
    [[offers]]
    id = "support_3m"
    worth_months = 0.3             # cost of the offer, as a share of one monthly charge
    save_rate = 0.22               # assumed until it is measured
    only_if = { has_tech_support = false, internet_service = ["DSL", "Fiber optic"] }
    channels = ["call", "email"]
    [campaign.autumn]
    offers = ["support_3m"]
    holdout_share = 0.2
    window_days = 60
    enrol_from = 2026-12-01
    enrol_days = 120
    read_on = 2027-06-01
    smallest_effect = 0.2
    power = 0.8

Without [[offers]] there is one offer, "standard", with the values of [value]; without [channels] one channel, "call".
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from churn.contracts.campaigns import EVENTS, LEAST_HOLDOUT, MOST_HOLDOUT, VIEW
from churn.economics.policies import ValuePolicy, check_number, load_policies, read_sections, refuse_value
from churn.errors import WrongUsage

ONLY_IF_COLUMNS = (
    "contract",
    "internet_service",
    "payment_method",
    "tenure_band",
    "has_online_security",
    "has_tech_support",
    "risk_tier",
)
"""The facts of a customer that an offer may ask for; each is a column of reporting.customer_scores."""

Condition = str | bool | tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A way to contact customers: its contacts a day, the cost of one in USD, the share that reaches the customer.

    `to` says how its contacts are delivered: "" by file, VIEW by reporting.contact_list, an address by webhook.
    """

    name: str
    seats: float = float("inf")
    contact_usd: float = 2.0
    reach: float = 1.0
    default_consent: bool = True
    to: str = ""

    def __post_init__(self) -> None:
        check_number(f"channels.{self.name}", "seats", self.seats, 0, float("inf"))
        check_number(f"channels.{self.name}", "contact_usd", self.contact_usd, 0, float("inf"))
        check_number(f"channels.{self.name}", "reach", self.reach, 0.01, 1)
        # Plain http only to this machine: the contacts of customers must not cross a network in the clear.
        if not re.fullmatch(rf"|{VIEW}|https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?", self.to):
            raise refuse_value(f"channels.{self.name}", "to", self.to, f'"{VIEW}" or an address "https://..."')


@dataclass(frozen=True)
class Offer:
    """An offer: its cost as a share of one monthly charge, the share of leavers whom it keeps, and who may get it."""

    id: str
    worth_months: float
    save_rate: float
    channels: tuple[str, ...]
    only_if: Mapping[str, Condition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_number(f"offers.{self.id}", "worth_months", self.worth_months, 0, 24)
        check_number(f"offers.{self.id}", "save_rate", self.save_rate, 0, 1)
        if unknown := sorted(set(self.only_if) - set(ONLY_IF_COLUMNS)):
            raise refuse_value(f"offers.{self.id}", f"only_if.{unknown[0]}", "", f"one of {', '.join(ONLY_IF_COLUMNS)}")


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign as the policy file plans it; [campaign.NAME] above shows and explains each value."""

    name: str
    offers: tuple[str, ...]
    holdout_share: float
    window_days: int
    enrol_from: date
    enrol_days: int
    read_on: date
    smallest_effect: float = 0.2
    power: float = 0.8

    def __post_init__(self) -> None:
        section = f"campaign.{self.name}"
        check_number(section, "holdout_share", self.holdout_share, LEAST_HOLDOUT, MOST_HOLDOUT)
        check_number(section, "window_days", self.window_days, 1, 365)
        check_number(section, "enrol_days", self.enrol_days, 1, 730)
        check_number(section, "smallest_effect", self.smallest_effect, 0.01, 0.95)
        check_number(section, "power", self.power, 0.5, 0.99)
        earliest = self.enrol_from + timedelta(days=self.window_days)
        if self.read_on < earliest:
            raise refuse_value(section, "read_on", self.read_on, f"{earliest} or later: no window is over before")

    @property
    def enrol_until(self) -> date:
        """The last day of enrolment."""
        return self.enrol_from + timedelta(days=self.enrol_days - 1)


@dataclass(frozen=True)
class ContactPolicy:
    """Everything that decides whom the company may contact, how, and with what.

    Attributes:
        channels: by name.
        offers: by id.
        campaigns: by name.
        cooldown_days: a customer who was contacted is not contacted again within this many days.
        budget_usd_a_month: what offers and contacts may cost together.
        codes: the company's own codes of what came of a contact -> the product's words.
    """

    channels: Mapping[str, Channel]
    offers: Mapping[str, Offer]
    campaigns: Mapping[str, CampaignPlan]
    cooldown_days: int
    budget_usd_a_month: float
    codes: Mapping[str, str] = field(default_factory=dict)

    def require_campaign(self, name: str) -> CampaignPlan:
        """Returns the plan of a campaign.

        Raises:
            WrongUsage: the policy file has no section for it.
        """
        if name not in self.campaigns:
            known = f" It has {', '.join(sorted(self.campaigns))}." if self.campaigns else ""
            raise WrongUsage(
                f"The policy file has no section [campaign.{name}].{known}",
                "add the section; churn/campaigns/README.md shows an example.",
            )
        return self.campaigns[name]


@dataclass(frozen=True)
class Terms:
    """What a campaign promised when it was started. A later change of the policy file does not reach it.

    Attributes:
        offers: the offers that it may give.
        contact_usd: what one contact costs, by channel, in USD.
        value: margin and months of a customer who stays.
    """

    offers: tuple[Offer, ...]
    contact_usd: Mapping[str, float]
    value: ValuePolicy

    def to_json(self) -> dict[str, object]:
        """Returns the terms as a JSON document, for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Terms":
        """Reads the terms from the ledger."""
        offers = tuple(_as_offer(offer) for offer in document["offers"])
        return cls(offers, dict(document["contact_usd"]), ValuePolicy(**document["value"]))


def agree_terms(plan: CampaignPlan, policy: ContactPolicy, value: ValuePolicy) -> Terms:
    """Returns the terms of a campaign that starts under a policy."""
    costs = {name: channel.contact_usd for name, channel in policy.channels.items()}
    return Terms(tuple(policy.offers[offer] for offer in plan.offers), costs, value)


def load_contact_policy(path: Path | None = None) -> ContactPolicy:
    """Reads the sections above from a policy file (default: the file that comes with the program).

    Raises:
        WrongUsage: the file cannot be read, or a value is missing, unknown or outside its range.
    """
    return read_contact_policy(read_sections(path), load_policies(path).value)


def read_contact_policy(sections: Mapping[str, Any], value: ValuePolicy) -> ContactPolicy:
    """Reads the sections above from the content of a policy file.

    Raises:
        WrongUsage: a value is missing, unknown or outside its range. The message names it.
    """
    contact = dict(sections.get("contact", {}))
    consents, codes = contact.pop("default_consent", {}), contact.pop("codes", {})
    if wrong := [theirs for theirs, ours in codes.items() if ours not in EVENTS]:
        raise refuse_value("contact.codes", wrong[0], codes[wrong[0]], f"one of {', '.join(EVENTS)}")
    cooldown = contact.pop("cooldown_days", 60)
    check_number("contact", "cooldown_days", cooldown, 0, 3650)
    budget = dict(sections.get("budget", {}))
    usd = budget.pop("usd_a_month", float("inf"))
    check_number("budget", "usd_a_month", usd, 0, float("inf"))
    for section, rest in (("contact", contact), ("budget", budget)):
        if rest:
            raise refuse_value(section, sorted(rest)[0], rest[sorted(rest)[0]], "removed: this name is not known")
    named = sections.get("channels") or {"call": {"contact_usd": value.contact_usd}}
    channels = {
        name: _build(f"channels.{name}", Channel, name=name, default_consent=consents.get(name, True), **values)
        for name, values in named.items()
    }
    offers = [_read_offer(values, channels) for values in sections.get("offers", [])]
    standard = Offer("standard", value.offer_monthly_charges, value.save_rate, tuple(channels))
    by_id = {offer.id: offer for offer in offers or [standard]}
    plans = {name: _read_plan(name, values, by_id) for name, values in sections.get("campaign", {}).items()}
    return ContactPolicy(channels, by_id, plans, cooldown, usd, codes)


def count_seats(policy: ContactPolicy) -> int | None:
    """Returns the contacts a day of all channels together; None if a channel has no limit."""
    seats = sum(channel.seats for channel in policy.channels.values())
    return None if seats == float("inf") else int(seats)


def _read_offer(values: Mapping[str, Any], channels: Mapping[str, Channel]) -> Offer:
    name = values.get("id", "?")
    wanted = tuple(values.get("channels", tuple(channels)))
    if unknown := [channel for channel in wanted if channel not in channels]:
        raise refuse_value(f"offers.{name}", "channels", unknown[0], f"one of {', '.join(channels)}")
    return _as_offer({**values, "channels": wanted})


def _as_offer(values: Mapping[str, Any]) -> Offer:
    """Builds an offer from TOML or JSON, which both have lists where a frozen record has tuples."""
    only_if = {
        column: tuple(wish) if isinstance(wish, list) else wish for column, wish in values.get("only_if", {}).items()
    }
    ready = {**values, "channels": tuple(values["channels"]), "only_if": only_if}
    return _build(f"offers.{values.get('id', '?')}", Offer, **ready)


def _read_plan(name: str, values: Mapping[str, Any], offers: Mapping[str, Offer]) -> CampaignPlan:
    wanted = tuple(values.get("offers", tuple(offers)))
    if unknown := [offer for offer in wanted if offer not in offers]:
        raise refuse_value(f"campaign.{name}", "offers", unknown[0], f"one of {', '.join(offers)}")
    return _build(f"campaign.{name}", CampaignPlan, **{**values, "name": name, "offers": wanted})


def _build(section: str, kind: Any, **values: Any) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        problem = str(error).partition("() ")[2]
        raise WrongUsage(
            f"The section [{section}] of the policy file has a wrong or a missing name: {problem}.",
            "correct the file; churn/campaigns/README.md shows every section.",
        ) from error
