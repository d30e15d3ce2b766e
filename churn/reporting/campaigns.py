"""What people ask about campaigns: what one can show before it starts, which there are, what they were worth."""

from collections.abc import Mapping
from datetime import date, timedelta

from churn.campaigns.forecasting import Forecast, forecast_campaign
from churn.campaigns.reading import read_campaign
from churn.campaigns.waves import Wave, describe_customers, plan_wave
from churn.contracts.campaigns import Campaign, Reading
from churn.contracts.horizons import MEAN_MONTH_DAYS, Horizon
from churn.economics.offers import CampaignPlan, ContactPolicy, agree_terms, load_contact_policy
from churn.economics.policies import load_policies
from churn.errors import WrongUsage
from churn.stores.ledgers import campaigns, loads, publications, suppressions, waves
from churn.stores.rows.campaign_outcomes import read_outcomes
from churn.stores.workplace import Workplace
from churn.timeline import today


def plan_campaign(workplace: Workplace, name: str) -> tuple[CampaignPlan, Forecast]:
    """Returns the plan of the policy file and what it can show on the customers of the latest published date.

    Raises:
        WrongUsage: the policy file has no such campaign.
        NotPublished: no date is published yet.
    """
    policy = load_contact_policy(workplace.settings.policies)
    plan = policy.require_campaign(name)
    publication = publications.require_published(workplace.engine, None)
    day = publication.prediction_date
    seats = {name: channel.seats for name, channel in policy.channels.items()}
    wave, open_wave = (
        _try_wave(workplace, plan, policy, day, free) for free in (seats, dict.fromkeys(seats, float("inf")))
    )
    new = _count_new(workplace, plan, policy, day, open_wave)
    horizon = Horizon.read(publication.horizon).days if publication.horizon else MEAN_MONTH_DAYS
    return plan, forecast_campaign(plan, policy, wave, open_wave, horizon, new)


def _try_wave(
    workplace: Workplace, plan: CampaignPlan, policy: ContactPolicy, day: date, free: Mapping[str, float]
) -> Wave:
    """Returns what a wave of a date would be. Nothing is stored."""
    known = describe_customers(
        waves.read_active(workplace.engine, day),
        waves.read_history(workplace.engine, plan.name, day, policy.cooldown_days),
        suppressions.read_suppressed(workplace.engine, day),
        policy,
    )
    value = load_policies(workplace.settings.policies).value
    return plan_wave(_as_campaign(plan, "", True, 0.0), policy, value, day, known, free)


def _count_new(workplace: Workplace, plan: CampaignPlan, policy: ContactPolicy, day: date, now: Wave) -> float | None:
    """Returns how many customers became worth a contact in the last 30 days; None without a published day then."""
    before = day - timedelta(days=30)
    known = publications.find_publication(workplace.engine, before)
    if known is None or known.status != "published":
        return None
    free = dict.fromkeys(policy.channels, float("inf"))
    earlier = _try_wave(workplace, plan, policy, before, free).enrolled["customer_id"]
    return float((~now.enrolled["customer_id"].is_in(earlier.implode())).sum())


def start_campaign(workplace: Workplace, name: str, person: str, why: str | None, is_forced: bool) -> Campaign:
    """Starts a campaign of the policy file: from now on its daily wave enrols customers.

    Args:
        workplace: where the database is.
        name: the section of the policy file.
        person: who starts it.
        why: the reason for the ledger; needed with `is_forced`.
        is_forced: start it although its dates give it too little time for an answer.

    Raises:
        WrongUsage: the campaign cannot answer its own question before its own date, or there was one of this name.
    """
    plan, forecast = plan_campaign(workplace, name)
    if not forecast.is_answerable() and not (is_forced and why):
        months = forecast.months_of_plan
        needs = f"about {months} months" if months else "more than 60 months"
        raise WrongUsage(
            f"A reduction of {plan.smallest_effect:.0%} needs {needs} to show, but {name} is to be read after "
            f"{forecast.months_given:.0f} months.",
            "give it a later read_on, more seats or a larger holdout_share; or start it with --anyway --why TEXT.",
        )
    policies, is_synthetic = load_policies(workplace.settings.policies), _is_synthetic(workplace)
    campaign = _as_campaign(plan, policies.sha256, is_synthetic, forecast.planned_variance)
    terms = agree_terms(plan, load_contact_policy(workplace.settings.policies), policies.value)
    campaigns.start_campaign(workplace.engine, campaign, terms, why or "as planned", person)
    return campaign


def _is_synthetic(workplace: Workplace) -> bool:
    day = publications.require_published(workplace.engine, None).prediction_date
    return loads.require_load(workplace.engine, day).origin == "synthetic"


def _as_campaign(plan: CampaignPlan, policy_sha256: str, is_synthetic: bool, planned_variance: float) -> Campaign:
    return Campaign(
        campaign_id=plan.name,
        offers=plan.offers,
        holdout_share=plan.holdout_share,
        window_days=plan.window_days,
        enrol_from=plan.enrol_from,
        enrol_until=plan.enrol_until,
        read_on=plan.read_on,
        smallest_effect=plan.smallest_effect,
        power=plan.power,
        planned_variance=planned_variance,
        policy_sha256=policy_sha256,
        is_synthetic=is_synthetic,
    )


def stop_campaign(workplace: Workplace, name: str, why: str, person: str) -> None:
    """Stops a campaign: nobody is enrolled or contacted any more. Its control group may be contacted again.

    Raises:
        NotThere: there is no such campaign.
        WrongUsage: it does not run.
    """
    line = campaigns.require_campaign(workplace.engine, name)
    if line.status != "running":
        raise WrongUsage(f"The campaign {name} is {line.status}.", "`churn campaign list` shows which run.")
    campaigns.change_status(workplace.engine, name, "stopped", why, person)


def read_effect(workplace: Workplace, name: str) -> tuple[Campaign, list[Reading]]:
    """Reads a campaign up to the latest loaded snapshot, and records the readings.

    Raises:
        NotThere: there is no such campaign.
    """
    line = campaigns.require_campaign(workplace.engine, name)
    day = loads.find_latest_snapshot_date(workplace.engine) or today()
    outcomes = read_outcomes(workplace.engine, name, day)
    made = read_campaign(line.campaign, outcomes, line.terms, day)
    campaigns.record_readings(workplace.engine, made)
    return line.campaign, made
