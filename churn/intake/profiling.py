"""Says what each column of a file holds: its type, blanks, distinct values, words. It guesses no meaning."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from churn.contracts.declaration import ColumnType
from churn.errors import ContractBroken
from churn.intake.blanks import is_marker
from churn.intake.declared import FALSE_WORDS, TRUE_WORDS
from churn.intake.encodings import find_encoding
from churn.intake.headers import EveryColumn
from churn.intake.number_forms import find_number_form
from churn.intake.numbers import NumberForm, plain_number
from churn.intake.reading import open_batches

MOST_ROWS = 200_000
"""A file is profiled by its first rows: their words and numbers are those of the others, and memory stays small."""
MOST_WORDS = 30
_WRONG_IN = 2_000
"""One cell in so many may not fit the type of its column: a run rejects its row and names it."""
_LARGEST_COUNT = 2**53

DATE_FORMATS = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%y", "%m/%d/%y"),
)


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds.

    Attributes:
        source: its name in the file.
        cells: the cells, trimmed; blank ones are null.
        values: the numbers of a column of numbers or flags, else nulls.
        type: what fits all cells but one in 2,000; a blank column is one of words.
        blanks: the number of blank cells.
        distinct: the number of different values that are not blank; case does not matter.
        words: the most frequent values as they are written, at most 30.
        date_format: how its dates are written; None for other types.
        longest: the characters of the longest value.
    """

    source: str
    cells: pl.Series
    values: pl.Series
    type: ColumnType
    blanks: int
    distinct: int
    words: tuple[str, ...]
    date_format: str | None
    longest: int

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.cells)

    @property
    def blank_share(self) -> float:
        """The share of blank cells, 0 to 1."""
        return self.blanks / self.rows if self.rows else 1.0

    @property
    def is_constant(self) -> bool:
        """Whether it says the same of every customer, or nothing."""
        return self.distinct == 0 or (self.distinct == 1 and not self.blanks)

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and not self.blanks and self.distinct == self.rows

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.type in ("count", "number", "money", "share")

    @property
    def lower_words(self) -> frozenset[str]:
        """The words in lower case."""
        return frozenset(word.lower() for word in self.words)


@dataclass(frozen=True)
class Profile:
    """What a file holds.

    Attributes:
        columns: the columns that have a name, in file order; of two columns with one name the first.
        passed_over: the columns without a name or with a name that another column has.
        numbers: how numbers are written; None for 1234.50.
        rows: the rows that were read.
        is_whole: whether these are all rows of the file.
    """

    file_name: str
    columns: tuple[ColumnProfile, ...]
    passed_over: tuple[str, ...]
    encoding: str
    numbers: NumberForm | None
    rows: int
    is_whole: bool


def profile_file(path: Path, name: str, max_bytes: int) -> Profile:
    """Reads the first rows of a file of any kind that an extract may have.

    Raises:
        ContractBroken: the file is no extract, or has no rows.
    """
    encoding = find_encoding(path)
    frames: list[pl.DataFrame] = []
    read = 0
    with open_batches(path, name, EveryColumn(encoding), max_bytes) as opened:
        names, extras = list(opened.header.columns.values()), opened.header.extras
        for batch in opened.batches:
            frames.append(batch.rows.select(list(opened.header.columns)))
            read += frames[-1].height
            if read > MOST_ROWS:
                break
    cells = pl.concat(frames).head(MOST_ROWS) if frames else pl.DataFrame()
    if cells.is_empty():
        raise ContractBroken(f"{name} has a header but no rows.", "ask the source for the file again.")
    trimmed = [_trim(column) for column in cells.iter_columns()]
    form = find_number_form(trimmed)
    columns = tuple(profile_column(source, column, form) for source, column in zip(names, trimmed, strict=True))
    return Profile(name, columns, extras, encoding, form, cells.height, read <= MOST_ROWS)


def _trim(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    return trimmed.set(((trimmed == "") | is_marker(trimmed)).fill_null(True), None)


def profile_column(source: str, cells: pl.Series, form: NumberForm | None) -> ColumnProfile:
    """Returns what a column holds.

    Args:
        source: its name in the file.
        cells: its cells, trimmed; blank ones are null.
        form: how numbers are written; None for 1234.50.
    """
    filled = cells.drop_nulls()
    counts = filled.rename("word").value_counts(sort=True)
    words = tuple(counts["word"].head(MOST_WORDS))
    values = read_numbers(cells, form)
    date_format = _find_date_format(counts["word"], filled)
    kind = _find_type(filled, values, date_format)
    flags = cells.str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Float64)
    return ColumnProfile(
        source,
        cells,
        flags if kind == "flag" else values,
        kind,
        cells.null_count(),
        _count_distinct(filled, values, kind),
        words,
        date_format if kind == "date" else None,
        int(filled.str.len_chars().max() or 0),  # type: ignore[arg-type]
    )


_FLAGS = dict.fromkeys(TRUE_WORDS, 1.0) | dict.fromkeys(FALSE_WORDS, 0.0)


def read_numbers(cells: pl.Series, form: NumberForm | None) -> pl.Series:
    """Returns the cells as numbers; 25% is 0.25. A text that is no finite number becomes null."""
    text = pl.Series("cells", cells)
    if form is not None:
        text = text.to_frame().select(plain_number(pl.col("cells"), form)).to_series()
    is_percent = text.str.ends_with("%")
    digits = text.str.strip_suffix("%").str.strip_chars().cast(pl.Float64, strict=False)
    values = pl.select(pl.when(is_percent).then(digits / 100).otherwise(digits)).to_series()
    return values.set(~values.is_finite(), None)


def _find_type(filled: pl.Series, values: pl.Series, date_format: str | None) -> ColumnType:
    """Returns the type that fits the filled cells."""
    if not len(filled):
        return "word"
    if filled.str.to_lowercase().is_in((*TRUE_WORDS, *FALSE_WORDS)).all():
        return "flag"
    if date_format:
        return "date"
    if not _fits(int(values.is_not_null().sum()), len(filled)) or filled.str.contains(r"^0\d").any():
        return "word"  # 007 is a code: as a number it would lose its zeros.
    if filled.str.ends_with("%").any():
        return "share"
    numbers = values.drop_nulls()
    is_whole = bool(((numbers == numbers.round()) & (numbers >= 0) & (numbers < _LARGEST_COUNT)).all())
    return "count" if is_whole else "number"


def _fits(fitting: int, filled: int) -> bool:
    return filled > 0 and (filled - fitting) * _WRONG_IN <= filled


def _find_date_format(words: pl.Series, filled: pl.Series) -> str | None:
    if not len(words) or not words.head(20).str.contains(r"^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}").all():
        return None
    for form in DATE_FORMATS:
        # 01.02.24 is the year 24 under %Y: only years that a company may have count.
        dates = filled.str.to_date(form, strict=False)
        if _fits(int(((dates.dt.year() >= 1900) & (dates.dt.year() <= 9999)).sum()), len(filled)):
            return form
    return None


def _count_distinct(filled: pl.Series, values: pl.Series, kind: ColumnType) -> int:
    if kind == "flag":
        return filled.str.to_lowercase().replace_strict(_FLAGS, return_dtype=pl.Float64).n_unique()
    numbers = values.drop_nulls()
    # 1001 and 1001.0 are one number.
    is_number = kind != "word" and kind != "date" and len(numbers) == len(filled)
    return numbers.n_unique() if is_number else filled.str.to_lowercase().n_unique()
