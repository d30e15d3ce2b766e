"""Brings an extract to a local file and computes its SHA-256 before anything is parsed.

A source is a path, a file: or http(s): address, or `-` for standard input. An address is downloaded to a temporary file
under CHURN_HOME. An address may end in `#sha256=<hex>`: then the file must have that SHA-256.
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
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import url2pathname

from churn.errors import ContractBroken, Unavailable, WrongUsage
from churn.intake.downloads import download
from churn.settings import Settings

STDIN = "-"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Extract:
    """A local file with an extract, not parsed yet.

    Attributes:
        path: the path of the file. A temporary file exists only until the `with` block ends.
        name: the name that messages give the file.
        origin: the source of the file for the ledger, without password and query.
        sha256: the SHA-256 of the bytes as they arrived.
    """

    path: Path
    name: str
    origin: str
    sha256: str
    size_bytes: int
    modified_ns: int


@contextmanager
def open_extract(settings: Settings, source: str) -> Iterator[Extract]:
    """Yields the local file of a source.

    Raises:
        WrongUsage: the file does not exist, or the user cannot read it.
        Unavailable: an address does not answer in time.
        ContractBroken: the file is too large, or it has another SHA-256 than the address says.
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
        # keep_stdin() put standard input into a spool file: the ledger must say stdin, not a path that is gone later.
        is_kept = path.parent.parent == settings.home_dir / "spool"
        yield _describe(path, path.name, "stdin" if is_kept else str(path.absolute()), settings)


@contextmanager
def keep_stdin(settings: Settings) -> Iterator[str]:
    """Copies standard input to a file and yields its path: a task that is retried can read it a second time."""
    with _spool(settings) as file:
        _copy_limited(sys.stdin.buffer, file, "stdin", settings)
        yield str(file)


@contextmanager
def _open_address(settings: Settings, address: str) -> Iterator[Extract]:
    parts = _split_address(address)
    name = Path(parts.path).name or parts.netloc
    origin = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    # A fragment never reaches a server, so that it is free for our checksum.
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
            f"An extract cannot come from a {parts.scheme}: address.",
            "give --source a path, a file: address or an http(s): address.",
        )


def _split_address(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # Python reads the port only when it is asked for.
    except ValueError:
        # Neither the address nor Python's message: both may show a password, which a wrong sign made part of the host.
        raise WrongUsage(
            "The address of the extract is not valid.",
            "write it as in https://files.example.com/extract.csv.",
        ) from None
    return parts


def _check_checksum(extract: Extract, checksum: str | None) -> Extract:
    if checksum is not None and extract.sha256 != checksum.lower():
        raise ContractBroken(
            f"{extract.name} has the sha256 {extract.sha256}, not {checksum}.",
            "check the address and the checksum; the file changed, or the download damaged it.",
        )
    return extract


@contextmanager
def _spool(settings: Settings) -> Iterator[Path]:
    """Yields a path for a temporary file under CHURN_HOME. The file is removed when the block ends."""
    folder = settings.home_dir / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        yield Path(kept) / "stdin"


def _sweep(folder: Path) -> None:
    """Removes the files of killed processes: files older than two days, since no run takes that long."""
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - 2 * 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)  # Another process may remove the same folder at the same time.


def _copy_limited(source: BinaryIO, target: Path, name: str, settings: Settings) -> None:
    copied = 0
    with target.open("wb") as stream:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            check_size(copied, name, settings)
            stream.write(chunk)


def check_size(size_bytes: int, name: str, settings: Settings) -> None:
    """Refuses a file that is larger than CHURN_MAX_EXTRACT_MEGABYTES.

    Raises:
        ContractBroken: the file is larger.
    """
    if size_bytes > _max_bytes(settings):
        raise ContractBroken(
            f"{name} is larger than {settings.max_extract_megabytes:,} MB.",
            "check the file, or raise CHURN_MAX_EXTRACT_MEGABYTES.",
        )


def _max_bytes(settings: Settings) -> int:
    return settings.max_extract_megabytes * 1_000_000


def _patience(settings: Settings) -> tuple[float, float]:
    """Returns the longest wait for the next bytes and the longest time for a whole download, in seconds."""
    return settings.download_timeout_seconds, settings.statement_timeout_minutes * 60.0


def check_there(source: str) -> None:
    """Refuses a path that does not exist, before anything slow starts.

    Raises:
        WrongUsage: the file or folder does not exist.
    """
    is_path = source != STDIN and "://" not in source and not source.startswith("file:")
    # lexists, not exists: Path.exists() raises PermissionError in a folder that the user may not enter, and the later
    # step has a better message for that.
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
        # A pass of its own before parsing: a file with the wrong SHA-256, or a file loaded before, is never parsed.
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        return Extract(path, name, origin, sha256, state.st_size, state.st_mtime_ns)
    except PermissionError as error:
        raise WrongUsage(
            f"This user cannot read {path} ({error.strerror}).", "give the user read permission on the file."
        ) from error


def check_unchanged(extract: Extract) -> None:
    """Checks after the last row that nobody wrote to the file while it was read.

    Raises:
        Unavailable: somebody did. The SHA-256 in the ledger would then be wrong.
    """
    now = extract.path.stat()
    # Size and time, not the digest again: another pass over the file would double the time of reading it.
    if (now.st_size, now.st_mtime_ns) != (extract.size_bytes, extract.modified_ns):
        raise Unavailable(
            f"{extract.name} changed while it was read.", "wait until the file is complete, then run again."
        )
