"""Changes of the SQL models and the ways they reach a database, for tests that play sequences of them.

A change is text put into a copy of transforms/ and taken out again; a way is what a person or a schedule does next.
Changes concern columns that nothing else reads, so that every other column of every published day must stay as it was.
"""

import random
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmesh.utils.errors import SQLMeshError

from churn.errors import ChurnError
from churn.settings import Settings, load_settings
from churn.stages import transforms
from churn.stores.sql_models import contexts
from tests.conftest import new_database
from tests.support.days import ask, day_number, run_backfill, run_day, write_day
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at, leave

RISK, LIST, STAGING = "analytics/customer_risk", "reporting/action_list", "staging/stg_telco_churn"
CONCERNED = {"gender", "scored_at", "model_version", "one_more", "one_more_listed", "sex", "published_at"}
"""Columns that some change adds, drops, renames or retypes; and when a day was shown: a backfill makes a rewound day
anew whose SQL changed, with the same figures at another time."""
VIEWS = (
    "analytics.customer_risk",
    "reporting.kpi_daily",
    "reporting.risk_trend",
    "reporting.risk_by_segment",
    "reporting.action_list",
    "reporting.customer_scores",
)
LOST = """AND customer_id > (SELECT MIN(customer_id) FROM analytics.predictions)"""
CHANGES: dict[str, tuple[str, str, str]] = {
    "add a column": (
        RISK,
        "  scores.basis::TEXT AS basis,",
        "  1::INT AS one_more, /* 1 */\n  scores.basis::TEXT AS basis,",
    ),
    "drop a column": (
        RISK,
        "  scores.scored_at::TIMESTAMPTZ AS scored_at, /* When the score was written, in UTC */\n",
        "",
    ),
    "rename a column": (RISK, "::TEXT AS gender,", "::TEXT AS sex,"),
    "retype a column": (RISK, "scores.model_version::INT AS", "scores.model_version::BIGINT AS"),
    "change a WHERE": (
        RISK,
        "    prediction_date BETWEEN @start_date AND @end_date\n)",
        "    prediction_date BETWEEN @start_date AND @end_date AND customer_id <> ''\n)",
    ),
    "edit a view": (
        LIST,
        "  customers.risk_tier::TEXT AS risk_tier,",
        "  1::INT AS one_more_listed, /* 1 */\n  customers.risk_tier::TEXT AS risk_tier,",
    ),
    "reword a view": (
        "reporting/kpi_daily",
        "description 'One row per",
        "description 'Of what a manager reads, one row per",
    ),
    "reword a view below a view": ("reporting/risk_tiers", "description 'One row per", "description 'One row for each"),
    "edit staging": (
        STAGING,
        "  load_id::BIGINT AS load_id,",
        "  1::INT AS one_more, /* 1 */\n  load_id::BIGINT AS load_id,",
    ),
    "lose a customer": (
        RISK,
        "    prediction_date BETWEEN @start_date AND @end_date\n)",
        f"    prediction_date BETWEEN @start_date AND @end_date {LOST}\n)",
    ),
    "shorten the list": (
        LIST,
        "    NOT call_rank IS NULL\n",
        "    NOT call_rank IS NULL AND risk_tier = 'High'\n",
    ),
}
REFUSED = {"lose a customer", "shorten the list"}
"""Changes that no reader may ever see: an audit finds that customers are missing."""


