"""Keeps copies of models under CHURN_HOME, so that scoring can go on while the registry does not answer.

A copy is made whenever a model is downloaded from the registry. A copy is used only if its digest has not changed.
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
        path: the file of the model.
        tags: the tags of the version in the registry.
    """

    path: Path
    tags: dict[str, str]


@dataclass(frozen=True)
class _Note:
    """The content of note.json, next to a copy."""

    sha256: str
    tags: dict[str, str]


def keep_model(home_dir: Path, registry: str, version: int, file: Path, tags: dict[str, str]) -> None:
    """Keeps a copy of a model from the registry. If the disk has no space, the run continues without a copy.

    Args:
        home_dir: CHURN_HOME.
        registry: the name of the registry, since version 3 of another registry is another model.
        version: the version of the model.
        file: the file of the model.
        tags: the tags of the version in the registry.
    """
    folder = _folder(home_dir, registry, version)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "model.new"
        shutil.copyfile(file, copy)
        note = _Note(_digest(copy), tags)
        (folder / "note.json").write_text(json.dumps(asdict(note), indent=2), encoding="utf-8")
        # The model comes last, by an atomic rename. A run that stops before it leaves no model, or the earlier one with
        # a digest that does not match: `find_kept` uses neither.
        copy.replace(folder / "model.skops")
    except OSError as error:
        _log.warning("Model version %s could not be copied to CHURN_HOME: %s", version, error.strerror)


def find_kept(home_dir: Path, registry: str, version: int) -> KeptModel | None:
    """Returns the copy of a version, or None if there is no copy.

    Raises:
        ModelRefused: the copy has changed since it was made.
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
            f"The copy of model version {version} under CHURN_HOME has changed since it was made, and was not loaded.",
            f"delete {folder} and run again when the registry answers; that makes a new copy.",
        )
    return KeptModel(file, note.tags)


def _folder(home_dir: Path, registry: str, version: int) -> Path:
    of_registry = hashlib.sha256(registry.encode()).hexdigest()[:12]
    return home_dir / "models" / of_registry / f"version-{version}"


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
