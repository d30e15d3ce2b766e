"""A declaration file: what a company's extract holds, written once and reviewed by a person.

[extract]
reviewed_by = "NAME, DATE"      # a run refuses a declaration that nobody reviewed
currency = "CHF"                # default: USD
numbers = "1'234.50"            # how money and numbers are written (default: 1234.50)
encoding = "latin-1"            # default: UTF-8

[core]
who = "KUNDENNR"                # or two columns: ["customer", "subscription"]; or "row": every row a customer
value = ["Grundpreis", "Optionen"]              # the value a month: a column, or the sum of several; may be left out
since = { start_date = "Beginn", format = "%d.%m.%Y" }   # or { tenure = "Monate", unit = "months" }; or leave it out

[churn]
left = { end_date = "Vertragsende", format = "%d.%m.%Y" }
# or { flag = "Status", words = ["gone"], stayed = ["active", "new"] }, { missing = true },
# or { inactive = "letzter Login", days = 60, format = "%Y-%m-%d" }
horizon_days = 30
tolerance_days = 7

[columns.contract]              # a column of the public sample, with its meaning
shipped = true
source = "Vertrag"
words = { "Laufzeit 24" = "Two year" }
new_words = ["Prepaid"]

[columns.care_calls]            # a column of your own
source = "Anrufe Hotline 90T"
type = "count"                  # count, number, money, share, flag, word or date
blank = "zero"                  # unknown (default), zero, or refuse
known = "at snapshot"           # or "after leaving": never a feature
use = "model"                   # or fairness, show, none
direction = "raises"            # or lowers; leave it out if nobody knows
group = "service"
says = "called the hotline {value} times in 90 days"
lever = true                    # the company can change it: a caller may say it, a what-if may change it

[columns.exit_reason]
type = "word"
known = "after leaving"
use = "show"
involuntary = ["non-payment", "deceased"]   # these leavers are no label: they did not decide to leave

[columns.edition]
type = "word"
segment = true                  # the model is measured for each of its values; for words and flags

[sources.usage]                 # a second file of the same day, beside the extract
begins = "usage"                # how its names begin: usage-2026-11-01.csv
who = "KUNDENNR"                # default: as in [core]
needed = true                   # false: on a day without the file its columns are unknown

[columns.minutes]
from = "usage"
type = "number"
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from churn.contracts.declaration import (
    CORE_COLUMNS,
    SHIPPED_COLUMNS,
    Blank,
    ColumnType,
    DeclaredColumn,
    LeftSource,
    TenureUnit,
    Use,
)
from churn.contracts.extract import OPEN_COLUMNS, PUBLIC_NAMES
from churn.contracts.features import FEATURES

PUBLIC_SOURCES = {ours: public for public, ours in PUBLIC_NAMES.items()}
"""The name of each column in the public sample."""
_NAME = r"^[a-z][a-z0-9_]{0,49}$"
TAKEN = frozenset(
    [
        *FEATURES,
        *CORE_COLUMNS,
        *SHIPPED_COLUMNS,
        *("snapshot_date", "as_of_date", "load_id", "loaded_at", "left_on", "has_churned", "is_reconstructed", "plan"),
        *("tenure_band", "services_count", "churn_risk_score", "list_price_usd", "avg_monthly_per_tenure"),
        *("is_one_year_contract", "high_monthly_low_tenure", "row_number", "currency", "left_involuntarily"),
    ]
)
"""Names that a column of the company's own cannot have: the tables have columns of these names."""

Names = Annotated[tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]


