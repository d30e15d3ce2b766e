"""Scores are judged once their horizon has passed, by what readers saw; the newest date says what changed."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from click.testing import Result
from numpy.typing import NDArray
from typer.testing import CliRunner

from churn.contracts.features import FEATURES
from churn.contracts.models import MODEL_NAME
from churn.contracts.spikes import Spike
from churn.economics.policies import POLICY_FILE
from churn.errors import ContractBroken
from churn.monitoring.profiles import profile_features
from churn.settings import Settings
from churn.stages import retraining, scoring
from churn.stages.drift import watch_newest
from churn.stages.feed import refuse_faulty
from churn.stages.monitoring import judge_limits, judge_matured
from churn.stages.moves import explain_customer
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.database import open_engine
from churn.stores.rows import label_windows
from churn.stores.rows.features import read_features
from churn.stores.rows.segment_days import replace_spikes
from churn.terminal.cli import app
from tests.support.days import RuleOfThumb, ask, day_number, execute, name_rule_of_thumb_champion, run_day, write_day
from tests.support.factories import make_extract, write_extract
from tests.support.pages import open_page, read_page
from tests.support.receivers import listening
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

DAY, LATER = day_number(0), day_number(30)
SEEN_FIRST = """
    WITH kept AS (
        SELECT customer_id, CAST(score ->> 'churn_probability' AS float8) AS p FROM ops.seen_scores
        WHERE prediction_date = '{day}' AND CAST(score ->> 'is_active' AS boolean)
    ) SELECT count(*), sum(p) FROM kept JOIN analytics.training_examples USING (customer_id)
    WHERE as_of_date = '{day}' AND left_within_window IS NOT NULL
"""


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two published days, a horizon apart."""
    folder = tmp_path_factory.mktemp("performance")
    with telecoms.copy("deployed", folder / "home") as settings:
        name_rule_of_thumb_champion(settings)
        for day in (DAY, LATER):
            run_day(settings, write_day(folder, day), day)
        execute(settings, "UPDATE ops.publications SET horizon = '30 days'")
        yield settings


def figures_of(settings: Settings, columns: str) -> tuple[object, ...]:
    (row,) = ask(settings, f"SELECT {columns} FROM reporting.performance_daily")
    return row


def monitor(*options: str) -> Result:
    return CliRunner().invoke(app, ["monitor", *options])


def test_without_history_monitoring_says_what_it_lacks_and_since_when_it_will_know(telecom: Settings) -> None:
    told, page = monitor(), read_page(open_page("health"))

    assert told.exit_code == 0
    assert "Not known yet" in told.output
    assert "Not known yet" in page
    assert f"the labels of {LATER} mature with the extract a horizon later." in page
    assert f"the labels of {LATER} mature with the extract of about {day_number(60)}, 30 days later." in " ".join(
        told.output.split()
    )


def test_the_matrix_of_a_day_is_unknown_until_its_labels_have_matured(telecom: Settings) -> None:
    cells = "true_positive_count, false_positive_count, false_negative_count, true_negative_count"
    query = f"SELECT {cells} FROM reporting.kpi_daily ORDER BY prediction_date"
    assert ask(telecom, query) == [(None,) * 4, (None,) * 4]

    outcome = judge_matured(at(telecom))

    assert outcome.summary == f"1 date compared with who left: {DAY}"
    known, unknown = ask(telecom, query)
    truth = """SELECT count(*) FILTER (WHERE left_within_window AND at_risk_flag),
            count(*) FILTER (WHERE NOT left_within_window AND at_risk_flag),
            count(*) FILTER (WHERE left_within_window AND NOT at_risk_flag),
            count(*) FILTER (WHERE NOT left_within_window AND NOT at_risk_flag)
        FROM analytics.training_examples JOIN analytics.predictions
            ON prediction_date = as_of_date AND predictions.customer_id = training_examples.customer_id"""
    assert [known] == ask(telecom, truth)
    assert unknown == (None,) * 4


def test_nothing_is_compared_twice(telecom: Settings) -> None:
    judge_matured(at(telecom))
    before = figures_of(telecom, "judged_at")

    again = judge_matured(at(telecom))

    assert again.is_skipped
    assert figures_of(telecom, "judged_at") == before


