"""A model is known by run, fingerprint and bytes: no other model takes its place, and a training always leads out."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.contracts.decisions import Promotion
from churn.contracts.models import MODEL_NAME
from churn.errors import ModelRefused, NotInRegistry
from churn.learning.params import ModelParams
from churn.settings import Settings, load_settings
from churn.stages import learning, scoring
from churn.stores.ledgers import promotions
from churn.stores.ledgers.promotions import require_champion
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.database import open_engine
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

FAST = ModelParams(forest_trees=10, boosting_rounds=20)


@pytest.fixture(scope="module")
def learned(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A telecom whose champion was trained on its customers. Every test leaves a champion that can be loaded."""
    with telecoms.copy("learned", tmp_path_factory.mktemp("registries") / "home") as settings:
        train(settings)
        yield settings


def train(settings: Settings) -> Promotion:
    """`churn train --retrain`: the step that every message advises."""
    learning.train_models(at(settings), DAY, FAST, retrain=True)
    return require_champion(open_engine(settings))


def champion_of(settings: Settings) -> Promotion:
    return require_champion(open_engine(settings))


def file_of(champion: Promotion) -> Path:
    import mlflow

    return Path(mlflow.artifacts.download_artifacts(f"models:/{MODEL_NAME}/{champion.model_version}"), "model.skops")


def forget_copy(settings: Settings, champion: Promotion) -> None:
    shutil.rmtree(settings.home_dir / "models" / champion.mlflow_run_id)


def take_over(settings: Settings, fact: str) -> Promotion:
    """The challenger of a training that could not load the champion; it is loaded and scores."""
    before = champion_of(settings)

    after = train(settings)

    assert after.champion_version == before.model_version
    assert after.model_version > before.model_version
    assert after.reasons[0].startswith(f"champion version {before.model_version} could not be loaded")
    assert fact in after.reasons[0]
    assert after.reasons[1].startswith("no champion to compare with: PR-AUC")
    assert loading.load_model(settings, after.model).why_copy is None
    return after


def test_the_ledger_knows_the_bytes_of_a_registered_model_and_a_copy_is_kept(learned: Settings) -> None:
    champion = champion_of(learned)
    file = learned.home_dir / "models" / champion.mlflow_run_id / "model.skops"

    assert champion.model_sha256 is not None
    assert len(champion.model_sha256) == 64
    assert file.is_file()


def test_a_changed_file_is_refused_and_a_training_leads_out(learned: Settings) -> None:
    champion = champion_of(learned)
    with file_of(champion).open("ab") as file:
        file.write(b"\0")

    with pytest.raises(ModelRefused, match="has changed since it was registered") as refused:
        scoring.make_scorer(at(learned), champion.model_version)

    assert "churn train --retrain" in refused.value.next_step
    take_over(learned, "has changed since it was registered")


def test_the_file_of_a_model_of_an_earlier_release_is_compared_with_its_copy(learned: Settings) -> None:
    champion = champion_of(learned)
    old = replace(champion.model, sha256=None)
    genuine = file_of(champion).read_bytes()
    loading.load_model(learned, old)
    file_of(champion).write_bytes(genuine + b"\0")
    try:
        with pytest.raises(ModelRefused, match="has changed since it was registered"):
            loading.load_model(learned, old)
    finally:
        file_of(champion).write_bytes(genuine)


def test_a_lost_registry_is_left_by_the_copy_or_by_a_training(learned: Settings) -> None:
    champion = champion_of(learned)
    shutil.rmtree(file_of(champion).parent)

    assert loading.load_model(learned, champion.model).why_copy == "the registry does not have this model"

    forget_copy(learned, champion)
    with pytest.raises(NotInRegistry, match="but not the file of the model") as lost:
        scoring.make_scorer(at(learned), champion.model_version)
    assert "churn train --retrain" in lost.value.next_step
    take_over(learned, "but not the file of the model")


def test_a_champion_of_other_library_versions_is_replaced_by_a_training(learned: Settings) -> None:
    import mlflow

    version = str(champion_of(learned).model_version)
    mlflow.MlflowClient().set_model_version_tag(MODEL_NAME, version, "scikit-learn_version", "0.9")

    take_over(learned, "was trained with scikit-learn 0.9")


def test_a_deleted_experiment_stops_neither_scores_nor_trainings(learned: Settings) -> None:
    import mlflow

    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(registry.EXPERIMENT)
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)

    assert loading.load_model(learned, champion_of(learned).model).why_copy is None
    train(learned)

    assert client.get_experiment(experiment.experiment_id).lifecycle_stage == "active"


