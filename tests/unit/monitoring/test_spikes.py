"""Segments whose expected loss rose are named with their date, their customers and their money; quiet ones are not."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from churn.contracts.spikes import Spike
from churn.economics.limits import LimitPolicy
from churn.monitoring.limits import check_segments
from churn.monitoring.segments import add_up
from churn.monitoring.spikes import find_spikes
from churn.simulation.shocks import Shock
from tests.support.spikes import watch_segments

FIBER = (("internet_service", "Fiber optic"),)
RISE = Shock(28, 60, 0.5, "fiber", 0.1, dearer="fiber")
"""A price rise of 10% for fiber customers, four days before the last one."""
FIRST = date(2026, 1, 1)


def grow(days: int, rise: float = 0.0, versions: int = 1) -> pl.DataFrame:
    """Two independent columns of two words; the level of (a, x) rises on the third last day."""
    draw = np.random.default_rng(4)
    days_of = []
    for day in range(days):
        rows = pl.DataFrame(
            {"one": ["a", "a", "b", "b"], "two": ["x", "y", "x", "y"], "customers_count": [500, 700, 400, 900]}
        ).with_columns(expected_leavers=pl.lit(10.0) * pl.Series(1 + 0.004 * draw.standard_normal(4)))
        is_risen = (pl.col("one") == "a") & (pl.col("two") == "x") & pl.lit(day >= days - 3)
        rows = rows.with_columns(expected_loss_usd=pl.col("expected_leavers") * 1000 * (1 + rise * is_risen))
        stamp = [pl.lit(FIRST + timedelta(days=day)).alias("prediction_date"), pl.lit(day * versions // days)]
        days_of.append(add_up([rows], ("two", "one")).with_columns(stamp[0], stamp[1].alias("model_version")))
    return pl.concat(days_of)


def test_a_segment_of_two_columns_is_named_with_its_day_and_what_it_costs() -> None:
    (spike,) = find_spikes(grow(30, rise=0.3))

    assert spike.segment == (("one", "a"), ("two", "x"))
    assert spike.since == FIRST + timedelta(days=27)
    assert spike.customers == 500
    assert spike.rise == pytest.approx(0.3, abs=0.02)
    assert spike.usd == pytest.approx(3_000, rel=0.1)
    assert spike.words == "one a, two x"


def test_nothing_is_named_without_a_rise_without_history_or_across_models() -> None:
    assert find_spikes(grow(30)) == []
    assert find_spikes(grow(15, rise=0.3)) == []
    assert find_spikes(grow(30, rise=0.3, versions=30)) == []


def test_without_a_value_a_month_the_probability_is_watched() -> None:
    days = grow(30, rise=0.3).with_columns(expected_leavers=pl.col("expected_loss_usd") / 1000)
    (spike,) = find_spikes(days.with_columns(expected_loss_usd=pl.lit(None, pl.Float64)))

    assert (spike.segment, spike.usd) == ((("one", "a"), ("two", "x")), None)


def test_a_rise_alerts_above_the_amount_of_the_policy() -> None:
    spike = Spike(FIBER, FIRST, 3_146, 0.214, 410.0, 50_654.0, 1e-7)
    limits = LimitPolicy()

    (finding,) = check_segments([spike], limits)

    assert finding.fact == (
        "Since 2026-01-01 the expected loss of 3,146 customers (internet service Fiber optic) is 21% higher, $50,654 "
        "of a year's revenue more."
    )
    assert check_segments([spike], LimitPolicy(spike_usd=60_000)) == []


def test_a_price_rise_for_fiber_customers_comes_first_and_alone() -> None:
    (spike,) = find_spikes(watch_segments(1, 2_000, RISE))

    assert (spike.segment, spike.since) == (FIBER, date(2026, 1, 29))
    assert find_spikes(watch_segments(1, 2_000)) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_of_200_quiet_worlds_at_most_16_show_a_segment() -> None:
    named = [seed for seed in range(200) if find_spikes(watch_segments(seed, 3_000))]
    assert len(named) <= 16


@pytest.mark.slow
def test_a_price_rise_for_fiber_customers_comes_first_in_20_worlds() -> None:
    first = [find_spikes(watch_segments(seed, 7_043, RISE))[0].segment for seed in range(20)]
    assert first == [FIBER] * 20
