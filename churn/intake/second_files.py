"""Reads a second file of the same day, such as usage or tickets, and joins its columns to the customers of the extract.

A declared source says how the names of its files begin and which column has the customer's number. Its cells come in as
text beside those of the extract, so that the same rules screen them.

Worked example: customers-2026-11-01.csv has the customers 1, 2 and 3, and usage-2026-11-01.csv has rows of 2, 3 and 9.
Customer 1 has blank cells, which the declaration calls unknown or zero. The row of 9 belongs to no customer; it is
counted.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from churn.contracts.declaration import Core, Declaration, DeclaredSource, LeftSource
from churn.errors import ContractBroken
from churn.intake.batches import ROW_NUMBER, TextBatch
from churn.intake.blanks import drop_blank_rows
from churn.intake.core import make_core
from churn.intake.daily_files import is_of_source, list_dated
from churn.intake.extract_form import ExtractForm
from churn.intake.reading import open_batches

_KEY = "customer_id"


@dataclass
class SecondFile:
    """A second file that was read: its rows by customer, and how many of them belong to a customer of the extract.

    Attributes:
        source: the declared source.
        path: where the file is.
        rows: customer_id and the columns of the source as text, one row per customer.
        matched: the customers of the extract who have a row, so far.
    """

    source: DeclaredSource
    path: Path
    sha256: str
    rows: pl.DataFrame
    matched: int = 0

    def tell(self, customers: int) -> str:
        """Returns what the ledger notes, such as "usage-2026-11-01.csv: 90 of 120 customers have a row"."""
        nobody = self.rows.height - self.matched
        belong = "1 row belongs" if nobody == 1 else f"{nobody:,} rows belong"
        rest = f"; {belong} to no customer of the extract" if nobody else ""
        return f"{self.path.name}: {self.matched:,} of {customers:,} customers have a row{rest}"


def find_files(declaration: Declaration, folder: Path, day: date) -> dict[str, Path]:
    """Returns the file of each declared source of a day, of those that have arrived in a folder.

    Raises:
        ContractBroken: a source has two files of the day.
    """
    if not declaration.sources:
        return {}
    dated = [path for path, days in list_dated(folder) if days == {day}]
    found: dict[str, Path] = {}
    for source in declaration.sources:
        ours = [path for path in dated if is_of_source(path.name, source.begins)]
        if len(ours) > 1:
            raise ContractBroken(
                f"The source {source.name} has {len(ours)} files of {day}: {' and '.join(path.name for path in ours)}.",
                "keep the right one in the folder of the extract.",
            )
        if ours:
            found[source.name] = ours[0]
    return found


def digest(path: Path) -> str:
    """Returns the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_second_files(
    extract_form: ExtractForm, folder: Path, day: date, max_bytes: int, extract_name: str
) -> list[SecondFile]:
    """Reads the second files of a day.

    Args:
        extract_form: how the extract is written, with the declared sources.
        folder: where the extract lies.
        day: the business date.
        max_bytes: the largest size of a file, after unpacking.
        extract_name: the name that messages give the extract.

    Raises:
        ContractBroken: a source that is needed has no file of the day, or a file cannot be joined.
    """
    declaration = extract_form.declaration
    found = find_files(declaration, folder, day)
    for source in declaration.sources:
        if source.is_needed and source.name not in found:
            raise ContractBroken(
                f"{extract_name} came without its second file: no file of {day} in {folder} begins with "
                f"{source.begins}.",
                f"deliver it beside the extract, or write needed = false in [sources.{source.name}]: then what it "
                "says is unknown on such a day.",
            )
    return [
        _read(extract_form, source, found[source.name], day, max_bytes)
        for source in declaration.sources
        if source.name in found
    ]


def _read(extract_form: ExtractForm, source: DeclaredSource, path: Path, day: date, max_bytes: int) -> SecondFile:
    form = _form_of(extract_form, source)
    own = [column.name for column in form.declaration.stored]
    frames = [pl.DataFrame(schema=dict.fromkeys([_KEY, *own], pl.String) | {ROW_NUMBER: pl.Int64})]
    with open_batches(path, path.name, form, max_bytes) as opened:
        for batch in opened.batches:
            _refuse_misfits(path.name, batch)
            rows = make_core(drop_blank_rows(batch.rows), form, day)
            frames.append(rows.select(pl.col(_KEY).str.strip_chars(), *own, pl.col(ROW_NUMBER).cast(pl.Int64)))
    rows = pl.concat(frames).filter((pl.col(_KEY) != "").fill_null(value=False))
    _refuse_twice(path.name, rows)
    return SecondFile(source, path, digest(path), rows.drop(ROW_NUMBER))


def _form_of(extract_form: ExtractForm, source: DeclaredSource) -> ExtractForm:
    """Returns how a second file is written: as the extract, with the customer's number and its own columns."""
    columns = tuple(
        replace(column, origin="") for column in extract_form.declaration.stored if column.origin == source.name
    )
    declaration = Declaration(Core(source.who, LeftSource("missing")), (), (), columns)
    changed = {"declaration": declaration, "columns": {}, "values": {}, "churn_date_format": None, "tenure_unit": None}
    return extract_form.model_copy(update=changed)


def _refuse_misfits(name: str, batch: TextBatch) -> None:
    if not batch.misfits.is_empty():
        row = batch.misfits.row(0, named=True)
        raise ContractBroken(
            f"{name} row {row[ROW_NUMBER]} does not fit its header: {row['reasons'][0]}.", "export the file again."
        )


def _refuse_twice(name: str, rows: pl.DataFrame) -> None:
    twice = rows.filter(pl.col(_KEY).is_duplicated())
    if twice.is_empty():
        return
    # By row, and not by customer: the ledger, alerts and Prefect's pages keep this message.
    places = twice.filter(pl.col(_KEY) == twice[_KEY][0])[ROW_NUMBER].head(5)
    raise ContractBroken(
        f"{name} has {twice[_KEY].n_unique():,} of its customers more than once, the first in rows "
        f"{' and '.join(map(str, places))}.",
        "deliver one row per customer: add the rows of a customer up before.",
    )


def join_second_files(
    batches: Iterator[TextBatch], extract_form: ExtractForm, seconds: Sequence[SecondFile], day: date
) -> Iterator[TextBatch]:
    """Yields the batches with the columns of the second files; cells of customers without a row are blank.

    A source without a file has blank cells only, which its columns call unknown.
    """
    declaration = extract_form.declaration
    if not declaration.sources:
        yield from batches
        return
    present = {second.source.name for second in seconds}
    absent = [column.name for column in declaration.stored if column.origin and column.origin not in present]
    for batch in batches:
        key = make_core(batch.rows, extract_form, day)[_KEY].str.strip_chars()
        rows = batch.rows.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
        for second in seconds:
            found = second.rows.rename({_KEY: "#key"}).with_columns(pl.lit(value=True).alias("#found"))
            rows = rows.with_columns(key.alias("#key")).join(found, on="#key", how="left", maintain_order="left")
            second.matched += int(rows["#found"].sum())
            rows = rows.drop("#key", "#found")
        yield replace(batch, rows=rows)


def refuse_strangers(seconds: Sequence[SecondFile], extract_name: str) -> None:
    """Refuses a second file none of whose rows belongs to a customer of the extract.

    Raises:
        ContractBroken: the two files write the customer's number differently.
    """
    for second in seconds:
        if second.rows.height and not second.matched:
            raise ContractBroken(
                f"No row of {second.path.name} belongs to a customer of {extract_name}.",
                f"check who in [sources.{second.source.name}]: both files must write the customer's number alike.",
            )
