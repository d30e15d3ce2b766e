"""Hides secrets in everything that is shown, logged or stored.

They are the passwords and tokens in the addresses of settings, and the logins of any other address, for example that
of an extract.
"""

import logging
import re
import traceback
from collections.abc import Callable
from urllib.parse import unquote

from churn.settings import Settings

HIDDEN = "***"
_FEWEST_LETTERS = 8
"""Shorter parts of an address are ports and words. Hiding them would make every message unreadable."""
_SECRET_OPTION = r"(?i:[\w.-]*(?:pass|token|secret|credential|signature|api_?key|access_?key)[\w.-]*|sig)"
_ANY_ADDRESS = (
    rf"(?P<login>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)|(?P<option>[?&;](?:{_SECRET_OPTION})=)[^&;\s'\"]+"
)
"""The login of any address, and the options of any address that hold a password, a token or a signature."""


def hide_secrets(text: str, settings: Settings | None) -> str:
    """Returns the text with three stars in place of every secret.

    Without settings (they cannot be read), only what looks like a secret in an address is hidden.
    """
    return _hide(_pattern(settings), text)


def without_login(address: str) -> str:
    """Returns an address as it may be shown: three stars in place of its password and of secret options."""
    return _hide(_pattern(None), address)


def _hide(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: f"{found['login'] or found['option'] or ''}{HIDDEN}", text)


def hide_in_logs(settings: Settings) -> None:
    """Hides secrets in every log record of this process, and in its traceback. A second call replaces the first."""
    # The factory is the one place that every record passes, whatever logger or handler it belongs to, Prefect's
    # included. `genuine` is the factory below ours: without it each call would wrap one more layer around it.
    make = getattr(logging.getLogRecordFactory(), "genuine", logging.getLogRecordFactory())
    pattern = _pattern(settings)
    logging.setLogRecordFactory(_hiding(make, pattern))


def _hiding(make: Callable[..., logging.LogRecord], pattern: re.Pattern[str]) -> Callable[..., logging.LogRecord]:
    def make_hidden(*arguments: object, **options: object) -> logging.LogRecord:
        record = make(*arguments, **options)
        message = record.getMessage()
        if pattern.search(message):  # Only then: handlers may group records by their unformatted `msg`.
            record.msg, record.args = _hide(pattern, message), ()
        if record.exc_info and record.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            record.exc_text = _hide(pattern, text)  # A formatter uses exc_text, if set, instead of the exception.
        return record

    make_hidden.genuine = make  # type: ignore[attr-defined]
    return make_hidden


def _pattern(settings: Settings | None) -> re.Pattern[str]:
    # The longest first: a secret that begins another would otherwise leave the rest of the longer one visible.
    secrets = sorted(find_secrets(settings), key=len, reverse=True) if settings is not None else []
    return re.compile("|".join([_ANY_ADDRESS, *(re.escape(secret) for secret in secrets)]))


def find_secrets(settings: Settings) -> set[str]:
    """Returns every secret: the passwords in addresses, as written and decoded, the tokens of alerts, the keys."""
    secrets: set[str] = set()
    for address in (settings.database_url, settings.mlflow_tracking_uri):
        if address is not None:
            secrets |= _passwords(address.get_secret_value())
    for address_text in split_addresses(settings):
        secrets |= _passwords(address_text) | _tokens(address_text)
    if settings.webhook_secret is not None:
        secrets.add(settings.webhook_secret.get_secret_value())
    if settings.api_keys is not None:
        entries = settings.api_keys.get_secret_value().replace(",", " ").split()
        secrets |= {entry.partition("=")[2] for entry in entries}
    return {form for secret in secrets for form in (secret, unquote(secret)) if form}


def split_addresses(settings: Settings) -> list[str]:
    """Returns the addresses that receive alerts, one by one."""
    addresses = settings.alert_urls.get_secret_value() if settings.alert_urls else ""
    return re.split(r"[\s,]+(?=[a-z]+://)", addresses.strip()) if addresses.strip() else []


def _passwords(address: str) -> set[str]:
    """Returns the text between the user name and the last @, and each password or token in the query.

    No URL parser is used here: it would cut a password that has an unescaped slash, colon or @.
    """
    credentials, is_there, _ = address.partition("://")[2].rpartition("@")
    passwords = {credentials.partition(":")[2]} if is_there else set()
    # Not parse_qsl(): a message may repeat the value as it is written in the address, and that one decodes it.
    options = (option.partition("=") for option in re.split("[&;]", address.partition("?")[2]))
    return passwords | {value for name, _, value in options if re.fullmatch(_SECRET_OPTION, name)}


def _tokens(address: str) -> set[str]:
    """Returns every part of an alert address that may be a token.

    Each service puts its token in another place of the address, so that any part may be one. A token is long and has a
    digit or a capital letter; host names and plain words are no tokens.
    """
    parts = re.split(r"[/:@?&=,]+", address.partition("://")[2])
    long = {part for part in parts if len(part) >= _FEWEST_LETTERS and "." not in part}
    return {part for part in long if any(letter.isdigit() or letter.isupper() for letter in part)}
