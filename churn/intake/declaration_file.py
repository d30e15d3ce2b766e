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
over_days = [30, 90]            # features of its mean and change over so many days, and of the days since a change
lever = true                    # the company can change it: a caller may say it, a what-if may change it

[columns.exit_reason]
type = "word"
known = "after leaving"
use = "show"
involuntary = ["non-payment", "deceased"]   # these leavers are no label: they did not decide to leave

[columns.cancel_reason]         # why a customer left; known only afterwards, and never a feature
type = "word"
known = "after leaving"
use = "reason"
groups = { "better offer elsewhere" = "competitor", "unfriendly hotline" = "service" }

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

from pydantic import Field, field_validator, model_validator

from churn.contracts.declaration import LeftSource, TenureUnit
from churn.contracts.extract import PUBLIC_NAMES
from churn.intake.column_section import ColumnSection, Names, Section, find_problem

PUBLIC_SOURCES = {ours: public for public, ours in PUBLIC_NAMES.items()}
"""The name of each column in the public sample."""


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
            if problem := find_problem(name, column):
                raise ValueError(f"{name}: {problem}")
        if len(stated := [name for name, column in columns.items() if column.use == "reason"]) > 1:
            raise ValueError(f"{stated[1]}: is a second column of stated reasons beside {stated[0]}; declare one")
        return columns


def _find_misfit(column: ColumnSection, sources: dict[str, SourceSection]) -> str | None:
    """Returns what is wrong with a column of a second file; None if nothing is."""
    if column.origin not in sources:
        return f"comes from {column.origin}, which has no section [sources.{column.origin}]"
    if column.shipped:
        return "is a column of the public sample: it comes with the extract"
    if not sources[column.origin].needed and column.blank != "unknown":
        return f'needs blank = "unknown": a day without the file of {column.origin} does not know it'
    return None
