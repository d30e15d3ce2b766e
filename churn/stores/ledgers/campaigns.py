"""The ledger of campaigns: the promise of each, its status, and its readings."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from churn.campaigns.save_rates import MeasuredRate
from churn.contracts.campaigns import Campaign, CampaignStatus, Reading
from churn.economics.offers import Terms
from churn.errors import NotThere, WrongUsage
from churn.stores.postgres.campaign_tables import assignments, campaign_events, campaigns, readings


@dataclass(frozen=True)
class CampaignLine:
    """A campaign as the ledger has it: its promise and terms, its status, and how many customers are enrolled."""

    campaign: Campaign
    terms: Terms
    status: CampaignStatus
    started_at: datetime
    treated_count: int
    control_count: int


def start_campaign(engine: Engine, campaign: Campaign, terms: Terms, why: str, person: str) -> None:
    """Records a campaign as running.

    Raises:
        WrongUsage: there was a campaign of this name; its draw would hold out the same customers again.
    """
    row = {**asdict(campaign), "offers": list(campaign.offers), "terms": terms.to_json(), "status": "running"}
    try:
        # The primary key refuses a second start, not a query before it: two people may start the campaign at once.
        with engine.begin() as connection:
            connection.execute(sa.insert(campaigns).values(row))
            _note(connection, campaign.campaign_id, "running", why, person)
    except IntegrityError as error:
        raise WrongUsage(
            f"There has been a campaign {campaign.campaign_id!r}, and its draw can be used only once.",
            "give the section of the policy file another name.",
        ) from error


def change_status(engine: Engine, campaign_id: str, status: CampaignStatus, why: str, person: str) -> None:
    """Changes the status of a campaign, and records why and by whom."""
    with engine.begin() as connection:
        connection.execute(sa.update(campaigns).where(campaigns.c.campaign_id == campaign_id).values(status=status))
        _note(connection, campaign_id, status, why, person)


def _note(connection: sa.Connection, campaign_id: str, status: CampaignStatus, why: str, person: str) -> None:
    row = {"campaign_id": campaign_id, "to_status": status, "why": why, "person": person}
    connection.execute(sa.insert(campaign_events).values(row))


def list_campaigns(engine: Engine) -> list[CampaignLine]:
    """Returns every campaign, the newest first."""
    arm = assignments.c.arm
    counts = (
        sa.select(
            assignments.c.campaign_id,
            sa.func.count().filter(arm == "treatment").label("treated_count"),
            sa.func.count().filter(arm == "control").label("control_count"),
        )
        .group_by(assignments.c.campaign_id)
        .subquery()
    )
    query = (
        sa.select(campaigns, counts.c.treated_count, counts.c.control_count)
        .outerjoin(counts, counts.c.campaign_id == campaigns.c.campaign_id)
        .order_by(campaigns.c.started_at.desc())
    )
    with engine.connect() as connection:
        return [_as_line(row) for row in connection.execute(query).mappings()]


def _as_line(row: Any) -> CampaignLine:
    facts = {name: row[name] for name in Campaign.__dataclass_fields__}
    campaign = Campaign(**{**facts, "offers": tuple(row["offers"])})
    return CampaignLine(
        campaign,
        Terms.from_json(row["terms"]),
        row["status"],
        row["started_at"],
        row["treated_count"] or 0,
        row["control_count"] or 0,
    )


def require_campaign(engine: Engine, campaign_id: str) -> CampaignLine:
    """Returns a campaign.

    Raises:
        NotThere: there is no such campaign.
    """
    for line in list_campaigns(engine):
        if line.campaign.campaign_id == campaign_id:
            return line
    raise NotThere(
        f"There is no campaign {campaign_id!r}.",
        f"start it with `churn campaign start {campaign_id}`; `churn campaign list` shows all.",
    )


def find_measured_save_rate(engine: Engine) -> tuple[float, float] | None:
    """Returns the interval of the share of reached leavers who stayed, by the newest reading with the verdict "works".

    Example: 10% of the control group left and 8% of the treatment group, 0.03 to 0.01 fewer; half of the customers were
    reached. Of the leavers who were reached, 0.01 / (0.10 x 0.5) = 20% to 60% stayed.

    Returns:
        The lower and the upper end, 0 to 1; None while no campaign has this verdict.
    """
    of_all = (readings.c.outcome == "left") & (readings.c.contrast == "all") & (readings.c.verdict == "works")
    query = sa.select(readings).where(of_all).order_by(readings.c.reading_id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None or not row["control_leavers"] or not row["reached_share"]:
        return None
    leaving = row["control_leavers"] / row["control_count"] * row["reached_share"]
    return -row["any_day_high"] / leaving, -row["any_day_low"] / leaving


def find_save_rates(engine: Engine, is_synthetic: bool) -> dict[str, MeasuredRate]:
    """Returns what the newest reading with an estimate says of each offer, of real or of synthetic customers.

    The shares of leavers in the control group and of the reached are taken as exact: their errors are small beside
    that of the effect.
    """
    # A campaign with one offer has no reading of its own for it: that of all its customers is.
    offer = sa.case((readings.c.contrast == "all", campaigns.c.offers[1]), else_=readings.c.contrast)
    is_of_one = (readings.c.contrast != "all") | (sa.func.cardinality(campaigns.c.offers) == 1)
    query = (
        sa.select(readings, offer.label("offer_id"))
        .join(campaigns, campaigns.c.campaign_id == readings.c.campaign_id)
        .where(readings.c.outcome == "left", readings.c.effect.is_not(None), is_of_one)
        .where(campaigns.c.is_synthetic == is_synthetic, readings.c.reached_share > 0, readings.c.control_leavers > 0)
        .order_by(readings.c.reading_id)
    )
    with engine.connect() as connection:
        # A later reading of an offer takes the place of an earlier one.
        return {row["offer_id"]: _as_rate(row) for row in connection.execute(query).mappings()}


def _as_rate(row: Any) -> MeasuredRate:
    leaving = row["control_leavers"] / row["control_count"] * row["reached_share"]
    return MeasuredRate(
        -row["effect"] / leaving,
        row["standard_error"] / leaving,
        -row["any_day_high"] / leaving,
        -row["any_day_low"] / leaving,
    )


def record_readings(engine: Engine, made: Sequence[Reading]) -> None:
    """Appends readings to the ledger."""
    with engine.begin() as connection:
        connection.execute(sa.insert(readings), [asdict(reading) for reading in made])
