"""Column names: the file's own, ours, and which is which."""

from dataclasses import dataclass

from churn.contracts.extract import EXTRACT_COLUMNS, PUBLIC_NAMES
from churn.errors import ContractBroken
from churn.intake.corrections import COLUMNS, LOAD_COLUMN
from churn.intake.mapping import Mapping

_PUBLIC = {ours: name for name, ours in PUBLIC_NAMES.items()}


@dataclass(frozen=True)
class Header:
    """What a file's first line says.

    Attributes:
        names: the file's column names, in file order.
        columns: our column name -> the file's, for the 21 columns of the contract, in the contract's order.
        extras: names of the columns that are ignored.

    A file of corrected rows has the columns of `corrections` too, which are neither.
    """

    names: tuple[str, ...]
    columns: dict[str, str]
    extras: tuple[str, ...]

    @property
    def is_correction(self) -> bool:
        """Whether the file's rows are to be added to a snapshot instead of replacing it."""
        return LOAD_COLUMN in self.names

    @property
    def read_columns(self) -> dict[str, str]:
        """What is read of a row, our name -> the file's: the contract's columns, and the load a corrected row is of."""
        return self.columns | ({LOAD_COLUMN: LOAD_COLUMN} if self.is_correction else {})


def understand_names(file_name: str, names: list[str], mapping: Mapping) -> Header:
    """Finds the columns of the contract among a file's names: renamed by the mapping, public, or snake_case.

    Raises:
        ContractBroken: a column of the contract is missing or there twice.
    """
    ours = [_ours(name, mapping) for name in names]
    twice = [column for column in EXTRACT_COLUMNS if ours.count(column) > 1]
    if twice:
        raise ContractBroken(
            f"{file_name} has the column {_PUBLIC[twice[0]]} twice.", "export it with each column once."
        )
    missing = [mapping.columns.get(column, _PUBLIC[column]) for column in EXTRACT_COLUMNS if column not in ours]
    if missing:
        raise ContractBroken(
            f"{file_name} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            "export it with all 21 columns by their public or snake_case names, or name yours in a --mapping file.",
        )
    return Header(
        tuple(names),
        {column: names[ours.index(column)] for column in EXTRACT_COLUMNS},
        tuple(name for name, column in zip(names, ours, strict=True) if column not in (*EXTRACT_COLUMNS, *COLUMNS)),
    )


def count_known(names: list[str], mapping: Mapping) -> int:
    """Returns how many of the names are columns of the contract; what tells a separator from a wrong one."""
    return sum(_ours(name, mapping) in EXTRACT_COLUMNS for name in names)


def _ours(name: str, mapping: Mapping) -> str:
    renamed = {theirs: column for column, theirs in mapping.columns.items()}
    return renamed.get(name) or PUBLIC_NAMES.get(name, name)
