"""Everything MLflow: runs with their artifacts, model versions, the champion's alias, loading a version.

Models are stored in the skops format with an explicit list of trusted types; loading unpickles nothing else.
"""

import logging
import os
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy.engine import make_url

from churn.contracts import FEATURES, Predictor
from churn.errors import NotThere, Unavailable
from churn.settings import PROJECT_DIR, Settings
from churn.stores.database import create_database_if_missing, locate, without_password

if TYPE_CHECKING:
    from churn.learning.training import Candidate, Training

MODEL_NAME = "telco_churn_best_model"
EXPERIMENT = "telco_churn_training"
CHAMPION = "champion"

_TRUSTED_TYPES = [
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
]
_REQUIREMENTS = ("scikit-learn", "xgboost", "skops", "polars", "numpy")


@dataclass(frozen=True)
class RegisteredModel:
    """A model version in the registry."""

    name: str
    version: int
    run_id: str


def locate_registry(settings: Settings) -> str:
    """Returns MLflow's tracking address; without a setting, a database `mlflow` beside the product's own.

    Raises:
        Unavailable: that database cannot be created there.
    """
    if settings.mlflow_tracking_uri is not None:
        return settings.mlflow_tracking_uri.get_secret_value()
    uri = locate(settings)
    try:
        create_database_if_missing(uri, "mlflow")
    except Exception as error:
        raise Unavailable(
            f"No database for MLflow could be made on {without_password(uri)} ({type(error).__name__}).",
            "set CHURN_MLFLOW_TRACKING_URI to your MLflow server, or create a database named mlflow there.",
        ) from error
    return make_url(uri).set(drivername="postgresql+psycopg", database="mlflow").render_as_string(hide_password=False)


