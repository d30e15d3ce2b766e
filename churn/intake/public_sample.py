"""The public file to try the product on: IBM's Telco Customer Churn."""

import hashlib
import tempfile
from pathlib import Path

from churn.errors import ContractBroken, Unavailable
from churn.intake.downloads import download
from churn.settings import Settings

ADDRESS = "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/Telco-Customer-Churn.csv"
SHA256 = "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91"
_MAX_BYTES = 10_000_000
_BY_HAND = f"fetch it where there is a network ({ADDRESS}) and give it to: churn run --source ."


def fetch_public_sample(
    settings: Settings, to: Path | None = None, address: str | None = None, sha256: str = SHA256
) -> Path:
    """Downloads the public sample, or finds that it is there already, and checks its bytes.

    Args:
        settings: patience, and the home folder it goes to by default.
        to: where to put it.
        address: another place that has the same bytes.
        sha256: what its bytes must be.

    Returns:
        Its path.

    Raises:
        Unavailable: no network, or the server did not answer.
        ContractBroken: the bytes are not those of the public sample; nothing was kept.
    """
    target = to or settings.home_dir / "data" / "Telco-Customer-Churn.csv"
    if target.is_file() and _fingerprint(target) == sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        arrived = Path(folder) / target.name
        try:
            with arrived.open("wb") as stream:
                download(address or ADDRESS, stream, _MAX_BYTES, (settings.download_timeout_seconds, 600.0))
        except Unavailable as error:
            raise Unavailable(error.fact, _BY_HAND) from error
        _check(arrived, address or ADDRESS, sha256)
        arrived.replace(target)
    return target


def _check(path: Path, address: str, sha256: str) -> None:
    found = _fingerprint(path)
    if found != sha256:
        raise ContractBroken(
            f"What {address} answered is not the public sample: sha256 {found}, not {sha256}.",
            "nothing was kept; check the address, or whether a proxy answered in its place.",
        )


def _fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