@dataclass
class Story:
    """A telecom of some days whose SQL models change.

    Attributes:
        project: the copy of transforms/ that is deployed.
        kept: for each published day and view a checksum of the columns that no change concerns.
        days_count: days run so far.
    """

    settings: Settings
    project: Path
    folder: Path
    server: str
    kept: dict[tuple[date, str], object] = field(default_factory=dict)
    days_count: int = 0

    def newest(self) -> date:
        return day_number(self.days_count - 1)

    def change(self, name: str) -> None:
        model, old, new = CHANGES[name]
        path = self.project / "models" / f"{model}.sql"
        if name in REFUSED:
            self.go_back()  # so that it is the only change, and its text is found
        if old in path.read_text() and not (new and new in path.read_text()):
            path.write_text(path.read_text().replace(old, new, 1))
        leave()

    def go_back(self, name: str | None = None) -> None:
        """Takes one change back, or all of them."""
        for model, old, new in [CHANGES[name]] if name else reversed(CHANGES.values()):
            path = self.project / "models" / f"{model}.sql"
            if new and new in path.read_text():
                path.write_text(path.read_text().replace(new, old, 1))
            elif not new and old not in path.read_text():
                path.write_text((contexts.PROJECT_DIR / "transforms" / "models" / f"{model}.sql").read_text())
        leave()

    def run(self) -> list[date]:
        day = day_number(self.days_count)
        run_day(self.settings, write_day(self.folder, day), day)
        self.days_count += 1
        return [day]

    def apply(self) -> list[date]:
        transforms.deploy_models(at(self.settings))
        return []

    def plan_by_hand(self) -> list[date]:
        self.context().plan("prod", auto_apply=True, no_prompts=True, skip_tests=True)
        return []

    def plan_dev(self) -> list[date]:
        self.context().plan("dev", auto_apply=True, no_prompts=True, skip_tests=True)
        if ask(self.settings, "SELECT 1 FROM pg_namespace WHERE nspname = 'analytics__dev'"):
            for table, day in (
                ("analytics{}.customer_risk", "prediction_date"),
                ("staging{}.stg_telco_churn", "snapshot_date"),
            ):
                counts = f"SELECT {day}, count(*) FROM {table} GROUP BY 1 ORDER BY 1"
                assert ask(self.settings, counts.format("__dev")) == ask(self.settings, counts.format("")), table
        return []

    def run_by_hand(self) -> list[date]:
        self.context().run("prod")
        return []

    def drop_old(self) -> list[date]:
        self.context().run_janitor(ignore_ttl=True)
        return []

    def backfill(self) -> list[date]:
        before = set(published(self.settings))
        transforms.deploy_models(at(self.settings))  # as the flow does
        run_backfill(self.settings, 3 + self.days_count, self.newest())
        return sorted(set(published(self.settings)) - before)

    def correct(self) -> list[date]:
        day = self.newest()
        corrected = write_extract(
            self.folder / f"corrected-{len(self.kept)}.csv", make_extract(390, seed=len(self.kept))
        )
        run_day(self.settings, corrected, day)
        return [day]

    def visit_second_home(self) -> list[date]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("CHURN_DATABASE_URL", new_database(self.server))
            leave()
            transforms.deploy_models(at(load_settings()))
        leave()
        return []

    def context(self) -> Any:
        """What `sqlmesh -p transforms` would load."""
        from sqlmesh.core.context import Context

        return Context(paths=[str(self.project)])

    def look(self, made: list[date]) -> None:
        """Every published day holds what it held; days just made are looked at from now on."""
        assert torn_days(self.settings) == []
        now = checksums(self.settings)
        self.kept = {key: value for key, value in self.kept.items() if key[0] not in made}
        assert {key: now.get(key) for key in self.kept} == self.kept
        self.kept = now


WAYS: dict[str, Callable[[Story], list[date]]] = {
    "run": Story.run,
    "apply": Story.apply,
    "plan by hand": Story.plan_by_hand,
    "plan dev": Story.plan_dev,
    "run by hand": Story.run_by_hand,
    "backfill": Story.backfill,
    "correct": Story.correct,
    "second home": Story.visit_second_home,
    "janitor": Story.drop_old,
}
DEPLOYS = {"run", "apply", "plan by hand", "backfill", "correct"}
"""Ways that bring a change before readers, and so must refuse one that takes something from them."""


def play(story: Story, seed: int, steps: int) -> list[str]:
    """Plays a random sequence, looking after each step; returns what it was, for a failure to be told by."""
    chance = random.Random(seed)
    said: list[str] = []
    for _ in range(steps):
        change, way = chance.choice([None, "go back", *CHANGES]), chance.choice(list(WAYS))
        said.append(f"{change or 'nothing'}, {way}")
        try:
            take_step(story, change, way)
        except BaseException as failure:  # pytest.fail is no Exception
            failure.add_note(f"seed {seed}: {'; '.join(said)}")
            raise
    return said