class Section(BaseModel):
    """A section of the file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExtractSection(Section):
    """[extract]: how the file is written, and who reviewed the declaration."""

    reviewed_by: str = ""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    numbers: str | None = None
    decimal_comma: bool = False
    encoding: str = "utf-8"


class SinceSection(Section):
    """since in [core]: how long a customer has been one."""

    tenure: str | None = None
    unit: TenureUnit = "months"
    start_date: str | None = None
    format: str = "%Y-%m-%d"

    @model_validator(mode="after")
    def _has_one(self) -> "SinceSection":
        if (self.tenure is None) == (self.start_date is None):
            raise ValueError("name either tenure or start_date")
        return self


class CoreSection(Section):
    """[core]: who a customer is; the value a month and since when, if the extract says them."""

    who: Names = Field(min_length=1, max_length=2)
    value: Names | None = Field(default=None, min_length=1)
    since: SinceSection | None = None


class LeftSection(Section):
    """left in [churn]: how the extract shows who left."""

    flag: str | None = None
    words: Names = ()
    stayed: Names = ()
    end_date: str | None = None
    inactive: str | None = None
    days: int = Field(default=0, ge=0, le=730)
    format: str = "%Y-%m-%d"
    missing: bool = False

    @model_validator(mode="after")
    def _has_one(self) -> "LeftSection":
        if sum([self.flag is not None, self.end_date is not None, self.inactive is not None, self.missing]) != 1:
            raise ValueError("name exactly one of flag, end_date, inactive and missing")
        if self.flag is not None and not self.words:
            raise ValueError('say which words of the flag mean that a customer left, as in words = ["gone"]')
        if self.inactive is not None and not self.days:
            raise ValueError("say after how many days without activity a customer counts as gone, as in days = 60")
        return self

    def as_source(self) -> LeftSource:
        """Returns the values of the section."""
        if self.flag is not None:
            return LeftSource("flag", self.flag, self.words, self.stayed)
        if self.end_date is not None:
            return LeftSource("end_date", self.end_date, date_format=self.format)
        if self.inactive is not None:
            return LeftSource("inactive", self.inactive, date_format=self.format, inactive_days=self.days)
        return LeftSource("missing")


class ChurnSection(Section):
    """[churn]: who counts as a leaver, and within which time."""

    left: LeftSection
    horizon_days: int = 30
    horizon: str | None = None
    tolerance_days: int = 7


class ColumnSection(Section):
    """[columns.NAME]: a column of the public sample, or one of the company's own."""

    shipped: bool = False
    source: str | None = None
    type: ColumnType | None = None
    blank: Blank = "unknown"
    known: Literal["at snapshot", "after leaving"] = "at snapshot"
    use: Use = "model"
    direction: Literal["raises", "lowers"] | None = None
    group: str | None = None
    says: str | None = None
    segment: bool = False
    lever: bool = False
    words: dict[str, str] = Field(default_factory=dict)
    new_words: Names = ()
    format: str = "%Y-%m-%d"
    origin: str = Field(default="", alias="from")
    involuntary: Names = ()

    @field_validator("says")
    @classmethod
    def _with_value(cls, says: str | None) -> str | None:
        if says is not None and "{value}" not in says and ("{" in says or "}" in says):
            raise ValueError("write {value} where the value belongs, and no other braces")
        return says

    def as_own(self, name: str) -> DeclaredColumn:
        """Returns a column of the company's own."""
        assert self.type is not None
        return DeclaredColumn(
            name,
            self.source or name,
            self.type,
            self.blank,
            self.known == "at snapshot",
            self.use,
            {"raises": 1, "lowers": -1, None: 0}[self.direction],  # type: ignore[arg-type]
            self.group,
            self.says,
            self.segment,
            tuple(self.words.items()),
            self.format,
            self.origin,
            self.involuntary,
            self.lever,
        )


class SourceSection(Section):
    """[sources.NAME]: a second file of the same day."""

    begins: str = Field(min_length=1)
    who: Names = Field(default=(), max_length=2)
    needed: bool = True


class DeclarationFile(Section):
    """The whole file."""

    extract: ExtractSection = ExtractSection()
    core: CoreSection
    churn: ChurnSection
    columns: dict[str, ColumnSection] = Field(default_factory=dict)
    sources: dict[str, SourceSection] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sources_fit(self) -> "DeclarationFile":
        for name, column in self.columns.items():
            if column.origin and (problem := _find_misfit(column, self.sources)):
                raise ValueError(f"columns.{name}: {problem}")
        for name, source in self.sources.items():
            if self.core.who == ("row",):
                raise ValueError(f"sources.{name}: cannot be joined where every row is a customer of its own")
            if len(source.who or self.core.who) != len(self.core.who):
                raise ValueError(f"sources.{name}: who has another number of columns than who in [core]")
        return self

    @field_validator("columns")
    @classmethod
    def _fitting(cls, columns: dict[str, ColumnSection]) -> dict[str, ColumnSection]:
        for name, column in columns.items():
            if problem := _find_problem(name, column):
                raise ValueError(f"{name}: {problem}")
        return columns


def _find_no_lever(column: ColumnSection) -> str | None:
    """Returns why a column of the company's own cannot be a lever; None if it can be one."""
    if column.use != "model" or column.known != "at snapshot":
        return "cannot be a lever: it gives no reason, because no model gets it"
    if column.type == "date":
        return "cannot be a lever: a date in the past cannot be changed"
    is_only_value = column.says is not None and not column.says.replace("{value}", "").strip()
    return "cannot be a lever: says needs words beside {value}" if is_only_value else None


def _find_misfit(column: ColumnSection, sources: dict[str, SourceSection]) -> str | None:
    """Returns what is wrong with a column of a second file; None if nothing is."""
    if column.origin not in sources:
        return f"comes from {column.origin}, which has no section [sources.{column.origin}]"
    if column.shipped:
        return "is a column of the public sample: it comes with the extract"
    if not sources[column.origin].needed and column.blank != "unknown":
        return f'needs blank = "unknown": a day without the file of {column.origin} does not know it'
    return None


def _find_problem(name: str, column: ColumnSection) -> str | None:
    """Returns what is wrong with the section of a column; None if nothing is."""
    if column.shipped and name not in SHIPPED_COLUMNS:
        return f"is no column of the public sample; those are {', '.join(SHIPPED_COLUMNS)}"
    if column.shipped:
        if column.lever:
            return "needs no lever: which columns of the public sample are levers comes with the program"
        closed = column.new_words and name not in OPEN_COLUMNS
        return f"cannot have new words; {', '.join(OPEN_COLUMNS)} can" if closed else None
    if name in TAKEN:
        return f"is a name of the tables; call yours own_{name}, or write shipped = true if it means the same"
    if column.lever and (problem := _find_no_lever(column)):
        return problem
    if column.segment and column.type not in ("word", "flag"):
        return "cannot be a segment; columns of type word and flag can"
    if column.involuntary and (column.type != "word" or column.known != "after leaving"):
        return 'has involuntary words: it needs type = "word" and known = "after leaving"'
    if not re.match(_NAME, name):
        return "is not a name of small letters, digits and underscores that begins with a letter"
    return "lacks its type: count, number, money, share, flag, word or date" if column.type is None else None
