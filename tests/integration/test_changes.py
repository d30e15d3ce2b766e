"""A changed SQL model loses nothing: whatever the sequence, every published day holds after each step what it held."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn.errors import AuditFailed, ExitCode, TransformFailed
from churn.stores.sql_models import contexts
from churn.terminal.cli import app
from tests.support.changes import Story, copy_project, play, take_step
from tests.support.days import name_rule_of_thumb_champion
from tests.support.telecoms import Telecoms
from tests.support.workplaces import leave


@contextmanager
def begin(server: str, telecoms: Telecoms, folder: Path) -> Iterator[Story]:
    """Two published days, and a copy of the SQL project that may be changed."""
    with telecoms.copy("published", folder / "home") as settings, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(folder))
        leave()
        name_rule_of_thumb_champion(settings)
        story = Story(settings, folder / "transforms", folder, server, days_count=1)
        story.look(story.run())
        yield story
    leave()


@pytest.fixture(scope="module")
def shared(server: str, telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One story that the short sequences go on with, each where the one before left it."""
    with begin(server, telecoms, tmp_path_factory.mktemp("changes")) as story:
        yield story


@pytest.fixture
def story(shared: Story) -> Story:
    """The shared story with its SQL as it is in the repository."""
    shared.go_back()
    return shared


@pytest.mark.parametrize("seed", [11, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (3, 19))])
def test_published_days_survive_any_sequence_of_changes(story: Story, seed: int) -> None:
    play(story, seed, steps=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_published_days_survive_many_sequences_of_changes(
    server: str, telecoms: Telecoms, tmp_path: Path, seed: int
) -> None:
    with begin(server, telecoms, tmp_path) as story:
        play(story, seed, steps=8)


def test_a_change_taken_back_keeps_the_day_in_between(story: Story) -> None:
    take_step(story, "add a column", "run")
    take_step(story, "go back", "run")
    take_step(story, None, "janitor")


def test_a_change_is_shown_applied_and_compared_by_one_command(story: Story) -> None:
    story.change("edit a view")

    unasked = CliRunner().invoke(app, ["transforms", "apply"])
    applied = CliRunner().invoke(app, ["transforms", "apply", "--yes"])
    again = CliRunner().invoke(app, ["transforms", "apply"])

    assert (unasked.exit_code, "The change needs a confirmation" in unasked.output) == (ExitCode.WRONG_USAGE, True)
    assert applied.exit_code == 0, applied.output
    for said in ("+  CAST(1 AS INT) AS one_more_listed", "Changed models deployed: reporting.action_list", "compared"):
        assert said in applied.output
    assert "The SQL models in the database match the files." in again.output
    story.look([])


@pytest.mark.parametrize(
    ("model", "old", "new", "said"),
    [
        ("reporting/action_list", "    NOT call_rank IS NULL", "    call_rank IS NULL", "test_action_list.yaml line 1"),
        ("reporting/kpi_daily", "published.basis::TEXT", "published.bassis::TEXT", "reporting/kpi_daily.sql"),
        ("reporting/kpi_daily", "\nFROM published", "\nFROMM published WHERE (", "reporting/kpi_daily.sql line"),
    ],
    ids=["unit test", "law", "syntax"],
)
def test_a_change_that_is_wrong_is_refused_with_its_place(
    story: Story, model: str, old: str, new: str, said: str
) -> None:
    path = story.project / "models" / f"{model}.sql"
    genuine = path.read_text()
    path.write_text(genuine.replace(old, new))
    leave()
    try:
        refused = CliRunner().invoke(app, ["transforms", "apply", "--yes"])
    finally:
        path.write_text(genuine)
        leave()

    assert refused.exit_code == ExitCode.FAILED
    assert said in refused.output
    assert "Nothing was changed." in refused.output


def test_a_model_that_fails_is_named_with_file_line_and_what_readers_see(story: Story) -> None:
    path = story.project / "models" / "analytics" / "customer_risk.sql"
    genuine = path.read_text()
    path.write_text(genuine.replace("scores.basis::TEXT", "(1 / (scores.model_version - 1))::TEXT"))
    leave()
    try:
        with pytest.raises(TransformFailed) as failure:
            story.apply()
    finally:
        path.write_text(genuine)
        leave()

    for said in (
        "analytics.customer_risk (",
        "customer_risk.sql line",
        "division by zero",
        f"see {story.newest()} unchanged",
    ):
        assert said in failure.value.fact
    story.look([])


def test_an_audit_that_fails_is_named_with_file_line_day_and_what_readers_see(story: Story) -> None:
    story.change("shorten the list")
    with pytest.raises(AuditFailed) as failure:
        story.apply()
    story.go_back()

    for said in (
        "published.sql line",
        f"to {story.newest()}; the change is not applied",
        f"see {story.newest()} unchanged",
    ):
        assert said in failure.value.fact


def test_a_change_that_loses_customers_is_refused_before_readers_see_it(story: Story) -> None:
    take_step(story, "lose a customer", "plan by hand")
    take_step(story, "shorten the list", "apply")
