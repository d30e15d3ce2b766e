"""The ledger of loads, the rows they set aside, and what corrects what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.errors import ContractBroken, WrongUsage
from churn.reporting import ledger, reports
from churn.settings import Settings, load_settings
from churn.simulation.extracts import write_synthetic_extract
from churn.stages import intake
from churn.stores.ledgers import loads
from churn.stores.ledgers.loads import Arrival
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.tables import telco_churn_raw
from churn.stores.rows import snapshots
from churn.stores.workplace import open_workplace
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.days import execute
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.workplaces import at


def spoilt(customers: int = 300, **changes: str) -> list[dict[str, str]]:
    """An extract whose second row is a customer with something wrong."""
    first, *others = make_extract(customers - 1).to_dicts()
    return [first, make_customer(**changes), *others]


def customers_of(settings: Settings, day: date) -> dict[str, int]:
    """Customer -> load of a snapshot."""
    raw = telco_churn_raw.c
    with open_engine(settings).connect() as connection:
        rows = connection.execute(sa.select(raw.customer_id, raw.load_id).where(raw.snapshot_date == day))
        return {row.customer_id: row.load_id for row in rows}


def test_the_same_content_twice_is_told_before_it_is_parsed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = write_extract(tmp_path / "extract.csv", make_extract(50))
    intake.load_extract(at(settings), extract, DAY)
    monkeypatch.setattr(intake, "open_batches", None)

    again = intake.load_extract(at(settings), extract.rename(tmp_path / "renamed.csv"), DAY)

    assert again.is_skipped
    assert again.summary == f"{DAY} already has exactly this file (50 customers)"
    assert [load.status for load in ledger.read_loads(open_workplace(settings), 10)] == ["loaded"]


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM raw_data.telco_churn_raw WHERE customer_id LIKE '%7-%'",
        "UPDATE raw_data.telco_churn_raw SET monthly_charges = monthly_charges + 1 WHERE customer_id LIKE '%7-%'",
        "TRUNCATE raw_data.telco_churn_raw",
        "UPDATE raw_data.telco_churn_raw SET contract = 'Two year' WHERE customer_id LIKE '%7-%'",
        "UPDATE raw_data.telco_churn_raw SET churn = 'Yes' WHERE customer_id IN (SELECT min(customer_id) "
        "FROM raw_data.telco_churn_raw WHERE churn = 'No')",
        "UPDATE raw_data.telco_churn_raw SET customer_id = customer_id || 'X' WHERE customer_id LIKE '%7-%'",
        "UPDATE raw_data.telco_churn_raw SET tenure = 71 - tenure WHERE tenure BETWEEN 10 AND 60",
        "UPDATE raw_data.telco_churn_raw SET total_charges = NULL WHERE customer_id LIKE '%7-%'",
        "UPDATE raw_data.telco_churn_raw SET monthly_charges = (SELECT min(monthly_charges) + max(monthly_charges) "
        "FROM raw_data.telco_churn_raw) - monthly_charges WHERE monthly_charges IN (SELECT min(monthly_charges) FROM "
        "raw_data.telco_churn_raw UNION SELECT max(monthly_charges) FROM raw_data.telco_churn_raw)",
    ],
    ids=[
        "rows deleted",
        "money changed",
        "table emptied",
        "words changed",
        "one label changed",
        "customers renamed",
        "months changed",
        "numbers removed",
        "two customers' charges exchanged",
    ],
)
def test_rows_that_another_program_damaged_are_loaded_again_from_the_same_file(
    settings: Settings, tmp_path: Path, damage: str
) -> None:
    extract = write_extract(tmp_path / "extract.csv", make_extract(50))
    intake.load_extract(at(settings), extract, DAY)
    before = snapshots.count_snapshot(open_engine(settings), DAY)
    execute(settings, damage)
    with pytest.raises(ContractBroken, match="Another program changed the table") as told:
        intake.validate_extract(at(settings), DAY)
    assert told.value.next_step.startswith(f"run `churn run --source FILE --as-of {DAY}` with the same extract")

    again = intake.load_extract(at(settings), extract, DAY)

    assert not again.is_skipped
    assert snapshots.count_snapshot(open_engine(settings), DAY) == before
    assert not intake.validate_extract(at(settings), DAY).is_skipped


def test_the_fingerprint_holds_every_column_that_a_file_gives() -> None:
    """A column that joins later changes the fingerprint of each stored day: its migration sets the ledger's to NULL."""
    assert len(snapshots.FINGERPRINTED) == 22


