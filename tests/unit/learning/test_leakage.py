"""A label in disguise is caught and named before anything is trained."""

import numpy as np
import polars as pl
import pytest

from churn.errors import ContractBroken
from churn.learning.leakage import check_leakage, roc_auc_alone
from churn.learning.params import ModelParams
from churn.learning.training import train
from tests.unit.learning.examples import make_examples

EXAMPLES = make_examples(1000)
LEFT = pl.col("has_churned")
NOISE = pl.Series(np.random.default_rng(0).normal(size=1000))

DISGUISES = {
    "the label itself": LEFT.cast(pl.Float64),
    "its opposite": 1 - LEFT.cast(pl.Float64),
    "a sum that is higher for leavers": pl.col("monthly_charges") + 200 * LEFT,
    "two tails": pl.when(LEFT).then(5 + NOISE.abs()).otherwise(NOISE.clip(-2, 2)) * (NOISE.sign()),
    "mostly the label": pl.when(NOISE > 2).then(0.5).otherwise(LEFT.cast(pl.Float64)),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_leaked_label_is_named(disguise: str) -> None:
    leaked = EXAMPLES.with_columns(DISGUISES[disguise].alias("price_above_list_usd"))

    with pytest.raises(ContractBroken, match="leaks into price_above_list_usd"):
        check_leakage(leaked)


def test_training_stops_before_it_fits_on_a_leak() -> None:
    leaked = EXAMPLES.with_columns((pl.col("price_above_list_usd") + 50 * LEFT).alias("price_above_list_usd"))

    with pytest.raises(ContractBroken, match="Nothing was trained"):
        train(leaked, ModelParams())


def test_honest_features_pass() -> None:
    check_leakage(EXAMPLES)
    assert max(roc_auc_alone(EXAMPLES).values()) < 0.85
