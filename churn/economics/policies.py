"""Reads the company's policy file: the gate's thresholds, the value of a customer and of an offer, and the risk tiers.

Every value is checked when the file is read, so that a wrong sign or a percentage never reaches a decision.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from churn.errors import WrongUsage

POLICY_FILE = Path(__file__).with_name("policies.toml")

TierRule = Literal["probability", "lift", "share"]


@dataclass(frozen=True)
class GatePolicy:
    """When a challenger may replace the champion. Comments in policies.toml explain each value."""

    pr_auc_gain_floor: float
    calibration_slack: float
    slice_roc_auc_floor: float
    slice_fewest_customers: int
    slice_fewest_leavers: int

    def __post_init__(self) -> None:
        check_number("gate", "pr_auc_gain_floor", self.pr_auc_gain_floor, 0, 1)
        check_number("gate", "calibration_slack", self.calibration_slack, 0, 1)
        check_number("gate", "slice_roc_auc_floor", self.slice_roc_auc_floor, 0, 1)
        check_number("gate", "slice_fewest_customers", self.slice_fewest_customers, 1, float("inf"))
        check_number("gate", "slice_fewest_leavers", self.slice_fewest_leavers, 1, float("inf"))


@dataclass(frozen=True)
class ValuePolicy:
    """The value of a saved customer and the cost of an offer. Comments in policies.toml explain each value."""

    offer_monthly_charges: float
    contact_usd: float
    save_rate: float
    margin_rate: float
    margin_months: int
    yearly_discount: float = 0.1

    def __post_init__(self) -> None:
        # An offer that costs more than the margin it saves would make the threshold of `contact_from` meaningless.
        check_number(
            "value", "offer_monthly_charges", self.offer_monthly_charges, 0, self.margin_rate * self.margin_months
        )
        check_number("value", "contact_usd", self.contact_usd, 0, float("inf"))
        check_number("value", "save_rate", self.save_rate, 0, 1)
        check_number("value", "margin_rate", self.margin_rate, 0, 1)
        check_number("value", "margin_months", self.margin_months, 1, 120)
        check_number("value", "yearly_discount", self.yearly_discount, 0, 1)


@dataclass(frozen=True)
class TierPolicy:
    """Where the risk tiers begin, and what to do in each. Comments in policies.toml explain each value."""

    rule: TierRule | Literal["auto"]
    high_probability: float
    medium_probability: float
    high_lift: float
    medium_lift: float
    high_share: float
    medium_share: float
    high_action: str
    medium_action: str
    low_action: str

    def __post_init__(self) -> None:
        if self.rule not in ("auto", *get_args(TierRule)):
            raise refuse_value("tiers", "rule", self.rule, f"one of auto, {', '.join(get_args(TierRule))}")
        check_number("tiers", "high_probability", self.high_probability, 0, 1)
        check_number("tiers", "medium_probability", self.medium_probability, 0, self.high_probability)
        # A tier that begins below the base rate would hold customers who are safer than the average.
        check_number("tiers", "high_lift", self.high_lift, 1, 1000)
        check_number("tiers", "medium_lift", self.medium_lift, 1, self.high_lift)
        check_number("tiers", "medium_share", self.medium_share, 0, 1)
        check_number("tiers", "high_share", self.high_share, 0, self.medium_share)
        for name in ("high_action", "medium_action", "low_action"):
            action = getattr(self, name)
            if not isinstance(action, str) or not action.strip():
                raise refuse_value("tiers", name, action, "a text")


@dataclass(frozen=True)
class Policies:
    """Everything in the policy file.

    Attributes:
        gate: the thresholds of the gate.
        value: the value of a customer and of an offer.
        tiers: where the risk tiers begin.
        sha256: the digest of the file. A publication records it, so that every list can be traced to its policy.
        notes: changes that the file needs although it is valid, such as an old section name.
    """

    gate: GatePolicy
    value: ValuePolicy
    tiers: TierPolicy
    sha256: str
    notes: tuple[str, ...] = ()


def load_policies(path: Path | None = None) -> Policies:
    """Reads and checks a policy file (default: the file that comes with the program).

    Raises:
        WrongUsage: the file cannot be read, or a value is missing, unknown or outside its range. The message names it.
    """
    path = path or POLICY_FILE
    content = _read(path)
    sections = _parse(path, content)
    notes = []
    if "retention" in sections and "value" not in sections:
        sections["value"] = sections.pop("retention")
        notes.append(f"{path.name} uses [retention], the old name of the section [value]. Rename the section.")
    if unknown := sorted(set(sections) - {*_REQUIRED, *_OPTIONAL, *CONTACT_SECTIONS, *OTHER_SECTIONS}):
        raise WrongUsage(f"{path} has the unknown section [{unknown[0]}].", f"remove it; {_COMPARE}")
    sections = {name: values for name, values in read_sections().items() if name in _OPTIONAL} | sections
    try:
        gate, value = GatePolicy(**sections["gate"]), ValuePolicy(**sections["value"])
        tiers = TierPolicy(**sections["tiers"])
    except (KeyError, TypeError) as error:
        raise WrongUsage(f"{path} is not complete: {error}.", _COMPARE) from error
    # The digest of the bytes, not of the values: a publication names exactly the file that was in force.
    return Policies(gate, value, tiers, hashlib.sha256(content).hexdigest(), tuple(notes))


_REQUIRED = ("gate", "value")
_OPTIONAL = ("tiers",)
"""Sections that an older file of a company does not have yet: they then have the values of the default file."""


CONTACT_SECTIONS = ("channels", "budget", "contact", "offers", "campaign")
"""The sections that `economics.offers` reads."""
OTHER_SECTIONS = ("keep", "limits", "training")
"""The sections that `economics.keeping`, `economics.limits` and `economics.weights` read."""


def read_sections(path: Path | None = None) -> dict[str, Any]:
    """Returns the sections of a policy file (default: the file that comes with the program), unchecked.

    Raises:
        WrongUsage: the file cannot be read, or is not TOML.
    """
    path = path or POLICY_FILE
    return _parse(path, _read(path))


_COMPARE = "compare it with the values that `churn policy` prints."


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUsage(
            f"The policy file {path} cannot be read: {error.strerror}.",
            "give the path of a readable file, or unset CHURN_POLICIES to use the default policy.",
        ) from error


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The policy file {path} is not valid TOML: {error}.", "correct that line.") from error


Section = TypeVar("Section")


def load_section(name: str, kind: type[Section], path: Path | None = None) -> Section:
    """Reads and checks a section of a policy file (default: the file that comes with the program).

    Args:
        name: the section. A file without it, or without some of its values, has the defaults.
        kind: a frozen record that checks its values when it is made.
        path: the policy file.

    Raises:
        WrongUsage: the file cannot be read, or a value is unknown or outside its range. The message names it.
    """
    section = read_sections(path).get(name, {})
    try:
        return kind(**section)
    except TypeError as error:
        unknown = sorted(set(section) - set(kind.__dataclass_fields__))  # type: ignore[attr-defined]
        raise WrongUsage(f"The policy file has the unknown value {name}.{unknown[0]}.", _COMPARE) from error


def check_number(section: str, name: str, value: object, low: float, high: float) -> None:
    """Raises WrongUsage if a value of the policy file is no number within its bounds."""
    # TOML's true is a Python int as well: without the first condition it would count as 1.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refuse_value(section, name, value, f"a number from {low} to {high}")


def refuse_value(section: str, name: str, value: object, allowed: str) -> WrongUsage:
    """Returns the error for a value of the policy file: it names the value and what is allowed."""
    return WrongUsage(
        f"The policy file has {section}.{name} = {value!r}, but it must be {allowed}.",
        "correct the file; `churn policy FILE` checks it.",
    )
