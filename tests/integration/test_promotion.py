"""Who is champion: the gate's decisions, promotions by hand, and a ledger nobody can rewrite."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from churn.contracts.decisions import Evidence, Promotion
from churn.contracts.models import MODEL_NAME
from churn.errors import ModelRefused, NotThere, RegistryDown, WrongUsage
from churn.learning.params import ModelParams
from churn.reporting import models
from churn.reporting.models import Succession
from churn.reporting.status import read_status
from churn.settings import Settings, load_settings
from churn.stages import intake, learning, scoring, transforms
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.database import open_engine
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.days import EVIDENCE
from tests.support.factories import make_extract, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

FAST = ModelParams(forest_trees=10, boosting_rounds=20)
NEXT_DAY = DAY + timedelta(days=1)
NEWLY_BOUND = 40


def load(settings: Settings, extract: pl.DataFrame, day: date, folder: Path) -> None:
    intake.load_extract(at(settings), write_extract(folder / f"{day}.csv", extract), day)
    transforms.run_transforms(at(settings), day)


def fail(*_: object) -> None:
    raise RegistryDown("The registry does not answer.", "look at MLflow.")


def promote(settings: Settings, version: int, why: str) -> Succession:
    workplace = open_workplace(settings)
    succession = models.plan_promotion(workplace, version, why, "ada")
    models.promote_by_hand(workplace, succession)
    return succession


def roll_back(settings: Settings, why: str) -> Succession:
    return promote(settings, models.find_previous_champion(open_workplace(settings)), why)


@pytest.fixture(scope="module")
def two_versions(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A champion, and a version trained on the same examples that was held. A new contract came on NEXT_DAY.

    The registry failed in the first training, before it had named the champion: the next one starts anew.
    """
    folder = tmp_path_factory.mktemp("promotion")
    everybody = make_extract(1500)
    with telecoms.copy("deployed", folder / "home"), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_NEW_CATEGORIES", "accept")
        settings = load_settings()
        load(settings, everybody, DAY, folder)
        is_new = pl.int_range(pl.len()) < NEWLY_BOUND
        three_years = pl.when(is_new).then(pl.lit("Three year")).otherwise(pl.col("Contract")).alias("Contract")
        load(settings, everybody.with_columns(three_years), NEXT_DAY, folder)
        with monkeypatch.context() as down:
            down.setattr(registry, "name_champion", fail)
            with pytest.raises(RegistryDown):
                learning.train_models(at(settings), DAY, FAST)
        learning.train_models(at(settings), DAY, FAST)
        learning.train_models(at(settings), DAY, replace(FAST, logistic_c=0.05))
        yield settings


def champion_of(settings: Settings) -> int | None:
    """By the ledger, held against the registry's alias."""
    import mlflow

    version = models.find_champion_version(open_workplace(settings))
    alias = mlflow.MlflowClient().get_model_version_by_alias(MODEL_NAME, registry.CHAMPION)
    assert int(alias.version) == version
    return version


def version_numbers(settings: Settings) -> tuple[int, int]:
    """Of the first champion and of the one held; the registry is shared, so it may have counted further before."""
    first, second = (one.model_version for one in models.read_history(open_workplace(settings))[:2])
    return first, second


def test_the_first_model_is_promoted_and_its_equal_held(two_versions: Settings) -> None:
    history = models.read_history(open_workplace(two_versions))[:2]

    assert [(one.decision, one.decided_by) for one in history] == [("promote", "gate"), ("hold", "gate")]
    assert history[1].model_version == history[0].model_version + 1
    assert history[1].champion_version == history[0].model_version == champion_of(two_versions)
    assert any(reason.endswith("customers would change tier") for reason in history[1].reasons)


def test_the_evidence_holds_the_policy_the_slices_and_the_gains(two_versions: Settings) -> None:
    evidence = models.read_history(open_workplace(two_versions))[1].evidence.gate

    assert evidence is not None
    value = evidence.policies["value"]
    assert isinstance(value, dict)
    assert value["save_rate"] == 0.3
    assert {one.column for one in evidence.slices} == {"contract", "tenure_band", "is_senior_citizen", "gender"}
    assert set(evidence.gains) == {"pr_auc", "log_loss", "profit_usd_per_1000"}


def test_a_person_promotes_with_a_reason_and_rolls_back(two_versions: Settings) -> None:
    first, second = version_numbers(two_versions)

    promote(two_versions, second, "the new price list suits it")
    assert champion_of(two_versions) == second

    roll_back(two_versions, "complaints from the call centre")
    assert champion_of(two_versions) == first

    by_hand = models.read_history(open_workplace(two_versions))[-2:]
    assert [(one.model_version, one.champion_version, one.decided_by) for one in by_hand] == [
        (second, first, "person"),
        (first, second, "person"),
    ]
    assert [(one.reasons, one.person) for one in by_hand] == [
        (("the new price list suits it",), "ada"),
        (("complaints from the call centre",), "ada"),
    ]


