"""A model with a horizon may learn from price changes, once extracts of 30 days before each of its dates exist."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from churn.contracts.features import PRICE_CHANGE, SHIPPED_FEATURES
from churn.learning.params import ModelParams
from churn.settings import Settings
from churn.stages import history, intake, learning
from churn.stores.postgres.database import open_engine
from churn.stores.rows import change_windows, features, out_of_range
from tests.support.days import day_number
from tests.support.factories import make_extract, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

NUMBERS = (0, 30, 60, 90, 120)
RAISED_USD = 6


@pytest.fixture(scope="module")
def raised(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Five extracts, a month apart: from the third on, who pays by electronic check pays 6 USD a month more."""
    folder = tmp_path_factory.mktemp("raised")
    with telecoms.copy("deployed", folder / "home") as settings:
        for place, number in enumerate(NUMBERS):
            load_day(settings, folder, number, is_raised=place >= 2, leavers=40 * place)
        yield settings


def load_day(settings: Settings, folder: Path, number: int, is_raised: bool, leavers: int) -> None:
    rows = make_extract(400).with_columns(Churn=pl.Series(["Yes" if place < leavers else "No" for place in range(400)]))
    charge = pl.col("MonthlyCharges").cast(pl.Float64)
    raised = pl.when(pl.col("PaymentMethod") == "Electronic check").then(charge + RAISED_USD).otherwise(charge)
    total = pl.max_horizontal(raised, pl.col("TotalCharges").cast(pl.Float64, strict=False)).cast(pl.String)
    if is_raised:
        rows = rows.with_columns(MonthlyCharges=raised.cast(pl.String), TotalCharges=total)
    intake.load_extract(at(settings), write_extract(folder / f"{number}.csv", rows), day_number(number))
    history.rebuild_features(at(settings), [day_number(number)])


def read_changes(settings: Settings, day: date) -> pl.Series:
    asked = SHIPPED_FEATURES.with_price_change()
    return pl.concat(features.read_features(open_engine(settings), day, asked))[PRICE_CHANGE]


def test_the_days_of_a_rise_show_it_and_a_month_later_nothing_changes_any_more(raised: Settings) -> None:
    assert read_changes(raised, day_number(30)).unique().to_list() == [0]
    assert sorted(read_changes(raised, day_number(60)).round(6).unique()) == [0, RAISED_USD]
    assert read_changes(raised, day_number(90)).round(6).unique().to_list() == [0]


def test_a_day_without_an_extract_of_30_days_before_does_not_know_its_price_changes(raised: Settings) -> None:
    assert read_changes(raised, day_number(0)).is_null().all()


def test_the_training_gets_price_changes_when_every_window_knows_them_and_a_price_changed(raised: Settings) -> None:
    early, _ = learning.read_examples(open_engine(raised), day_number(90))
    late, labels = learning.read_examples(open_engine(raised), day_number(120))

    assert PRICE_CHANGE not in early.columns  # The oldest of its windows has no extract before it.
    assert labels.as_of_dates == (day_number(90), day_number(60), day_number(30))
    assert learning.with_changes(ModelParams(), late).given.names[-1] == PRICE_CHANGE
    assert late[PRICE_CHANGE].max() == pytest.approx(RAISED_USD)


def test_an_unknown_change_is_scored_as_none_and_counted_as_outside_what_the_model_has_seen(raised: Settings) -> None:
    engine, first = open_engine(raised), day_number(0)
    scored = pl.concat(features.stream_features(engine, first, first, [PRICE_CHANGE]))
    assert scored[PRICE_CHANGE].unique().to_list() == [0]

    with engine.begin() as connection:
        out_of_range.replace_out_of_range(connection, [first], {PRICE_CHANGE: (0.0, 6.0)})
    (count,) = out_of_range.read_out_of_range(engine, first)
    assert count.outside_count == count.active_count == 400


def test_what_a_correction_of_the_earlier_day_changes_is_seen_at_once(raised: Settings, tmp_path: Path) -> None:
    before = read_changes(raised, day_number(120))
    load_day(raised, tmp_path, 90, is_raised=False, leavers=120)

    assert before.round(6).unique().to_list() == [0]
    assert sorted(read_changes(raised, day_number(120)).round(6).unique()) == [0, RAISED_USD]


def test_an_online_price_change_is_that_of_the_batch(raised: Settings) -> None:
    engine, day = open_engine(raised), day_number(60)
    rows = pl.concat(features.read_features(engine, day, SHIPPED_FEATURES.with_price_change()))
    earlier = change_windows.read_earlier_prices(engine, day, rows["customer_id"].to_list())
    assert earlier is not None

    charges = rows.select("customer_id", "monthly_charges", "price_above_list_usd").iter_rows()
    online = [earlier[number].change_until(charge, above) for number, charge, above in charges]
    assert online == rows[PRICE_CHANGE].to_list()
    assert change_windows.read_earlier_prices(engine, day_number(0), ["anybody"]) is None
    assert change_windows.read_earlier_prices(engine, day, ["nobody"]) == {}
