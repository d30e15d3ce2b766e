"""The contract of the features, and the list of the model features.

To add a feature, write an expression in the SQL model and one line in this file. The features of a company's own
columns come from its declaration: a `FeatureSet` has both.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import pandera.polars as pa
import polars as pl

from churn.contracts.over_days import is_over_days

Direction = Literal[-1, 0, 1]


def _feature(direction: Direction = 0, is_price: bool = False, **checks: Any) -> Any:
    """Declares a model feature: a column of fct_customer_features that the models get.

    Args:
        direction: +1 when more of the feature raises churn, -1 when it lowers churn, 0 when the direction is not known.
            XGBoost gets it as a monotone constraint.
        is_price: whether it is a price. In a model with a horizon a higher price never lowers the risk.
    """
    return pa.Field(metadata={"direction": direction, "is_price": is_price}, **checks)


def _flag(direction: Direction = 0) -> Any:
    """Declares a model feature that is 1 or 0."""
    return _feature(direction, isin=[0.0, 1.0])


class CustomerFeatures(pa.DataFrameModel):
    """One row per customer of one as-of date, as read from analytics.fct_customer_features for the model.

    Flags and counts are float64, so that the signature of a registered model has one number type only. Left out on
    purpose: gender (the models lose nothing without it), churn_risk_score and list_price_usd (sums of other features),
    avg_monthly_per_tenure and total_charges (noisy products of tenure and monthly charge).
    """

    customer_id: str
    has_churned: bool
    as_of_date: pl.Date | None  # The date of the example; never a feature. The column may be missing.
    plan: str | None  # The tariff: contract and internet service as text; never a feature. The column may be missing.
    weight: pl.Float64 | None = pa.Field(gt=0)  # How many customers an example stands for; the column may be missing.
    monthly_charges: pl.Float64 = _feature(is_price=True)
    tenure_months: pl.Float64 = _feature(-1, ge=0)
    tenure_log: pl.Float64 = _feature(-1, ge=0)
    tenure_inverse: pl.Float64 = _feature(+1, gt=0, le=1)
    price_above_list_usd: pl.Float64 = _feature(is_price=True)
    is_senior_citizen: pl.Float64 = _flag(+1)
    has_partner: pl.Float64 = _flag()
    has_dependents: pl.Float64 = _flag(-1)
    has_phone_service: pl.Float64 = _flag()
    has_multiple_lines: pl.Float64 = _flag()
    has_internet_service: pl.Float64 = _flag()
    has_fiber_optic: pl.Float64 = _flag(+1)
    has_online_security: pl.Float64 = _flag(-1)
    has_online_backup: pl.Float64 = _flag()
    has_device_protection: pl.Float64 = _flag()
    has_tech_support: pl.Float64 = _flag(-1)
    has_streaming_tv: pl.Float64 = _flag()
    has_streaming_movies: pl.Float64 = _flag()
    is_month_to_month: pl.Float64 = _flag(+1)
    is_two_year_contract: pl.Float64 = _flag(-1)
    uses_paperless_billing: pl.Float64 = _flag(+1)
    uses_electronic_check: pl.Float64 = _flag(+1)
    uses_automatic_payment: pl.Float64 = _flag()
    no_security_no_backup: pl.Float64 = _flag(+1)

    class Config:
        strict = True


DIRECTIONS: dict[str, Direction] = {
    name: column.metadata["direction"]
    for name, column in CustomerFeatures.to_schema().columns.items()
    if column.metadata
}
"""Each model feature and the known direction of its effect on churn."""

FEATURES = tuple(DIRECTIONS)
"""The names of the model features, in the order in which every model gets them."""

PRICE_FEATURES: tuple[str, ...] = tuple(
    name
    for name, column in CustomerFeatures.to_schema().columns.items()
    if column.metadata and column.metadata["is_price"]
)
"""The features that are prices."""


PRICE_CHANGE = "price_change_30d_usd"
"""How much more the customer pays than 30 days ago (analytics.price_changes). Only models with a horizon may get it."""

BESIDE_FEATURES = ("monthly_charges", "tenure_months")
"""What the policies and the look ahead need of each customer; NULL if the extract does not say it. Both are features
of the models if it does."""


@dataclass(frozen=True)
class FeatureSet:
    """The features that a model may get, and what is known about each before any training.

    Attributes:
        directions: each feature with the known direction of its effect on churn, in the order in which models get it.
        prices: the features that are prices.
        words: the features that are words; every other feature is a number.
        blanks: the numbers that may be NULL.
    """

    directions: tuple[tuple[str, Direction], ...]
    prices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features, in order."""
        return tuple(name for name, _ in self.directions)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the features that are numbers, in order."""
        return tuple(name for name in self.names if name not in self.words)

    @property
    def is_shipped(self) -> bool:
        """Whether these are the features of the declaration that comes with the program, perhaps with price changes."""
        return replace(self, directions=_without_change(self.directions), prices=PRICE_FEATURES) == SHIPPED_FEATURES

    def with_price_change(self) -> "FeatureSet":
        """Returns the features and the change of the price: a higher price never lowers the risk."""
        if PRICE_CHANGE in self.names:
            return self
        return replace(self, directions=(*self.directions, (PRICE_CHANGE, 1)), prices=(*self.prices, PRICE_CHANGE))

    def of_one_date(self) -> "FeatureSet":
        """Returns the features without those that look back (over_days): a single date has all of them."""
        directions = tuple(pair for pair in self.directions if not is_over_days(pair[0]))
        return replace(
            self, directions=directions, blanks=tuple(name for name in self.blanks if not is_over_days(name))
        )

    @property
    def is_plain(self) -> bool:
        """Whether every feature is a number that is never NULL: such features need no encoding."""
        return not self.words and not self.blanks

    def validate(self, examples: pl.DataFrame) -> None:
        """Checks the rows of a training or a scoring.

        Args:
            examples: customer_id, has_churned and the features; perhaps BESIDE_FEATURES, as_of_date and plan.

        Raises:
            pandera.errors.SchemaError: a column is missing, or a value breaks its rule.
        """
        shipped = CustomerFeatures.to_schema()
        absent = [name for name in FEATURES if name not in self.names]
        own = {
            name: pa.Column(pl.String if name in self.words else pl.Float64, nullable=name in self.blanks)
            for name in self.names
            if name not in FEATURES
        }
        beside = {
            name: pa.Column(pl.Float64, nullable=True, required=False)
            for name in BESIDE_FEATURES
            if name not in self.names
        }
        shipped.remove_columns(absent).add_columns({**own, **beside}).validate(examples)


def _without_change(directions: tuple[tuple[str, Direction], ...]) -> tuple[tuple[str, Direction], ...]:
    return tuple((name, direction) for name, direction in directions if name != PRICE_CHANGE)


SHIPPED_FEATURES = FeatureSet(tuple(DIRECTIONS.items()), PRICE_FEATURES)
"""The features of the declaration that comes with the program."""