@lru_cache(maxsize=1)
def _connect(settings: Settings) -> Any:
    """Imports and configures MLflow once per process; returns its client."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = locate_registry(settings)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = mlflow.MlflowClient()
    try:
        if client.get_experiment_by_name(EXPERIMENT) is None:
            client.create_experiment(EXPERIMENT, artifact_location=_artifact_location(settings))
    except Exception as error:
        raise Unavailable(
            f"The MLflow registry did not answer: {str(error).strip().splitlines()[0]}",
            "check CHURN_MLFLOW_TRACKING_URI; `churn doctor` shows what is configured.",
        ) from error
    mlflow.set_experiment(EXPERIMENT)
    return client


def _artifact_location(settings: Settings) -> str | None:
    """A server knows where its artifacts go; a database does not."""
    if settings.mlflow_tracking_uri is not None:
        return None
    return (settings.home_dir / "mlflow" / "artifacts").as_uri()


def record_training(settings: Settings, training: "Training", as_of_date: date) -> RegisteredModel:
    """Logs a training (one run, one nested run per candidate) and registers the selected candidate.

    Returns:
        The new version. It is no champion yet.
    """
    client = _connect(settings)
    import mlflow

    tags = {
        "as_of_date": as_of_date.isoformat(),
        "training_fingerprint": training.fingerprint,
        "git_commit": _git_commit(),
        "params_fingerprint": training.params.fingerprint(),
    }
    with mlflow.start_run(run_name=f"training {as_of_date}", tags={**tags, "selected": training.selected.family}):
        mlflow.log_params(asdict(training.params))
        mlflow.log_text(training.reason, "selection.txt")
        uris = {one.family: _record_candidate(training, one, tags) for one in training.candidates}
    run_id, model_uri = uris[training.selected.family]
    registered = mlflow.register_model(model_uri, MODEL_NAME, tags=tags)
    client.set_model_version_tag(MODEL_NAME, registered.version, "family", training.selected.family)
    return RegisteredModel(MODEL_NAME, int(registered.version), run_id)


def _record_candidate(training: "Training", candidate: "Candidate", tags: dict[str, str]) -> tuple[str, str]:
    """Logs one candidate; returns its run and the address of its model."""
    import mlflow

    with mlflow.start_run(run_name=candidate.family, nested=True, tags={**tags, "family": candidate.family}) as run:
        mlflow.log_params(asdict(training.params) | {"family": candidate.family})
        mlflow.log_metrics(_metrics(candidate))
        _log_dataset(training, tags)
        _log_pictures(training, candidate)
        info = _log_model(training, candidate)
        return run.info.run_id, info.model_uri


def _metrics(candidate: "Candidate") -> dict[str, float]:
    metrics: dict[str, float] = {f"test_{name}": float(count) for name, count in candidate.confusion.items()}
    for part, figures in (("validation", candidate.validation), ("test", candidate.test)):
        for name, interval in figures.items():
            metrics[f"{part}_{name}"] = interval.value
            metrics[f"{part}_{name}_low"] = interval.low
            metrics[f"{part}_{name}_high"] = interval.high
    return metrics


def _log_dataset(training: "Training", tags: dict[str, str]) -> None:
    import mlflow

    source = f"analytics.fct_customer_features as of {tags['as_of_date']}"
    train = training.split.train.select(*FEATURES, "has_churned").to_pandas()
    dataset = mlflow.data.from_pandas(
        train, source=source, targets="has_churned", name="training part", digest=training.fingerprint[:36]
    )
    mlflow.log_input(dataset, context="training")
    sizes = {part: getattr(training.split, part).height for part in ("train", "validation", "test")}
    mlflow.log_params({f"{part}_rows": rows for part, rows in sizes.items()})


def _log_pictures(training: "Training", candidate: "Candidate") -> None:
    import mlflow

    from churn.learning import plots
    from churn.learning.candidates import importances

    labels, probabilities = training.split.test["has_churned"].to_numpy(), candidate.test_probabilities
    family, test = candidate.family, candidate.test
    ranked = importances(family, candidate.pipeline)
    mlflow.log_figure(plots.draw_confusion(candidate.confusion, family), "confusion_matrix.png")
    mlflow.log_figure(
        plots.draw_precision_recall(labels, probabilities, test["pr_auc"], family), "precision_recall_curve.png"
    )
    mlflow.log_figure(plots.draw_calibration(labels, probabilities, test["ece"], family), "calibration_curve.png")
    mlflow.log_figure(plots.draw_importances(ranked, family), "feature_importance.png")
    mlflow.log_text(ranked.write_csv(), "feature_importance.csv")


def _log_model(training: "Training", candidate: "Candidate") -> Any:
    import mlflow
    from mlflow.models import infer_signature

    example = training.split.train.select(FEATURES).head(5).to_pandas()
    probabilities = candidate.pipeline.predict_proba(pl.from_pandas(example))
    return mlflow.sklearn.log_model(
        candidate.pipeline,
        name="model",
        serialization_format="skops",
        skops_trusted_types=_TRUSTED_TYPES,
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(example, probabilities),
        input_example=example,
        pip_requirements=[f"{name}=={installed_version(name)}" for name in _REQUIREMENTS],
    )


def _git_commit() -> str:
    """The commit of the code, or 'unknown' outside a checkout."""
    command = ["git", "-C", str(PROJECT_DIR), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def name_champion(settings: Settings, version: int) -> None:
    """Points the alias `champion` at a version, for everyone who loads models by alias."""
    _connect(settings).set_registered_model_alias(MODEL_NAME, CHAMPION, str(version))


def load_predictor(settings: Settings, version: int) -> Predictor:
    """Returns a registered model version, ready to predict.

    Raises:
        NotThere: the registry has no such version.
    """
    _connect(settings)
    import mlflow

    try:
        predictor: Predictor = mlflow.sklearn.load_model(f"models:/{MODEL_NAME}/{version}")
    except mlflow.exceptions.MlflowException as error:
        raise NotThere(
            f"The registry has no version {version} of {MODEL_NAME}: {str(error).strip().splitlines()[0]}",
            "train again with `churn run --retrain`.",
        ) from error
    return predictor
