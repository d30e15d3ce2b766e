"""One extract in every form it may come, and a folder of days: the same snapshot."""

import gzip
import hashlib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from churn.errors import WrongUsage
from churn.settings import Settings
from churn.stages import arrivals, intake
from churn.stores.postgres.copying import read_batches
from churn.stores.postgres.database import open_engine
from tests.conftest import DAY
from tests.support.days import show_day
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at


def snapshot(settings: Settings) -> pl.DataFrame:
    query = "SELECT * FROM raw_data.telco_churn_raw ORDER BY customer_id"
    return pl.concat(read_batches(open_engine(settings), query)).drop("load_id", "loaded_at")


def publish(settings: Settings, extract: Path, day: date) -> None:
    """Loads an extract and shows its date."""
    intake.load_extract(at(settings), extract, day)
    show_day(settings, day, hashlib.sha256(extract.read_bytes()).hexdigest())


def test_csv_gzip_and_parquet_become_the_same_snapshot(settings: Settings, tmp_path: Path) -> None:
    public = make_extract(400)
    csv = write_extract(tmp_path / "extract.csv", public)
    packed = tmp_path / "extract.csv.gz"
    packed.write_bytes(gzip.compress(csv.read_bytes()))
    typed = public.with_columns(
        pl.col("tenure", "SeniorCitizen").cast(pl.Int64),
        pl.col("MonthlyCharges").cast(pl.Float64),
        pl.col("TotalCharges").str.strip_chars().cast(pl.Float64, strict=False),
        pl.col("Contract").cast(pl.Categorical),
    )
    typed.write_parquet(tmp_path / "extract.parquet")

    found = []
    for path in (csv, packed, tmp_path / "extract.parquet"):
        assert not intake.load_extract(at(settings), path, DAY).is_skipped
        found.append(snapshot(settings))

    assert found[0].height == 400
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_the_public_file_loads_whole(settings: Settings, public_sample: Path) -> None:
    outcome = intake.load_extract(at(settings), public_sample, DAY)

    assert outcome.summary == f"7,043 customers as of {DAY}"


def test_a_folder_gives_the_days_that_are_new_in_order(settings: Settings, tmp_path: Path) -> None:
    for day in (3, 1, 2):
        write_extract(tmp_path / f"customers-2026-01-0{day}.csv", make_extract(100, seed=day))
    publish(settings, tmp_path / "customers-2026-01-02.csv", date(2026, 1, 2))
    intake.load_extract(at(settings), tmp_path / "customers-2026-01-03.csv", date(2026, 1, 3))  # and the run was killed

    found = arrivals.find_extracts(at(settings), tmp_path, None).extracts

    assert [(Path(path).name, day.day) for path, day in found] == [
        ("customers-2026-01-01.csv", 1),
        ("customers-2026-01-03.csv", 3),
    ]


def test_a_day_of_a_folder_whose_file_changed_is_new_again(settings: Settings, tmp_path: Path) -> None:
    path = write_extract(tmp_path / "2026-01-02.csv", make_extract(100))
    publish(settings, path, date(2026, 1, 2))
    assert arrivals.find_extracts(at(settings), tmp_path, None).extracts == []

    write_extract(path, make_extract(101))

    assert arrivals.find_extracts(at(settings), tmp_path, None).extracts == [(str(path), date(2026, 1, 2))]


def test_a_day_that_was_corrected_by_another_file_is_not_taken_back(settings: Settings, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    path = write_extract(landing / "2026-01-02.csv", make_extract(100))
    intake.load_extract(at(settings), path, date(2026, 1, 2))
    publish(settings, write_extract(tmp_path / "corrected.csv", make_extract(101)), date(2026, 1, 2))

    assert arrivals.find_extracts(at(settings), landing, None).extracts == []
    assert arrivals.find_extracts(at(settings), landing, date(2026, 1, 2)).extracts == [(str(path), date(2026, 1, 2))]

    write_extract(path, make_extract(102))

    assert arrivals.find_extracts(at(settings), landing, None).extracts == [(str(path), date(2026, 1, 2))]


def test_one_day_of_a_folder_can_be_asked_for(settings: Settings, tmp_path: Path) -> None:
    path = write_extract(tmp_path / "2026-01-02.csv", make_extract(100))

    assert arrivals.find_extracts(at(settings), tmp_path, date(2026, 1, 2)).extracts == [(str(path), date(2026, 1, 2))]
    with pytest.raises(WrongUsage, match="has no file of 2026-01-03"):
        arrivals.find_extracts(at(settings), tmp_path, date(2026, 1, 3))
