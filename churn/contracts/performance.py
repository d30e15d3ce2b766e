"""How the scores of a published date did, as reporting.performance_daily shows it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Performance:
    """A published date whose labels have matured. The comments of reporting.performance_daily explain each value.

    A figure is None if the date is too small for it, its scores have no horizon, or its extract has no value a month.
    """

    prediction_date: date
    basis: str
    model_version: int
    is_unseen: bool
    horizon: str | None
    window_days: int
    matured_on: date
    customers_count: int
    leavers_count: int
    contacted_count: int
    censored_count: int
    actual_leavers: float
    expected_leavers: float | None
    expected_leavers_low: float | None
    expected_leavers_high: float | None
    actual_loss_usd: float | None
    expected_loss_usd: float | None
    expected_loss_low_usd: float | None
    expected_loss_high_usd: float | None
    calibration_error: float | None
    calibration_noise: float | None
    pr_auc: float | None
    pr_auc_low: float | None
    pr_auc_high: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    listed_count: int | None
    list_precision: float | None
    list_precision_low: float | None
    list_precision_high: float | None
    list_leavers: float | None
    by_charge_leavers: float | None
    at_random_leavers: float | None
    list_loss_usd: float | None
