"""Copies of models under CHURN_HOME: with them scoring goes on while the registry does not answer.

A copy is made whenever the registry gives a model, and is used only if its bytes are still the ones that were given.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from churn.errors import ModelRefused

_log = logging.getLogger("churn.models")


@dataclass(frozen=True)
class KeptModel:
    """A copy on this machine.

    Attributes:
        path: the model's file.
        tags: what the registry says of the version.
    """

    path: Path
    tags: dict[str, str]


@dataclass(frozen=True)
class _Note:
    """What is written beside a copy."""

    sha256: str
    tags: dict[str, str]


def keep_model(home_dir: Path, registry: str, version: int, file: Path, tags: dict[str, str]) -> None:
    """Keeps a copy of a model that the registry gave. Without room for it the run goes on all the same.

    Args:
        home_dir: CHURN_HOME.
        registry: which registry it is of: another one's version 3 is another model.
        version: the model's version.
        file: its file.
        tags: what the registry says of the version.
    """
    folder = _folder(home_dir, registry, version)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "model.new"
        shutil.copyfile(file, copy)
        note = _Note(_digest(copy), tags)
        (folder / "note.json").write_text(json.dumps(asdict(note), indent=2), encoding="utf-8")
        copy.replace(folder / "model.skops")
    except OSError as error:
        _log.warning("No copy of model version %s is kept: %s", version, error.strerror)


def find_kept(home_dir: Path, registry: str, version: int) -> KeptModel | None:
    """Returns the copy of a version, or None where there is none.

    Raises:
        ModelRefused: its bytes are not those that the registry gave.
    """
    folder = _folder(home_dir, registry, version)
    file = folder / "model.skops"
    try:
        note = _Note(**json.loads((folder / "note.json").read_text(encoding="utf-8")))
        is_whole = _digest(file) == note.sha256
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        is_whole = False
    if not is_whole:
        raise ModelRefused(
            f"The copy of model version {version} under CHURN_HOME is not the model the registry gave.",
            f"wait for the registry; the copy is made again then, {folder} may be removed.",
        )
    return KeptModel(file, note.tags)


def _folder(home_dir: Path, registry: str, version: int) -> Path:
    of_registry = hashlib.sha256(registry.encode()).hexdigest()[:12]
    return home_dir / "models" / of_registry / f"version-{version}"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
