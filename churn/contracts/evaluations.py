"""What `churn evaluate` says: the figures of the training procedure over many random splits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Means:
    """The means of the test figures of one family over the splits.

    Attributes:
        ece_floor: the expected calibration error that a perfect model would have on as many customers.
        sd: the standard deviation of each figure over the splits.
    """

    pr_auc: float
    roc_auc: float
    log_loss: float
    brier: float
    ece: float
    recall_at_10: float
    lift_at_10: float
    ece_floor: float
    sd: Mapping[str, float]


@dataclass(frozen=True)
class SelectedMeans(Means):
    """The means of the procedure: in each split the family that the validation part selected.

    Attributes:
        times_chosen: the number of splits in which each family was selected.
    """

    times_chosen: Mapping[str, int]


@dataclass(frozen=True)
class PairedDifference:
    """The figure of a family minus that of the selected one on the same splits, with a 95% interval."""

    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """The figures over the splits.

    Attributes:
        splits: their number.
        candidates: by family.
        differences: by family and figure.
    """

    splits: int
    selected: SelectedMeans
    candidates: Mapping[str, Means]
    differences: Mapping[str, Mapping[str, PairedDifference]]


@dataclass(frozen=True)
class CostOfFairness:
    """What it costs that no model gets the sensitive columns.

    Attributes:
        columns: the columns of the declaration with use = "fairness".
        differences: by figure, the same procedure with these columns minus the one without, on the same splits.
    """

    columns: tuple[str, ...]
    differences: Mapping[str, PairedDifference]


@dataclass(frozen=True)
class Evaluation(Summary):
    """The document of `churn evaluate --json`.

    Attributes:
        as_of_date: the date of the examples.
        examples: their number.
        labels: how they are labelled: matured, or by the date's own extract (snapshot).
        fairness: None if the declaration has no sensitive column.
    """

    as_of_date: date
    examples: int
    labels: str
    fairness: CostOfFairness | None = None
