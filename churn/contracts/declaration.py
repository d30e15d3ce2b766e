"""What a company's extract holds: who a customer is, who left, and the columns that the company declares.

The values of one declaration file, as every room uses them; `intake.declaring` reads the file. Without a file the
declaration of the public sample is in force: its 21 columns, their words, and no column of the company's own.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

from churn.contracts.extract import EXTRACT_COLUMNS, KNOWN_WORDS
from churn.contracts.feature_sources import FEATURE_SOURCES
from churn.contracts.features import DIRECTIONS, FEATURES, PRICE_FEATURES, SHIPPED_FEATURES, Direction, FeatureSet
from churn.contracts.over_days import derive

ColumnType = Literal["count", "number", "money", "share", "flag", "word", "date"]
Blank = Literal["unknown", "zero", "refuse"]
Use = Literal["model", "fairness", "show", "reason", "none"]
TenureUnit = Literal["days", "weeks", "months", "years"]
NUMBER_TYPES: tuple[ColumnType, ...] = ("count", "number", "money", "share")

CORE_COLUMNS = ("customer_id", "tenure", "monthly_charges", "churn")
SHIPPED_COLUMNS = tuple(name for name in EXTRACT_COLUMNS if name not in CORE_COLUMNS)
"""The columns of the public sample beside the core. A company may have some of them, with the same meaning."""

BLANK_WORD = "(blank)"
"""What a blank cell of a declared word becomes: a model can learn from a blank, but never from a NULL."""

_SQL_TYPES: dict[ColumnType, str] = {
    "count": "BIGINT",
    "number": "DOUBLE PRECISION",
    "money": "DOUBLE PRECISION",
    "share": "DOUBLE PRECISION",
    "flag": "BOOLEAN",
    "word": "TEXT",
    "date": "DATE",
}


@dataclass(frozen=True)
class DeclaredColumn:
    """A column that the company declares beside the core.

    Attributes:
        name: the name in tables and on pages.
        source: the name in the extract.
        blank: what a blank cell means: not known, 0 (false for a flag), or a fault of the row.
        is_known_at_snapshot: whether the value is known on the snapshot date. One that is known only after a customer
            left is never a feature.
        use: model, fairness (slices only), show (stored and shown), reason (why a customer left), or none (never read
            past the door).
        direction: +1 when more of it raises churn, -1 when it lowers churn, 0 when that is not known.
        group: the subject that reasons put it under; None for a subject of its own.
        says: the words of a reason, with {value}; None for name, value and usual value.
        is_segment: whether pages divide the customers by it, and a model is measured for each of its values.
        words: theirs -> ours, for words and flags.
        date_format: how a date is written, such as %d.%m.%Y.
        origin: the declared source whose file has the column; empty: the extract itself.
        involuntary: the words that say that a customer who left did not decide to, such as non-payment or death.
        is_lever: whether the company can change it: only then may a caller say it, and a what-if change it.
        reason_groups: stated reason -> its group, for a column of reasons. A reason without one is a group of its own.
        over_days: the lengths of time over which features say how a number developed.
    """

    name: str
    source: str
    type: ColumnType
    blank: Blank = "unknown"
    is_known_at_snapshot: bool = True
    use: Use = "model"
    direction: Direction = 0
    group: str | None = None
    says: str | None = None
    is_segment: bool = False
    words: tuple[tuple[str, str], ...] = ()
    date_format: str = "%Y-%m-%d"
    origin: str = ""
    involuntary: tuple[str, ...] = ()
    is_lever: bool = False
    reason_groups: tuple[tuple[str, str], ...] = ()
    over_days: tuple[int, ...] = ()

    @property
    def is_feature(self) -> bool:
        """Whether models get it."""
        return self.use == "model" and self.is_known_at_snapshot

    @property
    def is_slice(self) -> bool:
        """Whether a model is measured for each of its values: a segment or a fairness column, of words or flags."""
        return (self.is_segment or self.use == "fairness") and self.type in ("word", "flag")

    @property
    def sql_type(self) -> str:
        """Its type in raw_data and staging."""
        return _SQL_TYPES[self.type]

    @property
    def words_on_pages(self) -> str:
        """Its name as people say it: care_calls is "care calls"."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class LeftSource:
    """How an extract shows who left.

    Attributes:
        kind: flag (words in a column), end_date (the leaving date), inactive (the last activity is too long ago), or
            missing (leavers vanish from the extract).
        source: the column; empty for missing.
        words: the words that say that a customer left.
        stayed_words: the words that say that one stayed; without them every other word does.
        date_format: how a date is written.
        inactive_days: after how many days without activity a customer counts as gone.
    """

    kind: Literal["flag", "end_date", "inactive", "missing"]
    source: str = ""
    words: tuple[str, ...] = ()
    stayed_words: tuple[str, ...] = ()
    date_format: str = "%Y-%m-%d"
    inactive_days: int = 0


