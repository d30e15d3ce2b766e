"""A small file cannot take the machine: what a file unpacks to is limited, and one bad part does not hide the rest."""

import gzip
import io
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn.errors import ContractBroken
from churn.intake.extract_form import ExtractForm
from churn.intake.limits import Limits, Tally, check_hope
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from tests.support.factories import make_customer, make_extract

MEGABYTE = 1_000_000


def read(path: Path, max_bytes: int = 100 * MEGABYTE, mapping: ExtractForm | None = None) -> Tally:
    """Reads and screens a file as a load does, without a database."""
    tally, mapping = Tally(), mapping or ExtractForm()
    with open_batches(path, path.name, mapping, max_bytes) as opened:
        tally.extras = opened.header.extras
        for batch in opened.batches:
            tally.add(screen_rows(batch, opened.header, mapping))
            check_hope(path.name, tally, opened.most_rows, Limits())
    return tally


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def as_csv(customers: int = 50) -> str:
    return make_extract(customers).write_csv()


def as_table(customers: int = 50) -> pa.Table:
    return make_extract(customers).to_arrow()


def with_column(table: pa.Table, name: str, cells: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, cells)


def write_parquet(path: Path, table: pa.Table, **options: object) -> Path:
    pq.write_table(table, path, **options)
    return path


def test_many_short_lines_are_refused_after_the_first_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "extract.csv", as_csv(1) + "x\n" * 200_000)

    with pytest.raises(ContractBroken, match=r"of the first 20,00\d rows break the contract.*row_has_every_cell"):
        read(path)


def test_a_batch_of_short_lines_stays_small(tmp_path: Path) -> None:
    path = write(tmp_path / "extract.csv", as_csv(1) + "x\n" * 50_000)

    with open_batches(path, path.name, ExtractForm(), MEGABYTE) as opened:
        assert max(batch.rows.height + batch.misfits.height for batch in opened.batches) <= 20_000


def test_blank_lines_and_rows_without_a_value_are_passed_over_and_counted(tmp_path: Path) -> None:
    rows = as_csv(30) + "," * 20 + "\n" + ",".join(["NULL"] * 21) + "\n\n\n" + ",".join([" "] * 21) + "\n"

    tally = read(write(tmp_path / "extract.csv", rows))

    assert (tally.accepted, tally.rejected, tally.notes()) == (30, 0, ["5 blank rows passed over"])


def test_a_file_of_blank_lines_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "extract.csv.gz", gzip.compress((as_csv(1) + "\n" * 2_100_000).encode()))

    with pytest.raises(ContractBroken, match=r"has more than 2,000,000 blank rows"):
        read(path)


def test_a_row_of_a_million_cells_is_set_aside_and_kept_short(tmp_path: Path) -> None:
    path = write(tmp_path / "extract.csv", as_csv(200) + "," * 900_000 + "\n")

    with open_batches(path, path.name, ExtractForm(), 10 * MEGABYTE) as opened:
        misfits = pl.concat([batch.misfits for batch in opened.batches])

    assert misfits["reasons"].to_list() == [
        ["row_has_every_cell: a row must have as many cells as the header, found 900001 instead of 21"]
    ]
    assert misfits["row"].str.len_chars().max() < 1_000  # type: ignore[operator]


def test_a_header_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match=r"has 50,021 columns; at most 5,000 are read"):
        read(
            write(tmp_path / "extract.csv", as_csv(1).replace("\n", "," + ",".join(map(str, range(50_000))) + "\n", 1))
        )


def test_gzip_is_limited_by_what_it_unpacks_to(tmp_path: Path) -> None:
    path = write(tmp_path / "extract.csv.gz", gzip.compress(as_csv(20_000).encode()))

    with pytest.raises(ContractBroken, match=r"is larger than 1,000,000 bytes"):
        read(path, MEGABYTE)


@pytest.mark.parametrize(
    "invisible", ["\u0084", "\u200b", "\u202e", "\u00ad", "\ufeff", "\u2028", "\u00a0", "\u3164", "\ufe0f"]
)
def test_a_customer_number_with_an_invisible_sign_is_no_further_customer(tmp_path: Path, invisible: str) -> None:
    rows = [*make_extract(200).to_dicts(), make_customer(customerID=f"000001{invisible}-MADEUP")]

    tally = read(write(tmp_path / "extract.csv", pl.DataFrame(rows).write_csv()))

    assert (tally.accepted, dict(tally.broken_rules)) == (200, {"customer_id_printable": 1})


