"""A save rate is assumed until an interval excludes it, and then the measured one, shrunk."""

import numpy as np
import pytest

from churn.campaigns.save_rates import MeasuredRate, say_settled, settle_offers, settle_save_rate
from churn.economics.offers import Offer

MEASURED = MeasuredRate(0.40, 0.058, 0.25, 0.55)


def test_what_the_interval_holds_stays_assumed() -> None:
    assert settle_save_rate(0.3, MEASURED) == 0.3
    assert settle_save_rate(0.3, None) == 0.3


def test_what_the_interval_excludes_yields_to_the_measured_rate_drawn_towards_it() -> None:
    settled = settle_save_rate(0.1, MEASURED)

    assert settled == pytest.approx(0.1 + (1 - (0.058 / 0.3) ** 2) * 0.3)
    assert 0.1 < settled < 0.40


def test_an_offer_that_drives_customers_away_keeps_nobody() -> None:
    assert settle_save_rate(0.3, MeasuredRate(-0.4, 0.05, -0.53, -0.27)) == 0.0


def test_offers_take_their_own_rate_and_it_is_said() -> None:
    offers = {name: Offer(name, 0.3, 0.1, ("call",)) for name in ("support", "price")}
    settled = settle_offers(offers, {"support": MEASURED})

    assert settled["price"] == offers["price"]
    assert say_settled(offers, settled) == ["support keeps 39% of the leavers as measured, not 10% as assumed"]


def test_shrinking_is_closer_to_the_truth_than_measuring_alone() -> None:
    generator = np.random.default_rng(1)
    truths = np.clip(generator.normal(0.2, 0.1, 4_000), 0, 1)
    errors = {"measured": 0.0, "settled": 0.0}
    for truth in truths:
        rate = generator.normal(truth, 0.12)
        measured = MeasuredRate(rate, 0.12, rate - 0.4, rate + 0.4)
        errors["measured"] += (rate - truth) ** 2
        errors["settled"] += (settle_save_rate(0.2, measured) - truth) ** 2

    assert errors["settled"] < errors["measured"]
