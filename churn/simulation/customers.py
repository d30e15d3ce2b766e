"""Draws one snapshot of synthetic customers, attribute by attribute, from fitted odds.

`parameters.json` has 260 numbers fitted to the public sample, as log-odds with two digits. Each entry is [parents,
[intercept, one coefficient per parent]]. A choice among K levels has K-1 such rows, each against the first level.
Attributes are drawn in the order in which they depend on each other. No row of the sample is stored or copied.

Prices are the exact price list of the sample, in USD a month: phone 20, second line 5, DSL 25, fiber 50; security,
backup, protection and support 5 each; television and movies 10 each.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.synthetic import synthetic_ids

Floats = NDArray[np.float64]
Columns = dict[str, Floats]
Draw = Callable[[], Floats]

TENURE_BIN_STARTS = np.array([1, 2, 4, 7, 13, 19, 25, 37, 49, 61, 72, 73])
"""The first month of each tenure bin, and the end of the last bin. Months are uniform inside a bin."""
JUST_JOINED_SHARE = 0.0035
"""The share of customers under contract who joined within this month: tenure 0, nothing billed yet. The sample has 11
of 3,168."""

INTERNET_ADD_ONS = {
    "OnlineSecurity": 5,
    "TechSupport": 5,
    "OnlineBackup": 5,
    "DeviceProtection": 5,
    "StreamingTV": 10,
    "StreamingMovies": 10,
}
PAYMENT_METHODS = ("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)")
CONTRACTS = ("Month-to-month", "One year", "Two year")
INTERNET_SERVICES = ("DSL", "Fiber optic", "No")


# The simulator asks for the parameters in each batch, and the file is parsed once.
@lru_cache(maxsize=1)
def load_parameters() -> dict[str, Any]:
    """Reads the fitted odds of `parameters.json`."""
    return dict(json.loads(files("churn.simulation").joinpath("parameters.json").read_text()))


def simulate_customers(count: int, generator: np.random.Generator, first_number: int = 0) -> pl.DataFrame:
    """Draws the customers of one snapshot.

    Args:
        count: the number of customers.
        generator: the same generator state gives the same customers.
        first_number: the running number of the first customer, below 10^8. It decides the ids, which never repeat.

    Returns:
        One row per customer with the columns of the public sample in its order: words as text, SeniorCitizen and tenure
        as int64, MonthlyCharges and TotalCharges as float64 in USD, TotalCharges null at tenure 0. The rows keep the
        contract of an extract.
    """
    # The order of these calls is part of the result: each takes the next numbers of the generator.
    columns: Columns = {}

    def draw() -> Floats:
        return generator.random(count)

    draw_household(columns, draw)
    draw_contract_and_tenure(columns, draw)
    draw_services(columns, draw)
    columns["churned"] = _draw_yes("churn", columns, draw)
    return to_frame(columns, _bill(columns, generator), first_number)


def log_odds(name: str, columns: Columns) -> Floats:
    """Returns the log-odds of a yes/no attribute, (n,)."""
    parents, row = load_parameters()[name]
    return _linear(parents, row[0] if isinstance(row[0], list) else row, columns)


def _linear(parents: list[str], row: list[float], columns: Columns) -> Floats:
    total = np.full(len(columns["senior"]), row[0])
    for parent, coefficient in zip(parents, row[1:], strict=True):
        total += coefficient * parent_column(parent, columns)
    return total


def parent_column(parent: str, columns: Columns) -> Floats:
    """Returns the column of a parent by its name in the parameters; `a_b` is the product of a and b."""
    if parent in columns:
        return columns[parent]
    first, _, second = parent.partition("_")
    return columns[first] * columns[second]


def _draw_yes(name: str, columns: Columns, draw: Draw) -> Floats:
    return (draw() < 1 / (1 + np.exp(-log_odds(name, columns)))).astype(np.float64)


def choice_shares(name: str, columns: Columns) -> Floats:
    """Returns (n, K) probabilities of a choice among K levels; the first level is the reference."""
    parents, rows = load_parameters()[name]
    odds = np.column_stack([np.zeros(len(columns["senior"])), *(_linear(parents, row, columns) for row in rows)])
    # Minus the largest: exp of large log-odds would overflow, and the shares stay the same.
    shares = np.exp(odds - odds.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def choose(shares: Floats, draws: Floats) -> NDArray[np.int64]:
    """Returns (n,) levels: each level has a part of [0, 1) as wide as its share, and the draw falls in one of them."""
    bounds = np.cumsum(shares, axis=1)[:, :-1]
    return (draws[:, None] >= bounds).sum(axis=1)


def draw_household(columns: Columns, draw: Draw) -> None:
    """Draws the attributes that never change: age group, gender, internet and phone."""
    parameters = load_parameters()
    columns["senior"] = (draw() < parameters["senior"]).astype(np.float64)
    columns["male"] = (draw() < parameters["male"]).astype(np.float64)
    internet = choose(choice_shares("internet", columns), draw())
    columns["fiber"], columns["noint"] = (internet == 1).astype(np.float64), (internet == 2).astype(np.float64)
    has_phone = (internet != 0) | (draw() < parameters["phone_dsl"])
    columns["PhoneService"] = has_phone.astype(np.float64)


def draw_contract_and_tenure(columns: Columns, draw: Draw) -> None:
    """Draws the contract, then the months of tenure given the contract."""
    contract = choose(choice_shares("contract", columns), draw())
    columns["one"], columns["two"] = (contract == 1).astype(np.float64), (contract == 2).astype(np.float64)
    tenure_bin = choose(choice_shares("tenure", columns), draw())
    width = np.diff(TENURE_BIN_STARTS)[tenure_bin]
    tenure = (TENURE_BIN_STARTS[tenure_bin] + np.floor(draw() * width)).astype(np.float64)
    just_joined = (contract > 0) & (draw() < JUST_JOINED_SHARE)
    set_tenure(columns, np.where(just_joined, 0, tenure))


def tenure_bin_of(tenure: Floats) -> NDArray[np.int64]:
    """Returns (n,) tenure bins. Tenure 0 is in the first bin, tenure above 72 months in the last."""
    bins = np.searchsorted(TENURE_BIN_STARTS, tenure, side="right") - 1
    return np.clip(bins, 0, len(TENURE_BIN_STARTS) - 2)


def set_tenure(columns: Columns, tenure: Floats) -> None:
    """Sets tenure and the two functions of tenure that other attributes depend on."""
    columns["tenure"], columns["lt"], columns["it"] = tenure, np.log1p(tenure), 1 / (1 + tenure)


def draw_services(columns: Columns, draw: Draw) -> None:
    """Draws the attributes that depend on tenure: household, lines, add-ons, billing and payment."""
    columns["Partner"] = _draw_yes("Partner", columns, draw)
    columns["Dependents"] = _draw_yes("Dependents", columns, draw)
    columns["MultipleLines"] = _draw_yes("MultipleLines", columns, draw) * columns["PhoneService"]
    for name in INTERNET_ADD_ONS:
        columns[name] = _draw_yes(name, columns, draw) * (1 - columns["noint"])
    columns["PaperlessBilling"] = _draw_yes("Paper", columns, draw)
    payment = choose(choice_shares("pay", columns), draw())
    columns["payment"] = payment.astype(np.float64)
    columns["echeck"], columns["mailed"] = (payment == 0).astype(np.float64), (payment == 1).astype(np.float64)


def list_price(columns: Columns) -> Floats:
    """Returns the list price of the services held, USD a month."""
    internet = 25 * (1 - columns["noint"]) + 25 * columns["fiber"]
    add_ons = sum((price * columns[name] for name, price in INTERNET_ADD_ONS.items()), np.zeros(len(internet)))
    return 20 * columns["PhoneService"] + 5 * columns["MultipleLines"] + internet + add_ons


def _bill(columns: Columns, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Returns monthly and total charges in USD: the list price with small differences, to the nearest 5 cents."""
    parameters = load_parameters()
    spread = np.where(columns["noint"] == 1, parameters["price_sd"][1], parameters["price_sd"][0])
    noise = generator.standard_normal((2, len(spread)))
    # The prices of the public sample are multiples of five cents.
    monthly = np.round((list_price(columns) + spread * noise[0]) * 20) / 20
    tenure = columns["tenure"]
    total = tenure * monthly + parameters["bill_cv"] * monthly * np.sqrt(tenure) * noise[1]
    total = np.where(tenure <= 1, monthly, np.maximum(np.round(total * 20) / 20, monthly))
    return np.round(monthly, 2), np.round(total, 2)


