"""The daily steps of the retention loop: enrol a wave, send its contacts, take back what came of them."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from churn.campaigns.waves import describe_customers, plan_wave
from churn.contracts.campaigns import EVERY_CHANNEL, Event, Suppression
from churn.contracts.formulas import defuse
from churn.economics.offers import ContactPolicy, load_contact_policy
from churn.errors import AuditFailed, ContractBroken, WrongUsage
from churn.intake import contact_events
from churn.intake.declaring import read_declared
from churn.stages import Outcome, counted
from churn.stores.ledgers import campaigns, deliveries, erasures, publications, suppressions, waves
from churn.stores.ledgers.campaigns import CampaignLine
from churn.stores.workplace import Workplace
from churn.timeline import now_utc, today

SCHEMA_VERSION = 1


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
    policy = keep_terms(load_contact_policy(workplace.settings.policies), line)
    active = waves.read_active(workplace.engine, day)
    known = describe_customers(
        active,
        waves.read_history(workplace.engine, campaign_id, day, policy.cooldown_days),
        suppressions.read_suppressed(workplace.engine, day),
        policy,
    )
    free = _free_seats(workplace, policy, day)
    wave = plan_wave(line.campaign, policy, line.terms.value, day, known, free, read_declared(workplace.settings))
    _check_everybody_counted(campaign_id, day, active.height, int(wave.counted["customers_count"].sum()))
    waves.record_wave(workplace.engine, wave.enrolled, wave.planned, wave.counted)
    held_out = wave.enrolled.height - wave.planned.height
    return Outcome(
        f"{campaign_id}, wave of {day}: {wave.enrolled.height:,} customers enrolled, {wave.planned.height:,} to "
        f"contact, {held_out:,} held out",
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


def send_contacts(workplace: Workplace, campaign_id: str, folder: Path, on: date | None = None) -> list[Outcome]:
    """Writes the contacts of a day to a file for each channel, as many as the channel has seats.

    A repeated call writes the same files again. A manifest beside each file has its rows and its SHA-256.

    Args:
        workplace: where the database is.
        campaign_id: the campaign.
        folder: where the files are written.
        on: the day of sending (default: today, UTC).
    """
    line, day = campaigns.require_campaign(workplace.engine, campaign_id), on or today()
    if line.status != "running":
        raise WrongUsage(f"The campaign {campaign_id} is {line.status}.", "`churn campaign list` shows what runs.")
    policy = load_contact_policy(workplace.settings.policies)
    return [
        _send(workplace, campaign_id, name, channel.seats, folder / f"contacts-{campaign_id}-{name}-{day}.csv", day)
        for name, channel in policy.channels.items()
    ]


def _send(workplace: Workplace, campaign_id: str, channel: str, seats: float, path: Path, day: date) -> Outcome:
    waiting = deliveries.read_waiting(workplace.engine, campaign_id, channel, day)
    alone = _left_alone(workplace, channel, day)
    allowed = waiting.filter(~pl.col("customer_id").is_in(alone.implode()))["contact_id"].to_list()
    free = max(seats - deliveries.count_sent(workplace.engine, channel, day), 0)
    # A list cannot be cut at infinity, which stands for a channel without a limit.
    chosen = allowed if free == float("inf") else allowed[: int(free)]
    # Before the file is written: a process that dies in between writes the same contacts when it is repeated, no
    # others.
    deliveries.mark_sent(workplace.engine, chosen, day, now_utc(), str(path))
    sent = deliveries.read_contact_list(workplace.engine, campaign_id, channel, day)
    if sent.is_empty():
        return Outcome(f"{channel}: no contact waits for {day}", True)
    _write(sent, path)
    later = len(allowed) - len(chosen)
    return Outcome(
        f"{channel}: {sent.height:,} contacts in {path}" + (f"; {later:,} go first tomorrow" if later else "")
    )


def _left_alone(workplace: Workplace, channel: str, day: date) -> pl.Series:
    """Returns the customers who must not be contacted by a channel; the last word since the wave counts."""
    said = suppressions.read_suppressed(workplace.engine, day)
    return said.filter(pl.col("channel").is_in([channel, EVERY_CHANNEL]) & ~pl.col("has_consent"))["customer_id"]


def _write(sent: pl.DataFrame, path: Path) -> None:
    """Writes the file and its manifest. A program that reads the folder never sees half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    in_words = pl.col("say_why").list.eval(pl.element().str.strip_prefix("+ ")).list.join("; ")
    defuse(sent.with_columns(in_words)).write_csv(unfinished)
    digest = hashlib.sha256(unfinished.read_bytes()).hexdigest()
    # A rename within a folder is atomic, so that a program that watches it finds the whole file or none.
    unfinished.rename(path)
    # After the file: a program that waits for the manifest finds the file whole.
    manifest = {"file": path.name, "rows": sent.height, "sha256": digest, "schema_version": SCHEMA_VERSION}
    unfinished.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    unfinished.rename(path.with_suffix(".manifest.json"))


def take_back(workplace: Workplace, path: Path, codes: Path | None = None) -> Outcome:
    """Records the events of a file. The same file twice changes nothing; do_not_contact also suppresses the customer.

    Raises:
        ContractBroken: a row is wrong or names a contact that does not exist. No event of the file is recorded.
    """
    events = contact_events.read_events(path, contact_events.read_codes(codes))
    with workplace.engine.begin() as connection:
        known = deliveries.find_contacts(connection, [event.contact_id for event in events])
        # Line 1 has the names of the columns.
        if unknown := [line for line, event in enumerate(events, 2) if event.contact_id not in known]:
            raise ContractBroken(
                f"Line {unknown[0]} of {path.name} names a contact that does not exist"
                f"{f', and so do {len(unknown) - 1} others' if len(unknown) > 1 else ''}.",
                "send back the contact_id of the file of contacts unchanged.",
            )
        added = deliveries.record_events(connection, events)
        # In the same transaction: a customer who said no must not be contacted because a process died in between.
        stopped = suppressions.record_suppressions(
            connection, [_as_statement(event, known) for event in _opted(events)]
        )
    summary = f"{path.name}: {counted(added, 'new event')}, {len(events) - added:,} recorded before"
    return Outcome(
        summary + (f"; {counted(stopped, 'customer')} asked not to be contacted" if stopped else ""), added == 0
    )


def _opted(events: list[Event]) -> list[Event]:
    return [event for event in events if event.event == "do_not_contact"]


def _as_statement(event: Event, customers: dict[str, str]) -> Suppression:
    customer = customers[event.contact_id]
    return Suppression(customer, EVERY_CHANNEL, event.occurred_at.date(), None, "opted_out", event.contact_id)


def suppress(workplace: Workplace, path: Path) -> Outcome:
    """Records the customers of a file who must be left alone, or (reason consent) may be contacted again."""
    forgotten = erasures.find_forgotten(workplace.engine)  # Their numbers must not come back by a list either.
    stated = contact_events.read_suppressions(path, today())
    statements = [statement for statement in stated if not forgotten.has(statement.customer_id)]
    with workplace.engine.begin() as connection:
        added = suppressions.record_suppressions(connection, statements)
    return Outcome(
        f"{path.name}: {counted(added, 'new statement')}, {len(statements) - added:,} recorded before", added == 0
    )
