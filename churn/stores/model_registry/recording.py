"""Records trainings, searches and evaluations in MLflow: runs with their artifacts, and the version of a model.

Models are stored in the skops format with an explicit list of trusted types, so that loading a model runs no pickle.
"""

import logging
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import asdict
from datetime import date
from functools import partial
from importlib.metadata import version as installed_version
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from churn.contracts.card import write_card
from churn.contracts.decisions import Evidence, TrainedLabels
from churn.contracts.evaluations import Evaluation
from churn.contracts.models import MODEL_NAME, RegisteredModel
from churn.economics.policies import ValuePolicy
from churn.settings import Settings
from churn.stores.model_registry.kept_models import digest_file, keep_model
from churn.stores.model_registry.model_files import MODEL_FILE, PINNED, store_model
from churn.stores.model_registry.provenance import git_commit, lock_sha256
from churn.stores.model_registry.registry import EXPERIMENT, connect
from churn.stores.model_registry.registry_answers import raises_registry_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from churn.learning.params import ModelParams
    from churn.learning.training import Candidate, Training

_log = logging.getLogger("churn.models")


def enter_experiment(settings: Settings) -> Any:
    """Makes the product's experiment the one that runs are recorded in; returns MLflow's client."""
    client = connect(settings)
    import mlflow

    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        client.create_experiment(EXPERIMENT, artifact_location=_artifact_location(settings))
    elif found.lifecycle_stage == "deleted":
        # MLflow keeps the name of a deleted experiment, so that no other one can take its place.
        client.restore_experiment(found.experiment_id)
        _log.warning("Somebody deleted the MLflow experiment %s. It was restored to record this run.", EXPERIMENT)
    mlflow.set_experiment(EXPERIMENT)
    return client


def _artifact_location(settings: Settings) -> str | None:
    """Returns where artifacts are stored. A tracking server decides that itself; a database alone cannot."""
    if settings.mlflow_tracking_uri is not None:
        return None
    return settings.artifacts_dir.as_uri()


@raises_registry_down
def record_training(
    settings: Settings,
    training: "Training",
    as_of_date: date,
    evidence: Evidence,
    policy: ValuePolicy,
    last_version: int,
) -> RegisteredModel:
    """Logs a training as a run with a nested run per candidate, registers the selected candidate, keeps a copy of it.

    Args:
        settings: the settings of the product.
        training: the training.
        as_of_date: the date of the examples.
        evidence: what the ledger keeps of the training.
        policy: the value of a customer, for the profit curve.
        last_version: the highest version in the ledger; the new version is higher, in any registry.

    Returns:
        The new model version. It is not the champion yet.
    """
    client = enter_experiment(settings)
    import mlflow

    tags = _name_origin(training, as_of_date, evidence)
    with mlflow.start_run(run_name=f"training {as_of_date}", tags={**tags, "selected": training.selected.family}):
        mlflow.log_params(training.params.settings())
        mlflow.log_text(training.reason, "selection.txt")
        mlflow.log_dict(evidence.to_json(), "evidence.json")
        mlflow.log_text(write_card(MODEL_NAME, training.selected.family, as_of_date, evidence), "model_card.md")
        uris = {candidate.family: _record_candidate(training, candidate, tags, policy) for candidate in training.told()}
    run_id, model_uri = uris[training.selected.family]
    version = register_model(client, model_uri, tags, last_version)
    client.set_model_version_tag(MODEL_NAME, str(version), "family", training.selected.family)
    # Downloaded again: the digest must be that of the file which the registry will deliver.
    file = Path(mlflow.artifacts.download_artifacts(model_uri), MODEL_FILE)
    model = RegisteredModel(MODEL_NAME, version, run_id, training.fingerprint, digest_file(file))
    keep_model(settings.home_dir, model, file, tags)
    return model


