"""A forgotten customer leaves no trace in any table or file, and the figures of the other customers stay right."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.errors import NotThere
from churn.settings import Settings
from churn.stages import forgetting, intake, keeping
from churn.stages.forgetting import Forgetting
from churn.stores.keeping.erasing import erase_rows
from churn.stores.keeping.holdings import DECLARED, FIND_VERSIONS, MODELLED, list_tables
from churn.stores.model_registry.registry import locate_registry
from churn.stores.postgres import tables
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.seen import keep_seen
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.changes import torn_days
from tests.support.days import ask, day_number, execute, run_day
from tests.support.factories import make_customer, make_extract, write_extract
from tests.support.homes import opened
from tests.support.telecoms import LEARNED_CUSTOMERS, _learn
from tests.support.traces import find_files, find_rows
from tests.support.workplaces import at

IT, OTHER = "000007-MADEUP", "000008-MADEUP"
NEXT = day_number(1)
COUNTS = """
    SELECT customers_count, eligible_count, refused_count, forgotten_count FROM ops.publications
    ORDER BY prediction_date
"""


@dataclass
class Story:
    """A home in which a customer was forgotten: the figures before, what was said, and the extract of the next day."""

    settings: Settings
    folder: Path
    before: dict[str, int]
    said: Forgetting


def next_day() -> pl.DataFrame:
    """The extract of the next day: the row of the customer breaks a rule."""
    broken = pl.DataFrame([make_customer(customerID=IT, tenure="-1")])
    sound = make_extract(LEARNED_CUSTOMERS).filter(pl.col("customerID") != IT)
    return pl.concat([sound, broken])


def plant(settings: Settings) -> None:
    """The customer is in a campaign, wants to be left alone, and stands in logs and in leftover files."""
    execute(
        settings,
        f"""INSERT INTO ops.campaigns VALUES ('autumn', 'running', '{{}}', 0.2, 60, '{DAY}', '{NEXT}', '{NEXT}', 0.2,
                0.8, 0.001, '', '{{}}', true);
            INSERT INTO ops.assignments VALUES ('autumn', '{IT}', '{DAY}', '{DAY}', 1, 0.5, 'treatment', 'standard',
                'call', 1, 0.5, 70);
            INSERT INTO ops.contacts VALUES ('c1', 'autumn', '{IT}', '{DAY}', 1, '{{}}', 1, '{NEXT}', '{DAY}', now(),
                '/crm/contacts.csv');
            INSERT INTO ops.contact_events (event_id, contact_id, event, occurred_at, stated_reason, source)
                VALUES ('e1', 'c1', 'reached', now(), 'I moved, says {IT}', 'crm.csv');
            INSERT INTO ops.suppressions VALUES ('{IT}', 'all', '{DAY}', NULL, 'legal', 'letter', now());
            ANALYZE""",
    )
    with open_engine(settings).begin() as connection:
        keep_seen(connection, [DAY], "a test")  # What readers saw of a date that is replaced is kept too.
    for name in ("logs/worker.log", "incidents.json", "synthetic/x.csv", "spool/y.csv"):
        (settings.home_dir / name).parent.mkdir(exist_ok=True)
        (settings.home_dir / name).write_text(f'"{IT}", {OTHER}, x{IT}\n')


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two days are published in a home with a trained model, and a backup was taken. Then the customer is forgotten."""
    folder = tmp_path_factory.mktemp("forgetting")
    with opened(folder / "home") as settings:
        _learn(settings, folder)
        run_day(settings, write_extract(folder / "next.csv", next_day()), NEXT)
        plant(settings)
        keeping.take_backup(at(settings), folder / "before.tar")
        before = find_rows(open_engine(settings), IT)
        said = forgetting.forget_customer(at(settings), f" {IT} ", "ada", "a letter")
        yield Story(settings, folder, before, said)


def test_no_table_and_no_file_holds_a_forgotten_customer(story: Story) -> None:
    home = story.settings.home_dir
    found_before = {"raw_data.telco_churn_raw", "raw_data.rejected_rows", "analytics.predictions", "ops.seen_scores"}

    assert found_before <= set(story.before)
    assert find_rows(open_engine(story.settings), IT) == {}
    mlflow = sa.create_engine(sa.make_url(locate_registry(story.settings)).set(drivername="postgresql+psycopg"))
    assert find_rows(mlflow, IT) == {}
    mlflow.dispose()
    assert set(find_files(home, IT)) == {"logs/worker.log", "incidents.json"}  # x000007-MADEUP is another customer
    assert (home / "logs" / "worker.log").read_text() == f'"{"x" * len(IT)}", {OTHER}, x{IT}\n'
    assert find_files(home, OTHER) != []


def test_every_table_that_held_the_customer_is_listed_and_no_other_is_missing(story: Story) -> None:
    """A new table with a customer's number joins DECLARED or MODELLED, and so forget, prune and backup."""
    with open_engine(story.settings).connect() as connection:
        listed = set(list_tables(connection))
        versions = set(connection.scalars(sa.text(FIND_VERSIONS)))
    declared = {table.fullname for table in tables.metadata.sorted_tables if "customer_id" in table.columns}
    modelled = {name.removeprefix("sqlmesh__").rsplit("__", 1)[0] for name in versions}

    assert {name.replace('"', "") for name in story.before} - listed == set()
    assert declared | {"raw_data.rejected_rows", "ops.contact_events", "landing.contact_events"} == set(DECLARED)
    assert modelled == set(MODELLED)


