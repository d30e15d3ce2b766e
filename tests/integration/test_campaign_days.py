"""A campaign played day by day: simulate, run, take in, enrol, send, answer; then its interval holds the truth."""

import resource
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.economics.policies import POLICY_FILE
from churn.learning.params import ModelParams
from churn.reporting import campaigns
from churn.settings import Settings
from churn.simulation.campaign import read_contacts
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.world import World
from churn.stages import contacting, delivering, history, intake, learning, taking_back
from churn.stores.workplace import open_workplace
from tests.support.days import ask, execute, run_day
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

START = date(2026, 4, 1)
HISTORY_DAYS, ENROL_DAYS, WINDOW_DAYS = 84, 60, 60
LAST = START + timedelta(days=ENROL_DAYS + WINDOW_DAYS - 1)
SEED = 20
POLICY = f"""
[channels.letter]
seats = SEATS
contact_usd = 0.5
reach = 0.8
to = "view"
[[offers]]
id = "standard"
worth_months = 0.1
save_rate = 0.5
[campaign.days]
offers = ["standard"]
holdout_share = 0.3
window_days = {WINDOW_DAYS}
enrol_from = {START}
enrol_days = {ENROL_DAYS}
read_on = {LAST}
smallest_effect = 0.3
"""


CONTACTED = "FROM ops.contacts JOIN ops.assignments USING (campaign_id, customer_id)"


@dataclass(frozen=True)
class Telecom:
    """A telecom that is simulated anew for each day, with the contacts so far."""

    customers: int
    folder: Path

    def extract(self, day: date, name: str, every: int | None = None) -> list[Path]:
        """Simulates to a day, and writes its extract (or one every `every` days)."""
        first = START - timedelta(days=HISTORY_DAYS)
        contacts = self.folder / "contacts.csv"
        world = World(self.customers, seed=SEED)
        if contacts.exists():
            world = replace(world, campaign=read_contacts(contacts, first))
        days = (day - first).days + 1
        return write_daily_extracts(self.folder / name, world, days, day, every=every or days - 1)


def learn(settings: Settings, telecom: Telecom) -> None:
    """Four extracts four weeks apart, the last one on the day on which the campaign starts."""
    history.make_ready(at(settings))
    extracts = telecom.extract(START, "before", every=28)
    days = [START - timedelta(days=back) for back in (84, 56, 28, 0)]
    for day, extract in zip(days, extracts, strict=True):
        intake.load_extract(at(settings), extract, day)
    for day in days:
        history.rebuild_features(at(settings), [day])
    learning.train_models(at(settings), START, ModelParams(forest_trees=40))


def play_day(settings: Settings, telecom: Telecom, day: date) -> None:
    """One day of the company: the extract, the run, what came back, the wave, the contacts."""
    run_day(settings, telecom.extract(day, f"on-{day}")[-1], day)
    with open_workplace(settings) as workplace:
        if day == START:
            campaigns.start_campaign(workplace, "days", "Ana", "a test", is_forced=True)
        taking_back.take_in(workplace)
        if day < START + timedelta(days=ENROL_DAYS):
            contacting.run_wave(workplace, "days")
            delivering.send_contacts(workplace, "days", on=day)
    answer(settings, day)
    append_contacts(settings, telecom.folder / "contacts.csv")


def answer(settings: Settings, day: date) -> None:
    """The calling system says of each contact of the day whether it reached the customer."""
    execute(
        settings,
        f"""INSERT INTO landing.contact_events (contact_id, event, occurred_at, cost_usd)
            SELECT contact_id, CASE WHEN hashtext(contact_id) % 5 = 0 THEN 'bounced' ELSE 'reached' END,
                '{day}T18:00:00+01:00', 0.55 FROM ops.contacts WHERE sent_on = '{day}'""",
    )


def append_contacts(settings: Settings, path: Path) -> None:
    rows = ask(
        settings,
        "SELECT customer_id, sent_on::text, 'standard', 'letter' FROM ops.contacts WHERE sent_on IS NOT NULL "
        "ORDER BY sent_on, customer_id",
    )
    pl.DataFrame(rows, ["customerID", "contacted_on", "offer_id", "channel"], orient="row").write_csv(path)


@pytest.mark.slow
@pytest.mark.parametrize(("customers", "every", "seats"), [(7_043, 7, 280), (7_043, 1, 40), (100_000, 7, 3_000)])
def test_a_campaign_of_120_days_is_read_as_what_its_contacts_did(
    telecoms: Telecoms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, customers: int, every: int, seats: int
) -> None:
    policy = tmp_path / "policy.toml"
    sections = POLICY.replace("SEATS", str(seats))
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + sections, encoding="utf-8")
    monkeypatch.setenv("CHURN_POLICIES", str(policy))
    telecom = Telecom(customers, tmp_path)
    with telecoms.copy("deployed", tmp_path / "home") as found:
        settings = found.model_copy(update={"policies": policy})
        learn(settings, telecom)
        started = time.monotonic()
        days = [START + timedelta(days=back) for back in range(0, (LAST - START).days + 1, every)]
        for day in days:
            play_day(settings, telecom, day)
        seconds = time.monotonic() - started
        with open_workplace(settings) as workplace:
            _, (left, *_) = campaigns.read_effect(workplace, "days")
        telecom.extract(LAST, "whole", every=every)
        enrolled = ask(settings, "SELECT count(*) FROM ops.assignments")[0][0]
        held_out = ask(settings, f"SELECT count(*) {CONTACTED} WHERE arm = 'control'")
        unread = ask(settings, "SELECT count(*) FROM landing.contact_events WHERE refused_why IS NOT NULL")
        sent = ask(settings, "SELECT count(*) FROM ops.contacts WHERE sent_on IS NOT NULL")[0][0]
    effects = pl.read_parquet(tmp_path / "whole-effects.parquet")
    # Who waits for a seat until the contact expires was enrolled and not contacted: the effect on them is 0.
    truth = float(effects["effect"].sum()) / left.treated_count
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    assert left.effect is not None
    assert left.standard_error is not None
    low, high = left.effect - 1.96 * left.standard_error, left.effect + 1.96 * left.standard_error
    print(
        f"{customers:,} customers, {len(days)} extracts, one every {every} days: {seconds:.0f} s, {memory:.2f} GB; "
        f"{enrolled:,} enrolled, {sent:,} sent; effect {left.effect:+.4f} ({low:+.4f} to {high:+.4f}), truth "
        f"{truth:+.4f}; {left.verdict}"
    )

    assert low <= truth <= high
    assert left.treated_count + left.control_count == enrolled
    assert effects.height == sent
    assert held_out == unread == [(0,)]
