"""The seats of the policy cut the action list, and a save rate is called measured once a campaign agrees with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn.economics.policies import POLICY_FILE
from churn.reporting.status import read_status
from churn.settings import Settings, load_settings
from churn.stages import scoring
from churn.stores.workplace import open_workplace
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

DAY = day_number(0)
LISTED = f"FROM reporting.action_list WHERE prediction_date = '{DAY}'"


@pytest.fixture
def telecom(telecoms: Telecoms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A published day, scored again by a policy with three contacts a day."""
    policy = tmp_path / "policy.toml"
    seats = "[channels.call]\nseats = 2\n[channels.email]\nseats = 1\ncontact_usd = 0.1\n"
    policy.write_text(f"{POLICY_FILE.read_text()}\n{seats}")
    with telecoms.copy("published", tmp_path / "home") as settings:
        name_rule_of_thumb_champion(settings)
        assert ask(settings, f"SELECT DISTINCT is_within_seats {LISTED}") == [(None,)]
        monkeypatch.setenv("CHURN_POLICIES", str(policy))
        yield load_settings()


def score_again(settings: Settings) -> None:
    scoring.score_customers(at(settings), DAY, "test")
    scoring.publish(at(settings), DAY)


def test_the_list_says_where_the_seats_end_and_what_lies_within_and_beyond(telecom: Settings) -> None:
    score_again(telecom)
    ranks = ask(telecom, f"SELECT call_rank, is_within_seats, expected_profit_usd {LISTED} ORDER BY 1")
    worth = read_status(open_workplace(telecom), DAY).list

    assert len(ranks) > 3
    assert [is_within for _, is_within, _ in ranks] == [rank <= 3 for rank, _, _ in ranks]
    assert (worth.seats, worth.within_seats, worth.save_rate) == (3, 3, 0.3)
    assert worth.within_seats_profit_usd == pytest.approx(float(sum(row[2] for row in ranks[:3])), abs=0.02)
    assert worth.profit_usd == pytest.approx(float(sum(row[2] for row in ranks)), abs=0.01 * len(ranks))
    assert worth.is_save_rate_measured is False


@pytest.mark.parametrize(("kept", "is_measured"), [(0.015, True), (0.004, False)], ids=["agrees", "differs"])
def test_a_save_rate_that_a_campaign_agrees_with_is_measured(telecom: Settings, kept: float, is_measured: bool) -> None:
    """10% of the control group left and half of the others were reached: 0.3 means 1.5 in a hundred fewer leavers."""
    execute(
        telecom,
        f"""INSERT INTO ops.readings (campaign_id, as_of_date, outcome, contrast, treated_count, control_count,
            treated_leavers, control_leavers, effect, any_day_low, any_day_high, sample_ratio_p, reached_share, verdict,
            why) VALUES ('autumn', '{DAY}', 'left', 'all', 1000, 1000, 85, 100, {-kept}, {-kept - 0.005},
            {-kept + 0.003}, 0.5, 0.5, 'works', '')""",
    )
    score_again(telecom)

    assert read_status(open_workplace(telecom), DAY).list.is_save_rate_measured is is_measured
