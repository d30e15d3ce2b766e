"""Explains why scores moved between two dates: features, model, correction; exact in log-odds. Pure.

The features of the earlier date and the model of the earlier date give the log-odds that readers would see again now;
what they saw differs by a correction. The features of the later date change each subject of the reasons. Then the model
of the later date takes the place of the earlier one. So the parts add up to the change of what readers saw.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.moves import BY_CORRECTION, BY_MODEL, BY_OTHERS
from churn.scoring.own_reasons import Wording
from churn.scoring.reasons import gather_subjects, phrase_subjects
from churn.scoring.scores import PROBABILITY_DECIMALS, Scorer

Floats = NDArray[np.float64]

_SMALLEST = 0.005
"""Log-odds below which a subject is one of BY_OTHERS: it moves a probability of 50% by a tenth of a point."""


def explain_moves(
    then: pl.DataFrame, now: pl.DataFrame, seen: pl.DataFrame, first: Scorer, second: Scorer
) -> pl.DataFrame:
    """Returns why the scores of customers moved.

    Args:
        then, now: the features of both dates for both models, as `stores.rows.features` yields them.
        seen: customer_id, probability_before and probability_after: the scores of both dates as readers saw them.
        first, second: the models of the two dates; the same object if one model scored both.

    Returns:
        customer_id, probability_before, probability_after, and the lists words and log_odds of the parts, the largest
        first; one row for each customer of all three frames, in the order of their numbers.
    """
    ids = then.select("customer_id").join(now, on="customer_id", how="semi").join(seen, on="customer_id", how="semi")
    order = ids.sort("customer_id")
    then, now, seen = (
        order.join(frame, on="customer_id", how="left", maintain_order="left") for frame in (then, now, seen)
    )
    if seen.is_empty():
        return seen.with_columns(words=pl.lit([], pl.List(pl.String)), log_odds=pl.lit([], pl.List(pl.Float64)))
    first_then, first_now = (_log_odds(first.predict(frame)["churn_probability"]) for frame in (then, now))
    second_now = first_now if second is first else _log_odds(second.predict(now)["churn_probability"])
    before, after = (_log_odds(seen[f"probability_{which}"]) for which in ("before", "after"))
    subjects, said = _compare_subjects(then, now, first, first_now - first_then)
    model, correction = second_now - first_now, (first_then - before) + (after - second_now)
    told = [_tell(row, words, by_model, corrected) for row, words, by_model, corrected in zip(
        subjects.tolist(), said, model.tolist(), correction.tolist(), strict=True)]  # fmt: skip
    return seen.select("customer_id", "probability_before", "probability_after").with_columns(
        pl.Series("words", [[what for what, _ in parts] for parts in told], pl.List(pl.String)),
        pl.Series("log_odds", [[amount for _, amount in parts] for parts in told], pl.List(pl.Float64)),
    )


def _log_odds(probabilities: pl.Series) -> Floats:
    smallest = 10.0**-PROBABILITY_DECIMALS
    p = np.clip(probabilities.to_numpy(), smallest, 1 - smallest)
    return np.asarray(np.log(p / (1 - p)), dtype=np.float64)


def _compare_subjects(
    then: pl.DataFrame, now: pl.DataFrame, scorer: Scorer, change: Floats
) -> tuple[Floats, list[list[str]]]:
    """Returns (n, subjects) changes, which add up to `change`, and the words of each; the last one is BY_OTHERS."""
    old, new = (scorer.contribute(scorer.predictor, frame) for frame in (then, now))
    if old is None or new is None:  # A random forest gives no reasons: its features are one part.
        return change[:, None], [[BY_OTHERS]] * len(change)
    moved = gather_subjects(now, new, scorer.wording) - gather_subjects(then, old, scorer.wording)
    before, after = (_say_all(frame, part, scorer.wording) for frame, part in ((then, old), (now, new)))
    said = [[*map(_say, *pair), BY_OTHERS] for pair in zip(before, after, strict=True)]
    # The contributions of a bounded model are those of its own window; the rest to the horizon is no subject's.
    return np.column_stack([moved, change - moved.sum(axis=1)]), said


def _say_all(features: pl.DataFrame, contributions: Floats, wording: Wording) -> list[tuple[str, ...]]:
    """Returns for each customer the phrase of every subject."""
    phrases = phrase_subjects(features, contributions, wording)
    columns = [[one.vocabulary[code] for code in one.codes.tolist()] for one in phrases]
    return list(zip(*columns, strict=True))


def _say(before: str, after: str) -> str:
    return after if after == before else f"{after}, before: {before}"


def _tell(changes: list[float], words: list[str], by_model: float, corrected: float) -> list[tuple[str, float]]:
    """Returns the parts of a customer: the subjects that moved, and the rest of them together."""
    parts = [
        (what, amount)
        for what, amount in zip(words, changes, strict=True)
        if what != BY_OTHERS and abs(amount) >= _SMALLEST
    ]
    others = sum(changes) - sum(amount for _, amount in parts)
    rest = ((BY_OTHERS, others), (BY_MODEL, by_model), (BY_CORRECTION, corrected))
    # Rounded scores differ in the last decimal: a billionth is no correction.
    parts += [(what, amount) for what, amount in rest if abs(amount) >= 1e-6]
    return sorted(parts, key=lambda part: -abs(part[1]))
