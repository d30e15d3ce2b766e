"""The contract of an extract. A contract only rejects: it never corrects a value and never converts a type."""

from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData

"""Whether the customers of a load are customers of a company or of the simulator."""

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
"""The column names of the public sample, in its order, and our names."""

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
"""The words that each column of words may contain."""

OPEN_COLUMNS = ("gender", "internet_service", "contract", "payment_method")
"""The columns in which a company may use a new word. The other columns have fixed answers such as Yes and No."""

VISIBLE = r"^[[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}] ]*$"
"""Text in which every sign is seen. Two customer numbers that look the same must be the same: no control characters, no
signs without width or shape (zero-width, direction, variation), and no space but the plain one."""


def _words(column: str) -> Any:
    return pa.Field(isin=list(KNOWN_WORDS[column]))


class CustomerExtract(pa.DataFrameModel):
    """One row per customer of one snapshot, typed, before it is written to raw_data. Money in USD, tenure in months.

    Every check is a rule with a name and a sentence for people: `intake.rules` derives both from this class. The
    docstring of a dataframe check is its sentence.
    """

    customer_id: str = pa.Field(str_length={"min_value": 1, "max_value": 64})
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

    # Not str_matches: Pandera compiles that pattern with Python's re, which knows no \p classes.
    @pa.check("customer_id", name="visible")
    def customer_id_is_visible(cls, data: PolarsData) -> pl.LazyFrame:
        """customer_id must hold no control or invisible characters."""
        return data.lazyframe.select(pl.col(data.key).str.contains(VISIBLE))

    @pa.dataframe_check(name="total_charges_present_once_billed")
    def total_charges_present_once_billed(cls, data: PolarsData) -> pl.LazyFrame:
        """total_charges may be blank only at tenure 0."""
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
    """The rows of an extract in raw_data. In OPEN_COLUMNS a row may have a new word that intake accepted."""

    gender: str = pa.Field()
    internet_service: str = pa.Field()
    contract: str = pa.Field()
    payment_method: str = pa.Field()
