"""What a frame must be to cross a boundary: the extract, the features, the scores.

The list of model features is derived here, so that adding a feature is one line of SQL and one line of this file.
Contracts refuse; they never repair and never coerce.
"""

from typing import Any, Literal, Protocol, get_args

import pandera.polars as pa
import polars as pl
from numpy import float64
from numpy.typing import NDArray
from pandera.polars import PolarsData

YES_NO = ("Yes", "No")
INTERNET_ADD_ON = ("Yes", "No", "No internet service")

PUBLIC_NAMES = {
    "customerID": "customer_id",
    "gender": "gender",
    "SeniorCitizen": "senior_citizen",
    "Partner": "partner",
    "Dependents": "dependents",
    "tenure": "tenure",
    "PhoneService": "phone_service",
    "MultipleLines": "multiple_lines",
    "InternetService": "internet_service",
    "OnlineSecurity": "online_security",
    "OnlineBackup": "online_backup",
    "DeviceProtection": "device_protection",
    "TechSupport": "tech_support",
    "StreamingTV": "streaming_tv",
    "StreamingMovies": "streaming_movies",
    "Contract": "contract",
    "PaperlessBilling": "paperless_billing",
    "PaymentMethod": "payment_method",
    "MonthlyCharges": "monthly_charges",
    "TotalCharges": "total_charges",
    "Churn": "churn",
}
"""The public sample's column names, in its order, and ours."""

EXTRACT_COLUMNS = tuple(PUBLIC_NAMES.values())
ADD_ON_COLUMNS = (
    "online_security",
    "online_backup",
    "device_protection",
    "tech_support",
    "streaming_tv",
    "streaming_movies",
)


KNOWN_WORDS: dict[str, tuple[str, ...]] = {
    "gender": ("Female", "Male"),
    "partner": YES_NO,
    "dependents": YES_NO,
    "phone_service": YES_NO,
    "multiple_lines": ("Yes", "No", "No phone service"),
    "internet_service": ("DSL", "Fiber optic", "No"),
    **dict.fromkeys(ADD_ON_COLUMNS, INTERNET_ADD_ON),
    "contract": ("Month-to-month", "One year", "Two year"),
    "paperless_billing": YES_NO,
    "payment_method": (
        "Electronic check",
        "Mailed check",
        "Bank transfer (automatic)",
        "Credit card (automatic)",
    ),
    "churn": YES_NO,
}
"""The words each column of words may hold."""

OPEN_COLUMNS = ("gender", "internet_service", "contract", "payment_method")
"""Columns in which a company may come up with a new word; the others say Yes or No."""


def _words(column: str) -> Any:
    return pa.Field(isin=list(KNOWN_WORDS[column]))


class CustomerExtract(pa.DataFrameModel):
    """One row per customer of one snapshot, typed, before it is written to raw_data. Money in USD, tenure in months.

    Every check is a rule with a name and words for a person: `intake.rules` derives both from here. A dataframe
    check's docstring is its words.
    """

    customer_id: str = pa.Field(str_length={"min_value": 1, "max_value": 64}, str_matches=r"^[^\x00-\x1f\x7f]*$")
    gender: str = _words("gender")
    senior_citizen: pl.Int64 = pa.Field(isin=[0, 1])
    partner: str = _words("partner")
    dependents: str = _words("dependents")
    tenure: pl.Int64 = pa.Field(ge=0, le=1200)
    phone_service: str = _words("phone_service")
    multiple_lines: str = _words("multiple_lines")
    internet_service: str = _words("internet_service")
    online_security: str = _words("online_security")
    online_backup: str = _words("online_backup")
    device_protection: str = _words("device_protection")
    tech_support: str = _words("tech_support")
    streaming_tv: str = _words("streaming_tv")
    streaming_movies: str = _words("streaming_movies")
    contract: str = _words("contract")
    paperless_billing: str = _words("paperless_billing")
    payment_method: str = _words("payment_method")
    monthly_charges: pl.Float64 = pa.Field(gt=0, le=1_000_000)
    total_charges: pl.Float64 = pa.Field(nullable=True, ge=0, le=1_000_000_000)
    churn: str = _words("churn")

    class Config:
        strict = True

    @pa.dataframe_check(name="total_charges_present_once_billed")
    def total_charges_present_once_billed(cls, data: PolarsData) -> pl.LazyFrame:
        """total_charges may be blank at tenure 0 only."""
        present = (pl.col("tenure") == 0) | pl.col("total_charges").is_not_null()
        return data.lazyframe.select(present.fill_null(True))

    @pa.dataframe_check(name="total_charges_cover_one_month")
    def total_charges_cover_one_month(cls, data: PolarsData) -> pl.LazyFrame:
        """total_charges must be monthly_charges or more once tenure is 1 or more."""
        covered = (pl.col("tenure") == 0) | (pl.col("total_charges") >= pl.col("monthly_charges"))
        return data.lazyframe.select(covered.fill_null(True))

    @pa.dataframe_check(name="internet_add_ons_agree_with_internet_service")
    def internet_add_ons_agree(cls, data: PolarsData) -> pl.LazyFrame:
        """Every add-on must say 'No internet service' exactly when internet_service is No."""
        without = pl.col("internet_service") == "No"
        agreeing = [(pl.col(name) == "No internet service") == without for name in ADD_ON_COLUMNS]
        return data.lazyframe.select(pl.all_horizontal(agreeing).fill_null(True))

    @pa.dataframe_check(name="multiple_lines_agree_with_phone_service")
    def multiple_lines_agree(cls, data: PolarsData) -> pl.LazyFrame:
        """multiple_lines must say 'No phone service' exactly when phone_service is No."""
        agreeing = (pl.col("multiple_lines") == "No phone service") == (pl.col("phone_service") == "No")
        return data.lazyframe.select(agreeing.fill_null(True))


