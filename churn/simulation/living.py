"""The multi-day simulation: customers join, age, change contract and services, and leave with a known hazard.

A month has 30 days. Each customer has one fixed random number per attribute, which is compared with odds that change
with tenure: so services and contracts change smoothly and rarely, not at random every day. A customer who left is in
the extracts of the following 30 days with Churn = Yes, and in no extract after that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.synthetic import synthetic_ids
from churn.simulation.campaign import PROFILES, effect_on_leaving, profile_of
from churn.simulation.contacts import LASTING_DAYS, call_log_odds, describe_responses, draw_called
from churn.simulation.customers import (
    Columns,
    Floats,
    choice_shares,
    choose,
    draw_contract_and_tenure,
    draw_household,
    draw_services,
    list_price,
    load_parameters,
    set_tenure,
    tenure_bin_of,
    to_frame,
)
from churn.simulation.world import World, belongs, monthly_hazard

MONTH_DAYS = 30
ARRIVING_INTERNET_LOG_ODDS = (0.0, 1.25, -0.9)
"""Log-odds of DSL, fiber and no internet among customers who join. Fiber customers leave faster, so more of them must
join to keep the mix."""
_FIXED_NUMBERS = 24


@dataclass
class _People:
    """All customers who ever joined, in arrays of equal length.

    `left` is the day of leaving, infinite for a customer who stays. `called` is the day of the last call, minus
    infinity before the first. `responses` decide what a call does.
    """

    joined: Floats
    left: Floats
    called: Floats
    responses: Floats
    household: Columns
    numbers: Floats
    normals: Floats


@dataclass(frozen=True)
class Day:
    """One simulated day.

    Attributes:
        extract: the active customers and the customers who left within the last 30 days, as `simulate_customers`
            returns them.
        truth: customerID, monthly_hazard, response and contact_effect (the monthly hazard with a call minus the hazard
            without) of the active customers. The pipeline never reads it.
        called: customerID of the customers who are called on the day.
        contacted: customerID, profile, is_reached and effect (on the probability of leaving within 60 days) of the
            campaign contacts of the day.
    """

    number: int
    extract: pl.DataFrame
    truth: pl.DataFrame
    called: pl.DataFrame
    contacted: pl.DataFrame


def live(world: World, days: int, every: int = 1) -> Iterator[Day]:
    """Yields the days of a multi-day simulation.

    Args:
        world: the telecom to simulate.
        days: the number of days; the first is day 0.
        every: yield only every so many days. The simulation still runs day by day.
    """
    # Calls have a generator of their own, so that they take no numbers from the generator that draws the customers.
    generator, calls = np.random.default_rng(world.seed), np.random.default_rng([world.seed, 1])
    people = _settle(world, generator)
    people.responses = calls.random(len(people.joined))
    # The simulation starts a month before day 0, so that the first extract has customers who left as well.
    for day in range(-MONTH_DAYS, days):
        columns = describe(people.household, people.numbers, _tenure(people, day))
        is_active = people.left > day
        is_called = draw_called(world.contacts, is_active, day, calls)
        people.called[is_called] = day
        contact = _call_in_force(people, day) + world.campaign.log_odds(columns, day)
        hazard = monthly_hazard(world, columns, day, contact)
        if day >= 0 and day % every == 0:
            yield _show(world, people, columns, day, is_called)
        # The hazard of a month, spread over its days: thirty such days together have it again.
        daily = 1 - (1 - hazard) ** (1 / MONTH_DAYS)
        leaves = is_active & (generator.random(len(daily)) < daily)
        # From the next day on: the extract of this day was written above, and still has them as active.
        people.left[leaves] = day + 1
        # As many customers join as leave, in the mean, plus the growth: the base does not drift by itself.
        expected = float(daily[is_active].sum()) + is_active.sum() * world.growth_a_month / MONTH_DAYS
        arrivals = _arrive(int(generator.poisson(expected)), day + 1, generator)
        arrivals.responses = calls.random(len(arrivals.joined))
        people = _join(people, arrivals)


def _call_in_force(people: _People, day: int) -> Floats:
    return call_log_odds(people.responses) * (day - people.called < LASTING_DAYS)


def _settle(world: World, generator: np.random.Generator) -> _People:
    """Returns the customers of the first day, with the public sample's mix of households and tenure."""
    household: Columns = {}

    def draw() -> Floats:
        return generator.random(world.customers)

    draw_household(household, draw)
    with_tenure = dict(household)
    draw_contract_and_tenure(with_tenure, draw)
    months = with_tenure["tenure"] + generator.random(world.customers)
    return _people(household, -MONTH_DAYS * (months + 1), generator)


def _arrive(count: int, day: int, generator: np.random.Generator) -> _People:
    """Returns the customers who join on a day."""
    household: Columns = {}
    draw_household(household, lambda: generator.random(count))
    odds = np.exp(np.array(ARRIVING_INTERNET_LOG_ODDS))
    internet = choose(np.tile(odds / odds.sum(), (count, 1)), generator.random(count))
    household["fiber"], household["noint"] = (internet == 1).astype(np.float64), (internet == 2).astype(np.float64)
    has_phone = (internet != 0) | (generator.random(count) < load_parameters()["phone_dsl"])
    household["PhoneService"] = has_phone.astype(np.float64)
    return _people(household, np.full(count, float(day)), generator)


def _people(household: Columns, joined: Floats, generator: np.random.Generator) -> _People:
    count = len(joined)
    numbers, normals = generator.random((count, _FIXED_NUMBERS)), generator.standard_normal((count, 2))
    return _People(
        joined, np.full(count, np.inf), np.full(count, -np.inf), np.zeros(count), household, numbers, normals
    )


