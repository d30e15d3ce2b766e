"""What SQLMesh does of which the product must know. A test that fails here after an upgrade says what would be noticed.

SQLMesh is pinned to one version because `churn/stores/sql_models` changes how it plans and applies, by two places that
it offers (the plan builder's class, the scheduler's configuration) and by methods of them that it does not promise.
"""

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from churn.settings import PROJECT_DIR
from churn.stores import sql_models
from churn.stores.sql_models import contexts
from churn.timeline import today
from tests.support.changes import Story, copy_project
from tests.support.days import ask
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at, leave


@pytest.fixture(scope="module")
def story(server: str, telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A database whose models are deployed, without a row, and a copy of the SQL project that may be changed."""
    folder = tmp_path_factory.mktemp("sqlmesh")
    with telecoms.copy("deployed", folder / "home") as settings, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(folder))
        leave()
        yield Story(settings, folder / "transforms", folder, server)
    leave()


@pytest.fixture
def changed(story: Story) -> Iterator[Any]:
    """A context of the project with a column more in analytics.customer_risk."""
    story.change("add a column")
    context = story.context()
    yield context
    context.close()
    story.go_back()


def categories(plan: Any) -> dict[str, str]:
    return {name.split('"')[-2]: one.change_category.name for name, (one, _) in plan.modified_snapshots.items()}


def test_the_version_is_the_one_these_tests_were_written_for() -> None:
    assert version("sqlmesh") == "0.236.4", "read the tests below; each names what would be noticed"


def test_by_itself_sqlmesh_calls_an_added_column_no_breaking_change(changed: Any) -> None:
    """Were it breaking by itself, `WholeVersions` could go."""
    from sqlmesh.core.plan import PlanBuilder

    builder = changed.plan_builder("prod", skip_tests=True)
    own = PlanBuilder(builder._context_diff)

    assert categories(own.build().context_diff)["customer_risk"] == "NON_BREAKING"


def test_a_plan_by_hand_takes_every_change_for_a_breaking_one(changed: Any) -> None:
    """Were it not, readers' views would be made anew in place: empty while a model is filled, torn after going back."""
    found = categories(changed.plan_builder("prod", skip_tests=True).build().context_diff)

    assert found.pop("customer_risk") == "BREAKING"
    assert set(found.values()) == {"INDIRECT_BREAKING"}


@pytest.mark.parametrize("flag", ["forward_only", "skip_backfill", "empty_backfill"])
def test_a_plan_that_would_show_half_a_table_is_refused(changed: Any, flag: str) -> None:
    from sqlmesh.utils.errors import PlanError

    with pytest.raises(PlanError, match="before the tables are filled and audited"):
        changed.plan_builder("prod", skip_tests=True, no_gaps=False, **{flag: True}).build()
    changed.plan_builder("dev", skip_tests=True, **{flag: True}).build()


def test_plans_are_applied_one_at_a_time(changed: Any) -> None:
    """Were they not, a plan by hand and a run would write the same rows of the same table."""
    from churn.stores.sql_models.versions import OneAtATime

    assert isinstance(changed._scheduler.create_plan_evaluator(changed), OneAtATime)


def test_a_reworded_view_takes_no_other_view_with_it(story: Story) -> None:
    """Did it, whatever reads the view would be dropped, and be missing while the plan runs or when it fails."""
    reads = "SELECT oid FROM pg_class WHERE relname LIKE 'risk\\_trend\\_\\_%'"
    sql_models.deploy(at(story.settings), today())
    before = ask(story.settings, reads)
    story.change("reword a view")

    sql_models.deploy(at(story.settings), today())
    after = ask(story.settings, reads)
    described = ask(story.settings, "SELECT obj_description('reporting.kpi_daily'::regclass)")
    story.go_back()

    assert after == before
    assert "Of what a manager reads" in str(described[0][0])


def test_a_plan_reaches_today(changed: Any) -> None:
    """Did it not, today's rows would be missing from every table that a plan by hand makes anew."""
    from sqlmesh.utils.date import to_date

    missing = changed.plan_builder("prod", skip_tests=True).build().missing_intervals

    assert {to_date(one.intervals[-1][0]) for one in missing} == {today()}


def test_what_sqlmesh_remembers_of_a_database_lies_in_its_home(changed: Any, story: Story) -> None:
    """Did it lie in the checkout, two databases would read each other's versions of the models."""
    assert Path(changed.cache_dir).is_relative_to(story.settings.home_dir)
    assert not (story.project / ".cache").exists()


def test_dates_are_forgotten_in_versions_that_no_environment_has(story: Story) -> None:
    """Were they not, a change taken back would bring a table without the days run in between."""
    story.change("add a column")
    sql_models.deploy(at(story.settings), today())
    story.go_back()
    sql_models.deploy(at(story.settings), today())
    removed = "SELECT count(*) FROM sqlmesh._intervals WHERE is_removed AND name LIKE '%\"customer_risk\"'"
    ((before,),) = ask(story.settings, removed)

    sql_models.refresh(at(story.settings), "analytics.predictions", sql_models.RISK_MODELS, [today()])

    ((after,),) = ask(story.settings, removed)
    assert int(str(after)) > int(str(before))


@pytest.mark.parametrize(
    "command", [["format", "--check"], ["--gateway", "duckdb", "render", "reporting.risk_tiers"]], ids=" ".join
)
def test_what_needs_no_postgres_starts_none(tmp_path: Path, command: list[str]) -> None:
    home = tmp_path / "home"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CHURN_")}
    found = subprocess.run(
        [str(Path(sys.executable).parent / "sqlmesh"), "-p", "transforms", *command],
        env=environment | {"CHURN_HOME": str(home)},
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout + found.stderr
    assert not (home / "postgres").exists()


def test_loading_the_project_creates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHURN_DATABASE_URL", raising=False)

    runpy.run_path(str(PROJECT_DIR / "transforms" / "config.py"))

    assert not (tmp_path / "home").exists()
