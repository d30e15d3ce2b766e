"""Downloads a public extract to try the product on: IBM's Telco Customer Churn."""

import hashlib
import tempfile
from pathlib import Path

from churn.errors import ContractBroken, Unavailable
from churn.intake.downloads import download
from churn.settings import Settings

ADDRESS = "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/Telco-Customer-Churn.csv"
SHA256 = "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91"
_MAX_BYTES = 10_000_000
_BY_HAND = f"download {ADDRESS} on a machine with a network, then run `churn run --source FILE`."


def fetch_public_sample(
    settings: Settings, to: Path | None = None, address: str | None = None, sha256: str = SHA256
) -> Path:
    """Downloads the public sample and checks its bytes. Downloads nothing when the file is there already.

    Args:
        settings: the download timeout, and the home folder.
        to: the path of the file (default: data/Telco-Customer-Churn.csv under CHURN_HOME).
        address: another address of the same bytes (default: IBM's repository on GitHub).
        sha256: the SHA-256 that the bytes must have.

    Returns:
        The path of the file.

    Raises:
        Unavailable: the network is down, or the server does not answer.
        ContractBroken: the bytes are not those of the public sample. The function keeps nothing of them.
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
    actual = _fingerprint(path)
    if actual != sha256:
        raise ContractBroken(
            f"{address} did not send the public sample: the file has the sha256 {actual}, not {sha256}.",
            "check the address, and check that no proxy answered in its place; nothing was kept.",
        )


def _fingerprint(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
