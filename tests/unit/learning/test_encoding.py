"""Words and blanks become numbers inside the fitted pipeline, and their contributions come back to the feature."""

import numpy as np
import polars as pl
import pytest
import skops.io

from churn.contracts.features import FeatureSet
from churn.contracts.scores import feature_names
from churn.learning.averaging import to_log_odds
from churn.learning.candidates import predict_leaving
from churn.learning.contributions import contribute
from churn.learning.fitting import fit_candidates
from churn.learning.params import FAMILIES, ModelParams
from churn.stores.model_registry.model_files import TRUSTED_TYPES

GIVEN = FeatureSet(
    (("tickets", 1), ("satisfaction", 0), ("edition", 0), ("city", 0)), (), ("edition", "city"), ("satisfaction",)
)
PARAMS = ModelParams(forest_trees=10, boosting_rounds=40, deep_rounds=40, given=GIVEN)


def make_accounts(customers: int = 1_200) -> pl.DataFrame:
    random = np.random.default_rng(3)
    tickets, team = random.poisson(2, customers).astype(float), random.random(customers) < 0.4
    gone = random.random(customers) < 1 / (1 + np.exp(2.5 - 0.6 * tickets - 1.5 * team))
    satisfaction = [None if blank else 5.0 for blank in random.random(customers) < 0.2]
    return pl.DataFrame(
        {
            "customer_id": [str(number) for number in range(customers)],
            "has_churned": gone,
            "tickets": tickets,
            "satisfaction": pl.Series(satisfaction, dtype=pl.Float64),
            "edition": np.where(team, "Team", "Pro"),
            "city": [f"city {number % 60}" for number in range(customers)],
        }
    )


ACCOUNTS = make_accounts()
MODELS = fit_candidates(ACCOUNTS, PARAMS)


@pytest.mark.parametrize("family", [*FAMILIES, "average", "stack"])
def test_every_family_learns_from_words_and_blanks(family: str) -> None:
    model = MODELS[family]  # type: ignore[index]
    assert feature_names(model) == GIVEN.names
    by_edition = (
        ACCOUNTS.with_columns(pl.Series("p", predict_leaving(model, ACCOUNTS)))
        .group_by("edition")
        .agg(pl.col("p").mean())
    )
    rates = dict(by_edition.iter_rows())
    assert rates["Team"] > rates["Pro"] + 0.1


@pytest.mark.parametrize("family", ["logistic_regression", "xgboost", "xgboost_deep", "average", "stack"])
def test_contributions_by_feature_add_up_to_the_log_odds(family: str) -> None:
    model = MODELS[family]  # type: ignore[index]
    parts = contribute(model, ACCOUNTS)
    assert parts is not None
    assert parts.by_feature.shape == (ACCOUNTS.height, len(GIVEN.names))
    told = parts.baseline + parts.by_feature.sum(axis=1)
    assert told == pytest.approx(to_log_odds(predict_leaving(model, ACCOUNTS)), abs=1e-4)


@pytest.mark.parametrize("family", [*FAMILIES, "average", "stack"])
def test_a_word_and_a_blank_that_no_training_had_get_a_score(family: str) -> None:
    odd = ACCOUNTS.head(2).with_columns(
        edition=pl.Series(["Enterprise", "(blank)"]), tickets=pl.lit(3.0), satisfaction=pl.lit(None, dtype=pl.Float64)
    )
    scores = predict_leaving(MODELS[family], odd)  # type: ignore[index]
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("family", ["xgboost", "xgboost_deep"])
def test_a_declared_direction_holds_beside_encoded_words(family: str) -> None:
    few, many = (ACCOUNTS.with_columns(tickets=pl.lit(count)) for count in (1.0, 4.0))
    model = MODELS[family]  # type: ignore[index]
    assert (predict_leaving(model, many) >= predict_leaving(model, few)).all()


@pytest.mark.parametrize("family", [*FAMILIES, "average", "stack"])
def test_the_registry_trusts_every_part_of_the_model(family: str) -> None:
    found = skops.io.get_untrusted_types(data=skops.io.dumps(MODELS[family]))  # type: ignore[index]
    assert set(found) <= set(TRUSTED_TYPES)
