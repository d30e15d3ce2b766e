"""Reasons: what a caller can say, with the sign of what it does to the score."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from churn.contracts.features import FEATURES
from churn.scoring.reasons import SUBJECTS, gather_subjects, tell_reasons
from tests.unit.learning.examples import make_examples

CUSTOMERS = make_examples(300)
MADE_UP = np.random.default_rng(1).normal(size=(300, len(FEATURES)))

NEWCOMER = {
    **dict.fromkeys(FEATURES, 0.0),
    "tenure_months": 3.0,
    "monthly_charges": 70.5,
    "is_month_to_month": 1.0,
    "has_internet_service": 1.0,
    "has_fiber_optic": 1.0,
    "has_phone_service": 1.0,
}


def told(contributions: dict[str, float], **changes: float) -> list[str]:
    row = pl.DataFrame([NEWCOMER | changes])
    values = np.array([[contributions.get(name, 0.0) for name in FEATURES]])
    reasons: list[str] = tell_reasons(row, values)[0].to_list()
    return reasons


def test_every_feature_speaks_of_exactly_one_subject() -> None:
    counts = Counter(name for subject in SUBJECTS.values() for name in subject.features)
    assert counts == dict.fromkeys(FEATURES, 1)


def test_subjects_add_up_to_the_contributions() -> None:
    assert gather_subjects(CUSTOMERS, MADE_UP).sum(axis=1) == pytest.approx(MADE_UP.sum(axis=1), abs=1e-12)


def test_the_three_largest_are_told_largest_first_with_their_sign() -> None:
    contributions = {"is_month_to_month": 0.9, "has_fiber_optic": 0.4, "tenure_log": 1.2, "has_dependents": 0.3}
    assert told(contributions) == ["+ in the first 6 months", "+ month-to-month contract", "+ fiber without support"]


def test_what_lowers_the_risk_says_so() -> None:
    first = told({"is_two_year_contract": -2.0}, is_month_to_month=0.0, is_two_year_contract=1.0)[0]
    assert first == "- two-year contract"


def test_features_of_one_subject_are_told_together() -> None:
    tenure = {"tenure_months": 0.4, "tenure_log": 0.4, "tenure_inverse": 0.4}
    assert told({**tenure, "is_month_to_month": 1.0})[0] == "+ in the first 6 months"


def test_without_internet_nothing_is_said_of_its_add_ons() -> None:
    contributions = {"has_online_security": -2.0, "has_streaming_tv": -1.0, "is_month_to_month": 0.5}
    reasons = told(contributions, has_internet_service=0.0, has_fiber_optic=0.0)
    assert reasons[:2] == ["- no internet service", "+ month-to-month contract"]


def test_a_customer_alone_is_told_what_the_batch_is_told() -> None:
    batch = tell_reasons(CUSTOMERS, MADE_UP)
    for position in (0, 150, 299):
        assert tell_reasons(CUSTOMERS[position], MADE_UP[[position]])[0].to_list() == batch[position].to_list()
