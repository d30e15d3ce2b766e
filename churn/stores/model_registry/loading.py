"""Loads a model version from the registry, or from its local copy if the registry does not answer."""

from dataclasses import dataclass
from pathlib import Path

from churn.contracts.scores import Predictor
from churn.errors import NotThere, RegistryDown
from churn.settings import Settings
from churn.stores.model_registry.kept_models import find_kept, keep_model
from churn.stores.model_registry.model_files import check_versions, read_model
from churn.stores.model_registry.registry import MODEL_NAME, connect
from churn.stores.model_registry.registry_answers import answering


@dataclass(frozen=True)
class LoadedModel:
    """A registered model version, ready to predict.

    Attributes:
        predictor: the model.
        is_from_copy: True if it was loaded from the copy under CHURN_HOME, because the registry did not answer.
    """

    predictor: Predictor
    is_from_copy: bool = False


def load_model(settings: Settings, version: int) -> LoadedModel:
    """Returns a registered model version; if the registry does not answer, its local copy.

    The file is checked with this program's own list of trusted types, not with the list that comes with the model.

    Raises:
        NotThere: the registry does not have this version.
        ModelRefused: it was trained with other library versions, has types that are not trusted, or its copy changed.
        RegistryDown: the registry does not answer, and there is no copy.
    """
    try:
        return LoadedModel(read_model(_fetch_model(settings, version)))
    except RegistryDown:
        kept = find_kept(settings.home_dir, _name_registry(settings), version)
        if kept is None:
            raise
        check_versions(version, kept.tags)
        return LoadedModel(read_model(kept.path), is_from_copy=True)


def load_predictor(settings: Settings, version: int) -> Predictor:
    """Returns the model alone. It raises the same errors as `load_model`."""
    return load_model(settings, version).predictor


def _fetch_model(settings: Settings, version: int) -> Path:
    """Downloads the file of a version and keeps a copy of it."""
    client = connect(settings)
    import mlflow

    try:
        with answering():
            tags = client.get_model_version(MODEL_NAME, str(version)).tags
            check_versions(version, tags)  # Before the download: it refuses in a moment what cannot be used.
            folder = mlflow.artifacts.download_artifacts(f"models:/{MODEL_NAME}/{version}")
    except mlflow.exceptions.MlflowException as error:
        raise NotThere(
            f"The registry does not have version {version} of {MODEL_NAME}: {str(error).strip().splitlines()[0]}",
            "train a new model with `churn train --retrain`.",
        ) from error
    file = Path(folder) / "model.skops"
    keep_model(settings.home_dir, _name_registry(settings), version, file, tags)
    return file


def _name_registry(settings: Settings) -> str:
    """Returns a name that differs for each registry. It comes from the settings, so the registry need not answer."""
    address = settings.mlflow_tracking_uri or settings.database_url
    return address.get_secret_value() if address else "embedded"
