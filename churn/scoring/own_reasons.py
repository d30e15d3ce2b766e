"""Reasons from the columns that a company declares: in its own words, or else name, value and usual value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.declaration import BLANK_WORD, ColumnType, Declaration
from churn.contracts.features import FEATURES, PRICE_CHANGE
from churn.contracts.over_days import OverDays, find_over_days

Floats = NDArray[np.float64]
VALUE = "{value}"


@dataclass(frozen=True)
class Phrases:
    """The phrase of one subject for each customer.

    Attributes:
        codes: (n,) positions in the vocabulary.
    """

    codes: NDArray[np.int64]
    vocabulary: list[str]


@dataclass(frozen=True)
class OwnFeature:
    """How a reason tells one feature.

    Attributes:
        says: the company's words, with {value}; None for name, value and usual value.
        usual: the median of the training part; None for words and flags.
    """

    name: str
    label: str
    type: ColumnType
    says: str | None = None
    usual: float | None = None


@dataclass(frozen=True)
class OwnSubject:
    """A group of features. The one that changes the score of a customer most gives the phrase."""

    members: tuple[OwnFeature, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(member.name for member in self.members)


@dataclass(frozen=True)
class Wording:
    """The features of a model, and how reasons tell those that are not of the public sample.

    Attributes:
        features: the features of the model, in its order.
    """

    features: tuple[str, ...]
    own: tuple[OwnSubject, ...] = field(default=())


SHIPPED_WORDING = Wording(FEATURES)
_SHIPPED_LABELS: dict[str, tuple[str, ColumnType]] = {
    "monthly_charges": ("monthly charge", "money"),
    PRICE_CHANGE: ("price change within 30 days", "money"),
}


def word_reasons(
    features: tuple[str, ...], told: Sequence[str], declaration: Declaration, usual: Mapping[str, float]
) -> Wording:
    """Returns how the reasons of a model are stated.

    Args:
        features: the features of the model.
        told: the features that the subjects of the public sample tell.
        declaration: the declared columns, with their groups and words.
        usual: the median of each number in the training part.
    """
    declared = {column.name: column for column in declaration.columns}
    looking_back = {one.name: one for one in find_over_days(features, declaration.over_days)}
    groups: dict[str, list[OwnFeature]] = {}
    for name in features:
        if name in told:
            continue
        column = declared.get(name)
        past = looking_back.get(name)
        if past is not None:
            column = declared[past.column]
            member = OwnFeature(name, past.label, _type_of(past, column.type), usual=usual.get(name))
        elif column is None:
            label, kind = _SHIPPED_LABELS.get(name, (name.replace("_", " "), "flag"))
            member = OwnFeature(name, label, kind, usual=usual.get(name))
        else:
            member = OwnFeature(name, column.words_on_pages, column.type, column.says, usual.get(name))
        subject = (column.group or f"{column.name} alone") if column else f"{name} alone"
        groups.setdefault(subject, []).append(member)
    return Wording(features, tuple(OwnSubject(tuple(members)) for members in groups.values()))


def _type_of(past: OverDays, kind: ColumnType) -> ColumnType:
    """Returns how the value of a feature that looks back is written: a mean of counts has decimals."""
    if past.kind == "days_since_change":
        return "count"
    return "number" if kind == "count" and past.kind == "mean" else kind


def tell_own(features: pl.DataFrame, contributions: Floats, wording: Wording) -> list[Phrases]:
    """Returns for each subject of the company's own the phrase of each customer."""
    return [tell_subject(features, contributions, wording.features, subject) for subject in wording.own]


def tell_subject(features: pl.DataFrame, contributions: Floats, names: Sequence[str], subject: OwnSubject) -> Phrases:
    """Returns the phrase of each customer for one subject: that of its feature which changes the score most."""
    told = [_tell_feature(features[member.name], member) for member in subject.members]
    if len(told) == 1:
        return told[0]
    starts = np.cumsum([0, *(len(one.vocabulary) for one in told[:-1])])
    codes = np.column_stack([one.codes + start for one, start in zip(told, starts, strict=True)])
    places = [names.index(name) for name in subject.features]
    strongest = np.argmax(np.abs(contributions[:, places]), axis=1)
    chosen = np.take_along_axis(codes, strongest[:, None], axis=1)[:, 0]
    return Phrases(chosen, [phrase for one in told for phrase in one.vocabulary])


def _tell_feature(values: pl.Series, member: OwnFeature) -> Phrases:
    """Returns a phrase for each value. Example: "care calls 7, usually 1"."""
    written = write_values(values, member.type)
    distinct = written.unique().sort()
    codes = written.replace_strict(distinct, pl.int_range(len(distinct), eager=True), return_dtype=pl.Int64).to_numpy()
    return Phrases(codes, [_phrase(value, member) for value in distinct])


def _phrase(value: str, member: OwnFeature) -> str:
    if member.says is not None:
        return member.says.replace(VALUE, value)
    if member.usual is None or member.type in ("word", "flag") or value == BLANK_WORD:
        return f"{member.label} {value}"
    usual = write_values(pl.Series([member.usual]), member.type)[0]
    return f"{member.label} {value}, usually {usual}"


def write_values(values: pl.Series, kind: ColumnType) -> pl.Series:
    """Returns values as a person writes them: 7, 45.90, 25%, yes, 14 days ago, Pro."""
    if kind == "word":
        return values.fill_null(BLANK_WORD)
    number = values.cast(pl.Float64)
    match kind:
        case "flag":
            written = pl.select(pl.when(number > 0.5).then(pl.lit("yes")).otherwise(pl.lit("no"))).to_series()
        case "share":
            written = (number * 100).round(0).cast(pl.Int64).cast(pl.String) + "%"
        case "date":
            written = number.round(0).cast(pl.Int64).cast(pl.String) + " days ago"
        case "count":
            written = number.round(0).cast(pl.Int64).cast(pl.String)
        case "money":
            cents = (number * 100).round(0).cast(pl.Int64)
            sign = pl.select(pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))).to_series()
            written = (
                sign + (cents.abs() // 100).cast(pl.String) + "." + (cents.abs() % 100).cast(pl.String).str.zfill(2)
            )
        case _:
            written = number.round(2).cast(pl.String).str.strip_suffix(".0")
    return written.set(number.is_null(), BLANK_WORD)
