"""Keeps copies of models under CHURN_HOME, so that scoring can go on while the registry cannot deliver a model.

A copy is made when a model is registered and whenever it is downloaded. A copy is used only if its digest is that of
the ledger, or for a model of an earlier release that of the note beside the copy.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from churn.contracts.models import RegisteredModel
from churn.errors import ModelRefused

_log = logging.getLogger("churn.models")


@dataclass(frozen=True)
class KeptModel:
    """A copy on this machine.

    Attributes:
        path: the file of the model.
        tags: the tags of the version in the registry.
        sha256: the digest of the file.
    """

    path: Path
    tags: dict[str, str]
    sha256: str


@dataclass(frozen=True)
class _Note:
    """The content of note.json, next to a copy."""

    sha256: str
    tags: dict[str, str]


def digest_file(file: Path) -> str:
    """Returns the SHA-256 of a model's file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def keep_model(home_dir: Path, model: RegisteredModel, file: Path, tags: dict[str, str]) -> None:
    """Keeps a copy of a model from the registry. If the disk has no space, the run continues without a copy.

    Args:
        home_dir: CHURN_HOME.
        model: the model. Its run names the folder, since version 3 of another registry is another model.
        file: the file of the model.
        tags: the tags of the version in the registry.
    """
    folder = _folder(home_dir, model)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / "model.new"
        shutil.copyfile(file, copy)
        # The digest is that of the copy: a disk that wrote it wrongly is noticed when the digest is compared with the
        # ledger.
        note = _Note(digest_file(copy), tags)
        (folder / "note.json").write_text(json.dumps(asdict(note), indent=2), encoding="utf-8")
        # The model comes last, by an atomic rename. A run that stops before it leaves no model, or the earlier one with
        # a digest that does not match: `find_kept` uses neither.
        copy.replace(folder / "model.skops")
    except OSError as error:
        _log.warning("Model version %s could not be copied to CHURN_HOME: %s", model.version, error.strerror)


def find_kept(home_dir: Path, model: RegisteredModel) -> KeptModel | None:
    """Returns the copy of a model, or None if there is no copy.

    Raises:
        ModelRefused: the copy has changed since it was made.
    """
    folder = _folder(home_dir, model)
    file = folder / "model.skops"
    try:
        note = _Note(**json.loads((folder / "note.json").read_text(encoding="utf-8")))
        sha256 = digest_file(file)
        is_whole = sha256 == note.sha256 and model.sha256 in (None, sha256)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        is_whole = False
    if not is_whole:
        raise ModelRefused(
            f"The copy of model version {model.version} under CHURN_HOME has changed since it was made, "
            "and was not loaded.",
            f"delete {folder} and run again; if MLflow does not have the model, train a new one with "
            "`churn train --retrain`.",
        )
    return KeptModel(file, note.tags, sha256)


def _folder(home_dir: Path, model: RegisteredModel) -> Path:
    return home_dir / "models" / model.run_id