def test_a_load_of_a_release_without_fingerprints_is_compared_by_count_and_charges(
    settings: Settings, tmp_path: Path
) -> None:
    extract = write_extract(tmp_path / "extract.csv", make_extract(50))
    intake.load_extract(at(settings), extract, DAY)
    execute(settings, "UPDATE raw_data.loads SET rows_fingerprint = NULL")

    assert intake.load_extract(at(settings), extract, DAY).is_skipped


def test_a_corrected_file_replaces_exactly_its_date_and_the_ledger_keeps_both(
    settings: Settings, tmp_path: Path
) -> None:
    other_day = date(2026, 1, 30)
    for day in (other_day, DAY):
        intake.load_extract(at(settings), write_extract(tmp_path / "first.csv", make_extract(50)), day)
    other_before = customers_of(settings, other_day)

    corrected = write_extract(tmp_path / "second.csv", make_extract(51, seed=8))
    outcome = intake.load_extract(at(settings), corrected, DAY)

    assert outcome.summary == f"51 customers as of {DAY}, replacing load 2"
    assert set(customers_of(settings, DAY).values()) == {3}
    assert customers_of(settings, other_day) == other_before
    told = [(load.load_id, load.status, load.reason) for load in ledger.read_loads(open_workplace(settings), 10)]
    assert told == [(3, "loaded", None), (2, "superseded", "replaced by load 3"), (1, "loaded", None)]


def test_a_refused_file_leaves_the_snapshot_it_was_to_replace(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "good.csv", make_extract(50)), DAY)
    before = customers_of(settings, DAY)

    with pytest.raises(ContractBroken):
        intake.load_extract(at(settings), write_extract(tmp_path / "bad.csv", [make_customer(Churn="?")]), DAY)

    assert customers_of(settings, DAY) == before
    refused, loaded = ledger.read_loads(open_workplace(settings), 10)
    assert (refused.status, refused.rows_read, refused.rows_rejected) == ("refused", 1, 1)
    assert loaded.status == "loaded"


