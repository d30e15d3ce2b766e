"""Customers made up for tests: the public sample's columns and words, churn that follows a known rule."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from churn.contracts.extract import PUBLIC_NAMES

DAY = date(2026, 1, 31)
"""The day of most extracts, and the first one of every story."""

CUSTOMER = {
    "customerID": "0001-TEST",
    "gender": "Female",
    "SeniorCitizen": "0",
    "Partner": "No",
    "Dependents": "No",
    "tenure": "10",
    "PhoneService": "Yes",
    "MultipleLines": "No",
    "InternetService": "DSL",
    "OnlineSecurity": "No",
    "OnlineBackup": "No",
    "DeviceProtection": "No",
    "TechSupport": "No",
    "StreamingTV": "No",
    "StreamingMovies": "No",
    "Contract": "Month-to-month",
    "PaperlessBilling": "Yes",
    "PaymentMethod": "Electronic check",
    "MonthlyCharges": "45.00",
    "TotalCharges": "450.00",
    "Churn": "No",
}
"""A customer who keeps the contract; tests change what they are about."""

_PAYMENTS = ["Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"]


def make_customer(**changes: str) -> dict[str, str]:
    """One row of an extract by its public column names, as text."""
    unknown = set(changes) - set(PUBLIC_NAMES)
    assert not unknown, f"not columns of the extract: {unknown}"
    return {**CUSTOMER, **changes}


def make_extract(customers: int, seed: int = 7) -> pl.DataFrame:
    """An extract as text. Short tenure, month-to-month and fiber raise the chance to leave; about a quarter leaves."""
    generator = np.random.default_rng(seed)
    tenure = generator.integers(0, 73, customers)
    contract = np.where(tenure > 40, generator.choice([1, 2], customers), generator.choice([0, 0, 0, 1], customers))
    internet = generator.choice([0, 1, 1, 2], customers)
    phone = np.where(internet == 0, generator.random(customers) < 0.7, True)
    logit = -1.2 - 0.03 * tenure - 1.4 * contract + 1.1 * (internet == 1) + 1.6 / (1 + tenure)
    churned = generator.random(customers) < 1 / (1 + np.exp(-logit)) + 0.05

    def yes_no(share: float) -> np.ndarray:
        return np.where(generator.random(customers) < share, "Yes", "No")

    def add_on(share: float) -> np.ndarray:
        return np.where(internet == 2, "No internet service", yes_no(share))

    monthly = 20.0 * phone + np.array([25, 50, 0])[internet] + generator.normal(0, 1, customers).round(2)
    return pl.DataFrame(
        {
            "customerID": [f"{number:06d}-MADEUP" for number in range(customers)],
            "gender": np.where(generator.random(customers) < 0.5, "Female", "Male"),
            "SeniorCitizen": np.where(generator.random(customers) < 0.16, "1", "0"),
            "Partner": yes_no(0.5),
            "Dependents": yes_no(0.3),
            "tenure": tenure.astype(str),
            "PhoneService": np.where(phone, "Yes", "No"),
            "MultipleLines": np.where(phone, yes_no(0.4), "No phone service"),
            "InternetService": np.array(["DSL", "Fiber optic", "No"])[internet],
            "OnlineSecurity": add_on(0.3),
            "OnlineBackup": add_on(0.3),
            "DeviceProtection": add_on(0.3),
            "TechSupport": add_on(0.3),
            "StreamingTV": add_on(0.4),
            "StreamingMovies": add_on(0.4),
            "Contract": np.array(["Month-to-month", "One year", "Two year"])[contract],
            "PaperlessBilling": yes_no(0.6),
            "PaymentMethod": generator.choice(_PAYMENTS, customers),
            "MonthlyCharges": [f"{amount:.2f}" for amount in monthly],
            "TotalCharges": [
                f"{months * amount:.2f}" if months else " " for months, amount in zip(tenure, monthly, strict=True)
            ],
            "Churn": np.where(churned, "Yes", "No"),
        }
    )


def write_extract(path: Path, rows: pl.DataFrame | list[dict[str, str]]) -> Path:
    """Writes an extract as CSV and returns its path."""
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
    frame.write_csv(path)
    return path
