"""Examples made up for tests: features as the models are given them, a label that follows a known rule."""

import numpy as np
import polars as pl

from churn.contracts.features import FEATURES


def make_examples(customers: int = 600, seed: int = 3) -> pl.DataFrame:
    """One row per customer, satisfying `CustomerFeatures`; about a quarter left, by tenure, contract and fiber."""
    generator = np.random.default_rng(seed)
    tenure = generator.integers(0, 73, customers).astype(float)
    contract = np.where(tenure > 40, generator.choice([1, 2], customers), generator.choice([0, 0, 0, 1], customers))
    internet = generator.choice([0, 1, 1, 2], customers)  # DSL, fiber, none
    flags = {name: generator.integers(0, 2, customers).astype(float) for name in FEATURES if _is_flag(name)}
    online = (internet != 2).astype(float)
    add_ons = {name: flags[name] * online for name in ADD_ONS}
    logit = -1.0 - 0.03 * tenure - 1.2 * contract + 1.0 * (internet == 1) - 0.6 * add_ons["has_tech_support"]
    return pl.DataFrame(
        {
            **flags,
            **add_ons,
            "monthly_charges": 20 + 25 * online + 25 * (internet == 1) + generator.normal(0, 1, customers),
            "tenure_months": tenure,
            "tenure_log": np.log1p(tenure),
            "tenure_inverse": 1 / (1 + tenure),
            "price_above_list_usd": generator.normal(0, 1, customers),
            "has_internet_service": online,
            "has_fiber_optic": (internet == 1).astype(float),
            "is_month_to_month": (contract == 0).astype(float),
            "is_two_year_contract": (contract == 2).astype(float),
            "no_security_no_backup": online
            * (1 - np.maximum(add_ons["has_online_security"], add_ons["has_online_backup"])),
            "plan": [
                f"{('month', 'one', 'two')[c]}, {('DSL', 'fiber', 'none')[i]}"
                for c, i in zip(contract, internet, strict=True)
            ],
            "customer_id": [f"{number:06d}-MADEUP" for number in range(customers)],
            "has_churned": generator.random(customers) < 1 / (1 + np.exp(-logit)) + 0.03,
        }
    ).select("customer_id", "has_churned", "plan", *FEATURES)


ADD_ONS = (
    "has_online_security",
    "has_online_backup",
    "has_device_protection",
    "has_tech_support",
    "has_streaming_tv",
    "has_streaming_movies",
)


def _is_flag(feature: str) -> bool:
    return feature.startswith(("is_", "has_", "uses_", "no_"))