def test_rows_set_aside_come_back_corrected_and_are_added(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", spoilt(tenure="-3")), DAY)
    out = tmp_path / "rejects.csv"

    ledger.write_rejects(ledger.read_rejects(open_workplace(settings), None), out)
    given_back = pl.read_csv(out, infer_schema=False)
    corrected = given_back.with_columns(tenure=pl.lit("3"), TotalCharges=pl.lit("135"))
    corrected.write_csv(out)
    outcome = intake.load_extract(at(settings), out, DAY)

    assert given_back.row(0)[:5] == (
        "1",
        "3",
        "tenure_at_least_0: tenure must be 0 or more, found -3",
        "0001-TEST",
        "Female",
    )
    assert outcome.summary == f"300 customers as of {DAY}, 1 of them corrected, replacing load 1"
    assert len(customers_of(settings, DAY)) == 300
    assert set(customers_of(settings, DAY).values()) == {2}
    intake.validate_extract(at(settings), DAY)


def test_no_row_set_aside_is_lost_when_only_some_can_be_corrected(settings: Settings, tmp_path: Path) -> None:
    two_bad = [*spoilt(tenure="-3"), make_customer(customerID="0002-TEST", tenure="-3")]
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", two_bad), DAY)
    out = ledger.write_rejects(ledger.read_rejects(open_workplace(settings), None), tmp_path / "rejects.csv")
    both = pl.read_csv(out, infer_schema=False)
    one_corrected = both.with_columns(tenure=pl.Series(["3", "-3"]), TotalCharges=pl.lit("135"))

    with pytest.raises(ContractBroken, match=r"part.csv has 1 row, but the load rejected 2"):
        intake.load_extract(at(settings), write_extract(tmp_path / "part.csv", one_corrected[:1]), DAY)
    intake.load_extract(at(settings), write_extract(tmp_path / "all.csv", one_corrected), DAY)

    assert len(customers_of(settings, DAY)) == 300
    left = ledger.read_rejects(open_workplace(settings), None)
    assert [row.row["customerID"] for row in left.rows] == ["0002-TEST"]


def test_corrected_rows_may_come_back_as_parquet(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", spoilt(tenure="-3")), DAY)
    out = ledger.write_rejects(ledger.read_rejects(open_workplace(settings), None), tmp_path / "rejects.csv")
    pl.read_csv(out).with_columns(tenure=10).write_parquet(tmp_path / "fixed.parquet")

    outcome = intake.load_extract(at(settings), tmp_path / "fixed.parquet", DAY)

    assert outcome.summary.startswith(f"300 customers as of {DAY}, 1 of them corrected")


def test_a_correction_of_a_load_that_was_replaced_is_refused(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", spoilt(tenure="-3")), DAY)
    out = ledger.write_rejects(ledger.read_rejects(open_workplace(settings), 1), tmp_path / "rejects.csv")
    intake.load_extract(at(settings), write_extract(tmp_path / "newer.csv", make_extract(300)), DAY)

    with pytest.raises(ContractBroken, match=r"rejects.csv corrects rows of load 1, but the date holds load 2"):
        intake.load_extract(at(settings), out, DAY)

    assert set(customers_of(settings, DAY).values()) == {2}


def test_a_correction_of_a_customer_who_is_there_is_refused(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", spoilt(tenure="-3")), DAY)
    out = ledger.write_rejects(ledger.read_rejects(open_workplace(settings), 1), tmp_path / "rejects.csv")
    fixed = pl.read_csv(out, infer_schema=False).with_columns(tenure=pl.lit("3"), customerID=pl.lit("000000-MADEUP"))
    fixed.write_csv(out)

    with pytest.raises(
        ContractBroken, match="has the same customer twice, in row 2 and in the snapshot that it corrects"
    ):
        intake.load_extract(at(settings), out, DAY)

    assert len(customers_of(settings, DAY)) == 299


@pytest.mark.parametrize(
    ("policy", "accepted", "note"),
    [
        ("set_aside", 299, "new words: contract 'Three year' in 1 row"),
        ("accept", 300, "new words: contract 'Three year' in 1 row"),
    ],
)
def test_a_new_word_is_named_with_its_count(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, accepted: int, note: str
) -> None:
    monkeypatch.setenv("CHURN_NEW_CATEGORIES", policy)

    intake.load_extract(at(load_settings()), write_extract(tmp_path / "x.csv", spoilt(Contract="Three year")), DAY)

    (load,) = ledger.read_loads(open_workplace(settings), 10)
    assert (load.rows_accepted, load.notes) == (accepted, [note])


def test_a_new_word_refuses_the_file_where_that_is_set(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_NEW_CATEGORIES", "refuse")
    extract = write_extract(tmp_path / "x.csv", spoilt(PaymentMethod="Crypto"))

    with pytest.raises(ContractBroken, match="unknown words: payment_method 'Crypto' in 1 row"):
        intake.load_extract(at(load_settings()), extract, DAY)

    assert customers_of(settings, DAY) == {}


def test_the_same_bytes_are_read_again_when_new_words_are_taken_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = write_extract(tmp_path / "x.csv", spoilt(Contract="Three year"))
    intake.load_extract(at(settings), extract, DAY)
    monkeypatch.setenv("CHURN_NEW_CATEGORIES", "accept")

    outcome = intake.load_extract(at(load_settings()), extract, DAY)

    assert not outcome.is_skipped
    assert len(customers_of(settings, DAY)) == 300


def test_columns_that_are_ignored_are_told(settings: Settings, tmp_path: Path) -> None:
    rows = make_extract(50).with_columns(pl.lit("x").alias("Segment"), pl.lit("y").alias("Region"))

    outcome = intake.load_extract(at(settings), write_extract(tmp_path / "x.csv", rows), DAY)

    assert outcome.summary == f"50 customers as of {DAY}; columns ignored: Segment, Region"


def test_two_loads_at_once_take_turns(settings: Settings, tmp_path: Path) -> None:
    extracts = [write_extract(tmp_path / f"{seed}.csv", make_extract(2000, seed)) for seed in range(4)]
    open_engine(settings)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda extract: intake.load_extract(at(settings), extract, DAY), extracts))

    statuses = sorted(load.status for load in ledger.read_loads(open_workplace(settings), 10))
    assert statuses == ["loaded", "superseded", "superseded", "superseded"]
    assert len(customers_of(settings, DAY)) == 2000
    intake.validate_extract(at(settings), DAY)


def test_a_load_that_was_killed_is_told_by_the_next(settings: Settings, tmp_path: Path) -> None:
    engine = open_engine(settings)
    loads.open_load(engine, Arrival(DAY, "/landing/x.csv", "x.csv", "0" * 64, "0" * 64, 10))

    intake.load_extract(at(settings), write_extract(tmp_path / "y.csv", make_extract(50)), DAY)

    told = [(load.load_id, load.status, load.reason) for load in ledger.read_loads(open_workplace(settings), 10)]
    assert told == [(2, "loaded", None), (1, "interrupted", "stopped before it was done")]


def test_the_commands_show_loads_and_rejects(settings: Settings, tmp_path: Path) -> None:
    intake.load_extract(at(settings), write_extract(tmp_path / "extract.csv", spoilt(tenure="-3", Partner="?")), DAY)
    out = tmp_path / "rejects.csv"

    loads = CliRunner().invoke(app, ["loads"])
    rejects = CliRunner().invoke(app, ["rejects", "--load", "1", "--csv", str(out)])
    nowhere = CliRunner().invoke(app, ["rejects", "--load", "9"])

    assert loads.exit_code == rejects.exit_code == 0
    assert " ".join(loads.stdout.split()).startswith(f"1 {DAY} loaded 299 rows, 1 rejected, 20")
    assert "row 3: 0001-TEST" in rejects.stdout
    assert "tenure_at_least_0: tenure must be 0 or more, found -3" in rejects.stdout
    assert "partner_known: partner must be Yes or No, found ?" in rejects.stdout
    assert out.read_text(encoding="utf-8-sig").startswith("churn_load_id,churn_row_number,churn_reasons,customerID")
    assert (nowhere.exit_code, nowhere.stderr.splitlines()[0]) == (1, "churn: There is no load 9.")


def test_a_real_file_is_not_held_against_made_up_customers(settings: Settings, tmp_path: Path) -> None:
    made_up = write_synthetic_extract(tmp_path / "anything.csv", 100, seed=1)
    intake.load_extract(at(settings), made_up, date(2026, 1, 30))

    outcome = intake.load_extract(at(settings), write_extract(tmp_path / "real.csv", make_extract(900)), DAY)

    assert outcome.summary == f"900 customers as of {DAY}"


def test_the_rejects_of_a_refused_file_are_told_with_its_reason(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ContractBroken):
        intake.load_extract(at(settings), write_extract(tmp_path / "bad.csv", [make_customer(Churn="?")]), DAY)

    told = CliRunner().invoke(app, ["rejects", "--load", "1"])

    assert "The file was refused and its rows were not kept: bad.csv: 1 of 1 row" in " ".join(told.stdout.split())


def test_the_page_of_a_failed_load_shows_no_other_load(settings: Settings, tmp_path: Path) -> None:
    workplace = at(settings)
    intake.load_extract(workplace, write_extract(tmp_path / "good.csv", make_extract(50)), DAY)
    bad = make_extract(50).with_columns(pl.lit("often").alias("Churn"))

    with pytest.raises(WrongUsage) as missing:
        intake.load_extract(workplace, tmp_path / "missing.csv", DAY)
    with pytest.raises(ContractBroken) as refused:
        intake.load_extract(workplace, write_extract(tmp_path / "bad.csv", bad), DAY)

    assert reports.report_stage(workplace, "load_extract", DAY, missing.value) is None
    page = reports.report_stage(workplace, "load_extract", DAY, refused.value)
    assert page is not None
    assert f"Extract of {DAY}: refused" in page
    assert "bad.csv" in page
    for stage in ("train_models", "publish"):
        assert reports.report_stage(workplace, stage, DAY, RuntimeError("no model")) is None