def test_counts_are_kept_and_the_days_agree_with_their_scores(story: Story) -> None:
    assert ask(story.settings, COUNTS) == [(1199, 1199, 0, 1), (1199, 1199, 0, 1)]
    assert ask(story.settings, "SELECT customers_count FROM reporting.kpi_daily") == [(1199,)] * 2
    assert ask(
        story.settings, "SELECT rows_read, rows_accepted, rows_rejected, rows_forgotten FROM raw_data.loads"
    ) == [
        (1200, 1199, 0, 1),
        (1200, 1199, 0, 1),
    ]
    assert torn_days(story.settings) == []
    for day in (DAY, NEXT):
        assert "as load" in intake.validate_extract(at(story.settings), day).summary


def test_the_ledger_keeps_a_digest_and_the_proofs(story: Story) -> None:
    query = "SELECT person, why, decision, days_count, length(customer_sha256), length(salt) FROM ops.erasures"

    assert ask(story.settings, query) == [("ada", "a letter", "forgotten", 1, 64, 64)]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        execute(story.settings, "UPDATE ops.erasures SET why = ''")


def test_what_cannot_be_reached_is_named(story: Story) -> None:
    remains = story.said.remains

    assert remains.backups == [str(story.folder / "before.tar")]
    assert set(remains.files) == {
        str(story.folder / "extract.csv"),
        str(story.folder / "next.csv"),
        "/crm/contacts.csv",
    }
    assert not remains.is_own_database


def test_an_old_file_and_a_new_day_leave_the_customer_out(story: Story) -> None:
    again = intake.load_extract(at(story.settings), story.folder / "extract.csv", DAY)
    with (story.folder / "next.csv").open("a") as other_bytes:
        other_bytes.write("\n")
    reloaded = intake.load_extract(at(story.settings), story.folder / "next.csv", NEXT)

    assert "already has exactly this file (1,199 customers)" in again.summary
    assert "1 row of forgotten customers left out" in reloaded.summary
    query = "SELECT rows_read, rows_accepted, rows_rejected, rows_forgotten FROM raw_data.loads ORDER BY load_id DESC"
    assert ask(story.settings, query)[0] == (1200, 1199, 0, 1)
    assert find_rows(open_engine(story.settings), IT) == {}


def test_a_list_of_whom_to_leave_alone_does_not_bring_the_number_back(story: Story) -> None:
    wishes = story.folder / "wishes.csv"
    wishes.write_text(f"customer_id,reason\n{IT},opted_out\n{OTHER},opted_out\n")
    said = CliRunner().invoke(app, ["suppress", str(wishes)])

    assert (said.exit_code, "1 new statement" in said.output) == (0, True), said.output
    assert find_rows(open_engine(story.settings), IT) == {}


def test_the_same_command_again_finds_nothing_more(story: Story) -> None:
    again = forgetting.forget_customer(at(story.settings), IT, "ada", "a letter")

    assert "was forgotten before: no row was left" in again.outcome.summary
    assert ask(story.settings, "SELECT count(*) FROM ops.erasures") == [(1,)]


def test_an_unknown_number_is_said_to_be_unknown(story: Story) -> None:
    with pytest.raises(NotThere, match="No table holds a customer"):
        forgetting.forget_customer(at(story.settings), "nobody", "ada", "a letter")
    asked = CliRunner().invoke(app, ["forget", OTHER])
    assert (asked.exit_code, f"run `churn forget {OTHER} --yes`" in asked.output) == (2, True)


def test_short_numbers_do_not_take_other_rejected_rows_along(story: Story) -> None:
    with open_engine(story.settings).connect() as connection:
        connection.execute(
            sa.text("""INSERT INTO raw_data.rejected_rows VALUES
                (1, 1, '{x}', '{"customerID": "1", "tenure": "5"}'),
                (1, 2, '{x}', '{"customerID": "2", "tenure": "1"}'),
                (1, 3, '{x}', '{"KundenNr": " 1 ", "tenure": "5"}')""")
        )
        erased = erase_rows(connection, "1")
        left = connection.scalars(sa.text("SELECT row_number FROM raw_data.rejected_rows WHERE load_id = 1")).all()
        connection.rollback()

    assert (erased.rows, left) == ({"raw_data.rejected_rows": 2}, [2])


def test_a_number_that_a_new_customer_has_is_readmitted(story: Story) -> None:
    said = CliRunner().invoke(app, ["forget", IT, "--readmit", "--why", "given to a new customer", "--by", "ada"])
    loaded = intake.load_extract(at(story.settings), write_extract(story.folder / "new.csv", make_extract(1200)), NEXT)

    assert said.exit_code == 0, said.output
    assert "forgotten" not in loaded.summary
    query = f"SELECT count(*) FROM raw_data.telco_churn_raw WHERE customer_id = '{IT}'"
    assert ask(story.settings, query) == [(1,)]
