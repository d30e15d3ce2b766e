"""Reads `[limits]` of the policy file: from which point on monitoring tells people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from churn.economics.policies import check_number, load_section, refuse_value

FeedFault = Literal["mark", "hold"]


@dataclass(frozen=True)
class LimitPolicy:
    """When monitoring alerts, and `churn monitor` ends with code 5. Comments in policies.toml explain each value."""

    calibration_off: float = 0.25
    lift_floor: float = 1.5
    missing_rise: float = 0.05
    spike_usd: float = 10_000.0
    feed_fault: FeedFault = "mark"
    retrain: bool = False
    retrain_cooldown_days: int = 30
    retrain_fewest_leavers: int = 200

    def __post_init__(self) -> None:
        check_number("limits", "calibration_off", self.calibration_off, 0, 10)
        check_number("limits", "lift_floor", self.lift_floor, 0, 10)
        check_number("limits", "missing_rise", self.missing_rise, 0, 1)
        check_number("limits", "spike_usd", self.spike_usd, 0, 1e12)
        if self.feed_fault not in get_args(FeedFault):
            raise refuse_value("limits", "feed_fault", self.feed_fault, f"one of {', '.join(get_args(FeedFault))}")
        if not isinstance(self.retrain, bool):
            raise refuse_value("limits", "retrain", self.retrain, "true or false")
        check_number("limits", "retrain_cooldown_days", self.retrain_cooldown_days, 1, 3650)
        check_number("limits", "retrain_fewest_leavers", self.retrain_fewest_leavers, 20, 1e9)


def load_limits(path: Path | None = None) -> LimitPolicy:
    """Reads and checks `[limits]` of a policy file (default: the file that comes with the program).

    Raises:
        WrongUsage: the file cannot be read, or a value is unknown or outside its range. The message names it.
    """
    return load_section("limits", LimitPolicy, path)
