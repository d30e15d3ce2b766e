"""How long the wave of a day takes: who may be contacted, which offer by which channel, who is held out.

uv run python -m tests.benchmarks.waves [CUSTOMERS]

The customers are drawn at random; there are 4 offers by 3 channels with seats, and a budget. Reading the scores and
writing the wave are not in it: both are copies, which `tests.benchmarks.growth` and `tests.benchmarks.load` time.
"""

import resource
import sys
import time
from datetime import date

import numpy as np
import polars as pl

from churn.campaigns.seating import Advice
from churn.campaigns.uplift import save_factors
from churn.campaigns.waves import Wave, describe_customers, plan_wave
from churn.contracts.campaigns import Campaign
from churn.economics.offers import ContactPolicy, read_contact_policy
from churn.economics.policies import ValuePolicy

DAY = date(2026, 3, 1)
VALUE = ValuePolicy(0.6, 2.0, 0.3, 0.5, 12)
OFFERS = ("support", "price", "upgrade", "letter")
CAMPAIGN = Campaign("wave", OFFERS, 0.2, 60, DAY, date(2026, 6, 1), date(2026, 9, 1), 0.2, 0.8, 1e-4, "0" * 64, True)


def make_policy(customers: int) -> ContactPolicy:
    """Seats for a twentieth of the customers, and a budget that is not enough for them."""
    return read_contact_policy(
        {
            "channels": {
                "call": {"seats": customers // 100, "reach": 0.6},
                "email": {"seats": customers // 50, "contact_usd": 0.1, "reach": 0.3},
                "letter": {"seats": customers // 50, "contact_usd": 0.8, "reach": 0.8},
            },
            "budget": {"usd_a_month": customers * 6.0},
            "offers": [
                {"id": "support", "worth_months": 0.3, "save_rate": 0.25, "only_if": {"has_tech_support": False}},
                {"id": "price", "worth_months": 0.6, "save_rate": 0.3},
                {"id": "upgrade", "worth_months": 0.4, "save_rate": 0.28, "channels": ["call", "email"]},
                {"id": "letter", "worth_months": 0.1, "save_rate": 0.12},
            ],
        },
        VALUE,
    )


def make_customers(count: int) -> pl.DataFrame:
    """Active customers with a score, a charge and reasons."""
    generator = np.random.default_rng(4)
    return pl.DataFrame(
        {
            "customer_id": pl.Series(range(count)).cast(pl.String).str.zfill(9),
            "churn_probability": generator.beta(1.2, 9, count),
            "monthly_charges": generator.uniform(20, 110, count),
            "reasons": [["+ month-to-month contract", "+ in the first year", "- paper bills"]] * count,
            "model_version": np.full(count, 3),
            "has_tech_support": generator.random(count) < 0.3,
        }
    )


def plan(customers: pl.DataFrame, policy: ContactPolicy, advice: Advice | None) -> Wave:
    """Plans the wave of a day on which a tenth of the customers is in another campaign and 2% said no."""
    ids = customers["customer_id"]
    history = pl.DataFrame({"customer_id": ids.gather_every(10)}).with_columns(
        is_enrolled=pl.lit(False), in_other_campaign=pl.lit(True), in_cooldown=pl.lit(False)
    )
    suppressed = pl.DataFrame({"customer_id": ids.gather_every(50)}).with_columns(
        channel=pl.lit("all"), has_consent=pl.lit(False)
    )
    known = describe_customers(customers, history, suppressed, policy)
    free = {name: channel.seats for name, channel in policy.channels.items()}
    return plan_wave(CAMPAIGN, policy, VALUE, DAY, known, free, advice=advice)


def main(count: int) -> None:
    """Prints the seconds of a wave, and of one that uplift advises."""
    customers, policy = make_customers(count), make_policy(count)
    scores = customers["churn_probability"].to_numpy()
    effects = -scores * np.random.default_rng(5).uniform(-0.1, 0.4, count)
    advice = Advice(save_factors(scores, effects), effects, effects > np.quantile(effects, 0.95))
    for name, given in (("by the score", None), ("by uplift", advice)):
        started = time.perf_counter()
        wave = plan(customers, policy, given)
        seconds = time.perf_counter() - started
        prices = ", ".join(f"{channel} ${price:.2f}" for channel, price in wave.seat_prices_usd.items())
        print(
            f"{count:,} customers x 12 options, {name}: {seconds:.1f} s; {wave.enrolled.height:,} enrolled, "
            f"{wave.planned.height:,} to contact; one more seat: {prices}"
        )
        assert int(wave.counted["customers_count"].sum()) == count
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
