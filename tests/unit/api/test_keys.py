"""API keys: there is always one, only its owner can read it, and only its digest stays in memory."""

import hashlib
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from churn.api.keys import ensure_key, find_name, load_keys
from churn.errors import WrongUsage
from churn.secrecy import hide_secrets
from churn.settings import Settings

LONG = "a-key-of-more-than-twenty-letters"


def test_a_home_without_a_key_gets_one_that_only_its_owner_reads(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = load_keys(Settings(home=home))

    file = home / "api.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert find_name(keys, f"Bearer {file.read_text().strip()}") == "home"
    assert ensure_key(home) == file.read_text().strip(), "it stays"
    assert [path.name for path in home.iterdir()] == ["api.key"]


def test_keys_of_the_environment_take_the_place_of_the_file(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"another-key-of-the-campaigns").hexdigest()
    settings = Settings(home=tmp_path, api_keys=SecretStr(f"crm={LONG}, campaigns=sha256:{digest}"))
    keys = load_keys(settings)

    assert find_name(keys, f"Bearer {LONG}") == "crm"
    assert find_name(keys, "bearer another-key-of-the-campaigns") == "campaigns"
    assert not (tmp_path / "api.key").exists()
    assert LONG not in repr(keys) + hide_secrets(f"refused {LONG}", settings)


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Basic {LONG}", f"Bearer {LONG}x", LONG])
def test_anything_else_is_no_key(tmp_path: Path, authorization: str) -> None:
    assert find_name(load_keys(Settings(home=tmp_path, api_keys=SecretStr(f"crm={LONG}"))), authorization) is None


@pytest.mark.parametrize("keys", ["crm", "crm=short", f"={LONG}", f"crm={LONG} crm={LONG}", "crm=sha256:12"])
def test_an_entry_that_is_no_key_is_named_by_its_place(tmp_path: Path, keys: str) -> None:
    with pytest.raises(WrongUsage, match=r"The entry [12] of CHURN_API_KEYS"):
        load_keys(Settings(home=tmp_path, api_keys=SecretStr(keys)))
