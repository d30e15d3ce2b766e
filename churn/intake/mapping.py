"""A mapping file: describes how a company's extract differs from the public names and words.

TOML, every part optional:

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
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from churn.contracts.extract import EXTRACT_COLUMNS, KNOWN_WORDS, PUBLIC_NAMES
from churn.contracts.horizons import Horizon, LabelRules, LeftBy
from churn.errors import WrongUsage

_NUMBER = re.compile(r"(?P<before>[^\d]*)1(?P<group>[., '’\u00a0\u202f]?)234(?P<point>[.,])50(?P<after>[^\d]*)")


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


@dataclass(frozen=True)
class NumberForm:
    """How money is written.

    Attributes:
        before: the text before the digits, such as a currency sign.
        group: the sign between thousands; empty if there is none.
        point: the decimal sign.
        after: the text behind the digits.
        is_declared: False if only a decimal comma is agreed: 1.234 is then unclear, and 2.508,45 is not.
    """

    before: str
    group: str
    point: str
    after: str
    is_declared: bool = True

    @classmethod
    def read(cls, example: str) -> "NumberForm":
        """Returns the form of an example, which writes 1234.50 as the extract would."""
        found = _NUMBER.fullmatch(example)
        if found is None or found["group"] == found["point"]:
            raise ValueError(f'{example!r} does not write the number 1234.50, as "1\'234.50" and "1.234,50" do')
        return cls(found["before"].strip(), found["group"], found["point"], found["after"].strip())

    @property
    def example(self) -> str:
        """The number 1234.50 in this form."""
        return f"{self.before}1{self.group}234{self.point}50{self.after}"

    @property
    def pattern(self) -> str:
        """The pattern of a number in this form, without the text around it."""
        point = re.escape(self.point)
        whole = rf"-?\d+({point}\d+)?"
        if self.is_declared and not self.group:
            return f"^{whole}$"
        group = re.escape(self.group or ".")
        grouped = rf"-?\d{{1,3}}({group}\d{{3}})+"
        # Not declared: only a comma behind it, or a second point, shows that a point separates thousands.
        ends = f"({point}\\d+)?" if self.is_declared else f"({point}\\d+|{group}\\d{{3}})"
        return f"^({whole}|{grouped}{ends})$"


class Mapping(BaseModel):
    """The content of a mapping file. The default maps nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: str = "utf-8"
    decimal_comma: bool = False
    numbers: str | None = None
    tenure_unit: Literal["months", "days"] | None = None
    churn_date_format: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str | dict[str, str]] = Field(default_factory=dict)
    churn: ChurnRules = ChurnRules()

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
    def number_form(self) -> "NumberForm | None":
        """How money is written; None for 1234.50."""
        if self.numbers:
            return NumberForm.read(self.numbers)
        return NumberForm("", "", ",", "", is_declared=False) if self.decimal_comma else None

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
        """Returns a SHA-256 of the content: with another mapping the same bytes of a file give other rows."""
        # Without a section [churn] the fingerprint is that of earlier releases: an upgrade loads no file again.
        left_out = {"churn"} if self.churn == ChurnRules() else None
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()


def _our_column(name: str, known: tuple[str, ...]) -> str:
    column = PUBLIC_NAMES.get(name, name)
    if column not in known:
        raise ValueError(f"{name!r} is not a column that a mapping can name here")
    return column


def read_mapping(path: Path | None) -> Mapping:
    """Reads a mapping file; without a path, returns a mapping that maps nothing.

    Raises:
        WrongUsage: the file does not exist, is not TOML, or has an unknown key.
    """
    if path is None:
        return Mapping()
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise WrongUsage(
            f"The mapping file {path} cannot be read: {error.strerror}.", "check the path of the mapping file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"The mapping file {path.name} is not TOML: {error}.", "correct that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        problem = first["msg"].removeprefix("Value error, ")  # Pydantic puts this in front of our own messages.
        raise WrongUsage(
            f"The mapping file {path.name} has an unknown entry at {place}: {problem}.",
            "correct that entry; data/README.md shows what a mapping file may contain.",
        ) from error
