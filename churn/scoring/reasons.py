"""Reasons for a score: contributions to the log-odds, grouped into subjects that a caller can talk about.

A subject groups features about the same thing, so that no reader sees a name such as "tenure_inverse". The contribution
of a subject is the sum of the contributions of its features. The phrase describes the customer; the sign shows whether
this raises (+) or lowers (-) the risk compared with the average customer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.extract import KNOWN_WORDS
from churn.scoring.own_reasons import SHIPPED_WORDING, Phrases, Wording, tell_own

REASONS_COUNT = 3

WORD_COLUMNS = ("contract", "internet_service", "payment_method")
"""The columns of the public sample in which a company may use a new word. A frame of features has them as
word_contract and so on, and a reason tells a new word as itself."""

Floats = NDArray[np.float64]

Condition = Callable[[Any], Any]
"""A condition on a customer: from a row that gives expressions it makes an expression, from one that gives numbers of
NumPy a truth. So a batch and a single customer have one definition of each phrase."""


@dataclass(frozen=True)
class Subject:
    """One subject that a caller can talk about.

    Attributes:
        features: the features whose contributions it sums.
        phrases: conditions with their phrases; the first condition that holds decides.
        otherwise: the phrase when no condition holds.
        word: the column of the public sample whose words the phrases tell, and the name before a word that they do not
            know: a new word is stated as itself, never as one of the others.
    """

    features: tuple[str, ...]
    phrases: tuple[tuple[Condition, str], ...]
    otherwise: str
    word: tuple[str, str] | None = None

    def words(self) -> tuple[str, ...]:
        """All phrases of the subject."""
        return (*(words for _, words in self.phrases), self.otherwise)


def _is(flag: str) -> Condition:
    return lambda row: row[flag] > 0.5


def _lacks(flag: str) -> Condition:
    return lambda row: ~(row[flag] > 0.5)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda row: one(row) & other(row)


def _either(one: Condition, other: Condition) -> Condition:
    return lambda row: one(row) | other(row)


def _up_to(name: str, bound: float) -> Condition:
    return lambda row: row[name] <= bound


def _below(name: str, bound: float) -> Condition:
    return lambda row: row[name] < bound


is_offline = _lacks("has_internet_service")

SUBJECTS = {
    "contract": Subject(
        ("is_month_to_month", "is_two_year_contract"),
        ((_is("is_month_to_month"), "month-to-month contract"), (_is("is_two_year_contract"), "two-year contract")),
        "one-year contract",
        ("contract", "contract"),
    ),
    "tenure": Subject(
        ("tenure_months", "tenure_log", "tenure_inverse"),
        (
            (_up_to("tenure_months", 6), "in the first 6 months"),
            (_up_to("tenure_months", 12), "in the first year"),
            (_up_to("tenure_months", 24), "in the second year"),
            (_up_to("tenure_months", 48), "customer for 2 to 4 years"),
        ),
        "customer for over 4 years",
    ),
    "internet": Subject(
        ("has_internet_service", "has_fiber_optic", "has_tech_support"),
        (
            (is_offline, "no internet service"),
            (_both(_is("has_fiber_optic"), _lacks("has_tech_support")), "fiber without support"),
            (_is("has_fiber_optic"), "fiber with support"),
            (_lacks("has_tech_support"), "DSL without support"),
        ),
        "DSL with support",
        ("internet_service", "internet"),
    ),
    "protection": Subject(
        ("has_online_security", "has_online_backup", "has_device_protection", "no_security_no_backup"),
        (
            (_both(_is("has_online_security"), _is("has_online_backup")), "security and backup"),
            (_is("has_online_security"), "online security"),
            (_is("has_online_backup"), "backup without security"),
        ),
        "no security or backup",
    ),
    "streaming": Subject(
        ("has_streaming_tv", "has_streaming_movies"),
        ((_either(_is("has_streaming_tv"), _is("has_streaming_movies")), "streams TV or movies"),),
        "no streaming",
    ),
    "bill": Subject(
        ("monthly_charges", "price_above_list_usd"),
        (
            (_below("monthly_charges", 35), "monthly bill under $35"),
            (_up_to("monthly_charges", 70), "monthly bill of $35 to $70"),
        ),
        "monthly bill over $70",
    ),
    "payment": Subject(
        ("uses_electronic_check", "uses_automatic_payment"),
        ((_is("uses_electronic_check"), "electronic check"), (_is("uses_automatic_payment"), "automatic payment")),
        "mailed check",
        ("payment_method", "payment by"),
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
        ((_lacks("has_phone_service"), "no phone line"), (_is("has_multiple_lines"), "several phone lines")),
        "one phone line",
    ),
}

_NAMES = list(SUBJECTS)
KNOWN = {name: (*words, "None") for name, words in KNOWN_WORDS.items()}  # Staging says None for no internet service.


def tell_reasons(features: pl.DataFrame, contributions: Floats, wording: Wording = SHIPPED_WORDING) -> pl.Series:
    """Returns the three subjects that change the score of each customer most, the largest first.

    Args:
        features: rows with the model features. With word_contract and so on, a new word is stated as itself.
        contributions: (n, features) contributions to the log-odds, in the order of `wording.features`.
        wording: the features of the model, and the subjects of the company's own columns.

    Returns:
        A list of three strings per row, for example "+ month-to-month contract"; fewer if there are fewer subjects.
    """
    weights = gather_subjects(features, contributions, wording)
    # A stable sort: of two equal contributions the first subject wins on every machine.
    strongest = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :REASONS_COUNT]
    told = phrase_subjects(features, contributions, wording)
    codes, vocabulary = _number_phrases(told)
    chosen = np.take_along_axis(codes, strongest, axis=1)
    is_lowering = np.take_along_axis(weights, strongest, axis=1) < 0
    signed = pl.Series([f"{sign} {words}" for words in vocabulary for sign in "+-"], dtype=pl.String)
    positions = 2 * chosen + is_lowering
    columns = [signed.gather(positions[:, rank]).alias(str(rank)) for rank in range(positions.shape[1])]
    return pl.DataFrame(columns).select(pl.concat_list(pl.all()).alias("reasons")).to_series()


def phrase_subjects(features: pl.DataFrame, contributions: Floats, wording: Wording = SHIPPED_WORDING) -> list[Phrases]:
    """Returns the phrase of each customer for every subject, in the order of `gather_subjects`."""
    return [*_tell_shipped(features, wording), *tell_own(features, contributions, wording)]


def _number_phrases(told: Sequence[Phrases]) -> tuple[NDArray[np.int64], list[str]]:
    """Returns (n, subjects) positions of each customer's phrases in one vocabulary, and the vocabulary."""
    columns, vocabulary = [], list[str]()
    for phrases in told:
        columns.append(phrases.codes + len(vocabulary))
        vocabulary += phrases.vocabulary
    return np.column_stack(columns), vocabulary


