"""Reads `[training]` of the policy file: whether leavers weigh more than stayers when a model is fitted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from churn.economics.policies import load_section, refuse_value


@dataclass(frozen=True)
class TrainingPolicy:
    """How examples weigh in a training. Comments in policies.toml explain the value."""

    class_weight: Literal["none", "balanced"] = "none"

    def __post_init__(self) -> None:
        if self.class_weight not in ("none", "balanced"):
            raise refuse_value("training", "class_weight", self.class_weight, 'one of "none", "balanced"')


def load_class_weight(path: Path | None = None) -> Literal["balanced"] | None:
    """Returns the class weight of a policy file (default: the file that comes with the program); None for none.

    Raises:
        WrongUsage: the file cannot be read, or a value is unknown or outside its range. The message names it.
    """
    policy = load_section("training", TrainingPolicy, path)
    return "balanced" if policy.class_weight == "balanced" else None
