"""The retention loop from the policy file to a reading, through the command line and a real database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.economics.offers import load_contact_policy
from churn.settings import Settings
from churn.stores.postgres.database import open_engine
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.days import ask, execute
from tests.support.factories import make_extract, write_extract
from tests.support.pages import open_page, read_page
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

POLICY = f"""
[channels.call]
seats = 20
contact_usd = 2.0
reach = 0.6
[channels.email]
contact_usd = 0.1
reach = 0.3
[contact]
cooldown_days = 60
default_consent = {{ email = false }}
[[offers]]
id = "support_3m"
worth_months = 0.3
save_rate = 0.3
channels = ["call", "email"]
[campaign.autumn]
offers = ["support_3m"]
holdout_share = 0.2
window_days = 60
enrol_from = {DAY}
enrol_days = 120
read_on = {DAY + timedelta(days=240)}
[campaign.spring]
offers = ["support_3m"]
holdout_share = 0.2
window_days = 60
enrol_from = {DAY}
enrol_days = 120
read_on = {DAY + timedelta(days=90)}
smallest_effect = 0.1
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def refuse(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code in (2, 3), result.output
    return result.output


@pytest.fixture(scope="module")
def settings(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A telecom with a published day, and a policy file with two campaigns."""
    from churn.economics.policies import POLICY_FILE

    folder = tmp_path_factory.mktemp("campaigns")
    policy = folder / "policy.toml"
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + POLICY, encoding="utf-8")
    with telecoms.copy("learned", folder / "home") as found, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_POLICIES", str(policy))
        yield found.model_copy(update={"policies": policy})


@pytest.fixture(scope="module")
def wave(settings: Settings) -> str:
    """What the first wave of the campaign said."""
    run("campaign", "start", "autumn", "--anyway", "--why", "a first try", "--by", "Ana")
    return run("campaign", "wave", "autumn")


def test_a_plan_says_how_long_an_answer_takes_before_anything_is_stored(settings: Settings) -> None:
    said = run("campaign", "plan", "autumn")

    assert "Months until an answer" in said
    assert "The control group of 20% gives up" in said
    assert ask(settings, "SELECT count(*) FROM ops.campaigns") == [(0,)]


def test_a_campaign_that_cannot_answer_its_own_question_is_not_started(settings: Settings) -> None:
    said = refuse("campaign", "start", "spring")

    assert "A reduction of 10% needs" in said
    assert "--anyway --why TEXT" in said
    assert ask(settings, "SELECT count(*) FROM ops.campaigns WHERE campaign_id = 'spring'") == [(0,)]


def test_a_campaign_that_the_policy_file_does_not_plan_is_named(settings: Settings) -> None:
    assert "The policy file has no section [campaign.winter]. It has autumn, spring." in refuse(
        "campaign", "plan", "winter"
    )


def test_a_wave_counts_every_active_customer_once(settings: Settings, wave: str) -> None:
    active = ask(
        settings, f"SELECT count(*) FROM reporting.customer_scores WHERE prediction_date = '{DAY}' AND is_active"
    )

    assert "25 customers enrolled" in wave
    assert ask(settings, "SELECT sum(customers_count)::bigint FROM ops.exclusions") == active


def test_the_same_date_twice_changes_nothing(settings: Settings, wave: str) -> None:
    before = ask(settings, "SELECT * FROM ops.assignments ORDER BY customer_id")

    assert f"autumn already has its wave of {DAY}" in run("campaign", "wave", "autumn")
    assert ask(settings, "SELECT * FROM ops.assignments ORDER BY customer_id") == before


def test_a_name_is_used_only_once(settings: Settings, wave: str) -> None:
    said = refuse("campaign", "start", "autumn", "--anyway", "--why", "again")

    assert "its draw can be used only once" in said


def test_a_send_that_dies_after_its_mark_writes_the_same_contacts_when_it_is_repeated(
    settings: Settings, wave: str, tmp_path: Path
) -> None:
    script = (
        "import os; from churn.stages import delivering; from churn.terminal.cli import app\n"
        "delivering._write = lambda *_: os.kill(os.getpid(), 9)\n"
        f"app(['campaign', 'send', 'autumn', '--out', {str(tmp_path)!r}, '--on', '{DAY}'])"
    )
    child = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, check=False)
    marked = ask(settings, "SELECT customer_id FROM ops.contacts WHERE sent_on IS NOT NULL ORDER BY 1")

    assert child.returncode == -9, child.stderr.decode()
    assert marked
    assert list(tmp_path.iterdir()) == []

    run("campaign", "send", "autumn", "--out", str(tmp_path), "--on", str(DAY))
    (path,) = tmp_path.glob("*.csv")
    assert sorted(pl.read_csv(path, infer_schema=False)["customer_id"]) == [row[0] for row in marked]


def test_no_control_customer_is_sent_and_a_repeated_send_writes_the_same_file(
    settings: Settings, wave: str, tmp_path: Path
) -> None:
    run("campaign", "send", "autumn", "--out", str(tmp_path), "--on", str(DAY))
    (path,) = tmp_path.glob("*.csv")
    first = path.read_bytes()
    sent = set(pl.read_csv(path, infer_schema=False)["customer_id"])
    manifest = json.loads(path.with_suffix(".manifest.json").read_text(encoding="utf-8"))
    run("campaign", "send", "autumn", "--out", str(tmp_path), "--on", str(DAY))

    assert sent
    assert not sent & {row[0] for row in ask(settings, "SELECT customer_id FROM ops.assignments WHERE arm = 'control'")}
    assert manifest["rows"] == len(sent) <= 20
    assert path.read_bytes() == first


def test_the_control_group_leaves_the_action_list_and_other_systems_read_whom_to_leave_alone(
    settings: Settings, wave: str, tmp_path: Path
) -> None:
    from churn.stores.rows.torn_days import find_tears

    held_out = {row[0] for row in ask(settings, "SELECT customer_id FROM reporting.held_out")}
    listed = {row[0] for row in ask(settings, "SELECT customer_id FROM reporting.action_list")}
    control = {row[0] for row in ask(settings, "SELECT customer_id FROM ops.assignments WHERE arm = 'control'")}

    assert held_out == control != set()
    assert not listed & control
    run("export", "action-list", "--out", str(tmp_path / "calls.csv"))
    exported = set(pl.read_csv(tmp_path / "calls.csv", infer_schema=False)["customer_id"])
    assert exported == listed
    assert not any(customer in read_page(open_page("actions")) for customer in map(str, control))
    with open_engine(settings).connect() as connection:
        assert find_tears(connection) == []


def test_outcomes_come_back_once_and_who_says_no_is_left_alone(settings: Settings, wave: str, tmp_path: Path) -> None:
    (reached,), (refusing,) = ask(
        settings, "SELECT contact_id FROM ops.contacts WHERE sent_on IS NOT NULL ORDER BY priority_rank LIMIT 2"
    )
    outcomes, codes = tmp_path / "outcomes.csv", tmp_path / "codes.toml"
    codes.write_text('[events]\nOK = "accepted"\n', encoding="utf-8")
    outcomes.write_text(
        "contact_id,event,occurred_at,cost_usd\n"
        f"{reached},OK,{DAY}T14:05:00+01:00,2.50\n{refusing},do_not_contact,{DAY}T15:00:00+01:00,\n",
        encoding="utf-8",
    )
    first = run("campaign", "take-back", str(outcomes), "--codes", str(codes))
    again = run("campaign", "take-back", str(outcomes), "--codes", str(codes))

    assert "2 new events, 0 recorded before; 1 customer asked not to be contacted" in first
    assert "0 new events, 2 recorded before" in again
    assert ask(settings, "SELECT reason FROM ops.suppressions") == [("opted_out",)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody,accepted,2026-02-01T10:00:00+01:00", "names a contact that does not exist"),
        ("x,agreed,2026-02-01T10:00:00+01:00", "has the event 'agreed', which is not known"),
        ("x,accepted,2026-02-01T10:00:00", "is no time with its offset from UTC"),
        ("x,accepted,yesterday", "is no time with its offset from UTC"),
        (",accepted,2026-02-01T10:00:00+01:00", "has no contact_id"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_of_the_file_is_recorded(
    settings: Settings, tmp_path: Path, row: str, words: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(f"contact_id,event,occurred_at\n{row}\n", encoding="utf-8")
    before = ask(settings, "SELECT count(*) FROM ops.contact_events")
    said = refuse("campaign", "take-back", str(path))

    assert "Line 2 of wrong.csv" in said
    assert words in " ".join(said.split())
    assert ask(settings, "SELECT count(*) FROM ops.contact_events") == before


def test_before_a_window_is_over_the_reading_says_that_it_is_not_known_yet(settings: Settings, wave: str) -> None:
    said = run("campaign", "read", "autumn")

    assert "Leaving: not known yet" in said
    assert "No window is over yet." in said


def test_a_later_change_of_the_policy_file_does_not_reach_a_running_campaign(
    settings: Settings, wave: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from churn.economics.policies import POLICY_FILE, load_policies
    from churn.stages.contacting import keep_terms
    from churn.stores.ledgers.campaigns import require_campaign

    before = json.loads(run("campaign", "read", "autumn", "--json"))
    changed = tmp_path / "changed.toml"
    changed.write_text(POLICY_FILE.read_text(encoding="utf-8").replace("margin_rate = 0.5", "margin_rate = 0.9"))
    monkeypatch.setenv("CHURN_POLICIES", str(changed))
    line = require_campaign(open_engine(settings), "autumn")

    assert load_policies(changed).value != line.terms.value
    assert [offer.id for offer in keep_terms(load_contact_policy(changed), line).offers.values()] == ["support_3m"]
    assert json.loads(run("campaign", "read", "autumn", "--json")) == before


def test_after_the_window_the_snapshots_say_who_left(settings: Settings, wave: str, tmp_path: Path) -> None:
    from churn.stages import history, intake

    later = DAY + timedelta(days=60)
    enrolled = [row[0] for row in ask(settings, "SELECT customer_id FROM ops.assignments ORDER BY customer_id")]
    extract = make_extract(1200)
    gone, marked = enrolled[0], enrolled[1]
    stays = pl.when(pl.col("customerID") == marked).then(pl.lit("Yes")).when(pl.col("customerID").is_in(enrolled))
    after = extract.filter(pl.col("customerID") != gone).with_columns(
        stays.then(pl.lit("No")).otherwise("Churn").alias("Churn")
    )
    intake.load_extract(at(settings), write_extract(tmp_path / "later.csv", after), later)
    history.rebuild_features(at(settings), [later])

    (left, _) = json.loads(run("campaign", "read", "autumn", "--json"))

    assert left["treated_count"] + left["control_count"] == len(enrolled)
    assert left["treated_leavers"] + left["control_leavers"] == 2
    assert left["verdict"] == "not known yet"


def test_the_page_shows_whom_it_contacts_what_came_of_it_and_what_is_known(settings: Settings, wave: str) -> None:
    (line,) = ask(settings, "SELECT treated_count, control_count, leaving_verdict FROM reporting.campaign_history")
    groups = ask(settings, "SELECT arm, count(*) FROM ops.assignments GROUP BY arm ORDER BY arm DESC")
    excluded = ask(settings, "SELECT sum(customers_count) FROM reporting.campaign_exclusions")

    page = open_page("campaigns")
    told = read_page(page)

    assert not page.exception
    assert [("treatment", line[0]), ("control", line[1])] == groups
    assert excluded == ask(
        settings, f"SELECT active_customers_count FROM reporting.kpi_daily WHERE prediction_date = '{DAY}'"
    )
    for word in ("autumn", "20% of the enrolled customers are held out", str(line[2]), "no offer pays"):
        assert word in told


def test_uplift_advises_the_next_wave_and_the_page_names_whom_to_leave_alone(settings: Settings, wave: str) -> None:
    said = run("campaign", "read", "autumn")
    record_harm(settings)
    later = DAY + timedelta(days=1)
    execute(settings, f"UPDATE ops.exclusions SET wave_date = '{later}'")  # So that DAY gets another wave.
    run("campaign", "wave", "autumn", "--as-of", str(DAY))
    alone = ask(settings, "SELECT DISTINCT contract FROM reporting.leave_alone")
    counted = dict(ask(settings, f"SELECT reason, customers_count FROM ops.exclusions WHERE wave_date = '{DAY}'"))
    (active,) = ask(
        settings, f"SELECT count(*) FROM reporting.customer_scores WHERE prediction_date = '{DAY}' AND is_active"
    )
    told = read_page(open_page("leave_alone"))

    assert "whom to leave alone is not known yet; that needs 5,000 contacted customers" in " ".join(said.split())
    assert alone == [("Month-to-month",)]
    assert counted["better left alone"] > 0
    assert sum(counted.values()) == active[0]
    for words in ("A contact drives them away", "Month-to-month", "autumn"):
        assert words in told


def test_a_measured_save_rate_takes_the_place_of_an_assumed_one_that_it_excludes(settings: Settings, wave: str) -> None:
    from churn.stores.ledgers.campaigns import find_save_rates

    columns = """INSERT INTO ops.readings (campaign_id, as_of_date, outcome, contrast, treated_count, control_count,
        treated_leavers, control_leavers, effect, standard_error, any_day_low, any_day_high, sample_ratio_p,
        reached_share, verdict, why) VALUES"""
    of_all = f"('autumn', '{DAY}', 'left', 'all', 4000, 1000, 380, 100, -0.005, 0.002, -0.010, 0.000, 1, 0.5, 'x', 'x')"
    execute(settings, f"{columns} {of_all}")
    (is_synthetic,) = ask(settings, "SELECT is_synthetic FROM ops.campaigns")[0]

    rate = find_save_rates(open_engine(settings), bool(is_synthetic))["support_3m"]

    assert (rate.rate, rate.low, rate.high) == pytest.approx((0.1, 0.0, 0.2))
    assert find_save_rates(open_engine(settings), not is_synthetic) == {}


def record_harm(settings: Settings) -> None:
    """The ledger has a proof that a contact drives away month-to-month customers, and keeps all others."""
    import numpy as np

    from churn.campaigns.lift import Estimate
    from churn.campaigns.uplift import Proof, Uplift
    from churn.stores.ledgers.uplifts import record_uplift

    uplift = Uplift((0.0, 1.0), -0.5, np.array([1.0]), np.array([0.0]), np.array([1.0]))
    proof = Proof(Estimate(0.01, 0.002), Estimate(0.1, 0.02), 0.0)
    names = ("contract=Month-to-month",)
    record_uplift(open_engine(settings), "autumn", DAY, (5_000, 1_250), names, (uplift, proof))


def test_the_list_shows_the_campaign_and_a_stopped_one_sends_nothing(
    settings: Settings, wave: str, tmp_path: Path
) -> None:
    run("campaign", "stop", "autumn", "--why", "the offer ended", "--by", "Ana")

    assert "stopped" in run("campaign", "list")
    assert "The campaign autumn is stopped." in refuse("campaign", "send", "autumn", "--out", str(tmp_path))
    assert ask(settings, "SELECT to_status, why, person FROM ops.campaign_events ORDER BY event_id") == [
        ("running", "a first try", "Ana"),
        ("stopped", "the offer ended", "Ana"),
    ]


def test_a_promise_cannot_be_rewritten(settings: Settings, wave: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        execute(settings, "UPDATE ops.campaign_events SET why = 'nothing'")


def test_a_customer_is_suppressed_from_a_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "alone.csv"
    path.write_text("customer_id,reason\n0001-TEST,complaint\n", encoding="utf-8")

    assert "1 new statement, 0 recorded before" in run("suppress", str(path))
    path.write_text("customer_id,reason\n0001-TEST,annoyed\n", encoding="utf-8")
    assert "has the reason 'annoyed', which is not known" in " ".join(refuse("suppress", str(path)).split())
