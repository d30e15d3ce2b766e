"""Reads `[limits]` of the policy file: from which point on monitoring tells people."""

from dataclasses import dataclass
from pathlib import Path

from churn.economics.policies import check_number, load_section


@dataclass(frozen=True)
class LimitPolicy:
    """When monitoring alerts, and `churn monitor` ends with code 5. Comments in policies.toml explain each value."""

    calibration_off: float = 0.25
    lift_floor: float = 1.5
    missing_rise: float = 0.05
    spike_usd: float = 10_000.0

    def __post_init__(self) -> None:
        check_number("limits", "calibration_off", self.calibration_off, 0, 10)
        check_number("limits", "lift_floor", self.lift_floor, 0, 10)
        check_number("limits", "missing_rise", self.missing_rise, 0, 1)
        check_number("limits", "spike_usd", self.spike_usd, 0, 1e12)


def load_limits(path: Path | None = None) -> LimitPolicy:
    """Reads and checks `[limits]` of a policy file (default: the file that comes with the program).

    Raises:
        WrongUsage: the file cannot be read, or a value is unknown or outside its range. The message names it.
    """
    return load_section("limits", LimitPolicy, path)