class StoredExtract(CustomerExtract):
    """An extract's rows as raw_data holds them: in OPEN_COLUMNS a new word may have been accepted at the door."""

    gender: str = pa.Field()
    internet_service: str = pa.Field()
    contract: str = pa.Field()
    payment_method: str = pa.Field()


Direction = Literal[-1, 0, 1]


def _feature(direction: Direction = 0, **checks: Any) -> Any:
    """A column of fct_customer_features that the model is given.

    Args:
        direction: +1 where more of it is known to raise churn, -1 where it lowers it, 0 where nothing is known. Tree
            models are held to it.
    """
    return pa.Field(metadata={"direction": direction}, **checks)


def _flag(direction: Direction = 0) -> Any:
    """A feature that is 1 or 0."""
    return _feature(direction, isin=[0.0, 1.0])


class CustomerFeatures(pa.DataFrameModel):
    """One row per customer of one as-of date, as read from analytics.fct_customer_features for the model.

    Flags and counts come as float64, because a registered model's signature allows one number type without surprises.
    Kept out on purpose: gender (costs nothing to leave out), churn_risk_score and list_price_usd (sums of other
    features), avg_monthly_per_tenure and total_charges (noisy products of tenure and monthly charge).
    """

    customer_id: str
    has_churned: bool
    as_of_date: pl.Date | None  # May be missing: the date of the example, never a feature
    plan: str | None  # May be missing: contract and internet service in words, never a feature
    monthly_charges: pl.Float64 = _feature(gt=0)
    tenure_months: pl.Float64 = _feature(-1, ge=0)
    tenure_log: pl.Float64 = _feature(-1, ge=0)
    tenure_inverse: pl.Float64 = _feature(+1, gt=0, le=1)
    price_above_list_usd: pl.Float64 = _feature()
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
"""Each model feature and the direction in which it is known to move churn."""

FEATURES = tuple(DIRECTIONS)
"""Names of the model features, in the order every model is given them."""


class Predictor(Protocol):
    """All that scoring may know of a model: there is nothing in it to refit with."""

    def predict_proba(self, features: pl.DataFrame) -> NDArray[float64]:
        """Returns (n, 2) probabilities of staying and leaving for rows that hold FEATURES, in that order."""


RiskTier = Literal["High", "Medium", "Low"]
Basis = Literal["live", "replayed", "as_if", "reconstructed"]


class CustomerScores(pa.DataFrameModel):
    """One row per customer of one prediction date, as written to analytics.predictions. Money in USD a year."""

    customer_id: str
    churn_probability: pl.Float64 = pa.Field(ge=0, le=1)
    at_risk_flag: bool
    risk_tier: str = pa.Field(isin=list(get_args(RiskTier)))
    revenue_at_risk_usd: pl.Float64 = pa.Field(ge=0)
    expected_annual_loss_usd: pl.Float64 = pa.Field(ge=0)
    lifetime_value_usd: pl.Float64 = pa.Field(ge=0)
    is_active: bool
    has_unseen_plan: bool
    reasons: pl.List(pl.String) = pa.Field(nullable=True)  # type: ignore[valid-type]

    class Config:
        strict = True
