"""The second daily step of the retention loop: send the contacts of a day, as many as each channel has seats.

A channel of the policy file says where its contacts go: to a file (the default), to the view reporting.contact_list,
which another system reads, or by signed webhook to an address. A contact goes to one place and is sent once.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.campaigns import CONTACT_LIST, EVERY_CHANNEL, VIEW
from churn.contracts.formulas import defuse
from churn.economics.offers import Channel, load_contact_policy
from churn.errors import WrongUsage
from churn.stages import Outcome, posting
from churn.stores.ledgers import campaigns, deliveries, outbox, suppressions
from churn.stores.workplace import Workplace
from churn.timeline import now_utc, today

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class _Day:
    """The contacts of a campaign and a channel that may be sent on a day: the first ones have a seat."""

    campaign_id: str
    channel: Channel
    day: date
    chosen: list[str]
    later: int


def send_contacts(
    workplace: Workplace, campaign_id: str, folder: Path | None = None, on: date | None = None
) -> list[Outcome]:
    """Sends the contacts of a day. A repeated call sends no other contacts; files are written again, with the same.

    Args:
        workplace: where the database is.
        campaign_id: the campaign.
        folder: where the files of channels without an address are written.
        on: the day of sending (default: today, UTC).

    Raises:
        WrongUsage: the campaign does not run, a channel needs a folder and none is given, or a webhook has no secret.
        Unavailable: the address of a webhook is gone.
    """
    line, day = campaigns.require_campaign(workplace.engine, campaign_id), on or today()
    if line.status != "running":
        raise WrongUsage(f"The campaign {campaign_id} is {line.status}.", "`churn campaign list` shows what runs.")
    channels = load_contact_policy(workplace.settings.policies).channels.values()
    used = {name for offer in line.terms.offers for name in offer.channels}
    by_file = [channel.name for channel in channels if not channel.to and channel.name in used]
    if by_file and folder is None:
        raise WrongUsage(
            f"The contacts of the channel {by_file[0]} go to a file, and no folder is given.",
            f"add --out FOLDER, or write where they go into the policy file: [channels.{by_file[0]}] to.",
        )
    return [_send(workplace, _choose(workplace, campaign_id, channel, day), folder) for channel in channels]


def send_by_itself(workplace: Workplace, on: date | None = None) -> list[Outcome]:
    """Sends the contacts of every running campaign whose channels need no folder; see `send_contacts`."""
    channels = load_contact_policy(workplace.settings.policies).channels.values()
    return [
        _send(workplace, _choose(workplace, line.campaign.campaign_id, channel, on or today()), None)
        for line in reversed(campaigns.list_campaigns(workplace.engine))
        for channel in channels
        if line.status == "running" and channel.to
    ]


def _choose(workplace: Workplace, campaign_id: str, channel: Channel, day: date) -> _Day:
    waiting = deliveries.read_waiting(workplace.engine, campaign_id, channel.name, day)
    alone = _left_alone(workplace, channel.name, day)
    allowed = waiting.filter(~pl.col("customer_id").is_in(alone.implode()))["contact_id"].to_list()
    free = max(channel.seats - deliveries.count_sent(workplace.engine, channel.name, day), 0)
    # A list cannot be cut at infinity, which stands for a channel without a limit.
    chosen = allowed if free == float("inf") else allowed[: int(free)]
    return _Day(campaign_id, channel, day, chosen, len(allowed) - len(chosen))


def _left_alone(workplace: Workplace, channel: str, day: date) -> pl.Series:
    """Returns the customers who must not be contacted by a channel; the last word since the wave counts."""
    said = suppressions.read_suppressed(workplace.engine, day)
    return said.filter(pl.col("channel").is_in([channel, EVERY_CHANNEL]) & ~pl.col("has_consent"))["customer_id"]


def _send(workplace: Workplace, chosen: _Day, folder: Path | None) -> Outcome:
    if chosen.channel.to == VIEW:
        sent, told = _show(workplace, chosen), f"in {CONTACT_LIST}"
    elif chosen.channel.to:
        sent, told = _post(workplace, chosen)
    else:
        assert folder is not None
        sent, told = _write_file(workplace, chosen, folder)
    if not sent:
        return Outcome(f"{chosen.channel.name}: no contact waits for {chosen.day}", True)
    later = f"; {chosen.later:,} go first tomorrow" if chosen.later else ""
    return Outcome(f"{chosen.channel.name}: {sent:,} contacts {told}{later}")


def _show(workplace: Workplace, chosen: _Day) -> int:
    """Marks the contacts as sent to the view, which shows them from then on."""
    with workplace.engine.begin() as connection:
        return deliveries.mark_sent(connection, chosen.chosen, chosen.day, now_utc(), CONTACT_LIST)


def _post(workplace: Workplace, chosen: _Day) -> tuple[int, str]:
    """Puts the contacts into the outbox, and posts what is due."""
    channel, secret = chosen.channel, posting.require_secret(workplace.settings)
    posting.check_there(workplace.engine, channel.to)
    with workplace.engine.begin() as connection:
        deliveries.mark_sent(connection, chosen.chosen, chosen.day, now_utc(), channel.to)
        outbox.queue(connection, channel.name, channel.to, _write_letters(connection, chosen))
    alone = _left_alone(workplace, channel.name, chosen.day).to_list()
    posted = posting.post_due(workplace.engine, channel, secret, alone)
    waiting = outbox.count_waiting(workplace.engine, channel.name)
    told = f"posted to {channel.to}" + (f", {waiting:,} wait for another attempt" if waiting else "")
    # A repeated call has no new contact, and still says what it posted of the earlier ones.
    return posted or waiting, told if posted else f"wait for another attempt at {channel.to}"


def _write_letters(connection: "Connection", chosen: _Day) -> list[dict[str, str]]:
    """Returns the letters of contacts that were marked as sent in this transaction."""
    rows = deliveries.read_contacts(connection, chosen.chosen)
    return [
        {
            "contact_id": row["contact_id"],
            "customer_id": row["customer_id"],
            "body": posting.write_body(row, SCHEMA_VERSION, now_utc()),
        }
        for row in rows
    ]


def _write_file(workplace: Workplace, chosen: _Day, folder: Path) -> tuple[int, str]:
    path = folder / f"contacts-{chosen.campaign_id}-{chosen.channel.name}-{chosen.day}.csv"
    # Before the file is written: a process that dies in between writes the same contacts when it is repeated, no
    # others.
    with workplace.engine.begin() as connection:
        deliveries.mark_sent(connection, chosen.chosen, chosen.day, now_utc(), str(path))
    sent = deliveries.read_contact_list(workplace.engine, chosen.campaign_id, chosen.channel.name, chosen.day)
    if not sent.is_empty():
        _write(sent, path)
    return sent.height, f"in {path}"


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
