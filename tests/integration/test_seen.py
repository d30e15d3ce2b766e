"""What readers saw of a published date stays known, byte for byte, whatever replaces it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from churn.economics.policies import POLICY_FILE
from churn.errors import NotPublished
from churn.reporting.exporting import export
from churn.reporting.status import Status, read_status
from churn.settings import Settings, load_settings
from churn.stages import past_days
from churn.stores.workplace import open_workplace
from churn.timeline import now_utc
from tests.support.days import CUSTOMERS, ask, day_number, name_rule_of_thumb_champion, run_backfill, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

DAY = day_number(0)
FILES = (("action-list", "csv"), ("action-list", "parquet"), ("predictions", "csv"), ("predictions", "parquet"))


@dataclass(frozen=True)
class Seen:
    """What readers got at a moment."""

    moment: datetime
    files: dict[tuple[str, str], bytes]
    status: Status


@dataclass(frozen=True)
class Story:
    """A day is published, then corrected by another extract, then scored again by another policy."""

    settings: Settings
    before: datetime
    versions: list[Seen]


def look(settings: Settings, folder: Path, known_at: datetime | None = None) -> Seen:
    """Status and exports of the day, as a reader at this moment gets them."""
    workplace, files = open_workplace(settings), {}
    for what, file_format in FILES:
        path = folder / f"{what}.{file_format}"
        export(workplace, what, file_format, path, DAY, known_at)
        files[what, file_format] = path.read_bytes()
    return Seen(now_utc(), files, read_status(workplace, DAY, known_at))


@pytest.fixture(scope="module")
def story(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("seen")
    before = now_utc()
    with telecoms.copy("deployed", folder / "home") as settings, pytest.MonkeyPatch.context() as monkeypatch:
        name_rule_of_thumb_champion(settings)
        run_day(settings, write_extract(folder / "first.csv", make_extract(CUSTOMERS, seed=1)), DAY)
        run_backfill(settings, 3)
        versions = [look(settings, folder)]
        run_day(settings, write_extract(folder / "second.csv", make_extract(CUSTOMERS, seed=2)), DAY)
        versions.append(look(settings, folder))
        policy = folder / "policy.toml"
        policy.write_text(POLICY_FILE.read_text().replace("contact_usd = 2.0", "contact_usd = 9.0"))
        monkeypatch.setenv("CHURN_POLICIES", str(policy))
        settings = load_settings()
        run_day(settings, folder / "second.csv", DAY)
        versions.append(look(settings, folder))
        yield Story(settings, before, versions)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_version_of_a_day_can_be_had_again_byte_for_byte(story: Story, number: int, tmp_path: Path) -> None:
    version = story.versions[number]
    again = look(story.settings, tmp_path, version.moment)

    assert again.files == version.files
    assert again.status == version.status


def test_the_versions_differ(story: Story) -> None:
    first, second, third = (version.files["action-list", "csv"] for version in story.versions)

    assert len({first, second, third}) == 3


def test_without_a_moment_the_newest_version_is_shown(story: Story, tmp_path: Path) -> None:
    assert look(story.settings, tmp_path).files == story.versions[2].files


def test_before_its_first_publication_a_day_was_not_published(story: Story) -> None:
    with pytest.raises(NotPublished, match=f"{DAY} was not published at .* UTC"):
        read_status(open_workplace(story.settings), DAY, story.before)
    with pytest.raises(NotPublished, match=r"No date was published at .* UTC"):
        read_status(open_workplace(story.settings), None, story.before)


def test_what_was_replaced_says_until_when_it_was_known_and_what_replaced_it(story: Story) -> None:
    rows = ask(
        story.settings,
        "SELECT known_from < known_until, run_id, (SELECT count(*) FROM ops.seen_scores AS one WHERE one.known_from "
        f"= day.known_from) FROM ops.seen_days AS day WHERE prediction_date = '{DAY}' ORDER BY known_from",
    )

    assert rows == [(True, "load 2", CUSTOMERS), (True, "test run of second.csv", CUSTOMERS)]


def test_a_backfill_by_the_knowledge_of_a_moment_leaves_out_what_came_later(story: Story) -> None:
    """The day's extract was corrected after the first look, and the days before it are rewound from the correction."""
    then, now = (
        past_days.plan_backfill(at(story.settings), 3, DAY, known_at) for known_at in (story.versions[0].moment, None)
    )

    assert (then.portions, then.kept_count, len(then.gaps)) == ([], 0, 3)
    assert sum(map(len, now.portions)) + now.kept_count == 3