def _join(people: _People, arrivals: _People) -> _People:
    return _People(
        np.concatenate([people.joined, arrivals.joined]),
        np.concatenate([people.left, arrivals.left]),
        np.concatenate([people.called, arrivals.called]),
        np.concatenate([people.responses, arrivals.responses]),
        {name: np.concatenate([values, arrivals.household[name]]) for name, values in people.household.items()},
        np.concatenate([people.numbers, arrivals.numbers]),
        np.concatenate([people.normals, arrivals.normals]),
    )


def _tenure(people: _People, day: int) -> Floats:
    """Returns (n,) whole months as a customer. The tenure of a customer who left does not grow."""
    return np.maximum(np.floor((np.minimum(day, people.left) - people.joined) / MONTH_DAYS), 0.0)


def describe(household: Columns, numbers: Floats, tenure: Floats) -> Columns:
    """Returns every attribute at a tenure: the fixed numbers compared with the odds of that tenure."""
    columns = dict(household)
    set_tenure(columns, tenure)
    # The numbers of a customer stay the same: an attribute changes only when the odds of the tenure pass its number.
    contract = choose(contract_shares(columns), numbers[:, 0])
    columns["one"], columns["two"] = (contract == 1).astype(np.float64), (contract == 2).astype(np.float64)
    fixed = iter(numbers[:, 1:].T)
    draw_services(columns, lambda: next(fixed))
    return columns


def contract_shares(columns: Columns) -> Floats:
    """Returns (n, 3) shares of the contracts given tenure, by Bayes' rule from tenure given contract."""
    prior = choice_shares("contract", columns)
    bins = tenure_bin_of(columns["tenure"])
    rows = np.arange(len(bins))

    def constant(value: float) -> Floats:
        return np.full(len(bins), value)

    likelihood = np.column_stack(
        [
            choice_shares("tenure", columns | {"one": constant(one_year), "two": constant(two_year)})[rows, bins]
            for one_year, two_year in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
        ]
    )
    joint = prior * likelihood
    return joint / joint.sum(axis=1, keepdims=True)


def _show(world: World, people: _People, columns: Columns, day: int, is_called: NDArray[np.bool_]) -> Day:
    is_active = people.left > day
    # As in the public sample, an extract still has the customers who left within the last month.
    is_shown = people.left > day - MONTH_DAYS
    monthly, total = _bill(world, people, columns, day)
    shown = {**columns, "churned": (~is_active).astype(np.float64)}
    extract = to_frame(shown, (monthly, total), first_number=0).filter(pl.Series(is_shown))
    named = extract.select("customerID").hstack(
        _truth(world, people, columns, day, is_called).filter(pl.Series(is_shown))
    )
    truth = named.filter("is_active").drop("is_active", "is_called")
    contacted = _contacted(world, columns, day)
    return Day(day, extract, truth, named.filter("is_called").select("customerID"), contacted)


def _contacted(world: World, columns: Columns, day: int) -> pl.DataFrame:
    """Returns the truth about the campaign contacts of a day; see `Day`."""
    count = len(columns["tenure"])
    today = (world.campaign.days == day) & (world.campaign.numbers < count)
    numbers, untouched = world.campaign.numbers[today], monthly_hazard(world, columns, day)
    touched = monthly_hazard(world, columns, day, world.campaign.log_odds(columns, day))
    effect = effect_on_leaving(touched, untouched)
    return pl.DataFrame(
        {
            "customerID": synthetic_ids(0, count).gather(numbers),
            "profile": np.array(PROFILES)[profile_of(columns)[numbers]],
            "is_reached": world.campaign.strengths[today] > 0,
            "effect": effect[numbers],
        }
    )


def _truth(world: World, people: _People, columns: Columns, day: int, is_called: NDArray[np.bool_]) -> pl.DataFrame:
    untouched = monthly_hazard(world, columns, day)
    if_called = monthly_hazard(world, columns, day, call_log_odds(people.responses))
    return pl.DataFrame(
        {
            "monthly_hazard": monthly_hazard(world, columns, day, _call_in_force(people, day)),
            "response": describe_responses(people.responses),
            "contact_effect": if_called - untouched,
            "is_active": people.left > day,
            "is_called": is_called,
        }
    )


def _bill(world: World, people: _People, columns: Columns, day: int) -> tuple[Floats, Floats]:
    """Returns monthly and total charges in USD. A price rise applies to customers who are active on its first day."""
    parameters = load_parameters()
    spread = np.where(columns["noint"] == 1, parameters["price_sd"][1], parameters["price_sd"][0])
    # The prices of the public sample are multiples of five cents.
    base = np.round((list_price(columns) + spread * people.normals[:, 0]) * 20) / 20
    tenure = columns["tenure"]
    total = tenure * base + parameters["bill_cv"] * base * np.sqrt(tenure) * people.normals[:, 1]
    rise = np.zeros(len(base))
    for shock in world.shocks:
        is_dearer = (people.left > shock.first_day) & (day >= shock.first_day)
        step = base * shock.price_share * is_dearer * belongs(shock.dearer, columns)
        rise += step
        total += step * np.floor(np.maximum(np.minimum(day, people.left) - shock.first_day, 0) / MONTH_DAYS)
    monthly = np.round((base + rise) * 20) / 20
    total = np.where(tenure <= 1, monthly, np.maximum(np.round(total * 20) / 20, monthly))
    return np.round(monthly, 2), np.round(total, 2)
