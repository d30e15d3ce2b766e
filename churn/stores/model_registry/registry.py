"""Writes to MLflow: runs with their artifacts, model versions, and the alias of the champion.

Models are stored in the skops format with an explicit list of trusted types, so that loading a model runs no pickle.
"""

import logging
import os
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version as installed_version
from io import StringIO
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy.engine import make_url

from churn.contracts.decisions import Evidence, TrainedLabels
from churn.contracts.features import FEATURES
from churn.economics.policies import ValuePolicy
from churn.errors import Unavailable
from churn.secrecy import without_login
from churn.settings import Settings
from churn.stores.model_registry.model_files import PINNED, TRUSTED_TYPES
from churn.stores.model_registry.moving import follow_home
from churn.stores.model_registry.provenance import git_commit, lock_sha256
from churn.stores.model_registry.registry_answers import answering, raises_registry_down
from churn.stores.postgres.database import create_database_if_missing, locate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from churn.learning.params import ModelParams
    from churn.learning.training import Candidate, Training

MODEL_NAME = "telco_churn_best_model"
EXPERIMENT = "telco_churn_training"
CHAMPION = "champion"

_REQUIREMENTS = ("scikit-learn", "xgboost", "skops", "polars", "numpy")


@dataclass(frozen=True)
class RegisteredModel:
    """A model version in the registry."""

    name: str
    version: int
    run_id: str


def locate_registry(settings: Settings) -> str:
    """Returns MLflow's tracking address (default: the database `mlflow` on the server of the product's database).

    Raises:
        Unavailable: the database `mlflow` cannot be created.
    """
    if settings.mlflow_tracking_uri is not None:
        return settings.mlflow_tracking_uri.get_secret_value()
    uri = locate(settings)
    try:
        create_database_if_missing(uri, "mlflow")
    except Exception as error:
        raise Unavailable(
            f"The database for MLflow could not be created on {without_login(uri)}: "
            f"{str(error).strip().splitlines()[0]}",
            "set CHURN_MLFLOW_TRACKING_URI to your MLflow server, or create a database named mlflow on that server.",
        ) from error
    mlflow_url = make_url(uri).set(drivername="postgresql+psycopg", database="mlflow")
    address = mlflow_url.render_as_string(hide_password=False)
    follow_home(address, EXPERIMENT, settings.artifacts_dir, is_shared=settings.database_url is not None)
    return address


