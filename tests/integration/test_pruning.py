"""What is older than [keep] allows is deleted by date; the ledgers, the newest date and what is shown stay right."""

import gzip
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn.economics.keeping import KeepPolicy, load_keep
from churn.economics.policies import POLICY_FILE
from churn.errors import WrongUsage
from churn.local_stack import services
from churn.settings import Settings
from churn.stages import arrivals, intake, past_days, pruning, transforms
from churn.stores.keeping.logs import ROTATED_BYTES, find_logs, rotate_logs
from churn.stores.model_registry.old_runs import delete_runs, find_old_runs
from churn.stores.model_registry.registry import EXPERIMENT, connect
from churn.stores.postgres.database import open_engine
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.changes import torn_days
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion, run_day, write_day
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

DAYS = [day_number(number) for number in range(3)]
ROWS = """
    SELECT 'raw', snapshot_date, count(*) FROM raw_data.telco_churn_raw GROUP BY 2
    UNION ALL SELECT 'features', as_of_date, count(*) FROM analytics.fct_customer_features GROUP BY 2
    UNION ALL SELECT 'scores', prediction_date, count(*) FROM analytics.predictions GROUP BY 2
    UNION ALL SELECT 'risk', prediction_date, count(*) FROM analytics.customer_risk GROUP BY 2
"""


