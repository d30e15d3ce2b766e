"""Runs that die between any two steps, and runs that start at once: the tables end as if nothing had happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from churn.settings import Settings, load_settings
from churn.stores.postgres.database import open_engine
from tests.support.days import ask, day_number, write_day
from tests.support.processes import PLACES, finish, refresh_scored, run_pipeline, start
from tests.support.telecoms import Telecoms

TODAY, YESTERDAY = day_number(1), day_number(0)

TABLES = {
    "raw_data.telco_churn_raw": "loaded_at",
    "staging.stg_telco_churn": "",
    "analytics.fct_customer_features": "",
    "analytics.predictions": "scored_at, run_id",
    "analytics.customer_risk": "scored_at",
    "analytics.risk_by_profile": "",
    "reporting.kpi_daily": "published_at",
    "reporting.action_list": "",
}
"""What must be the same, and the columns that tell when and by which run a row was written."""


@dataclass(frozen=True)
class Telecom:
    """Yesterday is published; today's extract is waiting. `reset` brings that morning back."""

    uri: str
    today: Path
    undisturbed: dict[str, str]

    def reset(self) -> Settings:
        """A database of the same name (SQLMesh remembers it), as it was before today."""
        settings = load_settings()
        open_engine(settings).dispose()
        name = database_of(self.uri)
        alter(self.uri, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {name}_morning")
        return settings


def database_of(uri: str) -> str:
    return uri.partition("?")[0].rpartition("/")[2]


def alter(uri: str, *statements: str) -> None:
    """Does something to a database as a whole, from outside it."""
    with psycopg.connect(uri.replace(f"/{database_of(uri)}?", "/postgres?"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def sum_up(settings: Settings) -> dict[str, str]:
    """A checksum of every table, whatever the order of its rows."""
    sums = {}
    for table, left_out in TABLES.items():
        lines = f"SELECT (to_jsonb(row) - '{{{left_out}}}'::text[])::text AS line FROM {table} AS row"
        query = f"SELECT count(*) || ' ' || md5(string_agg(line, '|' ORDER BY line)) FROM ({lines}) AS lines"
        sums[table] = str(ask(settings, query)[0][0])
    return sums


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telecom]:
    folder = tmp_path_factory.mktemp("telecom")
    with telecoms.copy("published", folder) as settings:
        assert settings.database_url is not None
        uri = settings.database_url.get_secret_value()
        alter(uri, f"CREATE DATABASE {database_of(uri)}_morning TEMPLATE {database_of(uri)}")

        today = write_day(folder, TODAY)
        assert finish(start(run_pipeline, today, TODAY)) == 0
        yield Telecom(uri, today, sum_up(load_settings()))


@pytest.fixture
def settings(telecom: Telecom) -> Settings:
    return telecom.reset()


QUICK = ("between staging and features", "within the scores' transaction", "between marts and publication")


@pytest.mark.parametrize(
    "place", [place if place in QUICK else pytest.param(place, marks=pytest.mark.slow) for place in PLACES]
)
def test_a_run_killed_anywhere_and_started_again_ends_in_the_same_tables(
    telecom: Telecom, settings: Settings, place: str
) -> None:
    assert finish(start(run_pipeline, telecom.today, TODAY, place)) == -9
    assert ask(settings, "SELECT prediction_date FROM reporting.kpi_daily") == [(YESTERDAY,)]

    assert finish(start(run_pipeline, telecom.today, TODAY)) == 0

    assert sum_up(settings) == telecom.undisturbed


def test_of_three_pipelines_at_once_each_waits_for_the_one_before(telecom: Telecom, settings: Settings) -> None:
    ((before,),) = ask(settings, "SELECT max(token) FROM ops.lock_tokens WHERE lock = 'pipeline'")
    three = [start(run_pipeline, telecom.today, TODAY) for _ in range(3)]

    assert [finish(process) for process in three] == [0, 0, 0]
    assert sum_up(settings) == telecom.undisturbed
    assert ask(settings, "SELECT token FROM ops.lock_tokens WHERE lock = 'pipeline'") == [((before or 0) + 3,)]


def test_three_refreshes_of_one_date_at_once_double_no_row(telecom: Telecom, settings: Settings) -> None:
    assert finish(start(run_pipeline, telecom.today, TODAY)) == 0

    assert [finish(process) for process in [start(refresh_scored, TODAY) for _ in range(3)]] == [0, 0, 0]

    assert sum_up(settings) == telecom.undisturbed
