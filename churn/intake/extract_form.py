"""How a company's extract differs from the public names and words, from a declaration or from a mapping file.

A mapping file is the declaration of an earlier release. It is TOML, and every part is optional:

    encoding = "latin-1"            # else UTF-8
    decimal_comma = true            # 45,90 and 2.508,45 instead of 45.90
    numbers = "1'234.50"            # how money is written: the signs around and between the digits of 1234.50
    tenure_unit = "days"            # else months
    churn_date_format = "%d.%m.%Y"  # the churn column has the date of leaving, or is blank

    [columns]                       # our name = theirs
    customer_id = "KUNDENNR"

    [values]                        # theirs = ours, for every column of words
    J = "Yes"
    N = "No"

    [values.contract]               # theirs = ours, for one column
    Laufzeit24 = "Two year"

    [churn]                         # who counts as a leaver
    left = "absence"                # or "mark", or "date": the churn column has a leaving date
    horizon_days = 30               # or horizon = "1 month"
    tolerance_days = 7              # how far from the horizon's end the extract may lie that shows who left
"""

import codecs
import hashlib

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from churn.contracts.declaration import SHIPPED_DECLARATION, Declaration, TenureUnit
from churn.contracts.extract import EXTRACT_COLUMNS, KNOWN_WORDS, PUBLIC_NAMES
from churn.contracts.horizons import Horizon, LabelRules, LeftBy
from churn.intake.numbers import NumberForm


class ChurnRules(BaseModel):
    """The section [churn]: how to find out who left, and within which horizon."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: LeftBy | None = None
    horizon_days: int = Field(default=30, ge=1, le=730)
    horizon: str | None = None
    tolerance_days: int = Field(default=7, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> "ChurnRules":
        # An extract of more than half a horizon away would show who left within another horizon.
        if self.tolerance_days * 2 >= self.read_horizon().days:
            raise ValueError(f"tolerance_days = {self.tolerance_days} is not less than half of {self.read_horizon()}")
        return self

    def read_horizon(self) -> Horizon:
        """Returns the horizon in calendar months or in days."""
        return Horizon.read(self.horizon) if self.horizon else Horizon(self.horizon_days)


class ExtractForm(BaseModel):
    """How an extract is written, and what it declares. The default is an extract of the public names and words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: str = "utf-8"
    decimal_comma: bool = False
    numbers: str | None = None
    tenure_unit: TenureUnit | None = None
    churn_date_format: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str | dict[str, str]] = Field(default_factory=dict)
    churn: ChurnRules = ChurnRules()
    declaration: Declaration = SHIPPED_DECLARATION

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(f"{encoding!r} is not an encoding") from None
        if name not in ("utf-8", "iso8859-1", "iso8859-15", "cp1252"):
            raise ValueError(f"{encoding!r} is not one of utf-8, latin-1, latin-9, cp1252")
        return name

    @field_validator("numbers")
    @classmethod
    def _readable_numbers(cls, numbers: str | None) -> str | None:
        if numbers is not None:
            NumberForm.read(numbers)
        return numbers

    @property
    def number_form(self) -> NumberForm | None:
        """How money is written; None for 1234.50."""
        if self.numbers:
            return NumberForm.read(self.numbers)
        return NumberForm("", "", ",", "", is_declared=False) if self.decimal_comma else None

    @property
    def money_columns(self) -> tuple[str, ...]:
        """The columns of money that are read in the form of the extract. A sum of several values was read before."""
        core = self.declaration.core
        value = () if core is not None and len(core.value) != 1 else ("monthly_charges",)
        return (*value, *(("total_charges",) if "total_charges" in self.declaration.shipped else ()))

    @field_validator("columns")
    @classmethod
    def _our_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        return {_our_column(name, EXTRACT_COLUMNS): theirs for name, theirs in columns.items()}

    @field_validator("values")
    @classmethod
    def _our_word_columns(cls, values: dict[str, str | dict[str, str]]) -> dict[str, str | dict[str, str]]:
        return {
            word if isinstance(meaning, str) else _our_column(word, (*KNOWN_WORDS, "senior_citizen")): meaning
            for word, meaning in values.items()
        }

    def words_of(self, column: str) -> dict[str, str]:
        """Returns theirs -> ours for a column. An entry for the column wins over an entry for all columns."""
        if column not in KNOWN_WORDS and column not in self.values:
            return {}
        common = {word: meaning for word, meaning in self.values.items() if isinstance(meaning, str)}
        own = self.values.get(column, {})
        return {**common, **own} if isinstance(own, dict) else common

    def label_rules(self) -> LabelRules:
        """Returns how the extracts are labelled (default: by the leaving date, or else by the mark in churn)."""
        left = self.churn.left or ("date" if self.churn_date_format else "mark")
        return LabelRules(left, self.churn.read_horizon(), self.churn.tolerance_days)

    def fingerprint(self) -> str:
        """Returns a SHA-256 of the content: written in another form, the same bytes of a file give other rows."""
        # Without a section [churn] the fingerprint is that of earlier releases: an upgrade loads no file again.
        left_out = {"declaration", "churn"} if self.churn == ChurnRules() else {"declaration"}
        own = "" if self.declaration.is_shipped else self.declaration.fingerprint()
        return hashlib.sha256(f"{self.model_dump_json(exclude=left_out)}{own}".encode()).hexdigest()


def _our_column(name: str, known: tuple[str, ...]) -> str:
    column = PUBLIC_NAMES.get(name, name)
    if column not in known:
        raise ValueError(f"{name!r} is not a column that a declaration can name here")
    return column
