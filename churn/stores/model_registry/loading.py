"""Loads a model from the registry, or its copy under CHURN_HOME if the registry cannot deliver it."""

from dataclasses import dataclass
from pathlib import Path

from churn.contracts.models import RegisteredModel
from churn.contracts.scores import Predictor
from churn.errors import ModelRefused, NotInRegistry, RegistryDown
from churn.settings import Settings
from churn.stores.model_registry.kept_models import digest_file, find_kept, keep_model
from churn.stores.model_registry.model_files import MODEL_FILE, check_versions, read_model
from churn.stores.model_registry.registry import find_version
from churn.stores.model_registry.registry_answers import answering, is_missing


@dataclass(frozen=True)
class LoadedModel:
    """A registered model, ready to predict.

    Attributes:
        predictor: the model.
        why_copy: why the copy under CHURN_HOME was loaded; None if the registry delivered the model.
    """

    predictor: Predictor
    why_copy: str | None = None


def load_model(settings: Settings, model: RegisteredModel) -> LoadedModel:
    """Returns a model of the ledger; its copy, if the registry does not answer or does not have the model.

    A file that differs from the ledger is never loaded, and no copy takes its place: somebody must look at it.
    The file is checked with this program's own list of trusted types, not with the list that comes with the model.

    Raises:
        NotInRegistry: the registry does not have this model, and there is no copy.
        ModelRefused: it was trained with other library versions, has types that are not trusted, or its file changed.
        RegistryDown: the registry does not answer, and there is no copy.
    """
    try:
        return LoadedModel(read_model(_fetch_model(settings, model)))
    except (RegistryDown, NotInRegistry) as missing:
        kept = find_kept(settings.home_dir, model)
        if kept is None:
            raise
        check_versions(model.version, kept.tags)
        is_down = isinstance(missing, RegistryDown)
        why = "the registry does not answer" if is_down else "the registry does not have this model"
        return LoadedModel(read_model(kept.path), why)


def load_predictor(settings: Settings, model: RegisteredModel) -> Predictor:
    """Returns the model alone. It raises the same errors as `load_model`."""
    return load_model(settings, model).predictor


def _fetch_model(settings: Settings, model: RegisteredModel) -> Path:
    """Downloads the file of a model, compares it with the ledger and keeps a copy of it."""
    tags = find_version(settings, model).tags
    check_versions(model.version, tags)  # Before the download: it refuses in a moment what cannot be used.
    file = _download(model)
    _check_file(settings, model, file)
    keep_model(settings.home_dir, model, file, tags)
    return file


def _download(model: RegisteredModel) -> Path:
    import mlflow

    lost = NotInRegistry(f"The registry has version {model.version} of {model.name}, but not the file of the model.")
    try:
        with answering():
            file = Path(mlflow.artifacts.download_artifacts(f"models:/{model.name}/{model.version}"), MODEL_FILE)
    except Exception as error:
        if is_missing(error):
            raise lost from error
        raise
    if not file.is_file():
        raise lost
    return file


def _check_file(settings: Settings, model: RegisteredModel, file: Path) -> None:
    """Refuses a file with other bytes than at its registration; for a model of an earlier release, than in its copy."""
    expected = model.sha256
    if expected is None:
        kept = find_kept(settings.home_dir, model)
        expected = kept.sha256 if kept else None
    if expected not in (None, digest_file(file)):
        raise ModelRefused(
            f"The file of model version {model.version} has changed since it was registered, and was not loaded.",
            "find out who changed it in MLflow's artifacts, and put the file back or train a new model with "
            "`churn train --retrain`.",
        )
