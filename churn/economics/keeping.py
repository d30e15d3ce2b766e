"""Reads `[keep]` of the policy file: for how many days each kind of rows and files is kept."""

from dataclasses import asdict, dataclass
from pathlib import Path

from churn.economics.policies import check_number, load_section, refuse_value

FOR_EVER = 0


@dataclass(frozen=True)
class KeepPolicy:
    """The days for which something is kept; 0 is for ever. Comments in policies.toml explain each value.

    The scores of a date are read beside its features, and features are computed from the raw rows. So scores may be
    kept no longer than features, and features no longer than raw rows.
    """

    raw_days: int = FOR_EVER
    features_days: int = FOR_EVER
    scores_days: int = FOR_EVER
    rejects_days: int = FOR_EVER
    artifacts_days: int = FOR_EVER
    logs_days: int = 30
    runs_days: int = 90

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            check_number("keep", name, value, 0, 36_500)
        order = ("raw_days", "features_days", "scores_days")
        lengths = [getattr(self, name) or float("inf") for name in order]
        for place in (1, 2):
            if lengths[place] > lengths[place - 1]:
                raise refuse_value(
                    "keep", order[place], getattr(self, order[place]), f"at most {order[place - 1]} (0 is for ever)"
                )


def load_keep(path: Path | None = None) -> KeepPolicy:
    """Reads and checks `[keep]` of a policy file (default: the file that comes with the program).

    Raises:
        WrongUsage: the file cannot be read, or a value is unknown or outside its range. The message names it.
    """
    return load_section("keep", KeepPolicy, path)
