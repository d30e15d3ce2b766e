"""The queue says to each agent only what the company can change, and deals the best calls in turn."""

import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from churn.contracts.declaration import SHIPPED_DECLARATION
from churn.dashboard import queue

DAY = date(2026, 3, 31)


def make_call(number: int, *reasons: str) -> dict[str, Any]:
    return {"customer_id": f"c{number}", "reasons": list(reasons), "recommended_action": "Call", "call_rank": number}


def test_only_levers_are_said_and_the_offer_follows_the_first_one() -> None:
    calls = [make_call(1, "+ senior", "+ fiber without support", "- two years"), make_call(2, "+ senior")]
    first, second = queue.describe_calls(calls, {}, None, SHIPPED_DECLARATION)

    assert (first["say_why"], first["action"]) == ("fiber without support", "Offer technical support")
    assert (second["say_why"], second["action"]) == (queue.NO_LEVER, "Call")
    assert not first["is_new"]


def test_the_last_contact_and_who_is_new_stand_beside() -> None:
    contact = {"campaign_id": "autumn", "sent_on": DAY, "last_event": "not_reached", "occurred_at": datetime.now(UTC)}
    calls = [make_call(1), make_call(2)]
    first, second = queue.describe_calls(calls, {"c1": contact}, {"c1"}, SHIPPED_DECLARATION)

    assert (first["last_contact"], first["is_new"]) == ("not reached, 2026-03-31 (autumn)", False)
    assert (second["last_contact"], second["is_new"]) == ("–", True)


def test_calls_are_dealt_like_cards_and_no_file_is_empty() -> None:
    rows = [{"customer_id": f"c{number}"} for number in range(5)]
    with zipfile.ZipFile(io.BytesIO(queue.split_calls(rows, 3, DAY))) as archive:
        files = {name: pl.read_csv(archive.read(name))["customer_id"].to_list() for name in archive.namelist()}

    assert files == {
        "calls-2026-03-31-1-of-3.csv": ["c0", "c3"],
        "calls-2026-03-31-2-of-3.csv": ["c1", "c4"],
        "calls-2026-03-31-3-of-3.csv": ["c2"],
    }
    with zipfile.ZipFile(io.BytesIO(queue.split_calls(rows, 9, DAY))) as archive:
        assert len(archive.namelist()) == 5
