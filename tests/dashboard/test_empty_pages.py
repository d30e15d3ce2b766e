"""What the pages say where there is nothing to show: what is so, and what to do."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from churn.dashboard.serving import APP, serve
from churn.errors import Unavailable, WrongUsage
from churn.settings import Settings, load_settings
from churn.stores.model_registry import loading
from churn.stores.postgres.readers import reading
from tests.conftest import DAY
from tests.support.days import execute, name_rule_of_thumb_champion, run_day, write_day
from tests.support.pages import run_page


def read_page() -> str:
    """All that the first page says, as HTML."""
    app = run_page(AppTest.from_file(str(APP), default_timeout=60))
    assert not app.exception
    return "".join(one.proto.body for one in app.get("html"))


def test_before_the_first_run_the_page_says_how_to_run(settings: Settings) -> None:
    said = read_page()

    assert "Nothing was run on this database yet." in said
    assert "<code>churn run --source FILE</code>" in said


def test_a_database_that_is_down_is_told_without_its_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://ana:secret@127.0.0.1:1/churn")
    said = read_page()

    assert "did not answer" in said
    assert "churn doctor" in said
    assert "secret" not in said


def test_one_day_alone_asks_for_the_days_before(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "load_model", loading.load_model)  # brought back at the end
    name_rule_of_thumb_champion(settings)
    run_day(settings, write_day(tmp_path, DAY), DAY)
    said = read_page()

    assert "Only one day is published so far." in said
    assert "churn backfill --days 60" in said
    assert "Synthetic customers" not in said


def test_a_port_that_is_taken_is_told_before_anything_starts() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Unavailable, match="cannot be used"):
            serve("127.0.0.1", other.getsockname()[1])


def test_tableau_cannot_reach_the_embedded_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from churn.dashboard.tableau import write_sources

    monkeypatch.delenv("CHURN_DATABASE_URL", raising=False)
    with pytest.raises(WrongUsage, match="Unix socket only"):
        write_sources(load_settings(), tmp_path)


def test_no_folder_beside_the_app_is_taken_for_streamlits_own_pages() -> None:
    assert not (APP.parent / "pages").exists()


def test_a_database_where_nobody_may_read_yet_is_told_so(settings: Settings) -> None:
    execute(settings, "DO $$ BEGIN CREATE ROLE churn_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    said = read_page()

    assert "Nothing was run on this database that this user may read." in said
    assert "GRANT churn_reader TO your user" in said


def test_pages_read_as_the_reader_and_change_nothing(settings: Settings) -> None:
    execute(settings, "DO $$ BEGIN CREATE ROLE churn_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    with reading(settings) as connection:
        (found,) = connection.execute(sa.text("SELECT current_user, current_setting('default_transaction_read_only')"))

    assert tuple(found) == ("churn_reader", "on")
