"""What the company decided: the gate's thresholds and what a customer and an offer are worth, from its policy file.

Every value is checked when it is loaded, so that a sign or a percent sign too many never reaches a decision.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class ValuePolicy:
    """What a saved customer brings and an offer costs. Meanings stand beside the values in policies.toml."""

    offer_monthly_charges: float
    contact_usd: float
    save_rate: float
    margin_rate: float
    margin_months: int

    def __post_init__(self) -> None:
        _check("value", "offer_monthly_charges", self.offer_monthly_charges, 0, self.margin_rate * self.margin_months)
        _check("value", "contact_usd", self.contact_usd, 0, float("inf"))
        _check("value", "save_rate", self.save_rate, 0, 1)
        _check("value", "margin_rate", self.margin_rate, 0, 1)
        _check("value", "margin_months", self.margin_months, 1, 120)


@dataclass(frozen=True)
class Policies:
    """Everything in the policy file.

    Attributes:
        sha256: of the file; a publication keeps it, so that it can be said by which policy a list was made.
        notes: what to change in the file, though it was understood.
    """

    gate: GatePolicy
    value: ValuePolicy
    sha256: str
    notes: tuple[str, ...] = ()


def load_policies(path: Path | None = None) -> Policies:
    """Reads and checks a policy file (default: the one that comes with the program).

    Raises:
        WrongUsage: the file cannot be read; or a value is missing, unknown or out of its range; the message names it.
    """
    path = path or POLICY_FILE
    content = _read(path)
    found = _parse(path, content)
    notes = []
    if "retention" in found and "value" not in found:
        found["value"] = found.pop("retention")
        notes.append(f"{path.name} calls the section [value] by its old name [retention]. Rename it.")
    if unknown := sorted(set(found) - {"gate", "value"}):
        raise WrongUsage(f"{path} has the unknown section [{unknown[0]}].", f"remove it; {_COMPARE}")
    try:
        gate, value = GatePolicy(**found["gate"]), ValuePolicy(**found["value"])
    except (KeyError, TypeError) as error:
        raise WrongUsage(f"{path} is not complete: {error}.", _COMPARE) from error
    return Policies(gate, value, hashlib.sha256(content).hexdigest(), tuple(notes))


_COMPARE = "compare it with the default; `churn policy` prints it."


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUsage(
            f"The policy file {path} cannot be read: {error.strerror}.",
            "name a file that is there, or unset CHURN_POLICIES for the default.",
        ) from error


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The policy file {path} is no TOML: {error}.", "correct that line.") from error


def _check(section: str, name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WrongUsage(
            f"The policy file says {section}.{name} = {value!r}; it must be a number from {low} to {high}.",
            "correct the file; `churn policy FILE` checks it.",
        )
