"""The procedure on the real public sample: where the ceiling of this data is, and that it is reached."""

from pathlib import Path

import polars as pl
import pytest

from churn.learning.evaluating import evaluate_splits, summarise
from churn.learning.leakage import roc_auc_alone
from churn.learning.params import ModelParams
from churn.stages import intake, transforms
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features
from tests.conftest import DAY
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at


@pytest.fixture(scope="module")
def examples(telecoms: Telecoms, public_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Features of the public sample, as the pipeline makes them."""
    with telecoms.copy("deployed", tmp_path_factory.mktemp("home")) as settings:
        intake.load_extract(at(settings), public_sample, DAY)
        transforms.run_transforms(at(settings), DAY)
        return pl.concat(features.read_features(open_engine(settings), DAY))


@pytest.mark.slow
def test_the_selected_pipeline_reaches_the_ceiling_of_the_public_sample(examples: pl.DataFrame) -> None:
    """The thirty splits of `churn evaluate`; the forest, which is not selected, is kept small."""
    selected = summarise(evaluate_splits(examples, ModelParams(forest_trees=10), 30)).selected

    assert selected.log_loss <= 0.4125
    assert selected.pr_auc >= 0.668
    assert selected.roc_auc >= 0.848
    assert selected.ece <= selected.ece_floor + 0.005


def test_no_feature_of_the_public_sample_comes_near_to_a_leak(examples: pl.DataFrame) -> None:
    assert max(roc_auc_alone(examples).values()) < 0.8
