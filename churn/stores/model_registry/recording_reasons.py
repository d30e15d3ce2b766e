"""Records a training of the model of reasons in MLflow, and registers the model beside the champion."""

from collections.abc import Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import polars as pl

from churn.contracts.leaving_reasons import REASON_MODEL, ReasonTraining
from churn.contracts.models import RegisteredModel
from churn.settings import Settings
from churn.stores.model_registry.kept_models import digest_file, keep_model
from churn.stores.model_registry.model_files import MODEL_FILE, PINNED, TRUSTED_TYPES
from churn.stores.model_registry.provenance import git_commit, lock_sha256
from churn.stores.model_registry.recording import enter_experiment, register_model
from churn.stores.model_registry.registry_answers import raises_registry_down

_REQUIREMENTS = ("scikit-learn", "skops", "polars", "numpy")


@raises_registry_down
def record_reason_training(
    settings: Settings, made: ReasonTraining, model: Any, example: pl.DataFrame, last_version: int
) -> RegisteredModel | None:
    """Logs an attempt to learn the reasons as a run; registers the model if the verdict is "told".

    Args:
        settings: the settings of the product.
        made: the attempt, with its figures.
        model: the fitted model.
        example: one invented customer: MLflow derives the signature from it.
        last_version: the highest version in the ledger; the new one is higher.

    Returns:
        The registered model; None unless the verdict is "told".
    """
    client = enter_experiment(settings)
    import mlflow

    tags = _name_origin(made)
    with mlflow.start_run(run_name=f"reasons {made.as_of_date}", tags=tags) as run:
        if made.figures is not None:
            mlflow.log_metrics({f"test_{name}": float(value) for name, value in vars(made.figures).items()})
        counts = [{"group": one.group, "reason": one.reason, "leavers": one.leavers} for one in made.counts]
        mlflow.log_text(pl.DataFrame(counts).write_csv(), "stated_reasons.csv")
        mlflow.log_text(made.sentence(), "verdict.txt")
        if made.verdict != "told":
            return None
        uri = _log_model(model, example)
    version = register_model(client, uri, tags, last_version, REASON_MODEL)
    file = Path(mlflow.artifacts.download_artifacts(uri), MODEL_FILE)
    registered = RegisteredModel(REASON_MODEL, version, run.info.run_id, made.training_fingerprint, digest_file(file))
    keep_model(settings.home_dir, registered, file, dict(tags))
    return registered


def _name_origin(made: ReasonTraining) -> Mapping[str, str]:
    return {
        "as_of_date": made.as_of_date.isoformat(),
        "training_fingerprint": made.training_fingerprint,
        "verdict": made.verdict,
        "git_commit": git_commit(),
        "lock_sha256": lock_sha256(),
        **{f"{package}_version": installed_version(package) for package in PINNED},
    }


def _log_model(model: Any, example: pl.DataFrame) -> str:
    import mlflow
    from mlflow.models import infer_signature

    given = example.to_pandas()
    info = mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        skops_trusted_types=TRUSTED_TYPES,
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(given, model.predict_proba(example)),
        pip_requirements=[f"{name}=={installed_version(name)}" for name in _REQUIREMENTS],
    )
    uri: str = info.model_uri
    return uri