@pytest.mark.parametrize("moved", ["deleted", "on another version"])
def test_the_alias_in_mlflow_follows_the_ledger_again_when_a_day_is_scored(learned: Settings, moved: str) -> None:
    import mlflow

    client, champion = mlflow.MlflowClient(), champion_of(learned)
    if moved == "deleted":
        client.delete_registered_model_alias(MODEL_NAME, registry.CHAMPION)
    else:
        client.set_registered_model_alias(MODEL_NAME, registry.CHAMPION, "1")
    with open_engine(learned).begin() as connection:
        connection.execute(sa.text("UPDATE ops.publications SET status = 'staged', published_at = NULL"))

    scoring.score_customers(at(learned), DAY, "run")
    scoring.publish(at(learned), DAY)

    assert client.get_model_version_by_alias(MODEL_NAME, registry.CHAMPION).version == champion.model_version


def test_the_example_in_mlflow_is_no_customer(learned: Settings) -> None:
    example = file_of(champion_of(learned)).with_name("input_example.json")
    rows = json.loads(example.read_text())["data"]
    customers = "SELECT monthly_charges, tenure_months FROM analytics.fct_customer_features"

    with open_engine(learned).connect() as connection:
        known = {(float(charges), float(months)) for charges, months in connection.execute(sa.text(customers))}

    assert len(rows) == 3
    assert not {(row[0], row[1]) for row in rows} & known


def test_a_promotion_by_hand_asks_names_the_days_it_leaves_and_keeps_the_gates_reason(learned: Settings) -> None:
    import mlflow

    champion = champion_of(learned)
    learning.train_models(at(learned), DAY, replace(FAST, logistic_c=0.2))
    held = promotions.find_last_version(open_engine(learned))
    command = ["model", "promote", str(held), "--why", "calls too many", "--by", "ada"]
    gate_reason = mlflow.MlflowClient().get_model_version(MODEL_NAME, str(held)).tags["gate_reason"]

    unasked = CliRunner().invoke(app, command)
    asked = CliRunner().invoke(app, [*command, "--yes"])
    back = CliRunner().invoke(app, ["model", "rollback", "--yes"])

    assert (unasked.exit_code, "run `churn model promote" in unasked.output) == (2, True)
    assert asked.exit_code == back.exit_code == 0
    assert f"becomes the champion instead of version {champion.model_version}." in asked.output
    assert f"1 published day ({DAY}) keeps the scores of version " in asked.output
    promoted, rolled_back = promotions.read_history(open_engine(learned))[-2:]
    assert (promoted.reasons, promoted.person) == (("calls too many",), "ada")
    assert rolled_back.model_version == champion.model_version
    assert mlflow.MlflowClient().get_model_version(MODEL_NAME, str(held)).tags["gate_reason"] == gate_reason


def test_a_strangers_model_of_the_same_number_is_never_scored_with(
    learned: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = champion_of(learned)
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'theirs.db'}")
    monkeypatch.chdir(tmp_path)  # Without a server MLflow keeps the artifacts in the working folder.
    elsewhere = load_settings()
    theirs = registry.connect(elsewhere)
    theirs.create_registered_model(MODEL_NAME)
    for _ in range(champion.model_version):
        theirs.create_model_version(MODEL_NAME, "theirs", run_id=None)
    theirs.set_registered_model_alias(MODEL_NAME, registry.CHAMPION, "1")
    try:
        assert loading.load_model(elsewhere, champion.model).why_copy == "the registry does not have this model"
        registry.name_champion(elsewhere, champion.model)
        assert theirs.get_model_version_by_alias(MODEL_NAME, registry.CHAMPION).version == 1

        forget_copy(elsewhere, champion)
        with pytest.raises(NotInRegistry, match="is not the model that the ledger has under this number"):
            loading.load_model(elsewhere, champion.model)
        take_over(elsewhere, "is not the model that the ledger has")
    finally:
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it.
        registry.connect.cache_clear()


def test_a_new_registry_counts_on_from_the_ledgers_last_version(
    learned: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = promotions.find_last_version(open_engine(learned))
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'new.db'}")
    monkeypatch.chdir(tmp_path)
    elsewhere = load_settings()
    try:
        learning.train_models(at(elsewhere), DAY, replace(FAST, logistic_c=0.05))
        versions = registry.connect(elsewhere).search_model_versions(f"name='{MODEL_NAME}'")
    finally:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        registry.connect.cache_clear()

    assert [int(version.version) for version in versions] == [last + 1]
