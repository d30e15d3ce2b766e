"""Column names: matches the names in a file with the names of the contract."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from churn.contracts.extract import PUBLIC_NAMES
from churn.errors import ContractBroken
from churn.intake.corrections import COLUMNS, LOAD_COLUMN
from churn.intake.extract_form import ExtractForm

CURRENCY_COLUMN = "currency"
CURRENCY_NAMES = {"currency", "currency_code", "currencycode", "ccy", "waehrung", "währung", "devise", "moneda"}


@dataclass(frozen=True)
class EveryColumn:
    """What a reader looks for in a file that nobody has declared yet: each column, as `#` and its place.

    Attributes:
        encoding: the encoding of the text.
    """

    encoding: str = "utf-8"


@dataclass(frozen=True)
class Header:
    """The column names of a file.

    Attributes:
        names: the names in the file, in file order.
        columns: our name -> the name in the file, for each column that the declaration reads, in its order.
        extras: the names of the columns that intake ignores.

    A file of corrected rows also has the columns of `corrections`. They are in neither `columns` nor `extras`.
    """

    names: tuple[str, ...]
    columns: dict[str, str]
    extras: tuple[str, ...]

    @property
    def is_correction(self) -> bool:
        """Whether the rows of the file are added to a snapshot, instead of replacing it."""
        return LOAD_COLUMN in self.names

    @property
    def read_columns(self) -> dict[str, str]:
        """The columns to read, our name -> the name in the file.

        They are the contract's, the load of a corrected row, and the currency, which is counted and not kept.
        """
        # Also where it is declared: two currencies are never added, whatever a declaration makes of the column.
        currency = next((name for name in self.names if name.casefold() in CURRENCY_NAMES), None)
        more = {CURRENCY_COLUMN: currency} if currency else {}
        return self.columns | more | ({LOAD_COLUMN: LOAD_COLUMN} if self.is_correction else {})


def understand_names(file_name: str, names: list[str], extract_form: ExtractForm | EveryColumn) -> Header:
    """Finds the columns of the declaration among the names in a file. Case, spaces and underscores do not matter.

    Raises:
        ContractBroken: a column of the declaration is missing, or the file has it twice.
    """
    if isinstance(extract_form, EveryColumn):
        return _take_every(names)
    wanted = name_wanted(extract_form)
    found = {ours: _find(names, accepted) for ours, accepted in wanted.items()}
    if twice := [wanted[ours][0] for ours, places in found.items() if len(places) > 1]:
        raise ContractBroken(
            f"{file_name} has the column {twice[0]} twice.", "export the file again with each column once."
        )
    read = {place for places in found.values() for place in places}
    extras = [name for place, name in enumerate(names) if place not in read]
    if missing := list(dict.fromkeys(wanted[ours][0] for ours, places in found.items() if not places)):
        raise ContractBroken(
            f"{file_name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}."
            f"{_suggest(missing, extras)}",
            "export the file again with all 21 columns, or declare your columns: `churn init --from FILE` writes a "
            "declaration."
            if extract_form.declaration.is_shipped
            else "export the file again with the declared columns, or correct the declaration.",
        )
    columns = {ours: names[places[0]] for ours, places in found.items()}
    return Header(tuple(names), columns, tuple(name for name in extras if name not in COLUMNS))


def _take_every(names: list[str]) -> Header:
    """Returns the header of every column that has a name; of two columns with one name, the first."""
    first = {name: place for place, name in reversed(list(enumerate(names))) if name}
    columns = {f"#{place}": name for name, place in sorted(first.items(), key=lambda found: found[1])}
    return Header(tuple(names), columns, tuple(name for place, name in enumerate(names) if first.get(name) != place))


def _suggest(missing: list[str], others: list[str]) -> str:
    """Names the columns of the file that are probably meant, as in: It has tenur: did you mean tenure?"""
    near = [(column, get_close_matches(column, others, n=1, cutoff=0.75)) for column in missing]
    return "".join(f" It has {match[0]}: did you mean {column}?" for column, match in near if match)


def count_known(names: list[str], extract_form: ExtractForm | EveryColumn) -> int:
    """Returns how many of the names are declared columns. The right separator gives the largest count."""
    if isinstance(extract_form, EveryColumn):
        return sum(name != "" for name in names)
    accepted = {plain_name(name) for names_of_one in name_wanted(extract_form).values() for name in names_of_one}
    return sum(plain_name(name) in accepted for name in names)


def name_wanted(extract_form: ExtractForm) -> dict[str, tuple[str, ...]]:
    """Returns our name -> the names that the file may give it, first the one that messages say."""
    declaration = extract_form.declaration
    if declaration.is_shipped:
        public = {ours: (name, ours) for name, ours in PUBLIC_NAMES.items()}
        return {
            ours: (extract_form.columns[ours], *own) if ours in extract_form.columns else own
            for ours, own in public.items()
        }
    shipped = {name: extract_form.columns[name] for name in declaration.shipped}
    own = {column.name: column.source for column in declaration.stored if not column.origin}
    return {ours: (name,) for ours, name in (declaration.core_sources | shipped | own).items()}


def _find(names: list[str], accepted: tuple[str, ...]) -> list[int]:
    """Returns the places of a column among the names: those written exactly so, or else those that differ in form."""
    exact = [place for place, name in enumerate(names) if name in accepted]
    plain = {plain_name(name) for name in accepted}
    return exact or [place for place, name in enumerate(names) if plain_name(name) in plain]


def plain_name(name: str) -> str:
    """Returns a name without case, spaces, underscores and hyphens: "Call  Failure" and call_failure are the same."""
    return re.sub(r"[\s_\-]+", "", name).casefold()
