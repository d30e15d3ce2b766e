"""API keys: several, each with a name. Only their SHA-256 is kept in memory, and they are compared in constant time."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from churn.errors import WrongUsage
from churn.settings import Settings

KEY_FILE = "api.key"
_FEWEST_LETTERS = 20
_DIGEST = "sha256:"

Keys = Mapping[str, bytes]
"""The name of each key with the SHA-256 of the key."""


def load_keys(settings: Settings) -> Keys:
    """Returns the keys of CHURN_API_KEYS, and that of the home; makes the latter if there is neither.

    Raises:
        WrongUsage: an entry of CHURN_API_KEYS is not NAME=KEY, has a name twice, or its key is too short.
    """
    chosen = settings.api_keys.get_secret_value() if settings.api_keys is not None else ""
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(chosen.replace(",", " ").split(), 1):
        name, _, key = entry.partition("=")
        if not name or name in keys or not _is_key(key):
            raise WrongUsage(
                f"The entry {place} of CHURN_API_KEYS is not NAME=KEY with a name of its own and a key of at least "
                f"{_FEWEST_LETTERS} characters.",
                "write NAME=KEY or NAME=sha256:DIGEST, separated by spaces or commas.",
            )
        keys[name] = bytes.fromhex(key.removeprefix(_DIGEST)) if key.startswith(_DIGEST) else _digest(key)
    return keys or {"home": _digest(ensure_key(settings.home_dir))}


def _is_key(key: str) -> bool:
    if not key.startswith(_DIGEST):
        return len(key) >= _FEWEST_LETTERS
    digits = key.removeprefix(_DIGEST)
    return len(digits) == 64 and all(digit in "0123456789abcdef" for digit in digits)


def find_name(keys: Keys, authorization: str) -> str | None:
    """Returns the name of the key in a header `Authorization: Bearer KEY`; None if it is none of the keys."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    digest = _digest(given.strip())
    # Every key is compared, also after a match: how long it takes says nothing about which key it is.
    same = [name for name, known in keys.items() if hmac.compare_digest(digest, known)]
    return same[0] if same else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def ensure_key(home_dir: Path) -> str:
    """Returns the key of a home; makes one for a home without. Only the owner of the file may read it."""
    file = home_dir / KEY_FILE
    try:
        if known := file.read_text(encoding="ascii").strip():
            return known
    except FileNotFoundError:
        pass
    home_dir.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(32)
    partial = home_dir / f"{KEY_FILE}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{made}\n")
    try:
        # A link, not a rename: of two servers that start at once, both use the key of the first.
        os.link(partial, file)
    except FileExistsError:
        made = file.read_text(encoding="ascii").strip()
    finally:
        partial.unlink()
    return made