def write_policy(folder: Path, **days: int) -> Path:
    """The default policy file with other values in [keep]."""
    text = POLICY_FILE.read_text(encoding="utf-8")
    for name, value in days.items():
        assert f"\n{name} = 0\n" in text
        text = text.replace(f"\n{name} = 0\n", f"\n{name} = {value}\n")
    (folder / "policy.toml").write_text(text, encoding="utf-8")
    return folder / "policy.toml"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Three days are published. By the policy file, scores, features and raw rows are kept since the last of them."""
    folder = tmp_path_factory.mktemp("pruning")
    age = (datetime.now(UTC).date() - DAYS[2]).days
    policy = write_policy(folder, raw_days=age + 1, features_days=age, scores_days=age)
    with telecoms.copy("published", folder / "home") as found, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_POLICIES", str(policy))
        settings = found.model_copy(update={"policies": policy})
        name_rule_of_thumb_champion(settings)
        write_day(landing, DAYS[0])
        for day in DAYS[1:]:
            run_day(settings, write_day(landing, day), day)
        yield settings


def test_a_look_ahead_deletes_nothing(telecom: Settings) -> None:
    before = ask(telecom, ROWS)
    said = CliRunner().invoke(app, ["prune"])

    assert said.exit_code == 0, said.output
    assert f"scores: 800 rows of analytics.predictions before {DAYS[2]}" in said.output
    assert f"scores: 2 dates before {DAYS[2]} get the status pruned" in said.output
    assert "Nothing was deleted. Run `churn prune --yes` to delete it." in said.output
    assert sorted(ask(telecom, ROWS)) == sorted(before)


def test_old_dates_go_and_what_is_shown_stays_right(telecom: Settings, landing: Path) -> None:
    done = pruning.prune(at(telecom), is_real=True)

    assert {(kind.kind, kind.dates_count) for kind in done.kinds} == {("scores", 2), ("features", 0), ("raw", 1)}
    assert sorted(ask(telecom, ROWS)) == sorted(
        [(kind, DAYS[2], 400) for kind in ("raw", "features", "scores", "risk")] + [("raw", DAYS[1], 400)]
    )
    assert ask(telecom, "SELECT prediction_date FROM reporting.kpi_daily") == [(DAYS[2],)]
    assert ask(telecom, "SELECT status, customers_count FROM ops.publications ORDER BY prediction_date") == [
        ("pruned", 400),
        ("pruned", 400),
        ("published", 400),
    ]
    assert ask(telecom, "SELECT status FROM raw_data.loads ORDER BY snapshot_date") == [
        ("pruned",),
        ("loaded",),
        ("loaded",),
    ]
    assert torn_days(telecom) == []
    assert "as load" in intake.validate_extract(at(telecom), DAYS[2]).summary
    assert "all match" in transforms.check_every_day(at(telecom)).summary


def test_a_pruned_date_is_not_made_again_by_a_folder_or_a_backfill(telecom: Settings, landing: Path) -> None:
    pruning.prune(at(telecom), is_real=True)

    assert arrivals.find_extracts(at(telecom), landing, None).extracts == []
    plan = past_days.plan_backfill(at(telecom), 3, DAYS[2])
    assert (plan.portions, plan.gaps) == ([], [])


def test_the_newest_date_stays_however_old_it_is(telecom: Settings) -> None:
    keep = pruning.find_bounds(KeepPolicy(raw_days=1, features_days=1, scores_days=1), datetime.now(UTC).date())
    with open_engine(telecom).connect() as connection:
        found = pruning.prune_rows(connection, keep, is_real=True)
        left = connection.exec_driver_sql("SELECT count(*) FROM reporting.kpi_daily").scalar_one()
        connection.rollback()

    assert {kind.before for kind in found} == {DAYS[2]}
    assert left == 1


def test_rejected_rows_of_old_loads_go(telecom: Settings) -> None:
    execute(telecom, "INSERT INTO raw_data.rejected_rows SELECT min(load_id), 9, '{x}', '{}' FROM raw_data.loads")
    keep = pruning.find_bounds(KeepPolicy(rejects_days=1), datetime.now(UTC).date())
    with open_engine(telecom).begin() as connection:
        (found,) = pruning.prune_rows(connection, keep, is_real=True)

    assert found.rows == {"raw_data.rejected_rows": 1}
    assert ask(telecom, "SELECT count(*) FROM raw_data.rejected_rows") == [(0,)]


def test_logs_are_packed_when_they_are_long_and_deleted_when_they_are_old(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    long, old, short = (tmp_path / "logs" / f"{name}.log" for name in ("long", "old", "short"))
    for file, size in ((long, ROTATED_BYTES + 1), (old, 10), (short, 10)):
        file.write_bytes(b"x" * size)
    os.utime(old, (0, time.time() - 31 * 86_400))
    with long.open("ab") as service:
        rotate_logs(find_logs(tmp_path, 30), DAY)
        service.write(b"next line")

    assert sorted(file.name for file in (tmp_path / "logs").iterdir()) == [
        "long.log",
        f"long.log.{DAY}.gz",
        "short.log",
    ]
    assert long.read_bytes() == b"next line"
    assert len(gzip.decompress((tmp_path / "logs" / f"long.log.{DAY}.gz").read_bytes())) == ROTATED_BYTES + 1
    assert find_logs(tmp_path, 0).old == []


def test_runs_of_mlflow_that_nothing_needs_are_deleted_with_their_files(settings: Settings) -> None:
    client = connect.__wrapped__(settings)
    import mlflow

    mlflow.set_experiment(EXPERIMENT)
    runs = []
    for name in ("old", "needed"):
        with mlflow.start_run(run_name=name) as run:
            mlflow.log_text("customers", "table.csv")
            runs.append(run)
    old, needed = (run.info.run_id for run in runs)
    later = datetime.now(UTC) + timedelta(days=1)

    # The tests of one server share its registry, which may hold runs of other tests.
    assert [run for run in find_old_runs(settings, later, {needed}) if run in (old, needed)] == [old]
    assert find_old_runs(settings, later - timedelta(days=2), set()) == []
    delete_runs(settings, [old])

    left = [run.info.run_id for run in client.search_runs([runs[0].info.experiment_id])]
    assert [run for run in left if run in (old, needed)] == [needed]
    folders = [Path(run.info.artifact_uri.removeprefix("file://")) for run in runs]
    assert [(folder / "table.csv").exists() for folder in folders] == [False, True]


def test_prefects_records_are_kept_for_the_days_of_the_policy(settings: Settings) -> None:
    (prefect,) = [service for service in services.services_of(settings) if service.name == "prefect"]

    assert prefect.environment["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events,flow_runs"
    assert prefect.environment["PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"] == str(90 * 86_400)


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ({"scores_days": 10, "features_days": 5}, "keep.scores_days = 10, but it must be at most features_days"),
        ({"raw_days": 5}, "keep.features_days = 0, but it must be at most raw_days"),
        ({"logs_days": -1}, "keep.logs_days = -1"),
    ],
    ids=["scores longer than features", "features for ever", "below zero"],
)
def test_days_that_contradict_each_other_are_refused(days: dict[str, int], named: str) -> None:
    with pytest.raises(WrongUsage, match=named):
        KeepPolicy(**days)


def test_an_unknown_name_in_keep_is_named(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[keep]\nscore_days = 1\n")
    with pytest.raises(WrongUsage, match=r"keep\.score_days"):
        load_keep(tmp_path / "policy.toml")
