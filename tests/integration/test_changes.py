"""A changed SQL model loses nothing: whatever the sequence, every published day holds after each step what it held."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from churn.settings import load_settings
from churn.stores import registry
from churn.stores.sql_models import contexts
from tests.conftest import new_database
from tests.integration.changes import Story, copy_project, play, take_step
from tests.integration.days import name_rule_of_thumb_champion


@contextmanager
def begin(server: str, folder: Path) -> Iterator[Story]:
    """Two published days, and a copy of the SQL project that may be changed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
        monkeypatch.setenv("CHURN_HOME", str(folder / "home"))
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        monkeypatch.setattr(registry, "load_predictor", registry.load_predictor)  # brought back at the end
        monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(folder))
        contexts.forget_context()
        settings = load_settings()
        name_rule_of_thumb_champion(settings)
        story = Story(settings, folder / "transforms", folder, server)
        story.run()
        story.look(story.run())
        yield story
    contexts.forget_context()


@pytest.fixture(scope="module")
def shared(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One story that the short sequences go on with, each where the one before left it."""
    with begin(server, tmp_path_factory.mktemp("changes")) as story:
        yield story


@pytest.fixture
def story(shared: Story) -> Story:
    """The shared story with its SQL as it is in the repository."""
    shared.go_back()
    return shared


@pytest.mark.parametrize("seed", [3, 11, 19])
def test_published_days_survive_any_sequence_of_changes(story: Story, seed: int) -> None:
    play(story, seed, steps=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_published_days_survive_many_sequences_of_changes(server: str, tmp_path: Path, seed: int) -> None:
    with begin(server, tmp_path) as story:
        play(story, seed, steps=8)


def test_a_change_taken_back_keeps_the_day_in_between(story: Story) -> None:
    take_step(story, "add a column", "run")
    take_step(story, "go back", "run")
    take_step(story, None, "janitor")


def test_a_change_that_loses_customers_is_refused_before_readers_see_it(story: Story) -> None:
    take_step(story, "lose a customer", "plan by hand")
    take_step(story, "shorten the list", "apply")
