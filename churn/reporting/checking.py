"""Checks an extract as a load would, without a database: every fault of the file at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from churn.errors import ContractBroken, WrongUsage
from churn.intake.batches import ROW_NUMBER, Opened
from churn.intake.daily_files import read_dates
from churn.intake.declaring import read_extract_form
from churn.intake.extract_form import ExtractForm
from churn.intake.limits import Limits, Tally, check_hope, check_limits
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from churn.intake.second_files import join_second_files, read_second_files, refuse_strangers
from churn.intake.sources import Extract, check_unchanged, open_extract
from churn.intake.wholesale import check_tenure, describe_ids
from churn.settings import Settings
from churn.simulation.extracts import provide_synthetic_extract
from churn.timeline import today

_ROWS_SHOWN = 5


@dataclass(frozen=True)
class BrokenRule:
    """A rule that rows of the file break.

    Attributes:
        rule: the name of the rule.
        rows: the number of rows that break it.
        first_rows: the numbers of the first of these rows in the file.
        reason: what is wrong with the first of these rows, as `churn rejects` shows it.
    """

    rule: str
    rows: int
    first_rows: list[int]
    reason: str


@dataclass(frozen=True)
class Refusal:
    """Why the whole file would be refused, and the next step."""

    fact: str
    next_step: str


@dataclass(frozen=True)
class Check:
    """What a load would say about a file, apart from its comparison with the last snapshot.

    Attributes:
        file: the name of the file.
        rows: the rows that were read; blank rows do not count.
        rejected: the rows that a load would reject.
        broken_rules: the rules that these rows break, the most frequent first. A row may break several.
        notes: the remarks that the ledger of loads would keep.
        refusals: why the file would be refused; empty if it would be loaded.
    """

    file: str
    rows: int
    rejected: int
    broken_rules: list[BrokenRule]
    notes: list[str]
    refusals: list[Refusal]

    @property
    def is_refused(self) -> bool:
        """Whether a load would refuse the whole file."""
        return bool(self.refusals)


@dataclass
class _Findings:
    """What was found so far: counts, the rules that each batch breaks, the customers, the refusals."""

    tally: Tally = field(default_factory=Tally)
    rules: list[pl.DataFrame] = field(default_factory=list)
    customers: list[pl.DataFrame] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Keeps a refusal instead of raising it, so that the next check can run too."""
        try:
            yield
        except ContractBroken as refusal:
            self.refusals.append(Refusal(refusal.fact, refusal.next_step))


def check_extract(
    settings: Settings, source: str | None, declaration_path: Path | None = None, as_of_date: date | None = None
) -> Check:
    """Reads and screens a whole extract (default: synthetic customers), and stores nothing.

    A load also compares a file with the last snapshot; that needs the database and is left out here.

    Args:
        settings: the settings of the product.
        source: a file or an address.
        declaration_path: the declaration (default: the one in force).
        as_of_date: the date of the extract (default: that in its name, or today). The second files of the day lie
            beside the extract, and leaving dates are compared with it.

    Raises:
        WrongUsage: the file does not exist, this user cannot read it, or it is a folder; the declaration is wrong.
        Unavailable: an address does not answer in time.
    """
    source = source or str(provide_synthetic_extract(settings.home_dir))
    if "://" not in source and Path(source).is_dir():
        raise WrongUsage(f"{source} is a folder.", "give --source one file of it.")
    extract_form = read_extract_form(declaration_path or settings.declaration_in_force)
    found, name = _Findings(), source
    with found.collect(), open_extract(settings, source) as extract:
        name = extract.name
        max_bytes = settings.max_extract_megabytes * 1_000_000
        with open_batches(extract.path, extract.name, extract_form, max_bytes) as opened:
            folder, day = extract.path.parent, as_of_date or _day_of(name)
            found.tally.seconds = read_second_files(extract_form, folder, day, max_bytes, name)
            joined = join_second_files(opened.batches, extract_form, found.tally.seconds, day)
            _screen(settings, extract, replace(opened, batches=joined), extract_form, found, as_of_date or today())
    tally = found.tally
    return Check(name, tally.rows_read, tally.rejected, _merge_rules(found.rules), tally.notes(), found.refusals)