@pytest.mark.parametrize("marker", ["NULL", "\\N", "None", "nan", "#N/A"])
def test_a_word_for_a_missing_value_is_no_customer_number(tmp_path: Path, marker: str) -> None:
    rows = [*make_extract(200).to_dicts(), make_customer(customerID=marker)]

    tally = read(write(tmp_path / "extract.csv", pl.DataFrame(rows).write_csv()))

    assert (tally.accepted, dict(tally.broken_rules)) == (200, {"customer_id_present": 1})


def test_a_word_for_a_missing_total_is_a_blank(tmp_path: Path) -> None:
    rows = [*make_extract(20).to_dicts(), make_customer(tenure="0", TotalCharges="NULL")]

    assert read(write(tmp_path / "extract.csv", pl.DataFrame(rows).write_csv())).accepted == 21


def test_parquet_of_every_common_encoding_is_read(tmp_path: Path) -> None:
    for encoding in ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"):
        encodings = dict.fromkeys(make_extract(1).columns, encoding)
        path = write_parquet(tmp_path / "e.parquet", as_table(), use_dictionary=False, column_encoding=encodings)
        assert read(path).accepted == 50


@pytest.mark.parametrize("kind", [pa.decimal128(10, 2), pa.decimal256(60, 2), pa.float32(), pa.large_string()])
def test_parquet_of_every_kind_of_number_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    money = as_table()["MonthlyCharges"].cast(pa.float64()).cast(pa.decimal128(10, 2)).cast(pa.string())
    cells = money.cast(pa.float64()).cast(kind) if pa.types.is_float32(kind) else money.cast(kind)

    assert read(write_parquet(tmp_path / "e.parquet", with_column(as_table(), "MonthlyCharges", cells))).rows_read == 50


def test_a_long_word_that_a_dictionary_repeats_is_refused(tmp_path: Path) -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 5_000, pa.int32()), pa.array(["x" * MEGABYTE]))
    path = write_parquet(tmp_path / "e.parquet", with_column(as_table(5_000), "gender", long))

    with pytest.raises(ContractBroken, match=r"row 1 has 1,000,000 bytes in gender, and a cell may have 20,000"):
        read(path)


def test_parquet_that_unpacks_to_more_memory_than_allowed_ends_only_the_child(tmp_path: Path) -> None:
    # Each text is stored as "like the one before": a gigabyte in a few kilobytes, with no size written anywhere.
    cells = pa.array(["x" * 200_000] * 5_000, pa.large_string())
    path = write_parquet(
        tmp_path / "e.parquet",
        with_column(as_table(5_000), "gender", cells),
        use_dictionary=False,
        column_encoding={"gender": "DELTA_BYTE_ARRAY"},
        compression="zstd",
    )

    with pytest.raises(ContractBroken, match=r"is a Parquet file that cannot be read: .*more memory"):
        read(path)


def test_parquet_is_limited_by_what_it_unpacks_to(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match=r"it unpacks to more than 1,000,000 bytes, the largest size allowed"):
        read(write_parquet(tmp_path / "e.parquet", as_table(10_000)), MEGABYTE)
    with pytest.raises(ContractBroken, match=r"it has 30,000 rows, more than 1,000,000 bytes can hold"):
        read(write_parquet(tmp_path / "e.parquet", as_table(30_000)), MEGABYTE)


@pytest.mark.parametrize("kind", ["struct", "binary", "a time zone that does not exist", "not UTF-8"])
def test_parquet_of_an_odd_type_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    cells = {
        "struct": pa.array([{"a": 1}] * 50),
        "binary": pa.array([b"\xff"] * 50),
        "a time zone that does not exist": pa.array([1] * 50, pa.timestamp("us", "Mars/Base")),
        "not UTF-8": pa.array([b"\xff"] * 50).view(pa.string()),
    }[kind]

    with pytest.raises(ContractBroken, match=r"cannot be read|which holds neither text nor numbers"):
        read(write_parquet(tmp_path / "e.parquet", with_column(as_table(), "gender", cells)))


def test_parquet_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    pq.write_table(as_table(), whole)

    with pytest.raises(ContractBroken, match="is a Parquet file that cannot be read"):
        read(write(tmp_path / "e.parquet", whole.getvalue()[:-20]))
