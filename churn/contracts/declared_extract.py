"""The contract of an extract under a declaration: rules of the public sample where they hold, and the declared ones."""

from functools import cache

import pandera.polars as pa
import polars as pl

from churn.contracts.declaration import ColumnType, Declaration, DeclaredColumn
from churn.contracts.extract import ADD_ON_COLUMNS, EXTRACT_COLUMNS, CustomerExtract

LONGEST_WORD = 100
LARGEST_VALUE = 1_000_000_000
"""The largest value a month, in any currency: a charge in rupiah has seven digits."""

_ROW_RULES = {
    "internet_add_ons_agree_with_internet_service": ("internet_service", *ADD_ON_COLUMNS),
    "multiple_lines_agree_with_phone_service": ("phone_service", "multiple_lines"),
}
"""The rules about several columns that hold for every company which has these columns. Those about total charges hold
for the public sample: elsewhere a refund or a discounted month makes the total less than one charge of today."""

_TYPES: dict[ColumnType, object] = {
    "count": pl.Int64,
    "number": pl.Float64,
    "money": pl.Float64,
    "share": pl.Float64,
    "flag": pl.Boolean,
    "word": pl.String,
    "date": pl.Date,
}


@cache
def build_contract(declaration: Declaration) -> pa.DataFrameSchema:
    """Returns the contract of the typed rows of an extract.

    The value a month of a declared extract may be 0 or below: staff pay nothing, and a credit is real money.
    """
    contract = CustomerExtract.to_schema()
    if declaration.is_shipped:
        return contract
    contract = contract.remove_columns([name for name in EXTRACT_COLUMNS if name not in declaration.extract_columns])
    present = set(declaration.extract_columns)
    contract.checks = [check for check in contract.checks if set(_ROW_RULES.get(str(check.name), ("",))) <= present]
    in_bounds = pa.Check.in_range(-LARGEST_VALUE, LARGEST_VALUE)
    changed = {"monthly_charges": pa.Column(pl.Float64, in_bounds)} if declaration.has_value else {}
    if "total_charges" in present:
        changed["total_charges"] = pa.Column(pl.Float64, in_bounds, nullable=True)
    for name in {column for column, _ in declaration.new_words}:
        changed[name] = pa.Column(str, pa.Check.isin(list(declaration.known_words(name))))
    own = {column.name: _as_column(column) for column in declaration.stored}
    return contract.remove_columns(list(changed)).add_columns({**changed, **own})


def _as_column(column: DeclaredColumn) -> pa.Column:
    checks = {"count": [pa.Check.ge(0)], "word": [pa.Check.str_length(min_value=1, max_value=LONGEST_WORD)]}
    return pa.Column(_TYPES[column.type], checks.get(column.type, []), nullable=column.blank != "refuse")
