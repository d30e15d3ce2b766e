"""What is said of a customer beside the score."""

import numpy as np
import polars as pl

from churn.contracts.leaving_reasons import NOT_ENOUGH
from churn.scoring.portrait import NO_PORTRAIT, PORTRAIT, Portrait, ReasonTeller


class Fixed:
    """Gives each row the probabilities that its number stands for."""

    feature_names_in_ = np.array(["tickets"])

    def predict_proba(self, features: pl.DataFrame) -> np.ndarray:
        known = np.array([[0.2, 0.7, 0.1], [0.4, 0.35, 0.25]])
        return known[features["tickets"].to_numpy().astype(int)]


CUSTOMERS = pl.DataFrame({"tickets": [0.0, 1.0, 0.0], "has_churned": [False, False, True]})


def test_a_reason_is_named_if_it_is_likelier_than_all_others_together() -> None:
    told = Portrait(reasons=ReasonTeller(Fixed(), ("price", "service", "moved"), 3)).describe(CUSTOMERS)

    assert told["likely_reason"].to_list() == ["service", NOT_ENOUGH, None]
    assert told["reason_groups"].to_list() == [["service", "price", "moved"], ["price", "service", "moved"], None]
    assert told["reason_probabilities"].to_list() == [[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], None]
    assert told["reason_version"].to_list() == [3, 3, None]


def test_without_anything_learned_every_column_is_null() -> None:
    told = NO_PORTRAIT.describe(CUSTOMERS)

    assert dict(told.schema) == PORTRAIT
    assert told.null_count().row(0) == (3,) * len(PORTRAIT)
    assert NO_PORTRAIT.columns == ()