def _day_of(name: str) -> date:
    """Returns the date in the name of a file (default: today): the second files of that day lie beside it."""
    return min(read_dates(name), default=today())


def _screen(
    settings: Settings, extract: Extract, opened: Opened, extract_form: ExtractForm, found: _Findings, day: date
) -> None:
    tally, accept_new_words = found.tally, settings.new_categories == "accept"
    tally.extras = opened.header.extras
    for batch in opened.batches:
        screened = screen_rows(batch, opened.header, extract_form, accept_new_words, day)
        tally.add(screened)
        found.rules.append(_count_rules(screened.rejected))
        # Only accepted rows: a load compares customer numbers after it has set the rejected rows aside.
        found.customers.append(screened.accepted.select("customer_id", screened.row_numbers.alias(ROW_NUMBER)))
    check_unchanged(extract)
    with found.collect():
        refuse_strangers(tally.seconds, extract.name)
    for check in _whole_file_checks(settings, extract.name, opened, extract_form, found):
        with found.collect():
            check()


def _whole_file_checks(
    settings: Settings, name: str, opened: Opened, extract_form: ExtractForm, found: _Findings
) -> Iterator[Callable[[], None]]:
    """Yields the checks of a load that need every row."""
    tally = found.tally
    limits = Limits(settings.rejected_share_limit, new_categories=settings.new_categories)
    yield lambda: check_hope(name, tally, None, limits)
    yield lambda: check_limits(name, tally, None, limits)
    if tally.accepted:
        yield lambda: _check_once(name, pl.concat(found.customers))
    if opened.header.is_correction:
        tally.warnings = ["corrected rows: `churn run` checks that they belong to the current load of their date"]
    elif tally.accepted:
        tally.warnings = describe_ids(tally.sample)
        if extract_form.tenure_unit is None:
            yield lambda: check_tenure(name, tally.sample)


def _check_once(name: str, customers: pl.DataFrame) -> None:
    """Refuses a file that holds a customer twice."""
    twice = customers.filter(pl.col("customer_id").is_duplicated())
    if twice.is_empty():
        return
    rows = twice.filter(pl.col("customer_id") == twice["customer_id"][0])[ROW_NUMBER].head(_ROWS_SHOWN)
    count = twice["customer_id"].n_unique()
    raise ContractBroken(
        f"{name} holds {'1 customer' if count == 1 else f'{count:,} customers'} more than once, "
        f"the first in rows {' and '.join(map(str, rows))}.",
        "keep the right row and delete the others; an extract has one row per customer.",
    )


def _count_rules(rejected: pl.DataFrame) -> pl.DataFrame:
    """Returns for each rule that rows of a batch break: rule, rows, first_rows, reason."""
    reasons = rejected.select(ROW_NUMBER, pl.col("reasons").alias("reason")).explode("reason")
    named = reasons.with_columns(pl.col("reason").str.split(": ").list.first().alias("rule"))
    return named.group_by("rule", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("rows"),
        pl.col(ROW_NUMBER).head(_ROWS_SHOWN).alias("first_rows"),
        pl.col("reason").first().str.replace("^[^:]*: ", ""),
    )


def _merge_rules(batches: list[pl.DataFrame]) -> list[BrokenRule]:
    """Returns the rules that a file breaks, the most frequent first."""
    if not batches:
        return []
    merged = (
        pl.concat(batches)
        .group_by("rule", maintain_order=True)
        .agg(pl.col("rows").sum(), pl.col("first_rows").list.explode().head(_ROWS_SHOWN), pl.col("reason").first())
        .sort("rows", descending=True, maintain_order=True)
    )
    return [BrokenRule(**row) for row in merged.iter_rows(named=True)]