@dataclass(frozen=True)
class Core:
    """The facts that every extract has in some form.

    Attributes:
        who: the column, or the two columns, of the customer's number; none: every row is a customer of its own.
        value: the columns whose sum is the value a month; none: the extract has no money, and no figure is money.
        tenure: the column with the time as a customer; None if there is a start date, or neither.
        start_date: the column with the first day as a customer; None if there is a tenure, or neither.
    """

    who: tuple[str, ...]
    left: LeftSource
    value: tuple[str, ...] = ()
    tenure: str | None = None
    tenure_unit: TenureUnit = "months"
    start_date: str | None = None
    start_date_format: str = "%Y-%m-%d"


@dataclass(frozen=True)
class DeclaredSource:
    """A second file of the same day, such as usage or tickets, that is joined to the extract by the customer's number.

    Attributes:
        begins: how the names of its files begin, such as usage for usage-2026-11-01.csv.
        who: the column, or the two columns, of the customer's number.
        is_needed: whether a day waits for its file; if not, its columns are unknown on a day without it.
    """

    name: str
    begins: str
    who: tuple[str, ...]
    is_needed: bool = True


@dataclass(frozen=True)
class Declaration:
    """What a company's extract holds.

    Attributes:
        core: None for the declaration of the public sample, whose columns have the names of the contract.
        shipped: the columns of the public sample that the extract has beside the core.
        new_words: (column, word) that the public sample does not have, in its columns that are open to new words.
        columns: the columns of the company's own.
        currency: the currency of all money. Names of columns say USD whatever it is.
        reviewed_by: who read the declaration, and when; empty if nobody did.
        sources: the second files of a day.
    """

    core: Core | None = None
    shipped: tuple[str, ...] = SHIPPED_COLUMNS
    new_words: tuple[tuple[str, str], ...] = ()
    columns: tuple[DeclaredColumn, ...] = ()
    currency: str = "USD"
    reviewed_by: str = ""
    sources: tuple[DeclaredSource, ...] = ()

    @property
    def is_shipped(self) -> bool:
        """Whether it is the declaration of the public sample."""
        return self.core is None

    @property
    def extract_columns(self) -> tuple[str, ...]:
        """The columns of raw_data.telco_churn_raw that the extract fills, in the order of the contract."""
        absent = [
            *([] if self.has_value else ["monthly_charges"]),
            *([] if self.has_tenure else ["tenure"]),
        ]
        return tuple(name for name in EXTRACT_COLUMNS if name in {*CORE_COLUMNS, *self.shipped}.difference(absent))

    @property
    def has_value(self) -> bool:
        """Whether the extract says what a customer is worth a month. Without it no figure is money."""
        return self.core is None or bool(self.core.value)

    @property
    def has_tenure(self) -> bool:
        """Whether the extract says how long a customer has been one."""
        return self.core is None or (self.core.tenure or self.core.start_date) is not None

    def known_words(self, column: str) -> tuple[str, ...]:
        """The words that a column of the public sample may contain, with the new ones of the company."""
        return (*KNOWN_WORDS[column], *(word for name, word in self.new_words if name == column))

    @property
    def core_sources(self) -> dict[str, str]:
        """The columns that the core is made from: our name with a # and a number -> the name in the extract."""
        core = self.core
        if core is None:
            return {}
        numbered = {f"customer_id#{place}": name for place, name in enumerate(core.who, 1)}
        numbered |= {f"monthly_charges#{place}": name for place, name in enumerate(core.value, 1)}
        sources = {"tenure#1": core.tenure or core.start_date, "churn#1": core.left.source}
        return numbered | {name: source for name, source in sources.items() if source}

    @property
    def stored(self) -> tuple[DeclaredColumn, ...]:
        """The columns of the company's own that are kept."""
        return tuple(column for column in self.columns if column.use != "none")

    @property
    def over_days(self) -> dict[str, tuple[int, ...]]:
        """The columns with features that look back -> how many days."""
        return {column.name: column.over_days for column in self.columns if column.over_days}

    @property
    def reason_column(self) -> DeclaredColumn | None:
        """The column that says why a customer left; None if the extract does not say it."""
        return next((column for column in self.columns if column.use == "reason"), None)

    @cached_property
    def features(self) -> FeatureSet:
        """The features that models get: those whose columns the extract has, new words, and the declared columns."""
        if self.is_shipped and not self.columns:
            return SHIPPED_FEATURES
        return self._collect([column for column in self.columns if column.is_feature])

    @cached_property
    def features_with_sensitive(self) -> FeatureSet:
        """The features with the columns that are kept to measure fairness: it shows what leaving them out costs."""
        return self._collect([column for column in self.columns if column.is_feature or column in self.sensitive])

    @property
    def sensitive(self) -> tuple[DeclaredColumn, ...]:
        """The columns that are known in time, and no model gets them for the sake of fairness."""
        return tuple(one for one in self.columns if one.use == "fairness" and one.is_known_at_snapshot)

    def _collect(self, own: Sequence[DeclaredColumn]) -> FeatureSet:
        present = set(self.extract_columns)
        shipped = [(name, DIRECTIONS[name]) for name in FEATURES if self._has_sources(name, present)]
        opened = sorted({column for column, _ in self.new_words} - {"gender"})  # Kept to measure fairness only.
        words = (*opened, *(column.name for column in own if column.type == "word"))
        blanks = [column.name for column in own if column.type != "word" and column.blank == "unknown"]
        directions = [*shipped, *((name, 0) for name in opened), *((column.name, column.direction) for column in own)]
        for column in own:
            derived = derive(column.name, column.over_days)
            blanks += [one.name for one in derived]  # A new customer has no past.
            directions += [(one.name, column.direction if one.kind != "days_since_change" else 0) for one in derived]
        prices = tuple(name for name, _ in shipped if name in PRICE_FEATURES)
        return FeatureSet(tuple(directions), prices, words, tuple(blanks))

    def _has_sources(self, feature: str, present: set[str]) -> bool:
        # The list prices are those of the company of the public sample.
        is_list_price = feature == "price_above_list_usd"
        return (not is_list_price or self.is_shipped) and set(FEATURE_SOURCES[feature]) <= present

    def fingerprint(self) -> str:
        """Returns a SHA-256 of everything that decides what is stored and learned."""
        content = {name: value for name, value in asdict(self).items() if name not in ("reviewed_by", "sources")}
        # Without a second file the fingerprint is that of earlier releases: an upgrade loads no file again.
        content |= {"sources": self.sources} if self.sources else {}
        # What may be said of a column decides nothing that is stored or learned.
        content["columns"] = [
            {
                name: value
                for name, value in asdict(column).items()
                if name not in _SAID and (name not in ("origin", "involuntary", "over_days") or value)
            }
            for column in self.columns
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=asdict).encode()).hexdigest()


_SAID = ("is_lever", "reason_groups")
SHIPPED_DECLARATION = Declaration()