def _name_origin(training: "Training", as_of_date: date, evidence: Evidence) -> dict[str, str]:
    """Returns the tags that say what a training was made from. Loading compares the versions of the libraries."""
    return {
        "as_of_date": as_of_date.isoformat(),
        "training_fingerprint": training.fingerprint,
        "git_commit": git_commit(),
        "lock_sha256": lock_sha256(),
        **{f"{package}_version": installed_version(package) for package in PINNED},
        "params_fingerprint": training.params.fingerprint(),
        "labels": _tell_labels(evidence.labels),
    }


def register_model(
    client: Any, model_uri: str, tags: Mapping[str, str], last_version: int, name: str = MODEL_NAME
) -> int:
    """Registers a model under a number that no model of the ledger has, and returns the number.

    A new registry counts from 1 again. MLflow gives no number twice, also not that of a deleted version, so that
    registering and deleting placeholders raises its count above the ledger's.
    """
    import mlflow

    while True:
        with redirect_stderr(StringIO()):  # MLflow 3 prints "Successfully registered model" here.
            version = int(mlflow.register_model(model_uri, name, tags=dict(tags)).version)
        if version > last_version:
            return version
        client.delete_model_version(name, str(version))


def _tell_labels(labels: TrainedLabels | None) -> str:
    return " ".join([labels.kind, *map(str, labels.as_of_dates)]) if labels else "unknown"


def _record_candidate(
    training: "Training", candidate: "Candidate", tags: dict[str, str], policy: ValuePolicy
) -> tuple[str, str]:
    """Logs one candidate, and returns the id of its run and the address of its model."""
    import mlflow

    with mlflow.start_run(run_name=candidate.family, nested=True, tags={**tags, "family": candidate.family}) as run:
        mlflow.log_params(training.params.settings() | {"family": candidate.family})
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

    train = training.split.train.select(*training.params.given.names, "has_churned").to_pandas()
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

    from churn.learning.artifacts import invent_customers

    # Invented and not taken from the examples: MLflow stores the example beside the model, for everybody to read.
    write = partial(mlflow.sklearn.log_model, name="model")
    return store_model(write, candidate.model, invent_customers(training))


@raises_registry_down
def try_recording(settings: Settings) -> None:
    """Records a run with an artifact in MLflow and deletes it, as a training would need it.

    Raises:
        RegistryDown: the registry did not answer, or it refused the run or the artifact.
    """
    client = enter_experiment(settings)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    run_id = client.create_run(experiment.experiment_id, run_name="churn doctor").info.run_id
    try:
        client.log_text(run_id, "Written by churn doctor.", "doctor.txt")
    finally:
        client.delete_run(run_id)


@raises_registry_down
def record_search(
    settings: Settings, name: str, params: "ModelParams", trials: pl.DataFrame, picture: "Figure"
) -> None:
    """Logs a search for settings: the settings it chose, everything it tried, and a picture."""
    enter_experiment(settings)
    import mlflow

    with mlflow.start_run(run_name=name, tags={"git_commit": git_commit()}):
        mlflow.log_params(params.settings())
        mlflow.log_text(trials.write_csv(), "search.csv")
        mlflow.log_figure(picture, "search.png")


@raises_registry_down
def record_evaluation(
    settings: Settings, evaluation: Evaluation, results: pl.DataFrame, picture: "Figure", params: "ModelParams"
) -> None:
    """Logs an evaluation on many splits: means, standard deviations, the figures of every split, and a picture."""
    enter_experiment(settings)
    import mlflow

    with mlflow.start_run(run_name=f"evaluation {evaluation.as_of_date}", tags={"git_commit": git_commit()}):
        mlflow.log_params(params.settings() | {"splits": evaluation.splits, "examples": evaluation.examples})
        for name, means in {"selected": evaluation.selected, **evaluation.candidates}.items():
            mlflow.log_metrics({f"{name}_{key}": value for key, value in vars(means).items() if key in means.sd})
            mlflow.log_metrics({f"{name}_{key}_sd": value for key, value in means.sd.items()})
        mlflow.log_dict(asdict(evaluation) | {"as_of_date": str(evaluation.as_of_date)}, "evaluation.json")
        mlflow.log_text(results.write_csv(), "splits.csv")
        mlflow.log_figure(picture, "splits.png")