def import_mlflow() -> None:
    """Imports MLflow, without telemetry and progress bars, and skops. It takes seconds, so callers may do it early."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's 7 take four minutes, and Prefect retries.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    import mlflow.sklearn  # noqa: F401
    import skops.io  # noqa: F401


@lru_cache(maxsize=1)
def connect(settings: Settings) -> Any:
    """Imports and configures MLflow once per process; returns its client."""
    import_mlflow()
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = locate_registry(settings)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if settings.mlflow_tracking_uri is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it; the settings would read it.
    client = mlflow.MlflowClient()
    with answering():
        if client.get_experiment_by_name(EXPERIMENT) is None:
            client.create_experiment(EXPERIMENT, artifact_location=_artifact_location(settings))
        mlflow.set_experiment(EXPERIMENT)
    return client


def _artifact_location(settings: Settings) -> str | None:
    """Returns where artifacts are stored. A tracking server decides that itself; a database alone cannot."""
    if settings.mlflow_tracking_uri is not None:
        return None
    return settings.artifacts_dir.as_uri()


@raises_registry_down
def record_training(
    settings: Settings, training: "Training", as_of_date: date, evidence: Evidence, policy: ValuePolicy
) -> RegisteredModel:
    """Logs a training as a run with a nested run per candidate, and registers the selected candidate.

    Returns:
        The new model version. It is not the champion yet.
    """
    client = connect(settings)
    import mlflow

    tags = {
        "as_of_date": as_of_date.isoformat(),
        "training_fingerprint": training.fingerprint,
        "git_commit": git_commit(),
        "lock_sha256": lock_sha256(),
        **{f"{package}_version": installed_version(package) for package in PINNED},
        "params_fingerprint": training.params.fingerprint(),
        "labels": _tell_labels(evidence.labels),
    }
    with mlflow.start_run(run_name=f"training {as_of_date}", tags={**tags, "selected": training.selected.family}):
        mlflow.log_params(asdict(training.params))
        mlflow.log_text(training.reason, "selection.txt")
        mlflow.log_dict(evidence.to_json(), "evidence.json")
        uris = {candidate.family: _record_candidate(training, candidate, tags, policy) for candidate in training.told()}
    run_id, model_uri = uris[training.selected.family]
    with redirect_stderr(StringIO()):  # MLflow 3 prints "Successfully registered model" here.
        registered = mlflow.register_model(model_uri, MODEL_NAME, tags=tags)
    client.set_model_version_tag(MODEL_NAME, registered.version, "family", training.selected.family)
    return RegisteredModel(MODEL_NAME, int(registered.version), run_id)


def _tell_labels(labels: TrainedLabels | None) -> str:
    return " ".join([labels.kind, *map(str, labels.as_of_dates)]) if labels else "unknown"


def _record_candidate(
    training: "Training", candidate: "Candidate", tags: dict[str, str], policy: ValuePolicy
) -> tuple[str, str]:
    """Logs one candidate, and returns the id of its run and the address of its model."""
    import mlflow

    with mlflow.start_run(run_name=candidate.family, nested=True, tags={**tags, "family": candidate.family}) as run:
        mlflow.log_params(asdict(training.params) | {"family": candidate.family})
        mlflow.log_metrics(_metrics(candidate))
        _log_dataset(training, tags)
        _log_artifacts(training, candidate, policy)
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

    train = training.split.train.select(*FEATURES, "has_churned").to_pandas()
    source, digest = f"analytics.fct_customer_features, labels {tags['labels']}", training.fingerprint[:36]
    dataset = mlflow.data.from_pandas(train, source, targets="has_churned", name="training part", digest=digest)
    mlflow.log_input(dataset, context="training")
    for part in ("train", "validation", "test"):
        mlflow.log_param(f"{part}_rows", getattr(training.split, part).height)


def _log_artifacts(training: "Training", candidate: "Candidate", policy: ValuePolicy) -> None:
    import mlflow

    from churn.learning.artifacts import draw_candidate, write_candidate

    for name, picture in draw_candidate(training, candidate, policy).items():
        mlflow.log_figure(picture, name)
    for name, text in write_candidate(training, candidate).items():
        mlflow.log_text(text, name)


def _log_model(training: "Training", candidate: "Candidate") -> Any:
    import mlflow
    from mlflow.models import infer_signature

    example = training.split.train.select(FEATURES).head(5).to_pandas()
    probabilities = candidate.model.predict_proba(pl.from_pandas(example))
    return mlflow.sklearn.log_model(
        candidate.model,
        name="model",
        serialization_format="skops",
        skops_trusted_types=TRUSTED_TYPES,
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(example, probabilities),
        input_example=example,
        pip_requirements=[f"{name}=={installed_version(name)}" for name in _REQUIREMENTS],
    )


@raises_registry_down
def record_search(
    settings: Settings, name: str, params: "ModelParams", trials: pl.DataFrame, picture: "Figure"
) -> None:
    """Logs a search for settings: the settings it chose, everything it tried, and a picture."""
    connect(settings)
    import mlflow

    with mlflow.start_run(run_name=name, tags={"git_commit": git_commit()}):
        mlflow.log_params(asdict(params))
        mlflow.log_text(trials.write_csv(), "search.csv")
        mlflow.log_figure(picture, "search.png")


@raises_registry_down
def tag_decision(settings: Settings, version: int, decision: str, reason: str) -> None:
    """Adds a decision of the ledger to the model version as tags, for people who look into MLflow first."""
    client = connect(settings)
    client.set_model_version_tag(MODEL_NAME, str(version), "gate_decision", decision)
    client.set_model_version_tag(MODEL_NAME, str(version), "gate_reason", reason)


@raises_registry_down
def record_evaluation(
    settings: Settings, summary: dict[str, Any], results: pl.DataFrame, picture: "Figure", params: "ModelParams"
) -> None:
    """Logs an evaluation on many splits: means, standard deviations, the figures of every split, and a picture."""
    connect(settings)
    import mlflow

    with mlflow.start_run(run_name=f"evaluation {summary['as_of_date']}", tags={"git_commit": git_commit()}):
        mlflow.log_params(asdict(params) | {"splits": summary["splits"], "examples": summary["examples"]})
        for name, figures in {"selected": summary["selected"], **summary["candidates"]}.items():
            mlflow.log_metrics({f"{name}_{key}": value for key, value in figures.items() if isinstance(value, float)})
            mlflow.log_metrics({f"{name}_{key}_sd": value for key, value in figures["sd"].items()})
        mlflow.log_dict(summary, "evaluation.json")
        mlflow.log_text(results.write_csv(), "splits.csv")
        mlflow.log_figure(picture, "splits.png")


@raises_registry_down
def name_champion(settings: Settings, version: int) -> None:
    """Points the alias `champion` to a version, for programs that load models by alias."""
    connect(settings).set_registered_model_alias(MODEL_NAME, CHAMPION, str(version))