def take_step(story: Story, change: str | None, way: str) -> None:
    if change in REFUSED:
        take_refused_step(story, change, way)
        return
    if change == "go back":
        story.go_back()
    elif change is not None:
        story.change(change)
    story.look(WAYS[way](story))


def take_refused_step(story: Story, change: str, way: str) -> None:
    """A change that is refused wherever it would reach readers, and is then taken back."""
    story.change(change)
    hidden = [story.newest()] if way == "correct" else []  # A day is hidden as soon as its correction is loaded.
    if way in DEPLOYS:
        with pytest.raises((ChurnError, SQLMeshError)):
            WAYS[way](story)
    else:
        with suppress(SQLMeshError):  # A plan of dev is refused too: its audits are the same.
            WAYS[way](story)
    story.look(hidden)
    story.go_back()
    if hidden:
        story.look(story.correct())


def published(settings: Settings) -> list[date]:
    rows = ask(settings, "SELECT prediction_date FROM ops.publications WHERE status = 'published' ORDER BY 1")
    return [day for (day,) in rows]  # type: ignore[misc]


def torn_days(settings: Settings) -> list[tuple[object, ...]]:
    """Published days on which the ledger, the features, the risk table and what readers see do not agree."""
    return ask(
        settings,
        """
        SELECT u.prediction_date, u.customers_count, f.n, r.n, s.n, r.at_risk, k.at_risk_customers_count, r.listed, l.n
        FROM ops.publications u
        LEFT JOIN (SELECT as_of_date d, count(*) n FROM analytics.fct_customer_features GROUP BY 1) f
            ON f.d = u.prediction_date
        LEFT JOIN (
            SELECT prediction_date d, count(*) n, count(*) FILTER (WHERE at_risk_flag AND NOT has_churned) at_risk,
                count(*) FILTER (WHERE expected_profit_usd > 0 AND NOT has_churned) listed
            FROM analytics.customer_risk GROUP BY 1
        ) r ON r.d = u.prediction_date
        LEFT JOIN (SELECT prediction_date d, count(*) n FROM reporting.customer_scores GROUP BY 1) s
            ON s.d = u.prediction_date
        LEFT JOIN (SELECT prediction_date d, count(*) n FROM reporting.action_list GROUP BY 1) l
            ON l.d = u.prediction_date
        LEFT JOIN reporting.kpi_daily k ON k.prediction_date = u.prediction_date
        WHERE u.status = 'published' AND (
            (u.customers_count, u.customers_count, u.customers_count) IS DISTINCT FROM (f.n, r.n, s.n)
            OR k.at_risk_customers_count IS DISTINCT FROM r.at_risk OR r.listed <> coalesce(l.n, 0)
        )
        ORDER BY 1
        """,
    )


def checksums(settings: Settings) -> dict[tuple[date, str], object]:
    """A checksum for each published day and view, over the columns that no change concerns."""
    found: dict[tuple[date, str], object] = {}
    for view in VIEWS:
        schema, _, name = view.partition(".")
        of_view = f"table_schema = '{schema}' AND table_name = '{name}'"
        columns = ask(settings, f"SELECT column_name FROM information_schema.columns WHERE {of_view}")
        kept = sorted(str(column) for (column,) in columns if column not in CONCERNED)
        listed = ", ".join(f"{column}::text" for column in kept)
        days = "(SELECT prediction_date FROM ops.publications WHERE status = 'published')"
        row = f"concat_ws('|', {listed})"
        query = f"""SELECT prediction_date, md5(string_agg(md5({row}), '' ORDER BY {row}))
                    FROM {view} WHERE prediction_date IN {days} GROUP BY 1"""
        if name == "risk_trend":  # A week shows its last day, so a new day changes it.
            query = re.sub("WHERE ", "WHERE period = 'day' AND ", query, count=1).replace(
                "high_count_change::text, ", ""
            )
        found |= {(day, view): checksum for day, checksum in ask(settings, query)}  # type: ignore[misc]
    return found


def copy_project(folder: Path) -> Path:
    """A copy of the SQL project that may be changed."""
    from churn.settings import PROJECT_DIR

    return Path(
        shutil.copytree(
            PROJECT_DIR / "transforms", folder / "transforms", ignore=shutil.ignore_patterns(".cache", "__pycache__")
        )
    )
