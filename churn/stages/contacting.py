"""The first daily step of the retention loop: enrol the wave of a campaign."""

from dataclasses import replace
from datetime import date

from churn.campaigns.save_rates import say_settled, settle_offers
from churn.campaigns.waves import describe_customers, plan_wave
from churn.economics.offers import ContactPolicy, load_contact_policy
from churn.errors import AuditFailed, WrongUsage
from churn.intake.declaring import read_declared
from churn.stages import Outcome
from churn.stages.uplifting import advise
from churn.stores.ledgers import campaigns, publications, suppressions, waves
from churn.stores.ledgers.campaigns import CampaignLine
from churn.stores.workplace import Workplace


def run_wave(workplace: Workplace, campaign_id: str, on: date | None = None) -> Outcome:
    """Enrols the customers of a published date. The same date twice changes nothing.

    Raises:
        WrongUsage: the campaign does not run, or the date is not among its days of enrolment.
        NotPublished: the date is not published: a wave never comes from scores that no reader has seen.
        AuditFailed: enrolled and excluded customers together are not the active customers. Nothing is stored.
    """
    line = campaigns.require_campaign(workplace.engine, campaign_id)
    day = publications.require_published(workplace.engine, on).prediction_date
    if waves.has_wave(workplace.engine, campaign_id, day):
        return Outcome(f"{campaign_id} already has its wave of {day}", True)
    _check_running(line, day)
    agreed = keep_terms(load_contact_policy(workplace.settings.policies), line)
    rates = campaigns.find_save_rates(workplace.engine, line.campaign.is_synthetic)
    policy = replace(agreed, offers=settle_offers(agreed.offers, rates))
    active = waves.read_active(workplace.engine, day)
    known = describe_customers(
        active,
        waves.read_history(workplace.engine, campaign_id, day, policy.cooldown_days),
        suppressions.read_suppressed(workplace.engine, day),
        policy,
    )
    free = _free_seats(workplace, policy, day)
    declared = read_declared(workplace.settings)
    advice = advise(workplace.engine, day, known, line.campaign.is_synthetic)
    wave = plan_wave(line.campaign, policy, line.terms.value, day, known, free, declared, advice)
    _check_everybody_counted(campaign_id, day, active.height, int(wave.counted["customers_count"].sum()))
    waves.record_wave(workplace.engine, wave.enrolled, wave.planned, wave.counted)
    held_out = wave.enrolled.height - wave.planned.height
    return Outcome(
        f"{campaign_id}, wave of {day}: {wave.enrolled.height:,} customers enrolled, {wave.planned.height:,} to "
        + "; ".join([f"contact, {held_out:,} held out", *say_settled(agreed.offers, policy.offers)]),
        details=tuple(wave.counted.select("reason", "customers_count").iter_rows(named=True)),
    )


def keep_terms(policy: ContactPolicy, line: CampaignLine) -> ContactPolicy:
    """Returns the policy in force with the offers of the campaign's own terms: they stay while it runs."""
    if not any(name in policy.channels for offer in line.terms.offers for name in offer.channels):
        names = sorted({name for offer in line.terms.offers for name in offer.channels})
        raise WrongUsage(
            f"The policy file has none of the channels of {line.campaign.campaign_id}: {', '.join(names)}.",
            f"add the section [channels.{names[0]}], or stop the campaign with `churn campaign stop`.",
        )
    return replace(policy, offers={offer.id: offer for offer in line.terms.offers})


def run_waves(workplace: Workplace, on: date | None = None) -> list[Outcome]:
    """Runs the wave of every campaign whose days of enrolment hold the date; see `run_wave`."""
    day = publications.require_published(workplace.engine, on).prediction_date
    return [
        run_wave(workplace, line.campaign.campaign_id, day)
        for line in reversed(campaigns.list_campaigns(workplace.engine))
        if line.status == "running" and line.campaign.enrol_from <= day <= line.campaign.enrol_until
    ]


def _check_running(line: CampaignLine, day: date) -> None:
    campaign = line.campaign
    if line.status != "running":
        raise WrongUsage(
            f"The campaign {campaign.campaign_id} is {line.status}.", "start another campaign; `churn campaign list`."
        )
    if not campaign.enrol_from <= day <= campaign.enrol_until:
        raise WrongUsage(
            f"{campaign.campaign_id} enrols customers from {campaign.enrol_from} to {campaign.enrol_until}, "
            f"not on {day}.",
            "choose a published date within these days.",
        )


def _free_seats(workplace: Workplace, policy: ContactPolicy, day: date) -> dict[str, float]:
    """Returns the contacts of each channel that no contact waits for. Who waited longest goes first, also tomorrow."""
    waiting = waves.count_waiting(workplace.engine, day)
    return {name: max(channel.seats - waiting.get(name, 0), 0.0) for name, channel in policy.channels.items()}


def _check_everybody_counted(campaign_id: str, day: date, active: int, counted: int) -> None:
    if active != counted:
        query = f"SELECT count(*) FROM reporting.customer_scores WHERE prediction_date = '{day}' AND is_active"
        raise AuditFailed(
            "enrolled_and_excluded_are_active", f"the wave of {campaign_id}", abs(active - counted), query
        )
