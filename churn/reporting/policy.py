"""The company's policy: the values in force, and whether a file is sound."""

from dataclasses import asdict, dataclass
from pathlib import Path

from churn.economics.policies import POLICY_FILE, load_policies
from churn.settings import Settings


@dataclass(frozen=True)
class PolicyReport:
    """A policy file that was read.

    Attributes:
        path: the file.
        is_default: it is the one that comes with the program.
        sha256: of the file, as publications keep it.
        values: each value by its section and name.
        notes: what to change in the file, though it was understood.
    """

    path: str
    is_default: bool
    sha256: str
    values: dict[str, dict[str, float]]
    notes: tuple[str, ...]


def read_policy(settings: Settings, path: Path | None) -> PolicyReport:
    """Reads a policy file (default: the one in force).

    Raises:
        WrongUsage: it cannot be read, or a value is missing, unknown or out of its range.
    """
    chosen = path or settings.policies or POLICY_FILE
    policies = load_policies(chosen)
    values = {"gate": asdict(policies.gate), "value": asdict(policies.value)}
    return PolicyReport(str(chosen), chosen == POLICY_FILE, policies.sha256, values, policies.notes)
