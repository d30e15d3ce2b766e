"""A decision on a model version and its evidence, as ops.promotions keeps them.

The evidence is a JSON document. `Evidence` is its only reader and writer in Python; the SQL models model_figures,
model_curves and model_slices read the same keys. What an earlier release did not store is None or empty here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, TypeAdapter, WrapSerializer

from churn.contracts.models import RegisteredModel
from churn.contracts.profiles import FeatureProfile
from churn.contracts.statuses import Decider, RiskTier, Verdict

EVIDENCE_VERSION = 2
"""The layout of the documents that this release writes. Those of release 0.1.0 have no version and count as 1."""

Document = Mapping[str, object]
"""A part of the document that is kept exactly as it was, such as a policy file: each release has its own keys."""


@dataclass(frozen=True)
class Interval:
    """A figure with the 2.5% and 97.5% quantiles of its bootstrap distribution."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """One kind of customer in the test part.

    Attributes:
        promised_rate: the mean probability.
        left_rate: the share of customers who left.
        flagged_rate: the share of customers with a probability of 0.5 or more.
        roc_auc: None when no customer or every customer left.
    """

    column: str
    value: str
    customers: int
    leavers: int
    promised_rate: float
    left_rate: float
    flagged_rate: float
    roc_auc: Interval | None


@dataclass(frozen=True)
class Point:
    """One point of a curve; `customers` is the number in the group, or contacted up to the point."""

    x: float
    y: float
    customers: int


Row = TypeVar("Row")


def _in_order(stored: object) -> object:
    return [stored[number] for number in sorted(stored)] if isinstance(stored, dict) else stored


def _number(rows: tuple[object, ...], serialize: Any) -> dict[str, object]:
    return {f"{number:02d}": row for number, row in enumerate(serialize(rows), 1)}


# Stored under text keys ("01", "02", ...), since SQL can look up a JSON key on every engine.
Numbered = Annotated[tuple[Row, ...], BeforeValidator(_in_order), WrapSerializer(_number)]


@dataclass(frozen=True)
class Curves:
    """The curves of the selected candidate on the test part, as points for the pages to draw."""

    calibration: Numbered[Point] = ()
    gain: Numbered[Point] = ()
    profit: Numbered[Point] = ()
    slices: Numbered[Slice] = ()


@dataclass(frozen=True)
class CandidateFigures:
    """The figures of a candidate by name, and its four counts at a probability of 0.5."""

    test: Mapping[str, Interval]
    validation: Mapping[str, Interval] = field(default_factory=dict)
    confusion: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TierRates:
    """Predicted and actual leavers of one tier, out of fold on the training part."""

    risk_tier: RiskTier
    customers: int
    leavers: int
    promised_rate: float
    left_rate: float


@dataclass(frozen=True)
class TrainedWindow:
    """A window of matured labels: the extract that labels an as-of date, and how many customers each rule labelled."""

    as_of_date: date
    label_date: date
    window_days: int
    customers: int
    leavers: int
    by_mark: int
    by_date: int
    by_absence: int
    censored: int
    contacted: int = 0
    involuntary: int = 0


@dataclass(frozen=True)
class TrainedLabels:
    """The labels of a training.

    Attributes:
        kind: matured or snapshot.
        as_of_dates: the dates of the examples, the newest first.
        horizon: such as "30 days"; None if it is that of the extract.
        leaver_share: the share of customers who leave within the horizon, of the newest window; None if unknown.
        windows: the windows of matured labels, the newest first.
    """

    kind: str
    as_of_dates: tuple[date, ...]
    horizon: str | None = None
    leaver_share: float | None = None
    windows: tuple[TrainedWindow, ...] = ()


@dataclass(frozen=True)
class GateEvidence:
    """What the gate compared.

    Attributes:
        policies: the policy in force.
        slices: the figures of the challenger for each kind of customer.
        gains: challenger minus champion, by figure; empty if no champion was compared.
    """

    policies: Document
    slices: tuple[Slice, ...] = ()
    gains: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What the ledger keeps of a training.

    Attributes:
        candidates: the figures of every candidate, by family.
        curves: the curves of the selected candidate.
        rows: the number of examples of the parts train, validation and test.
        params: the settings of the training.
        plans: the tariffs of the training examples; None if unknown.
        tiers_out_of_fold: whether the predicted rate of each tier came true.
        labels: None if unknown.
        gate: what the gate compared; None for a model that no gate has judged.
        is_synthetic: whether the examples are synthetic customers.
        tier_changes: customers whom challenger and champion put in different tiers; None if no champion was compared.
        tested_on: the customers or the window of the test part, in words.
        ranges: the range of each feature in the training part, to which the model clips; None if it does not clip.
        usual: the median of each number of the company's own in the training part, for the reasons.
        profiles: how each feature is spread in the training part; empty for a model of an earlier release.
    """

    candidates: Mapping[str, CandidateFigures] = field(default_factory=dict)
    curves: Curves = Curves()
    rows: Mapping[str, int] = field(default_factory=dict)
    params: Document = field(default_factory=dict)
    plans: tuple[str, ...] | None = None
    tiers_out_of_fold: tuple[TierRates, ...] = ()
    labels: TrainedLabels | None = None
    gate: GateEvidence | None = None
    is_synthetic: bool = False
    tier_changes: int | None = None
    tested_on: str = ""
    ranges: Mapping[str, tuple[float, float]] | None = None
    usual: Mapping[str, float] = field(default_factory=dict)
    profiles: Mapping[str, FeatureProfile] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Returns the document as the ledger stores it."""
        return {**_adapter().dump_python(self, mode="json"), "version": EVIDENCE_VERSION}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Evidence":
        """Returns the evidence in a stored document of this release or of an earlier one.

        Layout 2 only adds keys to layout 1, so that both are read alike.
        """
        return _adapter().validate_python(document)


# Pydantic compiles the types of the evidence, which takes longer than reading a row of the ledger.
@cache
def _adapter() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


@dataclass(frozen=True)
class Promotion:
    """A decision on a model version: one row of ops.promotions.

    Attributes:
        as_of_date: the date of the examples that the version was trained on.
        reasons: the reasons, the decisive reason first.
        champion_version: the champion that the version was compared with or replaces; None if there was none.
        training_fingerprint: SHA-256 of the examples and of all settings.
        model_sha256: the digest of the model's file; None for a model of a release that did not record it.
        person: who promoted the version by hand; None for a decision of the gate.
    """

    decided_at: datetime
    as_of_date: date
    model_name: str
    model_version: int
    family: str
    decision: Verdict
    decided_by: Decider
    reasons: tuple[str, ...]
    champion_version: int | None
    training_fingerprint: str
    mlflow_run_id: str
    evidence: Evidence
    model_sha256: str | None = None
    person: str | None = None

    @property
    def model(self) -> RegisteredModel:
        """The model that the decision is about."""
        return RegisteredModel(
            self.model_name, self.model_version, self.mlflow_run_id, self.training_fingerprint, self.model_sha256
        )

    @property
    def horizon(self) -> str | None:
        """Within which time customers leave by the model's probabilities; None for the month of the extract."""
        labels = self.evidence.labels
        # Matured labels of earlier releases always had a horizon of 30 days, and did not name it.
        return None if labels is None else labels.horizon or ("30 days" if labels.kind == "matured" else None)
