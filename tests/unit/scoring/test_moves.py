"""Why a score moved: the parts are in the reasons' words and add up to what readers saw, in log-odds."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from churn.contracts.moves import BY_CORRECTION, BY_MODEL, BY_OTHERS
from churn.learning.candidates import fit_candidate
from churn.learning.contributions import contribute_by_feature
from churn.learning.params import ModelParams
from churn.scoring.moves import explain_moves
from churn.scoring.scores import Scorer
from tests.unit.scoring.test_scores import make_features


def fit(seed: int) -> Scorer:
    model = fit_candidate("logistic_regression", make_features(500, seed), ModelParams())
    return Scorer(model, contribute_by_feature, None)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return fit(3)


def move_on(rows: pl.DataFrame) -> pl.DataFrame:
    """Seven months later, with a fixed term."""
    months = pl.col("tenure_months") + 7
    return rows.with_columns(
        months, months.log1p().alias("tenure_log"), (1 / (1 + months)).alias("tenure_inverse"),
        is_month_to_month=pl.lit(0.0), is_two_year_contract=pl.lit(1.0),
    )  # fmt: skip


def see(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    before, after = (one.select("customer_id", p="churn_probability") for one in (first, second))
    joined = before.join(after, on="customer_id", suffix="_after")
    return joined.select("customer_id", probability_before="p", probability_after="p_after")


def add_up(moves: pl.DataFrame) -> np.ndarray:  # type: ignore[type-arg]
    p = moves.select("probability_before", "probability_after").to_numpy()
    change = np.log(p / (1 - p)) @ np.array([-1, 1])
    assert moves["log_odds"].list.sum().to_numpy() == pytest.approx(change, abs=1e-5)
    return change


def test_a_longer_contract_and_months_of_tenure_are_told_as_reasons_tell_them(scorer: Scorer) -> None:
    rows = make_features(1).with_columns(
        tenure_months=pl.lit(3.0), tenure_log=pl.lit(np.log1p(3.0)), tenure_inverse=pl.lit(0.25),
        is_month_to_month=pl.lit(1.0), is_two_year_contract=pl.lit(0.0),
    )  # fmt: skip
    later = move_on(rows)
    moves = explain_moves(rows, later, see(scorer.predict(rows), scorer.predict(later)), scorer, scorer)

    words = moves["words"][0].to_list()
    assert "two-year contract, before: month-to-month contract" in words
    assert "in the first year, before: in the first 6 months" in words
    assert not {BY_MODEL, BY_CORRECTION} & set(words)
    assert add_up(moves)[0] < 0


def test_another_model_and_a_correction_are_parts_of_their_own(scorer: Scorer) -> None:
    rows, other = make_features(200), fit(8)
    later = move_on(rows)
    seen = see(scorer.predict(rows), other.predict(later)).with_columns(pl.col("probability_before") * 0.9)
    moves = explain_moves(rows, later, seen, scorer, other)

    add_up(moves)
    parts = moves.explode("words", "log_odds")
    p = scorer.predict(rows)["churn_probability"].to_numpy()
    corrected = np.log(p / (1 - p)) - np.log(0.9 * p / (1 - 0.9 * p))
    assert parts.filter(words=BY_CORRECTION)["log_odds"].to_numpy() == pytest.approx(corrected, abs=1e-5)
    assert parts.filter(words=BY_MODEL).height == 200


def test_nothing_moved_has_no_parts(scorer: Scorer) -> None:
    rows = make_features(5)
    scores = scorer.predict(rows)
    moves = explain_moves(rows, rows, see(scores, scores), scorer, scorer)

    assert moves["words"].to_list() == [[]] * 5


def test_a_model_without_reasons_has_its_features_as_one_part(scorer: Scorer) -> None:
    rows, silent = make_features(20), replace(scorer, contribute=lambda *_: None)
    later = move_on(rows)
    moves = explain_moves(rows, later, see(scorer.predict(rows), scorer.predict(later)), silent, silent)

    assert {word for words in moves["words"].to_list() for word in words} == {BY_OTHERS}
    add_up(moves)


def test_who_is_in_one_date_only_has_no_move(scorer: Scorer) -> None:
    rows = make_features(4)
    scores = scorer.predict(rows)
    moves = explain_moves(rows.head(3), rows.tail(3), see(scores, scores), scorer, scorer)

    assert moves["customer_id"].to_list() == ["C00001", "C00002"]
