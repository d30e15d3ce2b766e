"""Reasons for a score: contributions to the log-odds, grouped into subjects that a caller can talk about.

A subject groups features about the same thing, so that no reader sees a name such as "tenure_inverse". The contribution
of a subject is the sum of the contributions of its features. The phrase describes the customer; the sign shows whether
this raises (+) or lowers (-) the risk compared with the average customer.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.features import FEATURES

REASONS_COUNT = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Subject:
    """One subject that a caller can talk about.

    Attributes:
        features: the features whose contributions it sums.
        phrases: conditions with their phrases; the first condition that holds decides.
        otherwise: the phrase when no condition holds.
    """

    features: tuple[str, ...]
    phrases: tuple[tuple[pl.Expr, str], ...]
    otherwise: str

    def words(self) -> tuple[str, ...]:
        """All phrases of the subject."""
        return (*(words for _, words in self.phrases), self.otherwise)


def _is(flag: str) -> pl.Expr:
    return pl.col(flag) > 0.5


_no_internet = ~_is("has_internet_service")
_tenure, _bill = pl.col("tenure_months"), pl.col("monthly_charges")

SUBJECTS = {
    "contract": Subject(
        ("is_month_to_month", "is_two_year_contract"),
        ((_is("is_month_to_month"), "month-to-month contract"), (_is("is_two_year_contract"), "two-year contract")),
        "one-year contract",
    ),
    "tenure": Subject(
        ("tenure_months", "tenure_log", "tenure_inverse"),
        (
            (_tenure <= 6, "in the first 6 months"),
            (_tenure <= 12, "in the first year"),
            (_tenure <= 24, "in the second year"),
            (_tenure <= 48, "customer for 2 to 4 years"),
        ),
        "customer for over 4 years",
    ),
    "internet": Subject(
        ("has_internet_service", "has_fiber_optic", "has_tech_support"),
        (
            (_no_internet, "no internet service"),
            (_is("has_fiber_optic") & ~_is("has_tech_support"), "fiber without support"),
            (_is("has_fiber_optic"), "fiber with support"),
            (~_is("has_tech_support"), "DSL without support"),
        ),
        "DSL with support",
    ),
    "protection": Subject(
        ("has_online_security", "has_online_backup", "has_device_protection", "no_security_no_backup"),
        (
            (_is("has_online_security") & _is("has_online_backup"), "security and backup"),
            (_is("has_online_security"), "online security"),
            (_is("has_online_backup"), "backup without security"),
        ),
        "no security or backup",
    ),
    "streaming": Subject(
        ("has_streaming_tv", "has_streaming_movies"),
        ((_is("has_streaming_tv") | _is("has_streaming_movies"), "streams TV or movies"),),
        "no streaming",
    ),
    "bill": Subject(
        ("monthly_charges", "price_above_list_usd"),
        ((_bill < 35, "monthly bill under $35"), (_bill <= 70, "monthly bill of $35 to $70")),
        "monthly bill over $70",
    ),
    "payment": Subject(
        ("uses_electronic_check", "uses_automatic_payment"),
        ((_is("uses_electronic_check"), "electronic check"), (_is("uses_automatic_payment"), "automatic payment")),
        "mailed check",
    ),
    "billing": Subject(
        ("uses_paperless_billing",), ((_is("uses_paperless_billing"), "paperless billing"),), "paper bills"
    ),
    "household": Subject(
        ("has_partner", "has_dependents"),
        ((_is("has_dependents"), "has dependents"), (_is("has_partner"), "has a partner")),
        "no partner or dependents",
    ),
    "age": Subject(("is_senior_citizen",), ((_is("is_senior_citizen"), "senior citizen"),), "under 65"),
    "phone": Subject(
        ("has_phone_service", "has_multiple_lines"),
        ((~_is("has_phone_service"), "no phone line"), (_is("has_multiple_lines"), "several phone lines")),
        "one phone line",
    ),
}

_WORDS = [words for subject in SUBJECTS.values() for words in subject.words()]
_SIGNED = pl.Series([f"{sign} {words}" for words in _WORDS for sign in "+-"], dtype=pl.String)
_NAMES = list(SUBJECTS)


def tell_reasons(features: pl.DataFrame, contributions: Floats) -> pl.Series:
    """Returns the three subjects that change the score of each customer most, the largest first.

    Args:
        features: rows with the model features.
        contributions: (n, len(FEATURES)) contributions to the log-odds, in the order of FEATURES.

    Returns:
        A list of three strings per row, for example "+ month-to-month contract".
    """
    weights = gather_subjects(features, contributions)
    # A stable sort: of two equal contributions the first subject wins on every machine.
    strongest = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :REASONS_COUNT]
    codes = np.take_along_axis(_phrase_codes(features), strongest, axis=1)
    is_lowering = np.take_along_axis(weights, strongest, axis=1) < 0
    positions = 2 * codes + is_lowering
    columns = [_SIGNED.gather(positions[:, rank]).alias(str(rank)) for rank in range(REASONS_COUNT)]
    return pl.DataFrame(columns).select(pl.concat_list(pl.all()).alias("reasons")).to_series()


def gather_subjects(features: pl.DataFrame, contributions: Floats) -> Floats:
    """Returns (n, len(SUBJECTS)) contributions by subject. Each row has the same sum as in `contributions`.

    A customer without internet cannot have protection or streaming. So these contributions count for the subject
    "internet".
    """
    gathered = np.zeros((len(contributions), len(SUBJECTS)))
    for column, subject in enumerate(SUBJECTS.values()):
        for name in subject.features:
            gathered[:, column] += contributions[:, FEATURES.index(name)]
    is_offline = features.select(_no_internet).to_series().to_numpy()
    internet = _NAMES.index("internet")
    for name in ("protection", "streaming"):
        gathered[is_offline, internet] += gathered[is_offline, _NAMES.index(name)]
        gathered[is_offline, _NAMES.index(name)] = 0
    return gathered


def _phrase_codes(features: pl.DataFrame) -> NDArray[np.int16]:
    """Returns (n, len(SUBJECTS)) positions in _WORDS of the phrase that describes each customer."""
    chosen, first = [], 0
    for name, subject in SUBJECTS.items():
        # Built from the last condition inwards, so that the first condition ends up outermost and is tested first.
        code = pl.lit(first + len(subject.phrases), dtype=pl.Int16)
        for position, (condition, _) in reversed(list(enumerate(subject.phrases))):
            code = pl.when(condition).then(pl.lit(first + position, dtype=pl.Int16)).otherwise(code)
        chosen.append(code.alias(name))
        first += len(subject.words())
    return features.select(chosen).to_numpy()
