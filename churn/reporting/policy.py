"""Reads the company's policy: the values in force, or those of a file that a person wants to check."""

from dataclasses import asdict, dataclass
from pathlib import Path

from churn.economics.policies import POLICY_FILE, load_policies
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
    values: dict[str, dict[str, float | str]]
    notes: tuple[str, ...]


def read_policy(settings: Settings, path: Path | None) -> PolicyReport:
    """Reads a policy file (default: the file in force).

    Raises:
        WrongUsage: the file cannot be read, or a value is missing, unknown or outside its range.
    """
    chosen = path or settings.policies or POLICY_FILE
    policies = load_policies(chosen)
    values = {section: asdict(getattr(policies, section)) for section in ("gate", "value", "tiers")}
    return PolicyReport(str(chosen), chosen == POLICY_FILE, policies.sha256, values, policies.notes)
