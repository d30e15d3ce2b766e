"""Builds the home of `churn demo`: the story of the simulator, loaded, learned, published and read.

The stages run in this process and not as a Prefect flow: nothing of the demo is scheduled, retried or watched, and the
start of a server would take a tenth of its time. Many weeks are refreshed, scored and published as one portion.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.progress import Progress

from churn.economics.policies import POLICY_FILE
from churn.errors import WrongUsage
from churn.learning.params import ModelParams
from churn.reporting import campaigns
from churn.settings import Settings
from churn.simulation import story
from churn.simulation.story import CAMPAIGN, Calendar
from churn.stages import (
    contacting,
    delivering,
    drift,
    history,
    intake,
    learning,
    monitoring,
    one_pipeline,
    scoring,
    taking_back,
)
from churn.stores.ledgers import campaigns as ledger
from churn.stores.ledgers import deliveries, loads
from churn.stores.ledgers.notes import record_note
from churn.stores.workplace import Workplace, open_workplace
from churn.terminal.display.layout import open_console
from churn.terminal.display.stages import add_line, open_progress

HOME = Path(".churn-demo")
_FOLDER = "demo"
_PARAMS = ModelParams(forest_trees=60, boosting_rounds=200, deep_rounds=60)
"""Smaller forests than those of a daily run: they find the same order of customers in a third of the time."""
_RUN = "churn demo"
_PERSON = "churn demo"


@dataclass(frozen=True)
class Demo:
    """What a demo is built from: the database, the folder of its files, its dates, and where its steps are shown."""

    workplace: Workplace
    folder: Path
    calendar: Calendar
    progress: Progress

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Shows a step while the block does it."""
        line = add_line(self.progress, title)
        yield
        self.progress.update(line, total=1, completed=1)


def choose_settings(settings: Settings) -> Settings:
    """Returns the settings of the demo: a home of its own, with its own database, unless CHURN_HOME names one."""
    if "home" in settings.model_fields_set:
        return settings
    own: dict[str, object] = {"home": HOME, "database_url": None, "mlflow_tracking_uri": None, "declaration": None}
    return settings.model_copy(update=own)


def build_demo(settings: Settings, last: date) -> bool:
    """Builds the demo, unless its home has one.

    Args:
        settings: the settings of the demo; see `choose_settings`.
        last: the date of the last extract of a new demo.

    Returns:
        Whether it was built: False if the home had a demo already.

    Raises:
        WrongUsage: the home has extracts that are not those of this demo. Nothing is changed.
    """
    folder, calendar = settings.home_dir / _FOLDER, story.plan_calendar(last)
    complete = folder / "complete"
    if complete.is_file():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "policy.toml"
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + story.POLICY, encoding="utf-8")
    with (
        open_progress(open_console(stderr=True), transient=False) as progress,
        open_workplace(settings.model_copy(update={"policies": policy})) as workplace,
        one_pipeline(workplace),
    ):
        _refuse_other_extracts(workplace, folder / "landing", calendar)
        demo = Demo(workplace, folder, calendar, progress)
        _learn(demo)
        contacts = _contact(demo)
        _go_on(demo, contacts)
        _read(demo)
    complete.touch()
    return True


def find_policy(settings: Settings) -> Path:
    """Returns the policy file of the demo, with its seats."""
    return settings.home_dir / _FOLDER / "policy.toml"


def _refuse_other_extracts(workplace: Workplace, landing: Path, calendar: Calendar) -> None:
    """Raises WrongUsage if the database has an extract that the demo did not write, a synthetic one too.

    A model of other customers would score the weeks of the demo, and its jump would be the headline.
    """
    for load in loads.find_current_loads(workplace.engine):
        if Path(load.source).parent != landing or load.snapshot_date not in calendar.days:
            raise WrongUsage(
                f"{workplace.settings.home_dir} already has the extract of {load.snapshot_date}, which does not belong "
                "to this demo.",
                "give the demo an empty home: CHURN_HOME=another-folder churn demo.",
            )


def _learn(demo: Demo) -> None:
    """Loads the weeks up to the wave of the campaign, trains on them and publishes them."""
    workplace, days = demo.workplace, demo.calendar.before
    with demo.step(f"Simulate {len(days)} weeks of {story.CUSTOMERS:,} customers"):
        extracts = story.write_before(demo.folder / "landing", demo.calendar)
    with demo.step("Create the tables and deploy the SQL models"):
        history.make_ready(workplace)
    _load(demo, extracts)
    with demo.step("Train and compare models"):
        learning.train_models(workplace, days[-1], _PARAMS)
    _publish_past(demo, days)


def _load(demo: Demo, extracts: Mapping[date, Path]) -> None:
    with demo.step(f"Load {len(extracts)} extracts"):
        for day, extract in extracts.items():
            intake.load_extract(demo.workplace, extract, day)
    with demo.step(f"Build the features of {len(extracts)} weeks"):
        history.rebuild_features(demo.workplace, list(extracts))


def _publish_past(demo: Demo, days: Sequence[date]) -> None:
    with demo.step(f"Score {len(days)} weeks"):
        history.score_history(demo.workplace, days, _RUN)
    with demo.step(f"Audit and publish {len(days)} weeks"):
        history.publish_history(demo.workplace, days)


def _contact(demo: Demo) -> Path:
    """Runs the wave of the campaign, and takes back what came of its contacts. Returns the file of the contacts."""
    calendar, day = demo.calendar, demo.calendar.enrolled
    policy, sent, codes = (demo.folder / name for name in ("campaign.toml", "contacts.csv", "outcomes.csv"))
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + story.write_campaign_policy(calendar), encoding="utf-8")
    with (
        demo.step("Run a campaign with a control group"),
        open_workplace(demo.workplace.settings.model_copy(update={"policies": policy})) as workplace,
    ):
        if not any(line.campaign.campaign_id == CAMPAIGN for line in ledger.list_campaigns(workplace.engine)):
            campaigns.start_campaign(workplace, CAMPAIGN, _PERSON, "a campaign to look at", is_forced=True)
        contacting.run_wave(workplace, CAMPAIGN, day)
        delivering.send_contacts(workplace, CAMPAIGN, demo.folder / "outbox", day)
        contacts = deliveries.read_contact_list(workplace.engine, CAMPAIGN, story.CHANNEL, day)
        story.write_contacts(contacts, day, sent)
        story.write_answers(contacts, day, codes)
        taking_back.take_back(workplace, codes)
        # The lists of the later weeks need not leave out the control group: nobody is called in a demo.
        campaigns.stop_campaign(workplace, CAMPAIGN, "all contacts are sent", _PERSON)
    return sent


def _go_on(demo: Demo, contacts: Path) -> None:
    """Loads the weeks after the wave, in which its contacts take effect, and publishes them."""
    *past, last = demo.calendar.after
    with demo.step(f"Simulate {len(past) + 1} more weeks"):
        extracts = story.write_after(demo.folder / "landing", demo.calendar, contacts)
    _load(demo, extracts)
    _publish_past(demo, past)
    with demo.step("Score and publish the newest week"):
        scoring.score_customers(demo.workplace, last, _RUN)
        scoring.publish(demo.workplace, last)


def _read(demo: Demo) -> None:
    """Judges what came true, says why the newest week differs, reads the campaign, and notes what happened."""
    with demo.step("Compare with who left, and read the campaign"):
        monitoring.judge_matured(demo.workplace)
        drift.watch_newest(demo.workplace)
        campaigns.read_effect(demo.workplace, CAMPAIGN)
        for day, text in story.list_events(demo.calendar):
            record_note(demo.workplace.engine, day, text, _PERSON)