def test_a_promotion_the_registry_failed_in_can_be_asked_for_again(
    two_versions: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = version_numbers(two_versions)

    with monkeypatch.context() as down:
        down.setattr(registry, "name_champion", fail)
        with pytest.raises(RegistryDown):
            promote(two_versions, second, "it suits")
    assert champion_of(two_versions) == first

    promote(two_versions, second, "it suits")
    assert champion_of(two_versions) == second
    roll_back(two_versions, "as it was")


def test_promotions_that_make_no_sense_are_refused(two_versions: Settings) -> None:
    first, second = version_numbers(two_versions)

    with pytest.raises(NotThere, match="Model version 9999 does not exist"):
        promote(two_versions, 9999, "why not")
    with pytest.raises(WrongUsage, match="needs a reason"):
        promote(two_versions, second, " ")
    with pytest.raises(WrongUsage, match="champion already"):
        promote(two_versions, first, "once more")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ops.promotions SET decision = 'promote'",
        "DELETE FROM ops.promotions",
        "TRUNCATE ops.promotions",
    ],
)
def test_the_database_keeps_the_ledger_as_it_was_written(two_versions: Settings, statement: str) -> None:
    before = models.read_history(open_workplace(two_versions))

    with pytest.raises(DBAPIError, match="append-only"), open_engine(two_versions).begin() as connection:
        connection.execute(sa.text(statement))

    assert models.read_history(open_workplace(two_versions)) == before


def test_customers_with_a_plan_the_model_never_saw_are_scored_flagged_and_counted(two_versions: Settings) -> None:
    outcome = scoring.score_customers(at(two_versions), NEXT_DAY, "test run")
    scoring.publish(at(two_versions), NEXT_DAY)

    with open_engine(two_versions).connect() as connection:
        flags = connection.execute(
            sa.text("""
                SELECT contract, has_unseen_plan, count(churn_probability)
                FROM analytics.predictions AS p
                INNER JOIN analytics.fct_customer_features AS f
                    ON f.as_of_date = p.prediction_date AND f.customer_id = p.customer_id
                WHERE p.prediction_date = :day
                GROUP BY contract, has_unseen_plan
            """),
            {"day": NEXT_DAY},
        ).all()
    assert {(contract, is_unseen) for contract, is_unseen, _ in flags} == {
        ("Month-to-month", False),
        ("One year", False),
        ("Two year", False),
        ("Three year", True),
    }
    assert next(count for contract, _, count in flags if contract == "Three year") == NEWLY_BOUND
    assert outcome.summary.endswith(f"; {NEWLY_BOUND} have a tariff that the training examples did not have")
    assert read_status(open_workplace(two_versions)).unseen_plans == NEWLY_BOUND


def test_a_model_fitted_with_another_library_version_is_refused(two_versions: Settings) -> None:
    import mlflow

    first, second = version_numbers(two_versions)
    loading.load_predictor(two_versions, promotions.require_decision(open_engine(two_versions), second).model)
    mlflow.MlflowClient().set_model_version_tag(MODEL_NAME, str(second), "scikit-learn_version", "0.9")

    with pytest.raises(ModelRefused, match=rf"version {second} was trained with scikit-learn 0\.9"):
        loading.load_predictor(two_versions, promotions.require_decision(open_engine(two_versions), second).model)
    with pytest.raises(ModelRefused):
        promote(two_versions, second, "it looked so good")
    assert champion_of(two_versions) == first


def test_a_run_keeps_what_it_takes_to_repeat_it(two_versions: Settings) -> None:
    import mlflow

    decision = promotions.find_decision(open_engine(two_versions), version_numbers(two_versions)[0])
    assert decision is not None
    tags = mlflow.get_run(decision.mlflow_run_id).data.tags

    assert tags["training_fingerprint"] == decision.training_fingerprint
    assert len(tags["lock_sha256"]) == 64
    assert len(tags["git_commit"]) >= 7


def test_a_model_file_with_types_nobody_vouched_for_is_not_loaded(tmp_path: Path) -> None:
    import skops.io

    path = tmp_path / "model.skops"
    skops.io.dump({"model": Stranger()}, path)

    with pytest.raises(ModelRefused, match=r"test_promotion\.Stranger"):
        loading.read_model(path)


class Stranger:
    """Unknown to the registry."""

    def __init__(self) -> None:
        self.secret = 1


def test_a_first_model_that_the_gate_refuses_is_named_with_a_way_on(settings: Settings) -> None:
    engine = open_engine(settings)
    with pytest.raises(NotThere, match="train a model with `churn train`"):
        promotions.require_champion(engine)
    refused = Promotion(
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        as_of_date=DAY,
        model_name=MODEL_NAME,
        model_version=1,
        family="logistic_regression",
        decision="reject",
        decided_by="gate",
        reasons=("PR-AUC 0.21 is below 0.3",),
        champion_version=None,
        training_fingerprint="none",
        mlflow_run_id="none",
        evidence=Evidence.from_json(EVIDENCE),
    )
    promotions.record_promotion(engine, refused)

    with pytest.raises(NotThere, match=r"did not promote version 1: PR-AUC 0\.21 is below 0\.3\.") as told:
        promotions.require_champion(engine)

    assert 'churn model promote 1 --why "..."' in told.value.next_step
