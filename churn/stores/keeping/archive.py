"""The file of a backup: a tar whose first member, the manifest, has the sha256 of every other member.

The members are compressed already (dumps of Postgres, models, pictures), so that the tar itself is not.
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from churn.errors import WrongUsage

FORMAT = 1
"""The version of this layout. A program refuses a file of a later version, since it could miss a part of it."""

MANIFEST = "manifest.json"
_DIGEST = "manifest.sha256"


class BrokenBackup(WrongUsage):
    """The file is no backup, is incomplete, or has changed since it was written."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} cannot be restored: {what}.", "use another backup; `churn restore` changed nothing.")

    def __reduce__(self) -> tuple[Any, ...]:
        return WrongUsage, (self.fact, self.next_step)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: the version of the layout of the file.
        release: the release of the program that wrote it.
        taken_at: when the rows were read, UTC, in ISO form.
        database: the name of the product's database, which SQLMesh's state has in the name of every model.
        tables_version: the newest migration of the product's tables.
        left_out: sentences about what belongs to the product but is not in the file.
        settings: the settings that differed from their defaults, without secrets, by the name of the variable.
        figures: for each published date the customers and the revenue at risk in USD, as readers saw them.
        members: the sha256 of every other member by its name.
    """

    format: int
    release: str
    taken_at: str
    database: str
    tables_version: int
    left_out: list[str]
    settings: dict[str, str]
    figures: dict[str, list[float]]
    members: dict[str, str]


def write_archive(path: Path, manifest: Manifest, files: Mapping[str, Path]) -> str:
    """Writes the file beside its final place, flushes it to the disk, and renames it. Returns its sha256.

    Only the owner may read the file, since it holds customers. A run that stops leaves no file of the final name.

    Args:
        path: the final place, which does not exist yet.
        manifest: what the backup holds.
        files: the other members by name.
    """
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    document = json.dumps(asdict(manifest), indent=2).encode()
    try:
        # Created with 0600: a chmod after opening would leave a moment in which others may read customers.
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as tar:
                _add_bytes(tar, MANIFEST, document)
                _add_bytes(tar, _DIGEST, hashlib.sha256(document).hexdigest().encode())
                for name, file in files.items():
                    tar.add(file, name, recursive=False)
            stream.flush()
            # Before the rename: after a power failure the name could otherwise stand for a file without its bytes.
            os.fsync(stream.fileno())
        check_archive(partial)  # Read back before the rename: a disk that lies is noticed today, not on the bad day.
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return digest_of(path)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, BytesIO(content))


def check_archive(path: Path) -> Manifest:
    """Reads the whole file and returns its manifest.

    Raises:
        BrokenBackup: the file is no backup, is of a later layout, or a member is missing, too many or changed.
    """
    with _opened(path) as tar:
        manifest = _read_manifest(path, tar)
        seen = {member.name: _digest_member(tar, member) for member in tar if member.name not in (MANIFEST, _DIGEST)}
    for name in sorted({*manifest.members, *seen}):
        if manifest.members.get(name) != seen.get(name):
            state = "is missing" if name not in seen else "has changed since the backup was taken"
            raise BrokenBackup(path, f"its part {name} {state}")
    return manifest


def unpack(path: Path, folder: Path) -> None:
    """Unpacks every member of a checked file below a folder. No member can leave the folder (PEP 706)."""
    with _opened(path) as tar:
        tar.extractall(folder, filter="data")


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        # "r:" reads a plain tar only: a compressed one could unpack to any size.
        with tarfile.open(path, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise BrokenBackup(path, f"it is not a whole backup file ({error})") from error


def _read_manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    try:
        document, digest = (_read_member(tar, name) for name in (MANIFEST, _DIGEST))
        content = json.loads(document)
    except (KeyError, ValueError) as error:
        raise BrokenBackup(path, "it has no manifest; `churn backup` did not write it") from error
    if hashlib.sha256(document).hexdigest().encode() != digest:
        raise BrokenBackup(path, "its manifest has changed since the backup was taken")
    if content["format"] > FORMAT:
        raise BrokenBackup(path, f"release {content['release']} wrote it, and this program is older")
    return Manifest(**content)


def _read_member(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    assert stream is not None  # None only for folders and links.
    return stream.read()


def _digest_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    stream = tar.extractfile(member)
    return hashlib.file_digest(stream, "sha256").hexdigest() if stream else "not a file"  # type: ignore[arg-type]


def digest_of(path: Path) -> str:
    """Returns the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
