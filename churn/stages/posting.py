"""Posts contacts to another system, signed as Standard Webhooks 1.0 (https://www.standardwebhooks.com) says.

Every attempt carries the same webhook-id, the contact_id. The receiver verifies the signature, remembers the id, and
answers 2xx also for an id that it has: then no death of a process between the two, here or there, makes a second call.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from churn.economics.offers import Channel
from churn.errors import Unavailable, WrongUsage
from churn.settings import Settings
from churn.stores.ledgers import outbox
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

PREFIX = "whsec_"
ANSWER_SECONDS = 15
BACKOFF = tuple(
    timedelta(minutes=minutes) for minutes in (0.1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
)
"""How long a contact waits after each failed attempt; after the last one it is given up. The standard's own times."""

_log = logging.getLogger(__name__)


def require_secret(settings: Settings) -> bytes:
    """Returns the key that signs.

    Raises:
        WrongUsage: CHURN_WEBHOOK_SECRET is missing, or is no secret as the standard writes it.
    """
    next_step = f"set it to {PREFIX} and 24 to 64 random bytes in base64; the receiver needs the same."
    if settings.webhook_secret is None:
        raise WrongUsage("A channel of the policy file has an address, and CHURN_WEBHOOK_SECRET is not set.", next_step)
    try:
        key = base64.b64decode(settings.webhook_secret.get_secret_value().removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise WrongUsage("CHURN_WEBHOOK_SECRET is no secret of Standard Webhooks.", next_step)
    return key


def write_body(contact: Mapping[str, Any], schema_version: int, at: datetime) -> str:
    """Returns what is posted for a contact. It is stored, so that every attempt posts the same bytes."""
    document = {"type": "contact.planned", "timestamp": at, "schema_version": schema_version, "data": dict(contact)}
    return json.dumps(document, default=_as_text, ensure_ascii=False)


def _as_text(value: Any) -> str:
    return str(value.isoformat())


def sign(key: bytes, contact_id: str, at: datetime, body: str) -> dict[str, str]:
    """Returns the headers of the standard: id, timestamp, and the HMAC-SHA256 of both and the body."""
    seconds = int(at.timestamp())
    digest = hmac.new(key, f"{contact_id}.{seconds}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": contact_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def check_there(engine: "Engine", address: str) -> None:
    """Raises Unavailable if an address has answered that it is gone for ever: nothing more is marked as sent to it."""
    if (day := outbox.find_gone(engine, address)) is not None:
        raise Unavailable(
            f"{address} answered 410 Gone on {day}. Nothing is sent there any more.",
            "write the new address of the channel into the policy file.",
        )


def post_due(engine: "Engine", channel: Channel, key: bytes, left_alone: Sequence[str]) -> int:
    """Posts the letters of a channel that are due, one after the other. Returns how many were taken.

    A letter that is refused waits for its next attempt and holds up no other one. An address that does not answer at
    all ends the pass; one that is gone ends it for ever.

    Raises:
        Unavailable: the address answered 410.
    """
    taken = 0
    while True:
        now = now_utc()
        with outbox.claim(engine, channel.name, now, left_alone) as claimed:
            if claimed is None:
                return taken
            connection, letter = claimed
            code = _post(channel.to, sign(key, letter.contact_id, now, letter.body), letter.body)
            is_over = code == outbox.GONE or letter.attempts >= len(BACKOFF)
            again_at = None if is_over else now + BACKOFF[letter.attempts]
            outbox.record_answer(connection, letter, channel.to, code, now, again_at)
        check_there(engine, channel.to)
        if code is None:
            return taken
        taken += 200 <= code < 300


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a customer's contact to an address that nobody wrote into the policy file."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _post(address: str, headers: Mapping[str, str], body: str) -> int | None:
    """Returns the status of the answer; None if there was none."""
    request = urllib.request.Request(
        address, body.encode(), {**headers, "content-type": "application/json"}, method="POST"
    )
    try:
        with _opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError as error:
        _log.warning("%s does not answer: %s", address, error)
        return None
