"""Where an extract comes from, brought to a local file whose bytes are known before any of them is parsed.

A path, a file: or http(s): address (streamed to a temporary file under CHURN_HOME), or `-` for standard input. An
address may end in `#sha256=<hex>`: the bytes must then be those.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

from churn.errors import ContractBroken, Unavailable, WrongUsage
from churn.intake.downloads import download
from churn.settings import Settings

STDIN = "-"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Extract:
    """A local file of which everything but the content's meaning is known.

    Attributes:
        path: where it can be read now; a temporary file lives as long as the `with` block.
        name: what messages call it.
        origin: where it came from, without password or query, for the ledger.
        sha256: of its bytes as they arrived.
    """

    path: Path
    name: str
    origin: str
    sha256: str
    size_bytes: int
    modified_ns: int


@contextmanager
def open_extract(settings: Settings, source: str) -> Iterator[Extract]:
    """Brings a source to a local file for the block.

    Raises:
        WrongUsage: no such file, or it may not be read.
        Unavailable: an address did not answer in time.
        ContractBroken: larger than agreed, not the bytes the checksum names, or changed while it was read.
    """
    if source == STDIN:
        with _spool(settings) as file:
            _copy_limited(sys.stdin.buffer, file, "stdin", settings)
            yield _describe(file, "stdin", "stdin", settings)
    elif "://" in source or source.startswith("file:"):
        with _open_address(settings, source) as extract:
            yield extract
    else:
        path = Path(source).expanduser()
        is_kept = path.parent.parent == settings.home_dir / "spool"
        yield _describe(path, path.name, "stdin" if is_kept else str(path.absolute()), settings)


@contextmanager
def keep_stdin(settings: Settings) -> Iterator[str]:
    """Keeps standard input in a file for the block: a task that is tried again finds it there. Yields its path."""
    with _spool(settings) as file:
        _copy_limited(sys.stdin.buffer, file, "stdin", settings)
        yield str(file)


@contextmanager
def _open_address(settings: Settings, address: str) -> Iterator[Extract]:
    parts = urlsplit(address)
    name = Path(parts.path).name or parts.netloc
    origin = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    checksum = parts.fragment.removeprefix("sha256=") if parts.fragment.startswith("sha256=") else None
    if parts.scheme == "file":
        yield _check_checksum(_describe(Path(url2pathname(parts.path)), name, origin, settings), checksum)
    elif parts.scheme in ("http", "https"):
        with _spool(settings) as file:
            with file.open("wb") as target:
                download(urlunsplit(parts._replace(fragment="")), target, _max_bytes(settings), _patience(settings))
            yield _check_checksum(_describe(file, name, origin, settings), checksum)
    else:
        raise WrongUsage(
            f"An extract cannot come from a {parts.scheme}: address.", "give a path, a file: or an http(s): address."
        )


def _check_checksum(extract: Extract, checksum: str | None) -> Extract:
    if checksum is not None and extract.sha256 != checksum.lower():
        raise ContractBroken(
            f"{extract.name} has the sha256 {extract.sha256}, not {checksum}.",
            "the file changed or arrived damaged; check the address and the checksum.",
        )
    return extract


@contextmanager
def _spool(settings: Settings) -> Iterator[Path]:
    """A temporary file under CHURN_HOME, which is removed whatever happens but a power cut."""
    folder = settings.home_dir / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        yield Path(kept) / "stdin"


def _sweep(folder: Path) -> None:
    """Removes what a killed process left behind; nothing is spooled for two days."""
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - 2 * 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)


def _copy_limited(source: BinaryIO, target: Path, name: str, settings: Settings) -> None:
    copied = 0
    with target.open("wb") as stream:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            check_size(copied, name, settings)
            stream.write(chunk)


def check_size(size_bytes: int, name: str, settings: Settings) -> None:
    """Refuses what is larger than agreed.

    Raises:
        ContractBroken: it is.
    """
    if size_bytes > _max_bytes(settings):
        raise ContractBroken(
            f"{name} is larger than {settings.max_extract_megabytes:,} MB.",
            "check the file, or raise CHURN_MAX_EXTRACT_MEGABYTES.",
        )


def _max_bytes(settings: Settings) -> int:
    return settings.max_extract_megabytes * 1_000_000


def _patience(settings: Settings) -> tuple[float, float]:
    """Seconds of silence, and seconds in all, after which a download is given up."""
    return settings.download_timeout_seconds, settings.statement_timeout_minutes * 60.0


def check_there(source: str) -> None:
    """Refuses a path that leads nowhere, before anything slow is started.

    Raises:
        WrongUsage: there is no such file or folder.
    """
    is_path = source != STDIN and "://" not in source and not source.startswith("file:")
    if is_path and not os.path.lexists(Path(source).expanduser()):
        raise WrongUsage(f"There is no file {source}.", "give --source the path or address of a customer extract.")


def _describe(path: Path, name: str, origin: str, settings: Settings) -> Extract:
    try:
        if not path.exists():
            raise WrongUsage(f"There is no file {path}.", "give --source the path or address of a customer extract.")
        if not path.is_file():
            raise WrongUsage(f"{path} is not a file.", "give --source a file, a folder of daily files or an address.")
        state = path.stat()
        check_size(state.st_size, name, settings)
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        return Extract(path, name, origin, sha256, state.st_size, state.st_mtime_ns)
    except PermissionError as error:
        raise WrongUsage(
            f"{path} may not be read by this user ({error.strerror}).", "give the user read permission on it."
        ) from error


def check_unchanged(extract: Extract) -> None:
    """Looks, after the last row was read, whether the file is still the one whose sha256 is known.

    Raises:
        Unavailable: it was written to meanwhile.
    """
    now = extract.path.stat()
    if (now.st_size, now.st_mtime_ns) != (extract.size_bytes, extract.modified_ns):
        raise Unavailable(f"{extract.name} changed while it was read.", "wait until it is written, then run again.")
