"""Judges a published day whose horizon has passed: what was expected beside what happened.

Customers whom a campaign contacted are left out and counted: nobody knows whether they would have left without the
contact. Those whom the same draw held out stand for them, with the weight of `learning.weighting`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from churn.contracts.decisions import Interval
from churn.monitoring import figures
from churn.monitoring.cells import SUMS, Cells, Floats

FEWEST_LEAVERS = 20
"""With fewer leavers or stayers a rank says nothing: its figures are NULL."""
ALL, PROBABILITY, CHARGE, LISTED, DECILE = "all", "probability", "charge", "listed", "decile"
"""Dimensions of the rows: the whole day, its cells by probability and by charge, the list, and tenths of the day."""
TOP_SHARE = 0.1


@dataclass(frozen=True)
class Expectation:
    """How many leavers, or how much money, was expected to leave, and what did.

    Attributes:
        actual: what left.
        expected: what was expected to leave; None if the probabilities have no horizon.
        low, high: where `actual` lies in 95% of all cases if the probabilities are true.
    """

    actual: float
    expected: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class CallList:
    """The list of the day beside two lists of the same length: at random, and by charge. Leavers are weighted.

    Attributes:
        length: the customers of the list who are judged, each counted once.
        precision: the share of the list who left.
        leavers, by_charge, at_random: the leavers on each list.
        loss, loss_by_charge, loss_at_random: a year's revenue of these leavers, in USD; None without charges.
    """

    length: int
    precision: Interval
    leavers: float
    by_charge: float | None
    at_random: float
    loss: float | None
    loss_by_charge: float | None
    loss_at_random: float | None


@dataclass(frozen=True)
class Judgement:
    """How the scores of a day did. A figure is None if the day is too small for it, or has no horizon or no money."""

    customers: int
    leavers: int
    people: Expectation
    money: Expectation | None
    calibration_error: float | None
    calibration_noise: float | None
    pr_auc: Interval | None
    log_loss: Interval | None
    lift: Interval | None
    called: CallList | None


def judge(rows: pl.DataFrame, has_horizon: bool, has_money: bool) -> Judgement:
    """Judges the scores of a day.

    Args:
        rows: dimension, value and SUMS: the groups of the day. PROBABILITY and CHARGE have the number of the cell as
            value, LISTED has the value "true" for the customers of the list.
        has_horizon: whether the probabilities are for a time ahead; if not, they are ranks only.
        has_money: whether the extract has a value a month.
    """
    whole = Cells.of(rows.filter(pl.col("dimension") == ALL))
    cells = _ordered(rows, PROBABILITY)
    is_judged = min(whole.leavers.sum(), whole.customers.sum() - whole.leavers.sum()) >= FEWEST_LEAVERS
    deciles = cells.split(figures.into_parts(cells), figures.DECILES)
    effective = figures.effective(whole.weight, whole.weight_squared)
    losses = (float(whole.log_loss[0]), float(whole.log_loss_squared[0]))
    return Judgement(
        customers=int(whole.customers[0]),
        leavers=int(whole.leavers[0]),
        people=_expect(whole.left, whole.expected, whole.variance, has_horizon),
        money=_expect(whole.loss_left, whole.loss_expected, whole.loss_variance, has_horizon) if has_money else None,
        calibration_error=figures.calibration_error(deciles) if has_horizon else None,
        calibration_noise=figures.calibration_noise(deciles) if has_horizon else None,
        pr_auc=figures.pr_auc_interval(cells) if is_judged else None,
        log_loss=_mean_loss(whole, losses, effective) if has_horizon else None,
        lift=_lift(cells, whole) if is_judged else None,
        called=_judge_list(rows, cells, whole, has_money),
    )


def outcome_rows(rows: pl.DataFrame, has_horizon: bool, has_money: bool) -> pl.DataFrame:
    """Returns what is stored of a day by group: dimension, value, counts, expected and real leavers and money.

    The cells by probability become deciles, 1 with the highest probabilities; the cells by charge are left out.
    """
    cells = _ordered(rows, PROBABILITY)
    deciles = cells.split(figures.into_parts(cells), figures.DECILES)
    tenths = pl.DataFrame({name: getattr(deciles, name) for name in SUMS}).with_columns(
        dimension=pl.lit(DECILE), value=pl.Series([f"{number:02d}" for number in range(1, figures.DECILES + 1)])
    )
    groups = rows.filter(~pl.col("dimension").is_in([PROBABILITY, CHARGE]))
    kept = pl.concat([groups.with_columns(pl.col(SUMS).cast(pl.Float64)), tenths], how="diagonal")
    spread, loss_spread = (figures.Z * pl.col(name).sqrt() for name in ("variance", "loss_variance"))
    expected = pl.col("expected") if has_horizon else pl.lit(None, pl.Float64)
    loss = pl.col("loss_expected") if has_horizon and has_money else pl.lit(None, pl.Float64)
    return kept.filter(pl.col("customers") > 0).select(
        "dimension",
        "value",
        pl.col("customers").cast(pl.Int64).alias("customers_count"),
        pl.col("leavers").cast(pl.Int64).alias("leavers_count"),
        pl.col("flagged").cast(pl.Int64).alias("flagged_count"),
        pl.col("flagged_leavers").cast(pl.Int64).alias("flagged_leavers_count"),
        pl.col("weight").alias("represented_customers"),
        pl.col("left").alias("actual_leavers"),
        expected.alias("expected_leavers"),
        (expected - spread).clip(0).alias("expected_leavers_low"),
        (expected + spread).alias("expected_leavers_high"),
        (pl.col("loss_left") if has_money else pl.lit(None, pl.Float64)).alias("actual_loss_usd"),
        loss.alias("expected_loss_usd"),
        (loss - loss_spread).clip(0).alias("expected_loss_low_usd"),
        (loss + loss_spread).alias("expected_loss_high_usd"),
    )


def _ordered(rows: pl.DataFrame, dimension: str) -> Cells:
    """Returns the cells of a dimension, the highest value first."""
    chosen = rows.filter(pl.col("dimension") == dimension)
    return Cells.of(chosen.sort(pl.col("value").cast(pl.Int64), descending=True))


def _expect(left: Floats, expected: Floats, variance: Floats, has_horizon: bool) -> Expectation:
    actual = float(left[0])
    if not has_horizon:
        return Expectation(actual, None, None, None)
    middle, spread = float(expected[0]), float(figures.Z * np.sqrt(variance[0]))
    return Expectation(actual, middle, max(middle - spread, 0.0), middle + spread)


def _mean_loss(whole: Cells, losses: tuple[float, float], effective: float) -> Interval:
    total, squares = losses
    weight = float(whole.weight[0])
    # Squares are of weight times loss, so the mean square is taken over the effective number.
    return figures.mean_interval(total / weight * effective, squares * effective**2 / weight**2, effective)


def _lift(cells: Cells, whole: Cells) -> Interval:
    first = figures.top(cells, float(whole.weight[0]) * TOP_SHARE)
    base = float(whole.left[0] / whole.weight[0])
    share = figures.share_interval(
        float(first.left[0] / first.weight[0]), figures.effective(first.weight, first.weight_squared)
    )
    return Interval(share.value / base, share.low / base, share.high / base)


def _judge_list(rows: pl.DataFrame, cells: Cells, whole: Cells, has_money: bool) -> CallList | None:
    chosen = Cells.of(rows.filter((pl.col("dimension") == LISTED) & (pl.col("value") == "true")))
    if not chosen.customers.sum():
        return None
    listed, length = chosen.total(), float(chosen.weight.sum())
    share = length / float(whole.weight[0])
    dearest = figures.top(_ordered(rows, CHARGE), length) if has_money else None
    precision = float(listed.left[0] / listed.weight[0])
    return CallList(
        length=int(listed.customers[0]),
        precision=figures.share_interval(precision, figures.effective(listed.weight, listed.weight_squared)),
        leavers=float(listed.left[0]),
        by_charge=None if dearest is None else float(dearest.left[0]),
        at_random=float(whole.left[0]) * share,
        loss=float(listed.loss_left[0]) if has_money else None,
        loss_by_charge=None if dearest is None else float(dearest.loss_left[0]),
        loss_at_random=float(whole.loss_left[0]) * share if has_money else None,
    )
