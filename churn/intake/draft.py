"""A draft of a declaration: what `churn init` guessed, and why. A person reviews it before a run takes it."""

from dataclasses import dataclass, field

from churn.contracts.declaration import Blank, ColumnType, TenureUnit, Use
from churn.intake.profiling import Profile


@dataclass(frozen=True)
class Guess:
    """A guess, and the reason for it."""

    why: str


@dataclass(frozen=True)
class WhoGuess(Guess):
    """The columns of the customer number; empty if there is none: then every row is a customer of its own."""

    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueGuess(Guess):
    """The columns whose sum is the value a month; empty if none was found."""

    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class SinceGuess(Guess):
    """The column of the tenure or of the start date; None if none was found."""

    tenure: str | None = None
    unit: TenureUnit = "months"
    start_date: str | None = None
    date_format: str = "%Y-%m-%d"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column, if one was found."""
        return tuple(name for name in (self.tenure, self.start_date) if name is not None)


@dataclass(frozen=True)
class LeftGuess(Guess):
    """How the file shows who left: a flag with its words, a leaving date, or neither."""

    flag: str | None = None
    words: tuple[str, ...] = ()
    stayed: tuple[str, ...] = ()
    end_date: str | None = None
    date_format: str = "%Y-%m-%d"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column, if one was found."""
        return tuple(name for name in (self.flag, self.end_date) if name is not None)


@dataclass(frozen=True)
class ColumnGuess(Guess):
    """A column beside the core.

    Attributes:
        name: the name of the public sample if it is shipped, else a name of its own.
        auc: how well the column alone separates leavers from stayers, .5 to 1; None without a label.
        examples: the most frequent words; empty for personal data.
    """

    name: str = ""
    source: str = ""
    is_shipped: bool = False
    type: ColumnType = "word"
    blank: Blank = "unknown"
    is_later: bool = False
    use: Use = "model"
    words: tuple[tuple[str, str], ...] = ()
    new_words: tuple[str, ...] = ()
    date_format: str | None = None
    blank_share: float = 0.0
    distinct: int = 0
    auc: float | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecondGuess(Guess):
    """A file of the same day beside the extract, whose rows belong to its customers.

    Attributes:
        name: the name of the source, from the file's name.
        begins: how the names of its files begin.
        who: the columns of the customer's number.
    """

    name: str = ""
    begins: str = ""
    who: tuple[str, ...] = ()
    columns: tuple[ColumnGuess, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A declaration that nobody has reviewed.

    Attributes:
        profile: what the file holds.
        currency: the currency, and why.
        leavers: the share of customers who left, 0 to 1; None without a label.
        seconds: the second files that lie beside it.
    """

    profile: Profile
    who: WhoGuess
    value: ValueGuess
    since: SinceGuess
    left: LeftGuess
    currency: tuple[str, str]
    columns: tuple[ColumnGuess, ...] = field(default=())
    leavers: float | None = None
    seconds: tuple[SecondGuess, ...] = ()