def test_expected_and_real_leavers_are_those_of_the_labelled_customers(telecom: Settings) -> None:
    judge_matured(at(telecom))
    query = """SELECT count(*), count(*) FILTER (WHERE left_within_window), sum(churn_probability)
        FROM analytics.training_examples JOIN analytics.predictions
            ON prediction_date = as_of_date AND predictions.customer_id = training_examples.customer_id
        WHERE left_within_window IS NOT NULL"""
    ((customers, leavers, expected),) = ask(telecom, query)

    assert figures_of(telecom, "customers_count, leavers_count, window_days") == (customers, leavers, 30)
    assert figures_of(telecom, "expected_leavers")[0] == pytest.approx(expected)
    assert figures_of(telecom, "is_unseen, trained_on") == (True, DAY)
    by_dimension = ask(
        telecom, "SELECT dimension, sum(customers_count) FROM reporting.performance_by_group GROUP BY 1 ORDER BY 1"
    )
    assert len(by_dimension) == 9
    assert {count for _, count in by_dimension} == {customers}


def test_a_broken_limit_ends_with_code_5_and_is_alerted(telecom: Settings) -> None:
    """The rule of thumb knows nothing of who left in an extract that was drawn anew."""
    judge_matured(at(telecom))
    watch_newest(at(telecom))
    told, document = monitor(), monitor("--json")

    assert told.exit_code == document.exit_code == 5
    assert "Look at this" in told.output
    health = json.loads(document.output)
    assert health["verdict"] == "look at this"
    assert health["newest"]["prediction_date"] == str(DAY)
    broken = {check: error for check, error in judge_limits(at(telecom)).items() if error}
    assert {finding["check"] for finding in health["findings"]} == set(broken)
    assert all(error.incident == check for check, error in broken.items())


PARTS = "by_correction_usd + by_joined_usd + by_gone_usd + by_price_usd + by_behaviour_usd + by_model_usd"


def test_the_estimate_promises_what_the_scores_add_up_to(telecom: Settings) -> None:
    watch_newest(at(telecom))
    ((leavers, low, high, pr_auc),) = ask(
        telecom, "SELECT leavers, leavers_low, leavers_high, pr_auc FROM reporting.score_estimates"
    )
    query = f"SELECT sum(churn_probability) FROM analytics.predictions WHERE prediction_date = '{LATER}' AND is_active"

    assert leavers == pytest.approx(ask(telecom, query)[0][0])
    assert 0 < float(str(low)) < float(str(leavers)) < float(str(high))
    assert 0 < float(str(pr_auc)) < 1
    assert f"Until its labels mature, {LATER} is estimated" in " ".join(monitor().output.split())


def test_the_parts_of_a_change_add_up_to_it(telecom: Settings) -> None:
    execute(telecom, "DELETE FROM analytics.score_changes")
    outcome = watch_newest(at(telecom))

    assert outcome.summary == f"{LATER} compared with {DAY}"
    query = f"SELECT previous_date, loss_before_usd, {PARTS}, loss_after_usd, by_model_usd FROM reporting.score_changes"
    ((previous, before, parts, after, by_model),) = ask(telecom, query)
    published = ask(
        telecom, "SELECT expected_annual_loss_usd::float8 FROM reporting.kpi_daily ORDER BY prediction_date"
    )
    assert (previous, by_model) == (DAY, 0)
    assert [before, after] == pytest.approx([float(str(loss)) for (loss,) in published], abs=0.01)
    assert float(str(before)) + float(str(parts)) == pytest.approx(float(str(after)))
    assert watch_newest(at(telecom)).is_skipped
    assert "keeps no profile of its training part" in " ".join(monitor().output.split())


def test_a_segment_that_rose_is_shown_to_people_and_machines_and_alerts_once(telecom: Settings) -> None:
    """The sums of each date are stored; what a rise is, the unit tests of monitoring say."""
    watch_newest(at(telecom))
    sums = ask(
        telecom,
        f"""SELECT first_column, sum(customers_count), sum(expected_leavers) FROM analytics.segment_days
            WHERE prediction_date = '{LATER}' AND second_column = '' GROUP BY 1""",
    )
    ((count, leavers),) = ask(
        telecom,
        f"""SELECT count(*), sum(churn_probability) FROM analytics.customer_risk
            WHERE prediction_date = '{LATER}' AND is_active""",
    )
    assert len(sums) == 6
    assert {number for _, number, _ in sums} == {count}
    assert [float(str(one)) for _, _, one in sums] == pytest.approx([float(str(leavers))] * 6)
    assert "Which segment rose is not known yet: 16 published dates of one model" in " ".join(monitor().output.split())
    assert judge_limits(at(telecom))["segment check"] is None

    fiber = (("internet_service", "Fiber optic"), ("contract", "Month-to-month"))
    with open_engine(telecom).begin() as connection:
        replace_spikes(connection, LATER, [Spike(fiber, LATER, 120, 0.2, 40.0, 12_345.0, 1e-6)])
    told, document, page = monitor(), monitor("--json"), read_page(open_page("health"))
    broken = judge_limits(at(telecom))["segment check"]
    view = ask(telecom, "SELECT segment, added_loss_usd FROM reporting.segment_spikes")
    execute(telecom, "DELETE FROM analytics.segment_spikes")

    fact = "of 120 customers (internet service Fiber optic, contract Month-to-month) is 20% higher, $12,345"
    assert (told.exit_code, document.exit_code) == (5, 5)
    assert " ".join(told.output.split()).count(fact) == 1
    assert json.loads(document.output)["spikes"][0]["usd"] == 12_345
    assert "internet service Fiber optic, contract Month-to-month" in page
    assert view == [("internet_service = Fiber optic and contract = Month-to-month", 12_345.0)]
    assert broken is not None
    assert fact in broken.fact


