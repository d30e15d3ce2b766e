from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.contracts.synthetic import are_all_synthetic, synthetic_ids
from churn.intake.declaring import read_extract_form
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from churn.simulation.customers import INTERNET_ADD_ONS, list_price, simulate_customers
from churn.simulation.extracts import write_synthetic_extract


@pytest.fixture(scope="module")
def customers() -> pl.DataFrame:
    return simulate_customers(20_000, np.random.default_rng(1))


def test_made_up_customers_keep_the_contract(tmp_path: Path) -> None:
    extract = write_synthetic_extract(tmp_path / "extract.csv", 5_000, seed=3)

    public = read_extract_form(None)
    with open_batches(extract, extract.name, public, max_bytes=10**9) as opened:
        screened = [screen_rows(batch, opened.header, public) for batch in opened.batches]

    assert sum(batch.accepted.height for batch in screened) == 5_000
    assert sum(batch.rejected.height for batch in screened) == 0


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    one, again, other = (
        write_synthetic_extract(tmp_path / f"{name}.csv", 500, seed).read_bytes()
        for name, seed in (("one", 1), ("again", 1), ("other", 2))
    )

    assert one == again
    assert one != other


def test_an_extract_of_several_batches_holds_every_customer_once(tmp_path: Path) -> None:
    extract = pl.read_csv(write_synthetic_extract(tmp_path / "extract.csv", 100_050, seed=3), infer_schema=False)

    assert extract.height == extract["customerID"].n_unique() == 100_050


def test_no_unfinished_file_is_left(tmp_path: Path) -> None:
    write_synthetic_extract(tmp_path / "extract.csv", 10, seed=3)

    assert [path.name for path in tmp_path.iterdir()] == ["extract.csv"]


def test_ids_never_repeat_across_distant_numbers() -> None:
    ids = pl.concat([synthetic_ids(start, 50_000) for start in (0, 50_000, 99_950_000)])

    assert ids.n_unique() == 150_000
    assert ids.str.contains(r"^\d{4}-[A-Z]{5}$").all()


def test_the_base_rate_and_the_mix_are_the_samples(customers: pl.DataFrame) -> None:
    share = {
        "left": (customers["Churn"] == "Yes").mean(),
        "monthly": (customers["Contract"] == "Month-to-month").mean(),
        "fiber": (customers["InternetService"] == "Fiber optic").mean(),
        "senior": (customers["SeniorCitizen"] == 1).mean(),
    }

    assert share == pytest.approx({"left": 0.265, "monthly": 0.550, "fiber": 0.440, "senior": 0.162}, abs=0.015)


def test_a_total_is_blank_exactly_for_those_who_just_joined(customers: pl.DataFrame) -> None:
    just_joined = customers.filter(pl.col("tenure") == 0)

    assert just_joined.height > 10
    assert customers["TotalCharges"].is_null().equals((customers["tenure"] == 0).alias("TotalCharges"))


def test_the_price_book_adds_up_by_hand() -> None:
    names = ["PhoneService", "MultipleLines", "noint", "fiber", *INTERNET_ADD_ONS]
    held = {name: np.array([0.0]) for name in names}

    # Fiber 50, phone 20, second line 5, support 5, television 10: 90 USD a month.
    bundle = {"PhoneService": 1, "MultipleLines": 1, "fiber": 1, "TechSupport": 1, "StreamingTV": 1}
    fiber = held | {name: np.array([float(value)]) for name, value in bundle.items()}

    assert list_price(fiber) == 90
    assert list_price(held | {"noint": np.array([1.0]), "PhoneService": np.array([1.0])}) == 20


def test_leavers_are_those_whose_odds_are_high(customers: pl.DataFrame) -> None:
    rate = customers.group_by("Contract").agg((pl.col("Churn") == "Yes").mean()).sort("Contract")

    assert rate["Churn"].to_list() == pytest.approx([0.427, 0.113, 0.028], abs=0.03)


@pytest.mark.parametrize("first", [0, 7_000, 99_000_000])
def test_customers_of_the_simulator_are_known_by_their_ids(first: int) -> None:
    ids = synthetic_ids(first, 5_000)

    assert are_all_synthetic(ids)
    assert not are_all_synthetic(pl.concat([ids, pl.Series("customerID", ["7590-VHVEG"])]))
    assert not are_all_synthetic(pl.Series("customerID", ["1042", "000007-MADEUP"]))
    assert not are_all_synthetic(ids.head(0))
