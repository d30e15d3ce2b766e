"""Keeps secrets out of everything that is shown, logged or kept: passwords and tokens of the addresses in settings."""

import logging
import re
import traceback
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from churn.settings import Settings

HIDDEN = "***"
_FEWEST_LETTERS = 8
"""Shorter parts of an address are ports and words; hiding these would tear up every sentence."""


def hide_secrets(text: str, settings: Settings) -> str:
    """Returns a text in which every secret of the settings is replaced by three stars."""
    return _pattern(settings).sub(HIDDEN, text)


def hide_in_logs(settings: Settings) -> None:
    """Lets every log record of this process be made without secrets, its traceback too; callable again and again."""
    make = getattr(logging.getLogRecordFactory(), "genuine", logging.getLogRecordFactory())
    pattern = _pattern(settings)
    logging.setLogRecordFactory(_hiding(make, pattern))


def _hiding(make: Callable[..., logging.LogRecord], pattern: re.Pattern[str]) -> Callable[..., logging.LogRecord]:
    def make_hidden(*arguments: object, **options: object) -> logging.LogRecord:
        record = make(*arguments, **options)
        message = record.getMessage()
        if pattern.search(message):
            record.msg, record.args = pattern.sub(HIDDEN, message), ()
        if record.exc_info and record.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            record.exc_text = pattern.sub(HIDDEN, text)  # formatters take it before they format the exception
        return record

    make_hidden.genuine = make  # type: ignore[attr-defined]
    return make_hidden


def _pattern(settings: Settings) -> re.Pattern[str]:
    secrets = sorted(find_secrets(settings), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, secrets)) or r"(?!)")


def find_secrets(settings: Settings) -> set[str]:
    """Returns every text that must not be shown: passwords as an address has them and decoded, tokens of alerts."""
    secrets: set[str] = set()
    for address in (settings.database_url, settings.mlflow_tracking_uri):
        if address is not None:
            secrets |= _passwords(address.get_secret_value())
    for address_text in split_addresses(settings):
        secrets |= _passwords(address_text) | _tokens(address_text)
    return {form for secret in secrets for form in (secret, unquote(secret)) if form}


def split_addresses(settings: Settings) -> list[str]:
    """Returns the single addresses alerts go to."""
    addresses = settings.alert_urls.get_secret_value() if settings.alert_urls else ""
    return re.split(r"[\s,]+(?=[a-z]+://)", addresses.strip()) if addresses.strip() else []


def _passwords(address: str) -> set[str]:
    """What stands between the user and the last @, and what a query calls a password.

    Read by hand: an address with a stray slash or colon in its password is one that no parser reads rightly.
    """
    credentials, is_there, _ = address.partition("://")[2].rpartition("@")
    passwords = {credentials.partition(":")[2]} if is_there else set()
    return passwords | {
        value for name, value in parse_qsl(urlsplit(address).query) if "pass" in name or "token" in name
    }


def _tokens(address: str) -> set[str]:
    """Every part of an alert's address that may be a token: they stand anywhere, each service has its own place.

    A token is long and has a digit or a capital; host names and plain words are none.
    """
    parts = re.split(r"[/:@?&=,]+", address.partition("://")[2])
    long = {part for part in parts if len(part) >= _FEWEST_LETTERS and "." not in part}
    return {part for part in long if any(letter.isdigit() or letter.isupper() for letter in part)}