def test_why_a_score_moved_is_stored_for_the_list_and_computed_for_others(telecom: Settings) -> None:
    """Both dates have the same customers, drawn anew, with one rule: each move is the change of the rule's features."""
    watch_newest(at(telecom))
    rows = ask(
        telecom,
        f"""SELECT customer_id, days, earlier_date, probability_before, probability_after, words, log_odds
            FROM analytics.score_moves WHERE prediction_date = '{LATER}'""",
    )
    listed = ask(telecom, f"SELECT customer_id FROM reporting.action_list WHERE prediction_date = '{LATER}'")
    known = ask(telecom, f"SELECT customer_id FROM analytics.predictions WHERE prediction_date = '{DAY}'")
    stored = {str(row[0]) for row in rows}

    assert {(row[1], row[2]) for row in rows} == {(30, DAY)}
    assert {str(one) for (one,) in listed} & {str(one) for (one,) in known} <= stored
    for _, _, _, before, after, words, log_odds in rows:
        change = log_odds_of(after) - log_odds_of(before)
        assert sum(log_odds) == pytest.approx(change, abs=1e-5)  # type: ignore[call-overload]
        assert set(words) <= {"other features"}  # type: ignore[call-overload]

    other = next(str(one) for (one,) in known if str(one) not in stored)
    (move,) = explain_customer(at(telecom), other)
    assert (move.days, move.earlier_date) == (30, DAY)
    assert move.log_odds == pytest.approx(
        log_odds_of(move.probability_after) - log_odds_of(move.probability_before), abs=1e-5
    )
    page = read_page(open_page("customer", id=str(rows[0][0])))
    assert "Why the score moved" in page
    assert f"Since {DAY}" in page


def log_odds_of(probability: object) -> float:
    p = float(str(probability))
    return float(np.log(p / (1 - p)))


class Cautious(RuleOfThumb):
    """Half as sure of everything."""

    def predict_proba(self, features: pl.DataFrame) -> NDArray[np.float64]:
        leaving = super().predict_proba(features)[:, 1] / 2
        return np.column_stack([1 - leaving, leaving])


