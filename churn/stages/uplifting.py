"""Learns from campaigns whom a contact helps, and advises waves once that has proven itself."""

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from churn.campaigns.facts import encode_facts, name_facts
from churn.campaigns.seating import Advice
from churn.campaigns.uplift import FEWEST_LEAVERS, FEWEST_TREATED, Trial, learn, save_factors
from churn.stages import Outcome
from churn.stores.ledgers import campaigns, loads, uplifts
from churn.stores.rows.campaign_outcomes import read_outcomes
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine


def learn_uplift(workplace: Workplace, campaign_id: str) -> Outcome:
    """Learns from the customers of a campaign whose windows are over. The same snapshot twice changes nothing."""
    day = loads.find_latest_snapshot_date(workplace.engine)
    if day is None or uplifts.has_uplift(workplace.engine, campaign_id, day):
        return Outcome(f"{campaign_id}: uplift was learned up to {day}", True)
    outcomes = read_outcomes(workplace.engine, campaign_id, day)
    rows = outcomes.join(
        uplifts.read_facts(workplace.engine, campaign_id).drop("monthly_charges"),
        on="customer_id",
        maintain_order="left",
    )
    names = name_facts(rows)
    trial = Trial(
        rows["has_left"].to_numpy(),
        (rows["arm"] == "treatment").to_numpy(),
        rows["churn_probability"].to_numpy(),
        encode_facts(rows, names),
    )
    if not trial.has_power():
        return Outcome(
            f"{campaign_id}: whom to leave alone is not known yet; that needs {FEWEST_TREATED:,} contacted customers "
            f"whose window is over, and {FEWEST_LEAVERS} leavers in each group",
            True,
        )
    learned = learn(trial)
    treated = int(trial.is_treated.sum())
    counts = (treated, len(trial.left) - treated)
    uplifts.record_uplift(workplace.engine, campaign_id, day, counts, names, learned)
    return Outcome(f"{campaign_id}: {_say(learned[1].beats_risk, learned[1].leave_alone_above)}")


def _say(beats_risk: bool, leave_alone_above: float | None) -> str:
    if not beats_risk:
        return "whom a contact helps is not told apart better than by the score; waves go by the score"
    if leave_alone_above is None:
        return "waves go by whom a contact helps; nobody is proven to be better left alone"
    return "waves go by whom a contact helps, and leave alone those whom it drives away"


def learn_uplifts(workplace: Workplace) -> list[Outcome]:
    """Learns from every campaign that has enough customers; see `learn_uplift`."""
    return [
        learn_uplift(workplace, line.campaign.campaign_id)
        for line in reversed(campaigns.list_campaigns(workplace.engine))
        if line.treated_count >= FEWEST_TREATED
    ]


def advise(engine: "Engine", day: date, known: pl.DataFrame, is_synthetic: bool) -> Advice | None:
    """Returns what uplift says of the active customers of a date, and stores who is better left alone.

    Args:
        engine: the engine of the database.
        day: the published date.
        known: the active customers of the date, with their scores and facts.
        is_synthetic: whether they come from the simulator: what synthetic customers taught is not used for real ones.
    """
    learned = uplifts.find_in_use(engine, is_synthetic)
    if learned is None:
        return None
    scores = known["churn_probability"].to_numpy()
    effects = learned.uplift.effects(scores, encode_facts(known, learned.names))
    is_alone = effects > (np.inf if learned.leave_alone_above is None else learned.leave_alone_above)
    rows = known.select(
        "customer_id",
        pl.lit(learned.uplift_id).alias("uplift_id"),
        pl.Series("expected_effect", effects),
    )
    uplifts.replace_left_alone(engine, day, rows.filter(pl.Series(is_alone)))
    return Advice(save_factors(scores, effects), effects, is_alone)
