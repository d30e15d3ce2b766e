"""Connects to MLflow, finds the versions of models, and moves the alias of the champion."""

import logging
import os
from contextlib import suppress
from functools import lru_cache
from typing import Any

from sqlalchemy.engine import make_url

from churn.contracts.models import MODEL_NAME, RegisteredModel
from churn.contracts.statuses import Verdict
from churn.errors import AccessRefused, NotInRegistry, RegistryDown, Unavailable, understand_database
from churn.secrecy import without_login
from churn.settings import Settings
from churn.stores.model_registry.moving import follow_home, may_write_records
from churn.stores.model_registry.registry_answers import answering, raises_registry_down
from churn.stores.postgres.database import create_database_if_missing, locate

EXPERIMENT = "telco_churn_training"
CHAMPION = "champion"
_log = logging.getLogger("churn.models")


def locate_registry(settings: Settings) -> str:
    """Returns MLflow's tracking address (default: the database `mlflow` on the server of the product's database).

    Raises:
        AccessRefused: this user may not create the database `mlflow`, or tables in it.
        Unavailable: the database `mlflow` cannot be reached.
    """
    if settings.mlflow_tracking_uri is not None:
        return settings.mlflow_tracking_uri.get_secret_value()
    uri = locate(settings)
    try:
        create_database_if_missing(uri, "mlflow")
    except Exception as error:
        if (refusal := understand_database(error)) is not None:
            raise _without_rights(uri, refusal.fact) from error
        raise Unavailable(
            f"The database for MLflow could not be created on {without_login(uri)}: "
            f"{str(error).strip().splitlines()[0]}",
            "set CHURN_MLFLOW_TRACKING_URI to your MLflow server, or create a database named mlflow on that server.",
        ) from error
    mlflow_url = make_url(uri).set(drivername="postgresql+psycopg", database="mlflow")
    address = mlflow_url.render_as_string(hide_password=False)
    if not may_write_records(address):
        raise _without_rights(uri, "The user of CHURN_DATABASE_URL may not write MLflow's tables.")
    follow_home(address, EXPERIMENT, settings.artifacts_dir, is_shared=settings.database_url is not None)
    return address


def _without_rights(uri: str, fact: str) -> AccessRefused:
    return AccessRefused(
        f"The database mlflow on {without_login(uri)} cannot keep MLflow's records. {fact}",
        "set CHURN_MLFLOW_TRACKING_URI to your MLflow server, or let an administrator create a database named mlflow "
        "whose owner is this user.",
    )


def import_mlflow() -> None:
    """Imports MLflow, without telemetry and progress bars, and skops. It takes seconds, so callers may do it early."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's 7 take four minutes, and Prefect retries.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    import_skops()
    import mlflow.sklearn  # noqa: F401


def import_skops() -> None:
    """Imports skops, and scikit-learn with it.

    At its import skops 0.16 searches each loaded module for 840 names: 0.4 s in a small process, 2 s in one that has
    Prefect, SQLMesh and MLflow. So a run imports it before them.
    """
    import skops.io  # noqa: F401


@lru_cache(maxsize=1)
def connect(settings: Settings) -> Any:
    """Imports and configures MLflow once per process; returns its client."""
    import_mlflow()
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = locate_registry(settings)
    # Both addresses are of the process: MLflow 3 has no client that carries its own through every call.
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if settings.mlflow_tracking_uri is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it; the settings would read it.
    return mlflow.MlflowClient()


def find_version(settings: Settings, model: RegisteredModel) -> Any:
    """Returns MLflow's record of a model of the ledger.

    Raises:
        NotInRegistry: the registry does not have this version, or it has another model under its number.
        RegistryDown: the registry did not answer.
    """
    import_mlflow()
    import mlflow

    try:
        with answering():
            found = connect(settings).get_model_version(model.name, str(model.version))
    except mlflow.exceptions.MlflowException as error:
        raise NotInRegistry(f"The registry does not have version {model.version} of {model.name}.") from error
    identity = found.run_id, found.tags.get("training_fingerprint")
    if identity != (model.run_id, model.training_fingerprint):
        raise NotInRegistry(
            f"Version {model.version} of {model.name} in this registry is not the model that the ledger has under this "
            f"number: its run is {found.run_id}, the ledger's is {model.run_id}."
        )
    return found


@raises_registry_down
def tag_decision(settings: Settings, version: int, decision: Verdict, reason: str) -> None:
    """Adds a decision of the ledger to the model version as tags, for people who look into MLflow first."""
    client = connect(settings)
    client.set_model_version_tag(MODEL_NAME, str(version), "gate_decision", decision)
    client.set_model_version_tag(MODEL_NAME, str(version), "gate_reason", reason)


def confirm_champion(settings: Settings, model: RegisteredModel) -> None:
    """Points the alias `champion` back to the champion of the ledger, if somebody moved or deleted it in MLflow.

    A registry that does not answer keeps its alias; the next scoring asks again.
    """
    # Scoring needs no alias: a registry that is down must not stop a day.
    with suppress(RegistryDown, NotInRegistry):
        if CHAMPION not in find_version(settings, model).aliases:
            name_champion(settings, model)
            _log.warning(
                "The alias %s in MLflow did not point to version %s, the champion of the ledger. It was set back.",
                CHAMPION,
                model.version,
            )


@raises_registry_down
def name_champion(settings: Settings, model: RegisteredModel) -> None:
    """Points the alias `champion` to a model, for programs that load models by alias. The ledger decides without it.

    A registry that does not have the model keeps its alias: the number may be another model's there.
    """
    try:
        find_version(settings, model)
    except NotInRegistry as missing:
        _log.warning("The alias %s in MLflow was not moved. %s", CHAMPION, missing.fact)
    else:
        connect(settings).set_registered_model_alias(model.name, CHAMPION, str(model.version))
