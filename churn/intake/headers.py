"""Column names: matches the names in a file with the names of the contract."""

from dataclasses import dataclass
from difflib import get_close_matches

from churn.contracts.extract import EXTRACT_COLUMNS, PUBLIC_NAMES
from churn.errors import ContractBroken
from churn.intake.corrections import COLUMNS, LOAD_COLUMN
from churn.intake.mapping import Mapping

_PUBLIC = {ours: name for name, ours in PUBLIC_NAMES.items()}

CURRENCY_COLUMN = "currency"
_CURRENCY_NAMES = {"currency", "currency_code", "currencycode", "ccy", "waehrung", "währung", "devise", "moneda"}


@dataclass(frozen=True)
class Header:
    """The column names of a file.

    Attributes:
        names: the names in the file, in file order.
        columns: our name -> the name in the file, for the 21 columns of the contract, in the order of the contract.
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
        currency = next((name for name in self.extras if name.casefold() in _CURRENCY_NAMES), None)
        more = {CURRENCY_COLUMN: currency} if currency else {}
        return self.columns | more | ({LOAD_COLUMN: LOAD_COLUMN} if self.is_correction else {})


def understand_names(file_name: str, names: list[str], mapping: Mapping) -> Header:
    """Finds the columns of the contract among the names in a file. A name may be mapped, public or snake_case.

    Raises:
        ContractBroken: a column of the contract is missing, or the file has it twice.
    """
    # Unknown names keep their own name here: they become extras, which are ignored and noted.
    ours = [_ours(name, mapping) for name in names]
    twice = [column for column in EXTRACT_COLUMNS if ours.count(column) > 1]
    if twice:
        raise ContractBroken(
            f"{file_name} has the column {_PUBLIC[twice[0]]} twice.", "export the file again with each column once."
        )
    missing = [mapping.columns.get(column, _PUBLIC[column]) for column in EXTRACT_COLUMNS if column not in ours]
    if missing:
        others = [name for name, column in zip(names, ours, strict=True) if column not in EXTRACT_COLUMNS]
        raise ContractBroken(
            f"{file_name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}."
            f"{_suggest(missing, others)}",
            "export the file again with all 21 columns, or name your columns in a --mapping file.",
        )
    return Header(
        tuple(names),
        {column: names[ours.index(column)] for column in EXTRACT_COLUMNS},
        tuple(name for name, column in zip(names, ours, strict=True) if column not in (*EXTRACT_COLUMNS, *COLUMNS)),
    )


def _suggest(missing: list[str], others: list[str]) -> str:
    """Names the columns of the file that are probably meant, as in: It has tenur: did you mean tenure?"""
    near = [(column, get_close_matches(column, others, n=1, cutoff=0.75)) for column in missing]
    return "".join(f" It has {match[0]}: did you mean {column}?" for column, match in near if match)


def count_known(names: list[str], mapping: Mapping) -> int:
    """Returns how many of the names are columns of the contract. The right separator gives the largest count."""
    return sum(_ours(name, mapping) in EXTRACT_COLUMNS for name in names)


def _ours(name: str, mapping: Mapping) -> str:
    renamed = {theirs: column for column, theirs in mapping.columns.items()}
    return renamed.get(name) or PUBLIC_NAMES.get(name, name)