def test_another_model_is_a_part_of_its_own_and_drift_is_measured_against_its_training(
    telecom: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(telecom)
    champion = promotions.require_champion(engine)
    profiles = profile_features(pl.concat(read_features(engine, DAY)).filter(~pl.col("has_churned")), FEATURES)
    evidence = replace(champion.evidence, profiles=profiles)
    promotions.record_promotion(engine, replace(champion, model_version=2, evidence=evidence))
    models = {1: RuleOfThumb(), 2: Cautious()}
    monkeypatch.setattr(loading, "load_model", lambda settings, model: loading.LoadedModel(models[int(model.version)]))
    monkeypatch.setattr(registry, "confirm_champion", lambda settings, model: None)
    scoring.score_customers(at(telecom), LATER, "test run")
    scoring.publish(at(telecom), LATER)

    watch_newest(at(telecom))

    both = """FROM analytics.customer_risk AS old JOIN analytics.customer_risk AS now USING (customer_id)
        WHERE old.prediction_date = '{}' AND now.prediction_date = '{}' AND old.is_active AND now.is_active"""
    query = f"SELECT sum(-now.churn_probability * (now.annual_revenue_usd + old.annual_revenue_usd) / 2) {both}"
    ((by_model,),) = ask(telecom, query.format(DAY, LATER))
    ((told, before, parts, after),) = ask(
        telecom, f"SELECT by_model_usd, loss_before_usd, {PARTS}, loss_after_usd FROM reporting.score_changes"
    )
    # The later model halves the probabilities: what is stored is what it took away.
    assert told == pytest.approx(by_model)
    assert float(str(before)) + float(str(parts)) == pytest.approx(float(str(after)))
    drifted = ask(telecom, "SELECT feature, psi, psi_previous FROM reporting.feature_drift ORDER BY feature")
    assert [feature for feature, _, _ in drifted] == sorted(FEATURES)
    # The profile is that of the date before, so both measures see the same shift.
    assert all(psi == pytest.approx(previous, abs=1e-6) for _, psi, previous in drifted)
    assert sum(float(str(psi)) for _, psi, _ in drifted) > 0


def test_an_extract_that_lost_a_word_is_a_fault_of_the_feed(telecom: Settings, tmp_path: Path) -> None:
    extract = make_extract(400, seed=9).with_columns(pl.col("InternetService").replace("Fiber optic", "DSL"))
    run_day(telecom, write_extract(tmp_path / "lost.csv", extract), day_number(31))

    watch_newest(at(telecom))
    told = monitor()

    assert told.exit_code == 5
    assert "has_fiber_optic has the same value for every customer; before it had 2 groups" in " ".join(
        told.output.split()
    )
    assert judge_limits(at(telecom))["feed check"] is not None
    execute(telecom, f"UPDATE ops.publications SET horizon = '30 days' WHERE prediction_date = '{day_number(31)}'")


def write_limits(folder: Path, lines: str) -> Path:
    shipped = POLICY_FILE.read_text(encoding="utf-8")
    for line in lines.splitlines():
        name = line.split(" = ")[0]
        shipped = re.sub(rf"(?m)^{name} = .*$", line, shipped)
    (folder / "policies.toml").write_text(shipped, encoding="utf-8")
    return folder / "policies.toml"


def test_a_faulty_feed_is_marked_or_held_back_by_the_policy(telecom: Settings, tmp_path: Path) -> None:
    day = day_number(31)
    held = replace(
        at(telecom), settings=telecom.model_copy(update={"policies": write_limits(tmp_path, 'feed_fault = "hold"')})
    )
    change = "UPDATE ops.publications SET status = '{}', published_at = {} WHERE prediction_date = '{}'"

    assert f"The extract of {day} looks faulty: has_fiber_optic" in read_page(open_page("today"))
    execute(telecom, change.format("staged", "NULL", day))
    try:
        refuse_faulty(at(telecom), day)
        with pytest.raises(ContractBroken) as refused:
            refuse_faulty(held, day)
    finally:
        execute(telecom, change.format("published", "now()", day))
    refuse_faulty(held, day)  # A person has published it.
    refuse_faulty(held, DAY)

    assert f"The extract of {day} looks faulty: has_fiber_optic" in refused.value.fact
    assert f"readers still see {LATER}" in refused.value.fact
    assert f"churn score --as-of {day}" in refused.value.next_step


def test_a_broken_limit_starts_a_training_where_the_policy_says_so(telecom: Settings, tmp_path: Path) -> None:
    def ask_policy(lines: str) -> str | None:
        given = telecom.model_copy(update={"policies": write_limits(tmp_path, lines)})
        return retraining.find_reason(replace(at(telecom), settings=given))

    asked = "retrain = true\nretrain_fewest_leavers = 20"
    reason = ask_policy(asked)

    assert reason is not None
    assert reason.startswith(f"A training starts, 30 days after the last one: Of {DAY},")
    assert ask_policy("retrain = false") is None
    assert ask_policy(f"{asked}\nretrain_cooldown_days = 31") is None
    assert ask_policy("retrain = true\nretrain_fewest_leavers = 100000") is None


def test_the_data_contract_and_the_model_card_are_printed(telecom: Settings) -> None:
    contract, card = (CliRunner().invoke(app, words) for words in (["contract"], ["model", "card", "1"]))

    assert yaml.safe_load(contract.output)["customProperties"][0]["value"] in (str(LATER), str(day_number(31)))
    assert card.output.startswith(f"# Model card: {MODEL_NAME} version 1\n")


def check_regrets(telecom: Settings) -> None:
    """The missed left and were not called, the needless stayed and were, each list with the largest amount first."""
    told = json.loads(monitor("--regrets", "--json").output)
    labels = dict(ask(telecom, "SELECT customer_id, left_within_window FROM analytics.training_examples"))
    of_day = f"prediction_date = '{DAY}'"
    seen = f"""SELECT customer_id FROM ops.seen_scores WHERE call IS NOT NULL AND {of_day}
        UNION SELECT customer_id FROM reporting.action_list
        WHERE NOT EXISTS (SELECT FROM ops.seen_scores WHERE {of_day}) AND {of_day}"""
    called = {customer for (customer,) in ask(telecom, seen)}

    assert told["prediction_date"] == str(DAY)
    assert told["missed"]
    assert told["needless"]
    assert {labels[one["customer_id"]] for one in told["missed"]} == {True}
    assert {labels[one["customer_id"]] for one in told["needless"]} == {False}
    assert not {one["customer_id"] for one in told["missed"]} & called
    assert {one["customer_id"] for one in told["needless"]} <= called
    for regrets in (told["missed"], told["needless"]):
        amounts = [one["amount_usd"] for one in regrets]
        assert amounts == sorted(amounts, reverse=True)


def test_the_morning_fits_into_ten_lines_and_is_sent_with_the_report(
    telecom: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = day_number(31)
    told = CliRunner().invoke(app, ["digest"])
    nobody = CliRunner().invoke(app, ["digest", "--send"])
    with listening() as receivers:
        monkeypatch.setenv("CHURN_ALERT_URLS", receivers.mail_address)
        sent = CliRunner().invoke(app, ["digest", "--send"])
        (mail,) = receivers.mail

    lines = told.output.splitlines()
    assert (told.exit_code, len(lines) <= 10) == (0, True)
    assert lines[0].startswith("Look at this: The extract of")
    assert any(line.startswith(f"Published as of {day}:") for line in lines)
    assert any(line.startswith(f"Since {LATER}:") for line in lines)
    assert any(line.startswith(f"Of {DAY},") for line in lines)
    assert (nobody.exit_code, "CHURN_ALERT_URLS is not set" in nobody.output) == (2, True)
    assert sent.output == "The digest is sent.\n"
    assert f"[churn] {day}: look at this" in mail
    assert "churn.html" in mail


def test_the_most_expensive_mistakes_are_named(telecom: Settings) -> None:
    check_regrets(telecom)

    assert "Left without being on the list of" in monitor("--regrets").output


def test_the_page_shows_what_came_true_and_what_changed(telecom: Settings) -> None:
    said = read_page(open_page("health"))

    assert "Look at this" in said
    assert f"active customers of {DAY}, within 30 days." in said
    assert "Expected loss of" in said
    assert "has_fiber_optic" in said


def test_whom_a_campaign_contacts_is_left_out_and_counted(telecom: Settings) -> None:
    judge_matured(at(telecom))
    (before,) = figures_of(telecom, "customers_count")
    ids = [row[0] for row in ask(telecom, "SELECT customer_id FROM reporting.action_list LIMIT 2")]
    execute(
        telecom,
        f"""INSERT INTO ops.campaigns VALUES ('autumn', 'running', '{{}}', 0.25, 60, '{DAY}', '{LATER}', '{LATER}', 0.2,
                0.8, 0.001, '', '{{}}', true);
            INSERT INTO ops.assignments
            SELECT 'autumn', id, '{DAY}', '{DAY}', 1, 0.1, arm, 'standard', 'call', 1, 0.1, 1
            FROM (VALUES ('{ids[0]}', 'treatment'), ('{ids[1]}', 'control')) AS drawn (id, arm)""",
    )
    label_windows.count_again(open_engine(telecom), [DAY])

    assert not judge_matured(at(telecom)).is_skipped
    assert figures_of(telecom, "customers_count, contacted_count, held_out_count") == (int(str(before)) - 1, 1, 1)


def test_the_scores_that_readers_saw_first_are_judged_whatever_replaced_them(telecom: Settings, tmp_path: Path) -> None:
    """A corrected extract gives other scores for a day. People worked with the first ones."""
    execute(telecom, "DELETE FROM ops.assignments; DELETE FROM ops.campaigns")
    run_day(telecom, write_extract(tmp_path / "corrected.csv", make_extract(400, seed=3)), DAY)

    judge_matured(at(telecom))

    ((customers, expected),) = ask(telecom, SEEN_FIRST.format(day=DAY))
    assert figures_of(telecom, "customers_count")[0] == customers
    assert figures_of(telecom, "expected_leavers")[0] == pytest.approx(expected)
    assert figures_of(telecom, "listed_count")[0] is not None
    check_regrets(telecom)


def test_a_withdrawn_date_is_not_shown(telecom: Settings) -> None:
    judge_matured(at(telecom))
    shown = ask(telecom, "SELECT prediction_date FROM reporting.performance_daily")
    execute(
        telecom, f"UPDATE ops.publications SET status = 'staged', published_at = NULL WHERE prediction_date = '{DAY}'"
    )

    assert shown == [(DAY,)]
    assert ask(telecom, "SELECT prediction_date FROM reporting.performance_daily") == []
