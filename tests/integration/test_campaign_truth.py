"""A campaign on a telecom whose answers are known: what is read after the window agrees with what the contacts did."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.economics.policies import POLICY_FILE
from churn.reporting import campaigns
from churn.simulation.campaign import read_contacts
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.world import World
from churn.stages import contacting, delivering, history, intake, scoring
from churn.stores.workplace import Workplace, open_workplace
from tests.support.months import CUSTOMERS, LAST, learn_three_months
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

READ_ON = LAST + timedelta(days=60)
POLICY = f"""
[channels.letter]
seats = 4000
contact_usd = 0.5
reach = 0.8
[[offers]]
id = "standard"
worth_months = 0.1
save_rate = 0.5
[campaign.truth]
offers = ["standard"]
holdout_share = 0.3
window_days = 60
enrol_from = {LAST}
enrol_days = 1
read_on = {READ_ON}
smallest_effect = 0.3
"""


def append_contacts(workplace: Workplace, path: Path) -> None:
    """Writes the contacts that were sent as the simulator reads them."""
    query = """SELECT c.customer_id AS "customerID", c.sent_on AS contacted_on, a.offer_id, a.channel
               FROM ops.contacts AS c JOIN ops.assignments AS a USING (campaign_id, customer_id)
               WHERE sent_on IS NOT NULL"""
    with workplace.engine.connect() as connection:
        pl.read_database(query, connection).write_csv(path)


@pytest.mark.slow
def test_the_interval_of_a_campaign_holds_what_the_contacts_did(
    telecoms: Telecoms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY_FILE.read_text(encoding="utf-8") + POLICY, encoding="utf-8")
    monkeypatch.setenv("CHURN_POLICIES", str(policy))
    with telecoms.copy("deployed", tmp_path / "home") as found:
        settings = found.model_copy(update={"policies": policy})
        learn_three_months(settings, tmp_path / "landing")
        scoring.score_customers(at(settings), LAST, "test run")
        scoring.publish(at(settings), LAST)
        with open_workplace(settings) as workplace:
            campaigns.start_campaign(workplace, "truth", "Ana", "a test", is_forced=True)
            contacting.run_wave(workplace, "truth")
            delivering.send_contacts(workplace, "truth", tmp_path / "outbox", LAST)
            append_contacts(workplace, tmp_path / "contacts.csv")
        first = LAST - timedelta(days=90)
        world = replace(World(CUSTOMERS, seed=20), campaign=read_contacts(tmp_path / "contacts.csv", first))
        before = (tmp_path / "landing" / f"synthetic-{LAST}.csv").read_bytes()
        later = write_daily_extracts(tmp_path / "after", world, 151, READ_ON, every=30)
        assert (tmp_path / "after" / f"synthetic-{LAST}.csv").read_bytes() == before
        for day, extract in zip((LAST + timedelta(days=30), READ_ON), later[-2:], strict=True):
            intake.load_extract(at(settings), extract, day)
            history.rebuild_features(at(settings), [day])
        with open_workplace(settings) as workplace:
            _, (left, money, *_) = campaigns.read_effect(workplace, "truth")
    effects = pl.read_parquet(tmp_path / "after-effects.parquet")
    truth = float(effects["effect"].mean())  # type: ignore[arg-type]

    assert left.effect is not None
    assert left.standard_error is not None
    low, high = left.effect - 1.96 * left.standard_error, left.effect + 1.96 * left.standard_error
    assert left.treated_count == effects.height > 1_000
    assert low <= truth <= high, f"{low:.4f} to {high:.4f} does not hold {truth:.4f}"
    assert money.effect is not None
