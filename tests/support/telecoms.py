"""Telecoms that were made once and are copied: their models deployed, a day published, a model trained.

Deploying the SQL models to an empty database takes longer than most tests that need them. A database is copied in a
tenth of a second, but its copy must bear the name of what it was copied from: SQLMesh's state holds it in the name of
every model. So one name is deployed and given to one telecom after the other; a second name is deployed only where two
telecoms are in use at once. Each worker has names of its own, for each has a server of its own.

What happens to an empty database is tested where that is the point: the flow, the command, the stack, the readers.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from churn.settings import Settings, load_settings
from tests.support.factories import DAY, make_extract, write_extract
from tests.support.workplaces import at, leave

LEARNED_CUSTOMERS = 1200


class Telecoms:
    """The telecoms of one server.

    Stages, each made from the one before it in BEFORE:
        deployed: the models are deployed, there is no row.
        published: DAY is published, scored by the rule of thumb: `write_day` of tests.support.days.
        learned: 1,200 customers are published for DAY by a model trained on them.
    """

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._made: set[tuple[str, str]] = set()
        self._in_use: set[str] = set()

    @contextmanager
    def copy(self, stage: str, home: Path) -> Iterator[Settings]:
        """A telecom at a stage, for the block: the environment names its database and its home folder."""
        name = self._choose(stage)
        self._in_use.add(name)
        try:
            self._make(name, stage)
            self._replace(name, f"{name}_{stage}")
            shutil.copytree(self._home(name, stage), home, dirs_exist_ok=True)
            with self._in_environment(name, home) as settings:
                if stage == "learned":
                    _name_champion_again(settings)
                yield settings
        finally:
            self._in_use.remove(name)

    def _choose(self, stage: str) -> str:
        """A name that nobody uses now, rather one that has been through the stage."""
        names = [name for name in (f"telecom_{number}" for number in range(9)) if name not in self._in_use]
        return next((name for name in names if (name, stage) in self._made), names[0])

    def _make(self, name: str, stage: str) -> None:
        if (name, stage) in self._made:
            return
        if (before := BEFORE[stage]) is None:
            self._alter(f"CREATE DATABASE {name}")
        else:
            self._make(name, before)
            self._replace(name, f"{name}_{before}")
            shutil.copytree(self._home(name, before), self._home(name, stage))
        with self._in_environment(name, self._home(name, stage)) as settings:
            MAKERS[stage](settings, self._folder)
        self._end_connections(name)
        self._alter(f"CREATE DATABASE {name}_{stage} TEMPLATE {name}")
        self._made.add((name, stage))

    def _home(self, name: str, stage: str) -> Path:
        return self._folder / f"{name}-{stage}"

    def _address(self, name: str) -> str:
        return self._server.replace("/churn?", f"/{name}?")

    @contextmanager
    def _in_environment(self, name: str, home: Path) -> Iterator[Settings]:
        from churn.stores.model_registry import loading
        from churn.stores.postgres.database import open_engine

        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("CHURN_DATABASE_URL", self._address(name))
            monkeypatch.setenv("CHURN_HOME", str(home))
            monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
            monkeypatch.setattr(loading, "load_model", loading.load_model)  # A rule of thumb takes its place.
            settings = load_settings()
            yield settings
            leave()
            open_engine(settings).dispose()

    def _replace(self, name: str, template: str) -> None:
        self._alter(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}")

    def _end_connections(self, name: str) -> None:
        """Nobody may be connected to a database that is copied; a SQLMesh context closes when it is collected."""
        self._alter(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def _alter(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def _deploy(settings: Settings, _: Path) -> None:
    from churn.stages import history

    history.make_ready(at(settings))


def _publish(settings: Settings, folder: Path) -> None:
    from tests.support.days import name_rule_of_thumb_champion, run_day, write_day

    name_rule_of_thumb_champion(settings)
    run_day(settings, write_day(folder, DAY), DAY)


def _learn(settings: Settings, folder: Path) -> None:
    from churn.learning.params import ModelParams
    from churn.stages import intake, learning, scoring, transforms

    extract = write_extract(folder / "extract.csv", make_extract(LEARNED_CUSTOMERS))
    intake.load_extract(at(settings), extract, DAY)
    intake.validate_extract(at(settings), DAY)
    transforms.run_transforms(at(settings), DAY)
    transforms.audit_transforms(at(settings), DAY)
    learning.train_models(at(settings), DAY, ModelParams(forest_trees=40, boosting_rounds=40))
    scoring.score_customers(at(settings), DAY, "test run")
    scoring.publish(at(settings), DAY)


def _name_champion_again(settings: Settings) -> None:
    """All databases of a server share one registry, whose champion is the last that any of them named."""
    from churn.stores.ledgers import promotions
    from churn.stores.model_registry import registry
    from churn.stores.postgres.database import open_engine

    champion = promotions.find_champion(open_engine(settings))
    assert champion is not None
    registry.name_champion(settings, champion.model)


BEFORE: dict[str, str | None] = {"deployed": None, "published": "deployed", "learned": "deployed"}
MAKERS: dict[str, Callable[[Settings, Path], None]] = {"deployed": _deploy, "published": _publish, "learned": _learn}
