"""[columns.NAME] of a declaration file, and what one may say of a column."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from churn.contracts.declaration import (
    CORE_COLUMNS,
    NUMBER_TYPES,
    SHIPPED_COLUMNS,
    Blank,
    ColumnType,
    DeclaredColumn,
    Use,
)
from churn.contracts.extract import OPEN_COLUMNS
from churn.contracts.features import FEATURES
from churn.contracts.over_days import is_over_days

_LONGEST_LOOKING_BACK = 40
"""Postgres cuts names after 63 characters, and a feature that looks back adds up to 18."""
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
    groups: dict[str, str] = Field(default_factory=dict)
    over_days: tuple[Annotated[int, Field(ge=2, le=365)], ...] = Field(default=(), max_length=4)

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
            tuple(self.groups.items()),
            tuple(sorted(set(self.over_days))),
        )


def find_problem(name: str, column: ColumnSection) -> str | None:
    """Returns what is wrong with the section of a column; None if nothing is."""
    return _find_shipped_problem(name, column) if column.shipped else _find_own_problem(name, column)


def _find_shipped_problem(name: str, column: ColumnSection) -> str | None:
    if name not in SHIPPED_COLUMNS:
        return f"is no column of the public sample; those are {', '.join(SHIPPED_COLUMNS)}"
    if column.lever:
        return "needs no lever: which columns of the public sample are levers comes with the program"
    if column.use == "reason":
        return "cannot give stated reasons; a column of your own can"
    closed = column.new_words and name not in OPEN_COLUMNS
    return f"cannot have new words; {', '.join(OPEN_COLUMNS)} can" if closed else None


def _find_own_problem(name: str, column: ColumnSection) -> str | None:
    if is_over_days(name):
        return f"has the name of a feature that looks back; call yours own_{name}_column"
    if name in TAKEN:
        return f"is a name of the tables; call yours own_{name}, or write shipped = true if it means the same"
    if column.lever and (problem := _find_no_lever(column)):
        return problem
    if column.over_days and (problem := _find_no_history(name, column)):
        return problem
    if column.segment and column.type not in ("word", "flag"):
        return "cannot be a segment; columns of type word and flag can"
    if problem := _find_too_early(column):
        return problem
    if not re.match(_NAME, name):
        return "is not a name of small letters, digits and underscores that begins with a letter"
    return "lacks its type: count, number, money, share, flag, word or date" if column.type is None else None


def _find_no_history(name: str, column: ColumnSection) -> str | None:
    """Returns why no feature can say how a column developed; None if one can."""
    if column.type not in NUMBER_TYPES or column.use != "model" or column.known != "at snapshot":
        return "cannot have over_days; a count, number, money or share that models get can"
    if len(name) > _LONGEST_LOOKING_BACK:
        return f"is too long for over_days; a name of at most {_LONGEST_LOOKING_BACK} letters is not"
    return None


def _find_too_early(column: ColumnSection) -> str | None:
    """Returns what is wrong with what a company knows of its leavers; None if nothing is."""
    is_later = column.type == "word" and column.known == "after leaving"
    if column.involuntary and not is_later:
        return 'has involuntary words: it needs type = "word" and known = "after leaving"'
    if column.use == "reason" and not is_later:
        return 'gives stated reasons: it needs type = "word" and known = "after leaving"'
    return 'has groups of reasons: it needs use = "reason"' if column.groups and column.use != "reason" else None


def _find_no_lever(column: ColumnSection) -> str | None:
    """Returns why a column of the company's own cannot be a lever; None if it can be one."""
    if column.use != "model" or column.known != "at snapshot":
        return "cannot be a lever: it gives no reason, because no model gets it"
    if column.type == "date":
        return "cannot be a lever: a date in the past cannot be changed"
    is_only_value = column.says is not None and not column.says.replace("{value}", "").strip()
    return "cannot be a lever: says needs words beside {value}" if is_only_value else None