def gather_subjects(features: pl.DataFrame, contributions: Floats, wording: Wording = SHIPPED_WORDING) -> Floats:
    """Returns (n, subjects) contributions by subject. Each row has the same sum as in `contributions`.

    The subjects of the public sample come first, then those of the company's own columns. A customer without internet
    cannot have protection or streaming. So these contributions count for the subject "internet".
    """
    shipped = find_shipped(wording)
    subjects = [*shipped.values(), *(subject.features for subject in wording.own)]
    gathered = np.zeros((len(contributions), len(subjects)))
    for column, names in enumerate(subjects):
        for name in names:
            gathered[:, column] += contributions[:, wording.features.index(name)]
    if {"internet", "protection", "streaming"} <= set(shipped):
        places = {name: place for place, name in enumerate(shipped)}
        offline = features.select(is_offline(_Columns())).to_series().to_numpy()
        for name in ("protection", "streaming"):
            gathered[offline, places["internet"]] += gathered[offline, places[name]]
            gathered[offline, places[name]] = 0
    return gathered


def find_shipped(wording: Wording) -> dict[str, tuple[str, ...]]:
    """Returns the subjects of the public sample that the model has every feature of, each with its features."""
    found = {}
    for name, subject in SUBJECTS.items():
        if set(subject.features) <= set(wording.features):
            new = (subject.word[0],) if subject.word and subject.word[0] in wording.features else ()
            found[name] = (*subject.features, *new)
    return found


def _tell_shipped(features: pl.DataFrame, wording: Wording) -> list[Phrases]:
    subjects = {name: SUBJECTS[name] for name in find_shipped(wording)}
    # One query for all subjects: for a single customer a query of its own for each takes most of the time of a score.
    codes = features.select(_number(subject).alias(name) for name, subject in subjects.items())
    return [_tell_subject(features, codes[name].to_numpy(), subject) for name, subject in subjects.items()]


class _Columns:
    """A row whose values are the columns of a frame."""

    def __getitem__(self, name: str) -> pl.Expr:
        return pl.col(name)


def _number(subject: Subject) -> pl.Expr:
    """Returns the position of the phrase that describes each customer."""
    # Built from the last condition inwards, so that the first condition ends up outermost and is tested first.
    code = pl.lit(len(subject.phrases), dtype=pl.Int64)
    for position, (condition, _) in reversed(list(enumerate(subject.phrases))):
        code = pl.when(condition(_Columns())).then(pl.lit(position, dtype=pl.Int64)).otherwise(code)
    return code


def _tell_subject(features: pl.DataFrame, codes: NDArray[np.int64], subject: Subject) -> Phrases:
    """Returns the phrase that describes each customer; a new word is stated as itself."""
    said = f"word_{subject.word[0]}" if subject.word else ""
    if subject.word is None or said not in features.columns:
        return Phrases(codes, list(subject.words()))
    words = features[said]
    is_new = words.is_not_null() & ~words.is_in(list(KNOWN[subject.word[0]]))
    if not is_new.any():
        return Phrases(codes, list(subject.words()))
    new = words.filter(is_new).unique().sort().to_list()
    places = words.replace_strict(new, list(range(len(new))), default=0, return_dtype=pl.Int64).to_numpy()
    told = [*subject.words(), *(f"{subject.word[1]} {word}" for word in new)]
    return Phrases(np.where(is_new.to_numpy(), len(subject.words()) + places, codes), told)