def to_frame(columns: Columns, bill: tuple[Floats, Floats], first_number: int) -> pl.DataFrame:
    """Returns drawn attributes as a frame with the columns of the public sample; see `simulate_customers`."""
    has_phone, has_internet = pl.col("PhoneService") == 1, pl.col("noint") == 0

    def yes_no(name: str) -> pl.Expr:
        return pl.when(pl.col(name) == 1).then(pl.lit("Yes")).otherwise(pl.lit("No"))

    def add_on(name: str) -> pl.Expr:
        return pl.when(has_internet).then(yes_no(name)).otherwise(pl.lit("No internet service"))

    def word(levels: tuple[str, ...], position: pl.Expr) -> pl.Expr:
        return position.cast(pl.Int64).replace_strict(dict(enumerate(levels)), return_dtype=pl.String)

    frame = pl.DataFrame(columns).with_columns(pl.Series("monthly", bill[0]), pl.Series("total", bill[1]))
    return frame.select(
        synthetic_ids(first_number, frame.height),
        gender=pl.when(pl.col("male") == 1).then(pl.lit("Male")).otherwise(pl.lit("Female")),
        SeniorCitizen=pl.col("senior").cast(pl.Int64),
        Partner=yes_no("Partner"),
        Dependents=yes_no("Dependents"),
        tenure=pl.col("tenure").cast(pl.Int64),
        PhoneService=yes_no("PhoneService"),
        MultipleLines=pl.when(has_phone).then(yes_no("MultipleLines")).otherwise(pl.lit("No phone service")),
        InternetService=word(INTERNET_SERVICES, pl.col("fiber") + 2 * pl.col("noint")),
        OnlineSecurity=add_on("OnlineSecurity"),
        OnlineBackup=add_on("OnlineBackup"),
        DeviceProtection=add_on("DeviceProtection"),
        TechSupport=add_on("TechSupport"),
        StreamingTV=add_on("StreamingTV"),
        StreamingMovies=add_on("StreamingMovies"),
        Contract=word(CONTRACTS, pl.col("one") + 2 * pl.col("two")),
        PaperlessBilling=yes_no("PaperlessBilling"),
        PaymentMethod=word(PAYMENT_METHODS, pl.col("payment")),
        MonthlyCharges=pl.col("monthly"),
        TotalCharges=pl.when(pl.col("tenure") > 0).then(pl.col("total")),
        Churn=yes_no("churned"),
    )
